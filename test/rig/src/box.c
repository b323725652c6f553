/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rig-box [-n] [-s] [-t SECS] [-p PIDFILE] COMMAND...
 *
 * Runs COMMAND in new pid and mount namespaces (-n: network namespace too) with its own /proc, and
 * gives back its exit status (128 + signal). Whatever way this process or COMMAND ends, SIGKILL
 * included, the kernel kills all that lives in the namespaces: nothing is ever left behind.
 *
 *   outer (this process) ---fork---> PID 1 of the namespace ---fork---> COMMAND
 *
 * COMMAND is not PID 1 itself: a PID 1 cannot kill itself by a signal, and User-mode Linux, which
 * ends a panic by abort(), would spin for ever.
 *
 * -s: COMMAND gets a session of its own, so that signals to its group reach nobody else
 * -t: SIGTERM to COMMAND after SECS seconds, SIGKILL to all 20 s later; exit status 124
 * -p: PIDFILE holds the pid of PID 1, as seen from outside, as long as it or any other process of
 *     the namespace lives. The kernel reports the death of a namespace's PID 1 only when all its
 *     other processes are gone, so a PIDFILE that vanished is proof of that.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMED_OUT 124
#define GRACE_SECS 20

struct box {
	const char *pidfile;
	long timeout_secs;
	int clone_flags;
	bool own_session;
	char **command;
	sigset_t old_mask, waited;
};

static void die(const char *what)
{
	fprintf(stderr, "rig-box: %s: %s\n", what, strerror(errno));
	exit(126);
}

static void usage(void)
{
	fputs("usage: rig-box [-n] [-s] [-t SECS] [-p PIDFILE] COMMAND...\n", stderr);
	exit(2);
}

static void parse(struct box *b, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+nst:p:")) != -1) {
		if (c == 'n')
			b->clone_flags |= CLONE_NEWNET;
		else if (c == 's')
			b->own_session = true;
		else if (c == 't')
			b->timeout_secs = strtol(optarg, NULL, 10);
		else if (c == 'p')
			b->pidfile = optarg;
		else
			usage();
	}
	if (optind == argc)
		usage();
	b->command = argv + optind;
}

static void init_setup(int parent_lives)
{
	char c;

	/* The parent may have died before prctl: then there is no byte to read. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		die("prctl");
	if (read(parent_lives, &c, 1) != 1)
		_exit(126);
	close(parent_lives);
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		die("making mounts private");
	if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		die("mounting /proc");
}

static void pidfile_write(const struct box *b, pid_t pid)
{
	char next[4096];
	FILE *f;

	if (!b->pidfile)
		return;
	if ((size_t)snprintf(next, sizeof(next), "%s.new", b->pidfile) >= sizeof(next))
		die("path of the pid file too long");
	f = fopen(next, "w");
	if (!f || fprintf(f, "%d\n", (int)pid) < 0 || fclose(f) || rename(next, b->pidfile) < 0)
		die(b->pidfile);
}

static time_t now_secs(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* Waits for a signal until `end` (0: for ever); passes on what somebody sent to us alone. */
static void wait_signal(const struct box *b, pid_t pid, time_t end)
{
	struct timespec left = { 3600, 0 };
	siginfo_t info;
	int sig;

	if (end)
		left.tv_sec = end > now_secs() ? end - now_secs() : 0;
	sig = sigtimedwait(&b->waited, &info, &left);
	/* A ^C goes from the terminal to the whole foreground group, COMMAND included. */
	if (sig > 0 && sig != SIGCHLD && info.si_code != SI_KERNEL)
		kill(pid, sig);
}

/* Also buries orphans when called by PID 1. True once `pid` has ended. */
static bool reap(pid_t pid, int *status)
{
	int st;
	pid_t r;

	while ((r = waitpid(-1, &st, WNOHANG)) > 0) {
		if (r != pid)
			continue;
		*status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
		return true;
	}
	return false;
}

/* Waits for the end of `pid` and returns its exit status. */
static int supervise(const struct box *b, pid_t pid)
{
	time_t end = b->timeout_secs ? now_secs() + b->timeout_secs : 0;
	int status = 0, timeouts = 0;

	while (!reap(pid, &status)) {
		if (end && now_secs() >= end) {
			if (!timeouts)
				fprintf(stderr, "rig: timed out after %ld s\n", b->timeout_secs);
			kill(pid, timeouts++ ? SIGKILL : SIGTERM);
			end = now_secs() + GRACE_SECS;
		}
		wait_signal(b, pid, end);
	}
	return timeouts ? TIMED_OUT : status;
}

static int run_command(const struct box *b)
{
	struct box init = { .waited = b->waited };
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid)
		return supervise(&init, pid);
	if (b->own_session)
		setsid();
	sigprocmask(SIG_SETMASK, &b->old_mask, NULL);
	execvp(b->command[0], b->command);
	die(b->command[0]);
	return 126;
}

static pid_t start(const struct box *b)
{
	int alive[2];
	pid_t pid;

	if (pipe(alive) < 0)
		die("pipe");
	if (unshare(b->clone_flags) < 0)
		die("new namespaces (needs root)");
	pid = fork();
	if (pid < 0)
		die("fork");
	if (!pid) {
		close(alive[1]);
		init_setup(alive[0]);
		_exit(run_command(b));
	}
	close(alive[0]);
	pidfile_write(b, pid);
	if (write(alive[1], "", 1) != 1)
		die("pipe");
	return pid;
}

int main(int argc, char **argv)
{
	struct box b = { .clone_flags = CLONE_NEWPID | CLONE_NEWNS };
	int status;

	parse(&b, argc, argv);
	sigemptyset(&b.waited);
	sigaddset(&b.waited, SIGCHLD);
	sigaddset(&b.waited, SIGTERM);
	sigaddset(&b.waited, SIGINT);
	sigaddset(&b.waited, SIGHUP);
	sigaddset(&b.waited, SIGQUIT);
	sigprocmask(SIG_BLOCK, &b.waited, &b.old_mask);
	status = supervise(&b, start(&b));
	if (b.pidfile)
		unlink(b.pidfile);
	return status;
}
