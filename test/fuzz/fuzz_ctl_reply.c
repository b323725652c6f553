/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon's reply as the client reads it: how often the bytes come, then the bytes. The static
 * reader is reached by including its file.
 */
#include "lib/daemon/ctl_client.c"

#include "test/fuzz/fuzz.h"

static void line_look(void *ctx, const char *key, const char *value)
{
	size_t *sum = ctx;

	CM_ASSERT(!strpbrk(key, "=\n") && !strchr(value, '\n'));
	*sum += strlen(key) + strlen(value) + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_errmsg err = { .text = "" };
	size_t sum = 0, sent = 0;
	struct reply reply = { .line = line_look, .ctx = &sum, .err = &err };
	unsigned int count = 1;
	int fd[2], r;

	if (size) {
		count = *data++ % 8u + 1;
		size--;
	}
	CM_ASSERT(!socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd));
	for (; size && count; count--) {
		CM_ASSERT(send(fd[0], data, size, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)size);
		sent += size;
	}
	CM_ASSERT(!shutdown(fd[0], SHUT_WR));
	r = reply_read(fd[1], &reply);
	CM_ASSERT(!r || r == -EPROTO);
	CM_ASSERT(r || (reply.has_status && reply.result <= 0 && sum <= sent));
	(void)close(fd[0]);
	(void)close(fd[1]);
	return 0;
}
