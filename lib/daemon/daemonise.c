/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/daemon/daemonise.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/daemon/unix_addr.h"

/* What the child writes: 'R' = ready, or 'F' and the text. End of file first = it died. */
static int ready_fd = -1;

static void parent_wait(int fd) __attribute__((noreturn));

int daemonise_fork(void)
{
	int fds[2], r;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	pid = fork();
	if (pid < 0) {
		r = -errno;
		close(fds[0]);
		close(fds[1]);
		return r;
	}
	if (pid > 0) {
		close(fds[1]);
		parent_wait(fds[0]);
	}
	close(fds[0]);
	ready_fd = fds[1];
	(void)setsid();		/* fails only for a group leader, which a forked child is not */
	umask(077);
	return chdir("/") ? -errno : 0;
}

static void parent_wait(int fd)
{
	char text[1024];
	size_t have = 0;
	ssize_t got;

	while (have < sizeof(text) - 1) {
		got = read(fd, text + have, sizeof(text) - 1 - have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	text[have] = 0;
	if (have && text[0] == 'R')
		_exit(0);
	if (have && text[0] == 'F')
		fprintf(stderr, "%s\n", text + 1);
	else
		fprintf(stderr, "the daemon died before it was ready\n");
	_exit(1);
}

void daemonise_ready(const char *status)
{
	char line[256];
	int null_fd, kmsg_fd;

	if (ready_fd >= 0) {
		kmsg_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (null_fd >= 0) {
			(void)dup2(null_fd, STDIN_FILENO);
			(void)dup2(null_fd, STDOUT_FILENO);
			(void)dup2(kmsg_fd >= 0 ? kmsg_fd : null_fd, STDERR_FILENO);
			close(null_fd);
		}
		if (kmsg_fd >= 0)
			close(kmsg_fd);
		if (write(ready_fd, "R", 1) != 1) {
			/* the parent was killed: nobody to tell */
		}
		close(ready_fd);
		ready_fd = -1;
	}
	(void)snprintf(line, sizeof(line), "READY=1\nMAINPID=%d\nSTATUS=%s", (int)getpid(), status);
	daemonise_notify(line);
}

void daemonise_failed(const char *text)
{
	char line[1024];
	int len;

	if (ready_fd < 0) {
		fprintf(stderr, "%s\n", text);
		return;
	}
	len = snprintf(line, sizeof(line), "F%s", text);
	if (len >= (int)sizeof(line))
		len = (int)sizeof(line) - 1;
	if (write(ready_fd, line, (size_t)len) != len) {
		/* the parent was killed: nobody to tell */
	}
	close(ready_fd);
	ready_fd = -1;
}

/* The protocol of sd_notify(3): one datagram to the socket named in the environment; '@' stands for
 * the NUL of the abstract namespace. */
void daemonise_notify(const char *line)
{
	struct sockaddr_un addr;
	const char *path = getenv("NOTIFY_SOCKET");
	int fd;

	if (!path || (path[0] != '/' && path[0] != '@') || unix_addr(path, &addr))
		return;
	if (path[0] == '@')
		addr.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, line, strlen(line), MSG_NOSIGNAL, (const struct sockaddr *)&addr,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}
