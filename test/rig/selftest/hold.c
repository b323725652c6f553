/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hold NAME take|wait|try: asks for lock NAME, EX, persistent, in the DLM lockspace `rigtest`.
 * take, wait: queues; prints "granted" and then sleeps for ever. try: does not queue; prints
 * "granted" or "busy" and exits.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <libdlm.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t done = PTHREAD_COND_INITIALIZER;
static int completed;
static struct dlm_lksb lksb;

static void on_completion(void *arg)
{
	(void)arg;
	pthread_mutex_lock(&lock);
	completed = 1;
	pthread_cond_signal(&done);
	pthread_mutex_unlock(&lock);
}

static int ask(dlm_lshandle_t ls, const char *name, unsigned int flags)
{
	if (dlm_ls_lock(ls, LKM_EXMODE, &lksb, flags, name, (unsigned int)strlen(name), 0,
			on_completion, NULL, NULL, NULL) < 0)
		return -errno;
	pthread_mutex_lock(&lock);
	while (!completed)
		pthread_cond_wait(&done, &lock);
	pthread_mutex_unlock(&lock);
	return -lksb.sb_status;
}

int main(int argc, char **argv)
{
	int try_only = argc == 3 && !strcmp(argv[2], "try"), r;
	dlm_lshandle_t ls;

	if (argc != 3) {
		fputs("usage: hold NAME take|wait|try\n", stderr);
		return 2;
	}
	ls = dlm_create_lockspace("rigtest", 0600);
	if (!ls || dlm_ls_pthread_init(ls) < 0) {
		perror("hold: lockspace");
		return 1;
	}
	r = ask(ls, argv[1], LKF_PERSISTENT | (try_only ? LKF_NOQUEUE : 0));
	puts(!r ? "granted" : r == -EAGAIN ? "busy" : "error");
	fflush(stdout);
	if (r || try_only)
		return !!r;
	for (;;)
		pause();
}
