/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module comes and goes; the daemon is killed while somebody waits for it. KT_KO names the
 * module's file, if modprobe does not find it.
 */
#include "test/kmod/kt.h"

#include <stdlib.h>

static int load(struct kt *kt)
{
	const char *file = getenv("KT_KO");

	return file ? kt_sh(kt, "insmod %s", file) : kt_sh(kt, "modprobe dm-log-cmirror");
}

static int unload(struct kt *kt)
{
	return kt_sh(kt, "rmmod dm-log-cmirror");
}

static void test_load(struct kt *kt)
{
	int i, r = 0;

	OK(kt_create(kt, false) == 0, "create");
	OK(unload(kt) > 0, "the module of an instance stays");
	OK(kt_write(kt, 1, 1), "and works");
	IS_INT(kt_remove(kt), 0, "remove");
	kt_unbind(kt);
	for (i = 0; i < 50 && !r; i++) {
		r = unload(kt);
		if (!r)
			r = load(kt);
		if (r || i % 10)
			continue;
		kt_bind(kt);
		r = kt_create(kt, i % 20) || !kt_write(kt, 2, 2) || kt_remove(kt);
		if (i % 20)
			kt_unbind(kt);	/* else it is bound when the module goes */
		else
			r = r || unload(kt) || load(kt);
		if (kt->kmc)
			kt_unbind(kt);
	}
	IS_INT(r, 0, "50 times, used every tenth");
	IS_INT(i, 50, "all");
}

/* dmsetup @how waits for the daemon; it is killed, another one comes, it is done. */
static void test_killed(struct kt *kt, bool *holds, uint32_t ask, const char *what, const char *how)
{
	const char *const argv[] = { "sh", "-c", how, NULL };
	pid_t daemon, pid;
	int fd;

	*holds = true;
	daemon = kt_daemon_start(kt, ask, &fd);
	*holds = false;
	pid = kt_run(argv);
	kt_daemon_asked(fd);
	kt_daemon_kill(daemon, fd);
	IS_INT(kt_wait(kt, pid, 300), -1, "%s waits", what);
	kt_bind(kt);
	OK(kt_takeover(kt) > 0, "%s: the next daemon finds it", what);
	IS_INT(kt_wait(kt, pid, 5000), 0, "%s is done", what);
	kt_unbind(kt);
}

static void test_all_killed(struct kt *kt)
{
	kt_bind(kt);
	IS_INT(kt_create(kt, false), 0, "create");
	kt_unbind(kt);
	test_killed(kt, &kt->holds_ctr, CMIRROR_ASK_CTR, "a load",
		    "dmsetup table kt | dmsetup load kt");
	test_killed(kt, &kt->holds_stop, CMIRROR_ASK_STOP, "a suspend",
		    "dmsetup suspend --noflush kt");
	test_killed(kt, &kt->holds_start, CMIRROR_ASK_RESUME, "a resume",
		    "dmsetup resume kt");
	kt_bind(kt);
	OK(kt_takeover(kt) > 0, "the last one");
	OK(kt_write(kt, 7, 7), "a write");
	IS_INT(kt_remove(kt), 0, "remove");
	kt_unbind(kt);
}

int main(void)
{
	struct kt kt = { .kmc = NULL };

	kt_bind(&kt);
	test_load(&kt);
	test_all_killed(&kt);
	return tap_done();
}
