/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kch_connector.c - the stock client: netlink connector, id (7, 1).
 *
 * The group of a connector id is the id's number, 7, and is joined by NETLINK_ADD_MEMBERSHIP.
 * nl_groups of bind() is a bit mask: 7 there would be groups 1, 2 and 3, of which the first is
 * every fork on the machine.
 *
 * Datagrams are taken in batches: when many mirrors ask at once, one system call for all. A batch
 * that was not full has emptied the queue, so the next question is left to epoll: in steady state a
 * request costs epoll_wait, recvmmsg, send.
 */
#include "lib/kernel/kch_connector.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/connector.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP		CN_IDX_DM
#define BATCH		16u
#define DGRAM_BYTES 1024u /* the kernel's longest is KABI_DGRAM_MAX; longer is foreign */
#define RCVBUF_BYTES	(8 << 20)	/* some thousands of requests */

CM_STATIC_ASSERT(KABI_DGRAM_MAX < DGRAM_BYTES);

struct kch {
	int fd;
	bool is_netlink;
	struct kch_stats stats;
	uint32_t have, next;		/* of the batch */
	bool is_drained;
	struct mmsghdr msg[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_nl from[BATCH];
	uint8_t buf[BATCH][DGRAM_BYTES];
	uint8_t out[KABI_REPLY_MAX];
};

static int connector_channel_open(struct cm_errmsg *err);
static bool connector_channel_ok(int fd);
static int connector_open(int channel, struct kch **out);
static void connector_close(struct kch *kch);
static int connector_fd(const struct kch *kch);
static int connector_next(struct kch *kch, struct kabi_req *req);
static void connector_reply(struct kch *kch, const struct kabi_reply *reply);
static void connector_stats(const struct kch *kch, struct kch_stats *stats);
static bool in_first_netns(void);
static int socket_open(struct cm_errmsg *err);
static int socket_setup(int fd);
static bool batch_receive(struct kch *kch);
static bool dgram_ok(const struct kch *kch, uint32_t at);

const struct kch_ops kch_connector = {
	.name = "connector",
	.channel_open = connector_channel_open,
	.channel_ok = connector_channel_ok,
	.open = connector_open,
	.close = connector_close,
	.fd = connector_fd,
	.next = connector_next,
	.reply = connector_reply,
	.stats = connector_stats,
};

static int connector_channel_open(struct cm_errmsg *err)
{
	if (!in_first_netns()) {
		cm_err_set(err,
			   "the kernel's mirror logs are heard only in the network namespace of "
			   "process 1: start cmirrord there");
		return -EHOSTUNREACH;
	}
	return socket_open(err);
}

static bool connector_channel_ok(int fd)
{
	int domain = 0, protocol = 0, bytes = RCVBUF_BYTES;
	socklen_t len = sizeof(int);
	uint32_t groups[8] = {0};

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) || domain != AF_NETLINK)
		return false;
	len = sizeof(int);
	if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len) ||
	    protocol != NETLINK_CONNECTOR)
		return false;
	len = sizeof(groups);
	if (getsockopt(fd, SOL_NETLINK, NETLINK_LIST_MEMBERSHIPS, groups, &len) ||
	    !(groups[0] & 1u << (GROUP - 1)))
		return false;
	return !setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) &&
	       !fcntl(fd, F_SETFL, O_NONBLOCK);
}

static int connector_open(int channel, struct kch **out)
{
	return kch_connector_over(channel, true, out);
}

int kch_connector_over(int fd, bool is_netlink, struct kch **out)
{
	struct kch *kch;

	kch = calloc(1, sizeof(*kch));
	if (!kch)
		return -ENOMEM;
	kch->fd = fd;
	kch->is_netlink = is_netlink;
	*out = kch;
	return 0;
}

static void connector_close(struct kch *kch)
{
	close(kch->fd);
	free(kch);
}

static int connector_fd(const struct kch *kch)
{
	return kch->fd;
}

