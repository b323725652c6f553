/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctl_client.c - control socket, the asker's side.
 */
#include "lib/daemon/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "lib/daemon/unix_addr.h"

#define LINE_MAX_BYTES	8192u

struct reply {
	ctl_line_fn *line;
	void *ctx;
	struct cm_errmsg *err;
	bool has_status;
	int result;
	bool is_bad;
};

static int connect_to(const char *path, int timeout_s);
static int request_send(int fd, const char *request);
static int reply_read(int fd, struct reply *reply);
static void reply_line(struct reply *reply, char *text);
static int status_parse(struct reply *reply, const char *text);

int ctl_client_call(const char *path, const char *request, int timeout_s, ctl_line_fn *line,
		    void *ctx, struct cm_errmsg *err)
{
	struct reply reply = {.line = line, .ctx = ctx, .err = err};
	int fd, r;

	fd = connect_to(path, timeout_s);
	if (fd < 0) {
		cm_err_set(err, "%s: %s", path, cm_strerror(fd));
		return fd;
	}
	r = request_send(fd, request);
	if (!r)
		r = reply_read(fd, &reply);
	close(fd);
	if (r) {
		cm_err_set(err, "%s: %s", path,
			   r == -EPROTO ? "the daemon ended in the middle of its answer"
					: cm_strerror(r));
		return r;
	}
	return reply.result;
}

/* Returns a fd or negative errno. */
static int connect_to(const char *path, int timeout_s)
{
	struct sockaddr_un addr;
	struct timeval timeout = {.tv_sec = timeout_s};
	int fd, r;

	r = unix_addr(path, &addr);
	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		r = errno == ENOENT ? -ECONNREFUSED : -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int request_send(int fd, const char *request)
{
	char buf[CTL_REQ_MAX];
	size_t len = strlen(request), sent = 0;
	ssize_t done;

	if (len + 1 > sizeof(buf) || strchr(request, '\n'))
		return -EMSGSIZE;
	memcpy(buf, request, len);
	buf[len++] = '\n';
	while (sent < len) {
		done = send(fd, buf + sent, len - sent, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		sent += (size_t)done;
	}
	return 0;
}

static int reply_read(int fd, struct reply *reply)
{
	char buf[LINE_MAX_BYTES + 1];
	size_t have = 0;
	char *newline, *start;
	ssize_t got;

	for (;;) {
		got = recv(fd, buf + have, LINE_MAX_BYTES - have, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (!got)
			break;
		have += (size_t)got;
		start = buf;
		while ((newline = memchr(start, '\n', have))) {
			*newline = 0;
			reply_line(reply, start);
			have -= (size_t)(newline + 1 - start);
			start = newline + 1;
		}
		memmove(buf, start, have);
		if (have == LINE_MAX_BYTES)
			return -EPROTO;
	}
	/* No status, a line without its end, or one that is none: not a whole reply. */
	return reply->has_status && !have && !reply->is_bad ? 0 : -EPROTO;
}

static void reply_line(struct reply *reply, char *text)
{
	char *equals;

	if (!reply->has_status) {
		reply->has_status = true;
		reply->result = status_parse(reply, text);
		return;
	}
	equals = strchr(text, '=');
	if (!equals && *text) {
		reply->is_bad = true;
		return;
	}
	if (equals)
		*equals = 0;
	if (reply->line)
		reply->line(reply->ctx, text, equals ? equals + 1 : "");
}

static int status_parse(struct reply *reply, const char *text)
{
	char *end;
	long number;

	if (!strcmp(text, "ok"))
		return 0;
	if (!strncmp(text, "error ", 6)) {
		number = strtol(text + 6, &end, 10);
		if (end > text + 6 && number < 0 && number > -100000) {
			cm_err_set(reply->err, "%s", *end == ' ' ? end + 1 : end);
			return (int)number;
		}
	}
	reply->is_bad = true;
	return -EPROTO;
}
