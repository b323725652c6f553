/* SPDX-License-Identifier: GPL-2.0-only */
/* test_daemon.c - lib/daemon: journal lines, pidfile, memory lock, readiness,
 * sockets' paths, descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/daemon/daemonise.h"
#include "lib/daemon/fds.h"
#include "lib/daemon/lg.h"
#include "lib/daemon/memlock.h"
#include "lib/daemon/pidfile.h"
#include "lib/daemon/unix_addr.h"
#include "test/lib/tap.h"

static void last_keep(void *ctx, const char *line)
{
	snprintf(ctx, LG_LINE_MAX, "%s", line);
}

static void count_lines(void *ctx, const char *line)
{
	(void)line;
	++*(unsigned int *)ctx;
}

/* The carrier is stuck in a full pipe: lg_line() must go on. */
static void test_lg_blocked(void)
{
	char last[LG_LINE_MAX] = "";
	unsigned int i, count = 0;
	int fds[2], saved;

	if (!OK(!pipe(fds), "a pipe that nobody reads"))
		return;
	fflush(stdout);
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	OK(!lg_open("test", true, LG_INFO), "journal to stderr");
	for (i = 0; i < 5000; i++)
		lg_line(LG_INFO, "subject", "line %u, long enough to fill any pipe: %0200d", i, 0);
	lg_dbg("only in the ring");
	lg_dump(last_keep, last);
	lg_dump(count_lines, &count);
	OK(strstr(last, "debug: only in the ring"), "5000 lines later the caller still runs");
	IS_U64(count, 1024, "the ring holds the newest");
	close(fds[0]);		/* the carrier gets EPIPE and goes on */
	lg_close();
	dup2(saved, STDERR_FILENO);
	close(fds[1]);
	close(saved);
}

static void test_lg_text(void)
{
	char text[4096] = "";
	enum lg_level level = LG_ERR;
	ssize_t got;
	int fds[2], saved;

	if (!OK(!pipe(fds), "a pipe"))
		return;
	saved = dup(STDERR_FILENO);
	dup2(fds[1], STDERR_FILENO);
	OK(!lg_open("test", true, LG_WARN), "journal to stderr");
	lg_line(LG_WARN, "LVM-x", "disk %d failed", 3);
	lg_info("not for you");
	lg_close();
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(fds[1]);
	got = read(fds[0], text, sizeof(text) - 1);
	OK(got > 0 && strstr(text, " warn: LVM-x: disk 3 failed\n"), "a line arrived: %s", text);
	OK(!strstr(text, "not for you"), "one below the level did not");
	close(fds[0]);
	OK(!lg_level_parse("debug", &level) && level == LG_DBG, "level by name");
	IS_INT(lg_level_parse("loud", &level), -EINVAL, "unknown level");
}

static void test_lg_crash(void)
{
	char path[64], text[256] = "";
	int status = 0, fd;
	ssize_t got;
	pid_t pid;

	snprintf(path, sizeof(path), "/tmp/test_crash.%d", (int)getpid());
	fflush(stdout);
	pid = fork();
	if (!pid) {
		lg_crash_file(path);
		lg_dbg("the last words");
		abort();
	}
	waitpid(pid, &status, 0);
	OK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "the process still dies of it");
	fd = open(path, O_RDONLY);
	got = read(fd, text, sizeof(text) - 1);
	OK(got > 0 && strstr(text, "debug: the last words\n"), "and the ring is in the file");
	close(fd);
	unlink(path);
}

static void test_pidfile(void)
{
	char path[64];
	struct cm_errmsg err;
	int fd = -1, status = 0;
	pid_t pid;

	snprintf(path, sizeof(path), "/tmp/test_pidfile.%d", (int)getpid());
	IS_INT(pidfile_lock(path, &fd, &err), 0, "lock");
	pid = fork();
	if (!pid) {
		/* libdevmapper's own question, in a process of its own as LVM asks it */
		_exit((dm_daemon_is_running(path) == 1 ? 0 : 1) +
		      (pidfile_holder(path) == getppid() ? 0 : 2) +
		      (pidfile_lock(path, &fd, &err) == -EEXIST ? 0 : 4));
	}
	waitpid(pid, &status, 0);
	IS_INT(WEXITSTATUS(status), 0, "another process sees the lock, and whose it is");
	pidfile_unlock(path, fd);
	IS_INT(access(path, F_OK), -1, "gone");
	IS_INT(pidfile_lock("/nonexistent/x", &fd, &err), -ENOENT, "no folder");
	OK(strstr(err.text, "/nonexistent/x"), "names the file: %s", err.text);
}

static int run_daemon(bool good, char *said, size_t size)
{
	int fds[2], status = 0;
	ssize_t got;
	pid_t pid;

	if (pipe(fds))
		return -1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		dup2(fds[1], STDERR_FILENO);
		close(fds[0]);
		close(fds[1]);
		if (daemonise_fork())
			_exit(9);
		if (good)
			daemonise_ready("fine");
		else
			daemonise_failed("the cure is: none");
		_exit(0);
	}
	close(fds[1]);
	waitpid(pid, &status, 0);
	got = read(fds[0], said, size - 1);
	said[got > 0 ? got : 0] = 0;
	close(fds[0]);
	return WEXITSTATUS(status);
}

