/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kabi.h - requests of the kernel's `userspace` dirty log client, and our replies.
 *
 * Source of the format: linux/dm-log-userspace.h, linux/connector.h, and
 * drivers/md/dm-log-userspace-*.c of kernels 6.1 and 6.12 (the two send the same bytes). Host byte
 * order: the peer is our own kernel. A datagram is nlmsghdr (16 bytes), cn_msg (20),
 * dm_ulog_request (160), payload; doc/wire-format.md has the tables. The request starts at offset
 * 36, so its 64-bit fields are unaligned: decoding copies.
 *
 * Pure: no I/O, no allocation. Any thread.
 */
#ifndef CM_FORMAT_KABI_H
#define CM_FORMAT_KABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

#define KABI_UUID_BYTES		129	/* DM_UUID_LEN, with the NUL */
#define KABI_REGIONS_MAX	32	/* regions in one MARK, CLEAR or FLUSH */
#define KABI_ARGS_MAX		332	/* what the kernel's buffer leaves for a CTR line */
#define KABI_DEV_MAX		128	/* device word of a CTR line, with the NUL */
#define KABI_DGRAM_MAX		(16 + 20 + 160 + KABI_ARGS_MAX)	/* longest request of a kernel */
#define KABI_REPLY_DATA_MAX	256	/* longest payload we ever send back */
#define KABI_REPLY_MAX		(16 + 20 + 160 + KABI_REPLY_DATA_MAX)

/* Numbers of the kernel's header; 7 and 16 are never sent by 6.1 or 6.12, and answered -ENOSYS. */
enum kabi_type {
	KABI_CTR = 1,
	KABI_DTR = 2,
	KABI_PRESUSPEND = 3,
	KABI_POSTSUSPEND = 4,
	KABI_RESUME = 5,
	KABI_GET_REGION_SIZE = 6,
	KABI_IS_CLEAN = 7,
	KABI_IN_SYNC = 8,
	KABI_FLUSH = 9,
	KABI_MARK_REGION = 10,
	KABI_CLEAR_REGION = 11,
	KABI_GET_RESYNC_WORK = 12,
	KABI_SET_REGION_SYNC = 13,
	KABI_GET_SYNC_COUNT = 14,
	KABI_STATUS_INFO = 15,
	KABI_STATUS_TABLE = 16,
	KABI_IS_REMOTE_RECOVERING = 17,
};

/* One request, decoded. Which of the payload fields are set follows from type. */
struct kabi_req {
	uint64_t luid;			/* of one loaded table; may be reused after DTR */
	char uuid[KABI_UUID_BYTES];	/* the log's name in the cluster; never empty */
	uint32_t version;		/* DM_ULOG_REQUEST_VERSION: 2 or 3 */
	uint32_t seq;			/* echoed in the reply; a retry has a new one */
	uint32_t type;			/* enum kabi_type, or an unknown number 1..255 */
	uint32_t region_count;		/* MARK, CLEAR, FLUSH: 0..32; IN_SYNC, IS_REMOTE_RECOVERING,
					 * SET_REGION_SYNC: 1; else 0 */
	uint64_t region_nr[KABI_REGIONS_MAX];
	bool in_sync;			/* SET_REGION_SYNC */
	char args[KABI_ARGS_MAX + 1];	/* CTR: the line, NUL-terminated */
};

/*
 * A reply. Without a payload the short form is sent (cn_msg.len 0, cn_msg.ack = the positive
 * errno): the kernel takes any errno so, and 0. With one, error is 0 and data_bytes what the kernel
 * reads:
 *
 *	GET_REGION_SIZE, IN_SYNC, GET_SYNC_COUNT	8
 *	GET_RESYNC_WORK, IS_REMOTE_RECOVERING		16
 *	CTR						0, or a device name with its NUL, at most
 *							128; 0 when the kernel replays it, since it
 *							has no room then
 *	STATUS_INFO					0..256
 *	others						0
 *
 * Anything else is asserted, and so is -EAGAIN: the kernel would resend at once, for ever.
 */
