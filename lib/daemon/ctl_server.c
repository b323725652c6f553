/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctl_server.c - control socket, daemon's side.
 *
 * A connection reads one line, hands it to the handler, collects the reply in memory and sends it
 * when it is complete: a slow reader costs memory, never the loop's time. Reply buffers are the one
 * allocation at run time; none lies on the path of a kernel request.
 */
#include "lib/daemon/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/daemon/unix_addr.h"

enum conn_state {
	CONN_FREE,
	CONN_READING,		/* the request is on its way */
	CONN_ANSWERING,		/* with the handler, until ctl_end() */
	CONN_SENDING,
};

struct ctl_conn {
	struct ctl_server *server;
	enum conn_state state;
	int fd;			/* -1 while ANSWERING: the client has gone */
	uint64_t serial;	/* age: the oldest reader makes room for a new client */
	bool has_status;
	size_t in_len;
	char in[CTL_REQ_MAX + 1];
	char *out;
	size_t out_len, out_size, out_sent;
	bool is_too_long;
};

struct ctl_server {
	struct loop *loop;
	int fd;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	ctl_handler_fn *fn;
	void *ctx;
	uint64_t serial;
	struct ctl_conn conn[CTL_CONNS_MAX];
};

static int listen_on(struct ctl_server *server, const char *path);
static void client_accept(void *ctx, int fd, uint32_t events);
static struct ctl_conn *conn_get(struct ctl_server *server);
static void conn_ready(void *ctx, int fd, uint32_t events);
static void conn_read(struct ctl_conn *conn);
static void conn_send(struct ctl_conn *conn);
static void conn_hangup(struct ctl_conn *conn);
static void conn_free(struct ctl_conn *conn);
static void request_run(struct ctl_conn *conn);
static void out_add(struct ctl_conn *conn, const char *text, size_t len);
static void out_line(struct ctl_conn *conn, const char *head, const char *fmt, va_list args)
	CM_PRINTF(3, 0);

int ctl_server_create(struct loop *loop, const char *path, ctl_handler_fn *fn, void *ctx,
		      struct ctl_server **out, struct cm_errmsg *err)
{
	struct ctl_server *server;
	unsigned int i;
	int r;

	server = calloc(1, sizeof(*server));
	if (!server) {
		cm_err_set(err, "no memory for the control socket");
		return -ENOMEM;
	}
	server->loop = loop;
	server->fn = fn;
	server->ctx = ctx;
	for (i = 0; i < CTL_CONNS_MAX; i++) {
		server->conn[i].server = server;
		server->conn[i].fd = -1;
	}
	r = listen_on(server, path);
	if (r)
		goto out_free;
	r = loop_fd_add(loop, server->fd, EPOLLIN, client_accept, server);
	if (r)
		goto out_close;
	*out = server;
	return 0;

out_close:
	close(server->fd);
	(void)unlink(path);	/* nothing to do about it */
out_free:
	free(server);
	cm_err_set(err, "control socket %s: %s", path, cm_strerror(r));
	return r;
}

static int listen_on(struct ctl_server *server, const char *path)
{
	struct sockaddr_un addr;
	mode_t mask;
	int r;

	r = unix_addr(path, &addr);
	if (r)
		return r;
	memcpy(server->path, path, strlen(path) + 1);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return -errno;
	if (unlink(path) && errno != ENOENT) {
		r = -errno;
		goto out_close;
	}
	mask = umask(0177);	/* 0600 from its first moment on */
	if (bind(server->fd, (const struct sockaddr *)&addr, sizeof(addr)))
		r = -errno;
	(void)umask(mask);
	if (!r && listen(server->fd, (int)CTL_CONNS_MAX))
		r = -errno;
	if (!r)
		return 0;
out_close:
	close(server->fd);
	return r;
}

void ctl_server_destroy(struct ctl_server *server)
{
	unsigned int i;

	for (i = 0; i < CTL_CONNS_MAX; i++)
		if (server->conn[i].state != CONN_FREE)
			conn_free(&server->conn[i]);
	loop_fd_del(server->loop, server->fd);
	close(server->fd);
	(void)unlink(server->path);	/* nothing to do about it */
	free(server);
}

static void client_accept(void *ctx, int fd, uint32_t events)
{
	struct ctl_server *server = ctx;
	struct ucred peer;
	socklen_t len = sizeof(peer);
	struct ctl_conn *conn;
	int client;

	(void)events;
	client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (client < 0)
		return;
	if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &peer, &len) ||
	    (peer.uid != 0 && peer.uid != geteuid())) {
		close(client);
		return;
	}
	conn = conn_get(server);
	if (!conn || loop_fd_add(server->loop, client, EPOLLIN, conn_ready, conn)) {
		close(client);
		return;
	}
	conn->state = CONN_READING;
	conn->fd = client;
	conn->serial = server->serial++;
	conn->in_len = 0;
	conn->has_status = false;
	conn->out_len = conn->out_sent = 0;
	conn->is_too_long = false;
}

/* A free one; else that of the client that has kept us waiting longest for its request; else NULL.
 * */
static struct ctl_conn *conn_get(struct ctl_server *server)
{
	struct ctl_conn *conn, *oldest = NULL;

	for (conn = server->conn; conn < server->conn + CTL_CONNS_MAX; conn++) {
		if (conn->state == CONN_FREE)
			return conn;
		if (conn->state == CONN_READING && (!oldest || conn->serial < oldest->serial))
			oldest = conn;
	}
	if (oldest)
		conn_free(oldest);
	return oldest;
}