static void test_daemonise(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	char said[256];
	ssize_t got;
	int fd;

	IS_INT(run_daemon(true, said, sizeof(said)), 0, "ready: the parent exits 0");
	IS_STR(said, "", "and says nothing");
	IS_INT(run_daemon(false, said, sizeof(said)), 1, "failed: 1");
	IS_STR(said, "the cure is: none\n", "and why");

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/test_notify.%d", (int)getpid());
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	OK(!bind(fd, (struct sockaddr *)&addr, sizeof(addr)), "a notify socket");
	setenv("NOTIFY_SOCKET", addr.sun_path, 1);
	daemonise_ready("3 nodes");
	got = recv(fd, said, sizeof(said) - 1, MSG_DONTWAIT);
	said[got > 0 ? got : 0] = 0;
	OK(!strncmp(said, "READY=1\n", 8) && strstr(said, "STATUS=3 nodes"), "systemd is told");
	unsetenv("NOTIFY_SOCKET");
	close(fd);
	unlink(addr.sun_path);
}

static void test_unix_addr(void)
{
	struct sockaddr_un addr;
	char path[sizeof(addr.sun_path) + 1];

	memset(&addr, 'g', sizeof(addr));
	memset(path, 'x', sizeof(path));
	path[sizeof(addr.sun_path)] = 0;
	IS_INT(unix_addr(path, &addr), -ENAMETOOLONG, "a path without room for its NUL");
	OK(addr.sun_path[0] == 'g', "and nothing is written");
	path[sizeof(addr.sun_path) - 1] = 0;
	IS_INT(unix_addr(path, &addr), 0, "the longest");
	OK(addr.sun_family == AF_UNIX && !strcmp(addr.sun_path, path), "whole");
	IS_INT(unix_addr("/x", &addr), 0, "a short one over it");
	OK(!strcmp(addr.sun_path, "/x") && !addr.sun_path[sizeof(addr.sun_path) - 2],
	   "leaves nothing of the former");
}

static bool says(int fd, const char *text)
{
	char got[16] = "";

	return read(fd, got, sizeof(got) - 1) == (ssize_t)strlen(text) && !strcmp(got, text);
}

/* Two that lie in each other's places, one twice, and a gap. */
static int fds_swap(void)
{
	int one[2], two[2];

	if (pipe(one) || pipe(two) || write(one[1], "1", 1) != 1 || write(two[1], "2", 1) != 1)
		return 1;
	if (dup2(one[0], 0) != 0 || dup2(two[0], 1) != 1 || dup2(two[0], 50) != 50)
		return 1;
	if (fds_keep((const int[]){1, 0, -1, one[1], one[1]}, 5))
		return 2;
	if (!says(0, "2") || !says(1, "1"))
		return 3;
	if (fcntl(2, F_GETFD) != -1 || write(3, "3", 1) != 1 || write(4, "4", 1) != 1)
		return 4;
	if (!says(1, "34"))
		return 5;
	for (int fd = 5; fd < 100; fd++)
		if (fcntl(fd, F_GETFD) != -1)
			return 6;
	return 0;
}

/* In a child, which loses all it has. */
static void test_fds(void)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(fds_swap());
	waitpid(pid, &status, 0);
	IS_INT(WEXITSTATUS(status), 0, "descriptors are kept in their places, the rest is closed");
	pid = fork();
	if (!pid)
		_exit(fds_keep((const int[]){1000}, 1) == -EBADF ? 0 : 1);
	waitpid(pid, &status, 0);
	IS_INT(WEXITSTATUS(status), 0, "one that is none");
}

/* In a child: what is locked stays locked for the process. */
static void test_memlock(void)
{
	struct cm_errmsg err;
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		char line[256];
		long locked_kib = 0;
		FILE *file;

		if (memlock_all(256 << 10, 4 << 20, &err))
			_exit(1);
		file = fopen("/proc/self/status", "r");
		while (file && fgets(line, sizeof(line), file))
			sscanf(line, "VmLck: %ld", &locked_kib);
#ifdef __SANITIZE_ADDRESS__	/* it makes mlockall() do nothing */
		_exit(0);
#endif
		_exit(locked_kib > 4096 ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	IS_INT(WEXITSTATUS(status), 0, "all memory is locked");
}

int main(void)
{
	alarm(60);
	signal(SIGPIPE, SIG_IGN);
	test_lg_crash();	/* before the ring is full */
	test_lg_text();
	test_lg_blocked();
	test_pidfile();
	test_daemonise();
	test_unix_addr();
	test_fds();
	if (geteuid())
		SKIP("memlock", "needs root");
	else
		test_memlock();
	return tap_done();
}