struct kabi_reply {
	uint64_t luid;
	uint32_t seq;
	uint32_t type;
	int32_t error;			/* 0 or negative errno */
	uint32_t data_bytes;		/* <= KABI_REPLY_DATA_MAX */
	uint8_t data[KABI_REPLY_DATA_MAX];
};

/*
 * Decode one datagram.
 *
 * @buf, @len_bytes  as received, from the nlmsghdr on; borrowed for the call.
 * @req              written only on success.
 *
 * An unknown type, IS_CLEAN and STATUS_TABLE decode without their payload so that the caller can
 * refuse them: silence would make the kernel retry for ever. Region numbers are not compared with a
 * log's size here.
 *
 * Returns 0, or
 *   CM_E_KABI_SHORT    shorter than the three headers
 *   CM_E_KABI_LEN      the lengths in the headers contradict each other or @len_bytes
 *   CM_E_KABI_CNID     no message of the connector with the id (7, 1) of the userspace log
 *   CM_E_KABI_VERSION  version outside 2..3
 *   CM_E_KABI_UUID     uuid empty or without a NUL
 *   CM_E_KABI_TYPE     type 0, or bits above the low eight
 *   CM_E_KABI_PAYLOAD  payload of a length or value its type does not have
 */
int kabi_req_decode(const void *buf, size_t len_bytes, struct kabi_req *req) CM_MUST_CHECK;

/* Encode a request as the kernel would send it: for the simulator and the tests.
 * Returns the length, at most KABI_DGRAM_MAX. @buf has room for that many bytes. */
size_t kabi_req_encode(const struct kabi_req *req, void *buf);

/* Encode a reply into @buf (KABI_REPLY_MAX bytes); returns its length. */
size_t kabi_reply_encode(const struct kabi_reply *reply, void *buf);

/* Decode a reply (tests, simulator). Returns 0 or one of the CM_E_KABI codes above. */
int kabi_reply_decode(const void *buf, size_t len_bytes, struct kabi_reply *reply) CM_MUST_CHECK;

/* Name of a type, e.g. "MARK_REGION"; "?" for unknown numbers. Static text. */
const char *kabi_type_name(uint32_t type);

enum kabi_sync_word { KABI_SYNC_DEFAULT, KABI_SYNC_FORCE, KABI_SYNC_NOSYNC };

/*
 * A CTR line: "<len_sectors> clustered-disk <dev> <region_size> [sync|nosync] [gen=<n>] [legs=<16
 * hex>]" or "<len_sectors> clustered-core <region_size> ...". The words in brackets come in any
 * order, each at most once. At most KABI_ARGS_MAX - 1 characters: the kernel could not replay a
 * longer one, with its NUL, when the daemon was restarted.
 */
struct kabi_ctr {
	uint64_t len_sect;		/* > 0 */
	char type_word[32];		/* "clustered-disk" or "clustered-core" */
	char dev[KABI_DEV_MAX];		/* "" for core */
	uint32_t region_size_sect;	/* power of two, >= 2, <= len_sect */
	uint64_t region_count;		/* ceil(len / region size); no limit is checked here */
	enum kabi_sync_word sync;
	bool has_gen;
	uint32_t gen;			/* generation of the leg set (hazard L12); 0 when absent */
	uint64_t legs_hash;		/* hash of the ordered leg uuids; 0 when absent */
};

/* First two words of a CTR line, for the registry: which kind of log is it?
 * Returns 0 or CM_E_KABI_ARGS (@err says what is wrong). */
int kabi_ctr_type_word(const char *args, char word[32], struct cm_errmsg *err) CM_MUST_CHECK;

/* Parse a clustered-disk or clustered-core line. Returns 0 or CM_E_KABI_ARGS with @err set:
 * the text names the argument and what is allowed. */
int kabi_ctr_parse(const char *args, struct kabi_ctr *ctr, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
