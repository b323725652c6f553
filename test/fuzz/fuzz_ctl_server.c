/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A connection to a control socket: how often the bytes come and where they are cut in two, then
 * the bytes.
 */
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/daemon/ctl.h"
#include "lib/daemon/unix_addr.h"

static struct loop *loop;
static char path[160];

static void answer(void *ctx, struct ctl_conn *conn, const struct ctl_req *req)
{
	struct cm_errmsg err;
	uint64_t number;
	unsigned int i;

	(void)ctx;
	if (ctl_req_get_u64(req, "n", 1000, &number, &err)) {
		ctl_error(conn, -EINVAL, "%s", err.text);
	} else {
		ctl_ok(conn);
		for (i = 0; i < req->arg_count; i++) {
			ctl_put(conn, "arg", "%s=%s", req->key[i], req->value[i]);
			ctl_next_object(conn);
		}
	}
	ctl_end(conn);
}

static void start(void)
{
	struct ctl_server *server;
	struct cm_errmsg err;

	if (loop)
		return;
	(void)snprintf(path, sizeof(path), "%s/sock", fuzz_dir(-1));
	CM_ASSERT(!loop_create(&loop));
	CM_ASSERT(!ctl_server_create(loop, path, answer, NULL, &server, &err));
}

static void part_send(int fd, const uint8_t *data, size_t size)
{
	if (size && send(fd, data, size, MSG_NOSIGNAL) != (ssize_t)size)
		return;		/* it has heard enough */
	loop_once(loop, 0);
	loop_once(loop, 0);
}

/* Every line of an answer is of the protocol. */
static void reply_check(int fd)
{
	static char text[CTL_REQ_MAX * 4];
	ssize_t got = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);
	char *line, *newline;

	if (got <= 0)
		return;
	text[got] = 0;
	CM_ASSERT(!strncmp(text, "ok\n", 3) || !strncmp(text, "error -", 7));
	for (line = strchr(text, '\n') + 1; (newline = strchr(line, '\n')); line = newline + 1)
		CM_ASSERT(line == newline || !strncmp(line, "arg=", 4));
	CM_ASSERT(!*line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_un addr;
	unsigned int count = 1;
	size_t cut = 0;
	int fd;

	start();
	if (size) {
		count = *data % 8u + 1;
		cut = *data++ / 8u * 64u;
		cut = cut < --size ? cut : size;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CM_ASSERT(fd >= 0 && !unix_addr(path, &addr));
	CM_ASSERT(!connect(fd, (const struct sockaddr *)&addr, sizeof(addr)));
	for (; count; count--) {
		part_send(fd, data, cut);
		part_send(fd, data + cut, size - cut);
	}
	reply_check(fd);
	(void)close(fd);
	loop_once(loop, 0);
	return 0;
}
