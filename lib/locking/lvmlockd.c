/* SPDX-License-Identifier: GPL-2.0-only */
/* lvmlockd.c - one connection per question: hello, the request, its reply. */
#include "lib/locking/lvmlockd.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Numbers of daemons/lvmlockd/lvmlockd-client.h. */
#define LOCKD_ENOLS		210
#define LOCKD_ESTARTING		211
#define LOCKD_EVGKILLED		217

static int dial(struct cm_errmsg *err)
{
	const char *path = getenv("LVM_LVMLOCKD_SOCKET");
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct timeval tv = { .tv_sec = LVMLOCKD_TIMEOUT_S };
	int fd, r;

	if (!path || !*path)
		path = LVMLOCKD_SOCKET;
	if (strlen(path) >= sizeof(addr.sun_path)) {
		cm_err_set(err, "LVM_LVMLOCKD_SOCKET: %s is too long for a socket: set it right",
			   path);
		return -ENAMETOOLONG;
	}
	memcpy(addr.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) < 0 ||
	    connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
		r = -errno;
		if (fd >= 0)
			(void)close(fd);
		cm_err_set(err,
			   "lvmlockd is not running: start it (systemctl start lvmlockd), then "
			   "vgchange --lockstart");
		return r == -ENOENT ? -ECONNREFUSED : r;
	}
	return fd;
}

static int protocol_error(struct cm_errmsg *err, int r)
{
	if (r == -EAGAIN)
		r = -ETIMEDOUT;		/* what a socket's own deadline gives */
	cm_err_set(err, "lvmlockd gives no answer: %s", cm_strerror(r));
	return r;
}

static int exchange(int fd, const char *request, size_t len_bytes, struct lvmlockd_reply *reply,
		    struct cm_errmsg *err)
{
	char buf[LVMLOCKD_MSG_MAX];
	size_t got = 0, end_len = strlen(LVMLOCKD_END);

	if (send(fd, request, len_bytes, MSG_NOSIGNAL) != (ssize_t)len_bytes)
		return protocol_error(err, errno ? -errno : -EPROTO);
	for (;;) {
		ssize_t n = recv(fd, buf + got, sizeof(buf) - 1 - got, 0);

		if (n <= 0)
			return protocol_error(err, n < 0 ? -errno : -EPROTO);
		got += (size_t)n;
		if (got >= end_len && !memcmp(buf + got - end_len, LVMLOCKD_END, end_len))
			break;
		if (got == sizeof(buf) - 1)
			return protocol_error(err, -EPROTO);
	}
	buf[got - end_len] = '\0';
	return lvmlockd_reply_parse(buf, reply) ? protocol_error(err, -EPROTO) : 0;
}

static int ask(const char *request, const char *mode, const char *opts,
	       const struct lvmlockd_lv *lv, struct lvmlockd_reply *reply, struct cm_errmsg *err)
{
	char msg[LVMLOCKD_MSG_MAX], hello[LVMLOCKD_MSG_MAX];
	int len = lvmlockd_request_build(request, mode, opts, lv, (int)getpid(), msg);
	int hello_len = lvmlockd_request_build("hello", NULL, NULL, NULL, 0, hello);
	int fd, r;

	if (len < 0 || hello_len < 0) {
		cm_err_set(err, "names of %s/%s cannot be sent to lvmlockd", lv->vg_name,
			   lv->lv_name ? lv->lv_name : "");
		return len < 0 ? len : hello_len;
	}
	fd = dial(err);
	if (fd < 0)
		return fd;
	r = exchange(fd, hello, (size_t)hello_len, reply, err);
	if (!r && !reply->is_ok)
		r = protocol_error(err, -EPROTO);
	if (!r)
		r = exchange(fd, msg, (size_t)len, reply, err);
	if (!r && !reply->is_ok)
		r = protocol_error(err, -EPROTO);
	(void)close(fd);
	return r;
}

static int result_text(const struct lvmlockd_lv *lv, long result, struct cm_errmsg *err)
{
	switch (-result) {
	case LOCKD_ENOLS:
	case LOCKD_ESTARTING:
		cm_err_set(err,
			   "locking of volume group %s is not started: vgchange --lockstart %s",
			   lv->vg_name, lv->vg_name);
		return -ENOLCK;
	case EAGAIN:
	case EEXIST:
		cm_err_set(err,
			   "%s/%s is active exclusively on another node: "
			   "lvchange -an %s/%s there first",
			   lv->vg_name, lv->lv_name, lv->vg_name, lv->lv_name);
		return -EAGAIN;
	case LOCKD_EVGKILLED:
		cm_err_set(
			err,
			"lvmlockd has given up the locks of volume group %s: lvmlockctl --drop %s "
			"when it is inactive",
			lv->vg_name, lv->vg_name);
		return -EIO;
	default:
		cm_err_set(err, "lvmlockd refuses the lock of %s/%s: error %ld", lv->vg_name,
			   lv->lv_name, result);
		return -EIO;
	}
}

int lvmlockd_lock_lv(const struct lvmlockd_lv *lv, enum lvmlockd_mode mode, struct cm_errmsg *err)
{
	static const char *const word[] = { "un", "sh", "ex" };
	struct lvmlockd_reply reply;
	int r = ask("lock_lv", word[mode], "persistent", lv, &reply, err);

	if (r)
		return r;
	if (!reply.op_result || reply.op_result == -EALREADY)
		return 0;
	if (mode == LVMLOCKD_UN && (reply.op_result == -ENOENT || reply.op_result == -LOCKD_ENOLS))
		return 0;
	return result_text(lv, reply.op_result, err);
}

int lvmlockd_query_lv(const struct lvmlockd_lv *lv, enum lvmlockd_mode *mode, struct cm_errmsg *err)
{
	struct lvmlockd_reply reply;
	int r = ask("query_lock_lv", "sh", NULL, lv, &reply, err);

	if (r)
		return r;
	if (reply.op_result)
		return result_text(lv, reply.op_result, err);
	*mode = !strcmp(reply.mode, "sh")   ? LVMLOCKD_SH
		: !strcmp(reply.mode, "ex") ? LVMLOCKD_EX
					    : LVMLOCKD_UN;
	return 0;
}

int lvmlockd_vg_started(const char *vg_name, bool *is_started, struct cm_errmsg *err)
{
	struct lvmlockd_lv lv = { .vg_name = vg_name, .lv_name = "" };
	struct lvmlockd_reply reply;
	int r = ask("query_lock_vg", NULL, NULL, &lv, &reply, err);

	if (r)
		return r;
	*is_started = !reply.op_result;
	return 0;
}
