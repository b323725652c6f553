/* SPDX-License-Identifier: GPL-2.0-only */
#define _GNU_SOURCE
#include "devlog.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* "<PRI>Mmm dd hh:mm:ss tag: text", as glibc's syslog(3) writes it. */
#define PREFIX_BYTES 16

int devlog_open(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	unlink(a.sun_path);
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Cuts the priority and glibc's time stamp of whole seconds, when they are there. */
static const char *message_text(const char *msg)
{
	const char *end = *msg == '<' ? strchr(msg, '>') : NULL;

	if (end)
		msg = end + 1;
	if (strlen(msg) > PREFIX_BYTES && msg[3] == ' ' && msg[9] == ':' && msg[12] == ':')
		msg += PREFIX_BYTES;
	return msg;
}

void devlog_pump(int fd, const char *path)
{
	char msg[8192], line[8300], clock[16];
	struct timeval now;
	struct tm tm;
	ssize_t n;
	int out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644), len;

	while ((n = recv(fd, msg, sizeof(msg) - 1, 0)) >= 0) {
		msg[n] = '\0';
		gettimeofday(&now, NULL);
		localtime_r(&now.tv_sec, &tm);
		strftime(clock, sizeof(clock), "%T", &tm);
		len = snprintf(line, sizeof(line), "%s.%03d %s\n", clock,
			       (int)(now.tv_usec / 1000), message_text(msg));
		if (out >= 0 && write(out, line, (size_t)len) < 0)
			break;
	}
	if (out >= 0)
		close(out);
}
