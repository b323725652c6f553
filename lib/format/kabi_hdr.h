/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kabi_hdr.h - private to kabi_*.c: the three headers of a datagram, and what each request type
 * carries.
 *
 * Every number and struct here is asserted against the kernel's headers (linux-libc-dev), so that
 * a member that moves breaks the build and not a mirror.
 *
 * Pure. Any thread.
 */
#ifndef CM_FORMAT_KABI_HDR_H
#define CM_FORMAT_KABI_HDR_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "lib/format/kabi.h"

#define KABI_OFF_CN	16u	/* cn_msg, behind nlmsghdr */
#define KABI_OFF_RQ	36u	/* dm_ulog_request; 4-byte aligned only */
#define KABI_OFF_DATA	196u	/* payload */
#define KABI_RQ_BYTES	160u

/* What travels to us with a request. */
enum kabi_payload {
	KABI_PL_IGNORED,	/* never sent by 6.1 or 6.12: to be refused whatever it carries */
	KABI_PL_NONE,
	KABI_PL_ARGS,		/* 1..332 characters, with or without a NUL */
	KABI_PL_REGION,		/* u64 */
	KABI_PL_REGIONS,	/* u64[0..32] */
	KABI_PL_REGION_SYNC,	/* u64 region, s64 0 or 1 */
};

struct kabi_type_info {
	const char *name;
	uint8_t payload;		/* enum kabi_payload */
	uint16_t reply_min_bytes;	/* payload of a reply with error 0 */
	uint16_t reply_max_bytes;
};

/* Never NULL: an unknown number has the name "?", an ignored payload and an empty reply. */
const struct kabi_type_info *kabi_type_info(uint32_t type);

/* struct cn_msg and struct dm_ulog_request without their flexible arrays, member for member. */
struct kabi_cn {
	uint32_t idx;
	uint32_t val;
	uint32_t seq;
	uint32_t ack;
	uint16_t len;
	uint16_t flags;
};

struct kabi_rq {
	uint64_t luid;
	char uuid[KABI_UUID_BYTES];
	char padding[3];
	uint32_t version;
	int32_t error;
	uint32_t seq;
	uint32_t request_type;
	uint32_t data_size;
};

/* The headers, copied out of a datagram. In the short form of a reply rq is all zero. */
struct kabi_hdr {
	struct nlmsghdr nl;
	struct kabi_cn cn;
	struct kabi_rq rq;
};

/*
 * Copy the headers out of @buf and check them against each other and @len_bytes.
 *
 * The kernel pads a datagram to a multiple of four bytes behind nlmsg_len (a CTR line of odd
 * length), hence
 * @len_bytes may be up to three larger than nlmsg_len; what stands there has no meaning.
 *
 * Returns 0 or CM_E_KABI_SHORT, CM_E_KABI_LEN, CM_E_KABI_CNID. A cn_msg.len of 0 is no error here.
 */
int kabi_hdr_decode(const uint8_t *buf, size_t len_bytes, struct kabi_hdr *hdr) CM_MUST_CHECK;

/*
 * Fill the lengths and ids and copy the headers in front of a payload: @data_bytes behind
 * dm_ulog_request, or with @is_short neither payload nor dm_ulog_request. Sequence number and ack
 * are the caller's (hdr->rq, hdr->cn). Returns nlmsg_len.
 */
size_t kabi_hdr_encode(struct kabi_hdr *hdr, uint32_t data_bytes, bool is_short, uint8_t *buf);

#endif
