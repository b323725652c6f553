/* SPDX-License-Identifier: GPL-2.0-only */
/* test_kch.c - lib/kernel/kch_connector.c over a socket pair that plays the kernel. */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/kernel/kch_connector.h"
#include "test/lib/tap.h"

static const struct kch_ops *const ops = &kch_connector;

static void request_send(int fd, uint32_t seq)
{
	struct kabi_req req = {.luid = 77, .uuid = "LVM-x", .version = 3, .seq = seq,
			       .type = KABI_IN_SYNC, .region_count = 1};
	uint8_t buf[KABI_DGRAM_MAX];
	size_t len;

	req.region_nr[0] = seq;
	len = kabi_req_encode(&req, buf);
	if (send(fd, buf, len, MSG_DONTWAIT) != (ssize_t)len)
		OK(false, "send %u", seq);
}

static void test_requests(struct kch *kch, int kernel)
{
	struct kch_stats stats;
	struct kabi_req req;
	uint32_t i, seen = 0, in_order = 0;

	IS_INT(ops->next(kch, &req), 0, "nothing yet");
	for (i = 0; i < 40; i++) {
		request_send(kernel, i);
		if (i == 20 && send(kernel, "garbage", 7, 0) != 7)
			OK(false, "send garbage");
	}
	/* As the loop does: until 0, and again while epoll says readable. */
	for (i = 0; i < 10; i++)
		while (ops->next(kch, &req) == 1) {
			in_order += req.seq == seen && req.region_nr[0] == seen;
			seen++;
		}
	IS_U64(seen, 40, "all requests, more than one batch of them");
	IS_U64(in_order, 40, "in order");
	ops->stats(kch, &stats);
	IS_U64(stats.requests, 41, "counted");
	IS_U64(stats.bad, 1, "the bad one too");
}

static void test_reply(struct kch *kch, int kernel)
{
	struct kabi_reply reply = {.luid = 77, .seq = 5, .type = KABI_IN_SYNC, .data_bytes = 8,
				   .data = {1}};
	struct kabi_reply got = {.seq = 0};
	struct kch_stats stats;
	uint8_t buf[2048];
	ssize_t len;
	int i;

	ops->reply(kch, &reply);
	len = recv(kernel, buf, sizeof(buf), MSG_DONTWAIT);
	if (OK(len > 0 && !kabi_reply_decode(buf, (size_t)len, &got), "a reply came")) {
		IS_U64(got.seq, 5, "its seq");
		IS_U64(got.data[0], 1, "its data");
	}
	for (i = 0; i < 10000; i++)
		ops->reply(kch, &reply);
	ops->stats(kch, &stats);
	OK(stats.replies < 10000, "a full socket drops replies, it does not block");
}

static void test_sender(void)
{
	struct kch_stats stats;
	struct kabi_req req;
	struct kch *kch;
	int pair[2];

	if (!OK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) &&
			!kch_connector_over(pair[0], true, &kch),
		"a channel that wants netlink"))
		return;
	request_send(pair[1], 1);
	IS_INT(ops->next(kch, &req), 0, "a request that is not the kernel's is refused");
	ops->stats(kch, &stats);
	IS_U64(stats.bad, 1, "and counted");
	ops->close(kch);
	close(pair[1]);
}

int main(void)
{
	struct kch *kch;
	int pair[2];

	alarm(30);
	if (!OK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) &&
			!kch_connector_over(pair[0], false, &kch),
		"a channel over a socket pair"))
		return tap_done();
	IS_INT(ops->fd(kch), pair[0], "its fd");
	test_requests(kch, pair[1]);
	test_reply(kch, pair[1]);
	ops->close(kch);
	close(pair[1]);
	test_sender();
	return tap_done();
}