static int connector_next(struct kch *kch, struct kabi_req *req)
{
	uint32_t at;

	for (;;) {
		if (kch->next == kch->have) {
			if (kch->is_drained || !batch_receive(kch)) {
				kch->is_drained = false;
				return 0;
			}
		}
		at = kch->next++;
		kch->stats.requests++;
		if (dgram_ok(kch, at) && !kabi_req_decode(kch->buf[at], kch->msg[at].msg_len, req))
			return 1;
		kch->stats.bad++;
	}
}

static void connector_reply(struct kch *kch, const struct kabi_reply *reply)
{
	size_t len = kabi_reply_encode(reply, kch->out);

	/* The connector answers in our send(): it runs in the kernel's context of this call. */
	if (send(kch->fd, kch->out, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		kch->stats.replies++;
}

static void connector_stats(const struct kch *kch, struct kch_stats *stats)
{
	*stats = kch->stats;
}

static bool batch_receive(struct kch *kch)
{
	uint32_t i;
	int got;

	for (i = 0; i < BATCH; i++) {
		kch->iov[i] = (struct iovec){.iov_base = kch->buf[i], .iov_len = DGRAM_BYTES};
		kch->msg[i].msg_hdr = (struct msghdr){
			.msg_name = &kch->from[i],
			.msg_namelen = sizeof(kch->from[i]),
			.msg_iov = &kch->iov[i],
			.msg_iovlen = 1,
		};
	}
	kch->have = kch->next = 0;
	do {
		got = recvmmsg(kch->fd, kch->msg, BATCH, MSG_DONTWAIT, NULL);
	} while (got < 0 && errno == EINTR);
	if (got < 0 && errno == ENOBUFS)
		kch->stats.overruns++;
	if (got <= 0)
		return false;
	kch->have = (uint32_t)got;
	kch->is_drained = kch->have < BATCH;
	return true;
}

/* Any process may send to our netlink address; only the kernel has pid 0. */
static bool dgram_ok(const struct kch *kch, uint32_t at)
{
	const struct msghdr *hdr = &kch->msg[at].msg_hdr;

	if (hdr->msg_flags & MSG_TRUNC)
		return false;
	if (!kch->is_netlink)
		return true;
	return hdr->msg_namelen == sizeof(struct sockaddr_nl) &&
	       kch->from[at].nl_family == AF_NETLINK && !kch->from[at].nl_pid;
}

/* The connector exists in the first network namespace only; elsewhere everything succeeds and
 * nothing comes. */
static bool in_first_netns(void)
{
	struct stat own, first;

	if (stat("/proc/self/ns/net", &own) || stat("/proc/1/ns/net", &first))
		return true;	/* cannot tell */
	return own.st_dev == first.st_dev && own.st_ino == first.st_ino;
}

static int socket_open(struct cm_errmsg *err)
{
	int fd, r;

	fd = socket(PF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_CONNECTOR);
	if (fd < 0) {
		r = -errno;
		if (r == -EPROTONOSUPPORT)
			cm_err_set(err, "this kernel has no netlink connector (CONFIG_CONNECTOR): "
				   "modprobe cn, or use a kernel that has it");
		else
			cm_err_set(err, "netlink socket: %s", cm_strerror(r));
		return r;
	}
	r = socket_setup(fd);
	if (r == -EPERM)
		cm_err_set(err, "netlink connector: not permitted: cmirrord needs root "
			   "(CAP_NET_ADMIN and CAP_SYS_ADMIN)");
	else if (r)
		cm_err_set(err, "netlink connector: %s", cm_strerror(r));
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

static int socket_setup(int fd)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK};
	int group = GROUP, on = 1, bytes = RCVBUF_BYTES;

	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		return -errno;
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		return -errno;
	/* Else one overrun marks the socket congested, and the kernel sends nothing more until it
	 * is empty. */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, &on, sizeof(on)))
		return -errno;
	return 0;
}
