/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctl.h - the control sockets of cmirrord and clvmd: server and client.
 *
 * AF_UNIX stream. Request: one line `VERB key=value key="quoted value"\n`, CTL_REQ_MAX bytes at
 * most; in quotes \" and \\ stand for the character. Reply: `ok` or `error <number> <text>`, then
 * `key=value` lines, objects separated by an empty line, the first key of an object naming its
 * kind; the server closes at the end. Only root may ask (socket mode, and the peer's uid is
 * checked).
 */
#ifndef CM_DAEMON_CTL_H
#define CM_DAEMON_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/daemon/loop.h"

#define CTL_REQ_MAX	8192u
#define CTL_ARGS_MAX	32u
#define CTL_CONNS_MAX	32u
#define CTL_REPLY_MAX (16u << 20) /* bytes of one reply; more ends the connection without it */

/* ---- request ---- */

struct ctl_req {
	const char *verb;
	unsigned int arg_count;
	const char *key[CTL_ARGS_MAX];
	const char *value[CTL_ARGS_MAX];
};

/*
 * Split @line in place (the newline already cut off); @req points into it.
 * Returns 0 or -EINVAL with @err: no verb, a word without '=', an open quote, a key twice, too many
 * words.
 */
int ctl_req_parse(char *line, struct ctl_req *req, struct cm_errmsg *err) CM_MUST_CHECK;

/* Value of @key, or NULL. */
const char *ctl_req_get(const struct ctl_req *req, const char *key);

/* The same as a number. Returns 0, -ENOENT (no such key), -EINVAL (no number, or above @max), both
 * with @err. */
int ctl_req_get_u64(const struct ctl_req *req, const char *key, uint64_t max, uint64_t *value,
		    struct cm_errmsg *err) CM_MUST_CHECK;

/* Append ` key="value"` to the request in @buf (NUL-terminated, @size bytes). 0 or -ENOSPC; -EINVAL
 * for a newline. */
int ctl_req_add(char *buf, size_t size, const char *key, const char *value) CM_MUST_CHECK;

/* ---- server: in the loop's thread ---- */

struct ctl_server;
struct ctl_conn;

/*
 * Answer now or later: exactly one ctl_ok() or ctl_error(), lines, then ctl_end(). @conn stays
 * valid until ctl_end(), also when the client has gone. @req is valid during the call.
 */
typedef void ctl_handler_fn(void *ctx, struct ctl_conn *conn, const struct ctl_req *req);

/* Listen on @path (0600; a left-over socket is replaced: the caller holds the pidfile). 0 or
 * negative errno, @err. */
int ctl_server_create(struct loop *loop, const char *path, ctl_handler_fn *fn, void *ctx,
		      struct ctl_server **out, struct cm_errmsg *err) CM_MUST_CHECK;
/* Closes all connections; none may be unanswered (or the caller forgets them). */
void ctl_server_destroy(struct ctl_server *server);

void ctl_ok(struct ctl_conn *conn);
/* @error negative; newlines in the text become blanks. */
void ctl_error(struct ctl_conn *conn, int error, const char *fmt, ...)
	CM_PRINTF(3, 4);
/* A line `key=value`; newlines in the value become blanks. */
void ctl_put(struct ctl_conn *conn, const char *key, const char *fmt, ...)
	CM_PRINTF(3, 4);
/* The empty line between two objects. */
void ctl_next_object(struct ctl_conn *conn);
void ctl_end(struct ctl_conn *conn);

/* ---- client: blocking, any thread ---- */

/* @key "" and @value "" for the empty line between objects. */
typedef void ctl_line_fn(void *ctx, const char *key, const char *value);

/*
 * Ask and read the whole reply. @request without its newline. @timeout_s: without a byte from the
 * daemon for so long ends in -ETIMEDOUT; 0 = wait for ever. Lines after `error` reach @line too
 * (clvmd's per-node results). @line NULL: only the status is wanted; the reply is read to its end
 * and checked all the same.
 *
 * Returns 0; the daemon's number with its text in @err; or, with @err naming @path:
 *   -ECONNREFUSED  nobody listens (also when there is no socket)
 *   -EPROTO        no reply of this protocol, or the daemon died in the middle of it
 *   other negative errno of socket, connect, send, recv
 */
int ctl_client_call(const char *path, const char *request, int timeout_s, ctl_line_fn *line,
		    void *ctx, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