static void conn_ready(void *ctx, int fd, uint32_t events)
{
	struct ctl_conn *conn = ctx;

	(void)fd;
	switch (conn->state) {
	case CONN_READING:
		conn_read(conn);
		break;
	case CONN_ANSWERING:
		if (events & (EPOLLHUP | EPOLLERR))
			conn_hangup(conn);
		break;
	case CONN_SENDING:
		conn_send(conn);
		break;
	case CONN_FREE:
		CM_UNREACHABLE();
	}
}

static void conn_read(struct ctl_conn *conn)
{
	char *newline;
	ssize_t got;

	got = recv(conn->fd, conn->in + conn->in_len, CTL_REQ_MAX - conn->in_len, 0);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		conn_free(conn);
		return;
	}
	newline = memchr(conn->in + conn->in_len, '\n', (size_t)got);
	conn->in_len += (size_t)got;
	if (newline) {
		*newline = 0;
		request_run(conn);
	} else if (conn->in_len == CTL_REQ_MAX) {
		conn->state = CONN_ANSWERING;
		ctl_error(conn, -EMSGSIZE, "a request is at most %u bytes", CTL_REQ_MAX);
		ctl_end(conn);
	}
}

static void request_run(struct ctl_conn *conn)
{
	struct cm_errmsg err;
	struct ctl_req req;

	/* Only a hang-up interests while the answer is being made. */
	if (loop_fd_mod(conn->server->loop, conn->fd, 0)) {
		conn_free(conn);
		return;
	}
	conn->state = CONN_ANSWERING;
	if (ctl_req_parse(conn->in, &req, &err)) {
		ctl_error(conn, -EINVAL, "%s", err.text);
		ctl_end(conn);
		return;
	}
	conn->server->fn(conn->server->ctx, conn, &req);
}

void ctl_ok(struct ctl_conn *conn)
{
	CM_ASSERT(conn->state == CONN_ANSWERING && !conn->has_status);
	conn->has_status = true;
	out_add(conn, "ok\n", 3);
}

void ctl_error(struct ctl_conn *conn, int error, const char *fmt, ...)
{
	char head[32];
	va_list args;

	CM_ASSERT(conn->state == CONN_ANSWERING && !conn->has_status && error < 0);
	conn->has_status = true;
	(void)snprintf(head, sizeof(head), "error %d ", error);
	va_start(args, fmt);
	out_line(conn, head, fmt, args);
	va_end(args);
}

void ctl_put(struct ctl_conn *conn, const char *key, const char *fmt, ...)
{
	char head[64];
	va_list args;

	CM_ASSERT(conn->has_status && strlen(key) < sizeof(head) - 1);
	(void)snprintf(head, sizeof(head), "%s=", key);
	va_start(args, fmt);
	out_line(conn, head, fmt, args);
	va_end(args);
}

void ctl_next_object(struct ctl_conn *conn)
{
	CM_ASSERT(conn->has_status);
	out_add(conn, "\n", 1);
}

void ctl_end(struct ctl_conn *conn)
{
	CM_ASSERT(conn->state == CONN_ANSWERING && conn->has_status);
	if (conn->fd < 0 || conn->is_too_long) {
		conn_free(conn);
		return;
	}
	conn->state = CONN_SENDING;
	conn_send(conn);
}

static void conn_send(struct ctl_conn *conn)
{
	ssize_t done;

	while (conn->out_sent < conn->out_len) {
		done = send(conn->fd, conn->out + conn->out_sent, conn->out_len - conn->out_sent,
			    MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0 && errno == EAGAIN &&
		    !loop_fd_mod(conn->server->loop, conn->fd, EPOLLOUT))
			return;
		if (done < 0)
			break;
		conn->out_sent += (size_t)done;
	}
	conn_free(conn);
}

static void conn_hangup(struct ctl_conn *conn)
{
	loop_fd_del(conn->server->loop, conn->fd);
	close(conn->fd);
	conn->fd = -1;
}

static void conn_free(struct ctl_conn *conn)
{
	if (conn->fd >= 0)
		conn_hangup(conn);
	free(conn->out);
	conn->out = NULL;
	conn->out_size = conn->out_len = 0;
	conn->state = CONN_FREE;
}

static void out_line(struct ctl_conn *conn, const char *head, const char *fmt, va_list args)
{
	char text[4096], *p;
	int len;

	len = vsnprintf(text, sizeof(text), fmt, args);
	if (len < 0)
		len = 0;
	if ((size_t)len >= sizeof(text))
		len = (int)sizeof(text) - 1;
	text[len] = 0;
	for (p = text; *p; p++)
		if (*p == '\n')
			*p = ' ';
	out_add(conn, head, strlen(head));
	out_add(conn, text, (size_t)len);
	out_add(conn, "\n", 1);
}

static void out_add(struct ctl_conn *conn, const char *text, size_t len)
{
	size_t size = conn->out_size ? conn->out_size : 4096;
	char *grown;

	if (conn->is_too_long)
		return;
	while (size < conn->out_len + len)
		size *= 2;
	if (size != conn->out_size) {
		grown = size <= CTL_REPLY_MAX ? realloc(conn->out, size) : NULL;
		if (!grown) {
			conn->is_too_long = true;
			return;
		}
		conn->out = grown;
		conn->out_size = size;
	}
	memcpy(conn->out + conn->out_len, text, len);
	conn->out_len += len;
}
