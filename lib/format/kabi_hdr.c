/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kabi_hdr.c - headers of a datagram of the userspace log, and the table of request types.
 */
#include "lib/format/kabi_hdr.h"

#include <linux/connector.h>
#include <linux/dm-log-userspace.h>
#include <string.h>

#include "base/err.h"
#include "lib/format/kabi.h"

CM_STATIC_ASSERT(sizeof(struct nlmsghdr) == KABI_OFF_CN);
CM_STATIC_ASSERT(offsetof(struct nlmsghdr, nlmsg_len) == 0);
CM_STATIC_ASSERT(offsetof(struct nlmsghdr, nlmsg_type) == 4);
CM_STATIC_ASSERT(offsetof(struct nlmsghdr, nlmsg_flags) == 6);
CM_STATIC_ASSERT(offsetof(struct nlmsghdr, nlmsg_seq) == 8);
CM_STATIC_ASSERT(offsetof(struct nlmsghdr, nlmsg_pid) == 12);

/* Member of ours is where, and as large as, the kernel's @theirs. */
#define SAME(our, member, kernel, theirs) \
	CM_STATIC_ASSERT(offsetof(our, member) == offsetof(kernel, theirs)); \
	CM_STATIC_ASSERT(sizeof(((our *)NULL)->member) == sizeof(((kernel *)NULL)->theirs))

CM_STATIC_ASSERT(sizeof(struct kabi_cn) == KABI_OFF_RQ - KABI_OFF_CN);
CM_STATIC_ASSERT(sizeof(struct kabi_cn) == sizeof(struct cn_msg));
SAME(struct kabi_cn, idx, struct cn_msg, id.idx);
SAME(struct kabi_cn, val, struct cn_msg, id.val);
SAME(struct kabi_cn, seq, struct cn_msg, seq);
SAME(struct kabi_cn, ack, struct cn_msg, ack);
SAME(struct kabi_cn, len, struct cn_msg, len);
SAME(struct kabi_cn, flags, struct cn_msg, flags);
CM_STATIC_ASSERT(offsetof(struct kabi_cn, seq) == 8 && offsetof(struct kabi_cn, len) == 16);

CM_STATIC_ASSERT(sizeof(struct kabi_rq) == KABI_RQ_BYTES);
CM_STATIC_ASSERT(sizeof(struct kabi_rq) == sizeof(struct dm_ulog_request));
CM_STATIC_ASSERT(KABI_OFF_RQ + KABI_RQ_BYTES == KABI_OFF_DATA);
SAME(struct kabi_rq, luid, struct dm_ulog_request, luid);
SAME(struct kabi_rq, uuid, struct dm_ulog_request, uuid);
SAME(struct kabi_rq, padding, struct dm_ulog_request, padding);
SAME(struct kabi_rq, version, struct dm_ulog_request, version);
SAME(struct kabi_rq, error, struct dm_ulog_request, error);
SAME(struct kabi_rq, seq, struct dm_ulog_request, seq);
SAME(struct kabi_rq, request_type, struct dm_ulog_request, request_type);
SAME(struct kabi_rq, data_size, struct dm_ulog_request, data_size);
CM_STATIC_ASSERT(offsetof(struct kabi_rq, uuid) == 8 && offsetof(struct kabi_rq, version) == 140);
CM_STATIC_ASSERT(offsetof(struct kabi_rq, error) == 144 && offsetof(struct kabi_rq, seq) == 148);
CM_STATIC_ASSERT(offsetof(struct kabi_rq, request_type) == 152);
CM_STATIC_ASSERT(offsetof(struct kabi_rq, data_size) == 156);
CM_STATIC_ASSERT(DM_UUID_LEN == KABI_UUID_BYTES);
CM_STATIC_ASSERT(CN_IDX_DM == 7 && CN_VAL_DM_USERSPACE_LOG == 1);

CM_STATIC_ASSERT(KABI_CTR == DM_ULOG_CTR);
CM_STATIC_ASSERT(KABI_DTR == DM_ULOG_DTR);
CM_STATIC_ASSERT(KABI_PRESUSPEND == DM_ULOG_PRESUSPEND);
CM_STATIC_ASSERT(KABI_POSTSUSPEND == DM_ULOG_POSTSUSPEND);
CM_STATIC_ASSERT(KABI_RESUME == DM_ULOG_RESUME);
CM_STATIC_ASSERT(KABI_GET_REGION_SIZE == DM_ULOG_GET_REGION_SIZE);
CM_STATIC_ASSERT(KABI_IS_CLEAN == DM_ULOG_IS_CLEAN);
CM_STATIC_ASSERT(KABI_IN_SYNC == DM_ULOG_IN_SYNC);
CM_STATIC_ASSERT(KABI_FLUSH == DM_ULOG_FLUSH);
CM_STATIC_ASSERT(KABI_MARK_REGION == DM_ULOG_MARK_REGION);
CM_STATIC_ASSERT(KABI_CLEAR_REGION == DM_ULOG_CLEAR_REGION);
CM_STATIC_ASSERT(KABI_GET_RESYNC_WORK == DM_ULOG_GET_RESYNC_WORK);
CM_STATIC_ASSERT(KABI_SET_REGION_SYNC == DM_ULOG_SET_REGION_SYNC);
CM_STATIC_ASSERT(KABI_GET_SYNC_COUNT == DM_ULOG_GET_SYNC_COUNT);
CM_STATIC_ASSERT(KABI_STATUS_INFO == DM_ULOG_STATUS_INFO);
CM_STATIC_ASSERT(KABI_STATUS_TABLE == DM_ULOG_STATUS_TABLE);
CM_STATIC_ASSERT(KABI_IS_REMOTE_RECOVERING == DM_ULOG_IS_REMOTE_RECOVERING);

/*
 * Reply sizes are what the kernel's stack has room for: more is -ENOSPC in the kernel, and with
 * less than all of it and error 0 the kernel would use an uninitialised variable as the answer.
 */
static const struct kabi_type_info types[] = {
	[0] = { "?", KABI_PL_IGNORED, 0, 0 },
	[KABI_CTR] = { "CTR", KABI_PL_ARGS, 0, KABI_DEV_MAX },
	[KABI_DTR] = { "DTR", KABI_PL_NONE, 0, 0 },
	[KABI_PRESUSPEND] = { "PRESUSPEND", KABI_PL_NONE, 0, 0 },
	[KABI_POSTSUSPEND] = { "POSTSUSPEND", KABI_PL_NONE, 0, 0 },
	[KABI_RESUME] = { "RESUME", KABI_PL_NONE, 0, 0 },
	[KABI_GET_REGION_SIZE] = { "GET_REGION_SIZE", KABI_PL_NONE, 8, 8 },
	[KABI_IS_CLEAN] = { "IS_CLEAN", KABI_PL_IGNORED, 8, 8 },
	[KABI_IN_SYNC] = { "IN_SYNC", KABI_PL_REGION, 8, 8 },
	[KABI_FLUSH] = { "FLUSH", KABI_PL_REGIONS, 0, 0 },
	[KABI_MARK_REGION] = { "MARK_REGION", KABI_PL_REGIONS, 0, 0 },
	[KABI_CLEAR_REGION] = { "CLEAR_REGION", KABI_PL_REGIONS, 0, 0 },
	[KABI_GET_RESYNC_WORK] = { "GET_RESYNC_WORK", KABI_PL_NONE, 16, 16 },
	[KABI_SET_REGION_SYNC] = { "SET_REGION_SYNC", KABI_PL_REGION_SYNC, 0, 0 },
	[KABI_GET_SYNC_COUNT] = { "GET_SYNC_COUNT", KABI_PL_NONE, 8, 8 },
	[KABI_STATUS_INFO] = { "STATUS_INFO", KABI_PL_NONE, 0, KABI_REPLY_DATA_MAX },
	[KABI_STATUS_TABLE] = { "STATUS_TABLE", KABI_PL_IGNORED, 0, KABI_REPLY_DATA_MAX },
	[KABI_IS_REMOTE_RECOVERING] = { "IS_REMOTE_RECOVERING", KABI_PL_REGION, 16, 16 },
};

const struct kabi_type_info *kabi_type_info(uint32_t type)
{
	return &types[type < sizeof(types) / sizeof(types[0]) ? type : 0];
}

const char *kabi_type_name(uint32_t type)
{
	return kabi_type_info(type)->name;
}

int kabi_hdr_decode(const uint8_t *buf, size_t len_bytes, struct kabi_hdr *hdr)
{
	struct kabi_hdr got;

	memset(&got, 0, sizeof(got));
	if (len_bytes < KABI_OFF_RQ)
		return CM_E_KABI_SHORT;
	memcpy(&got.nl, buf, sizeof(got.nl));
	memcpy(&got.cn, buf + KABI_OFF_CN, sizeof(got.cn));

	if (got.nl.nlmsg_type != NLMSG_DONE || got.cn.idx != CN_IDX_DM ||
	    got.cn.val != CN_VAL_DM_USERSPACE_LOG)
		return CM_E_KABI_CNID;
	if (got.nl.nlmsg_len > len_bytes || len_bytes - got.nl.nlmsg_len >= NLMSG_ALIGNTO ||
	    got.nl.nlmsg_len != KABI_OFF_RQ + (uint32_t)got.cn.len)
		return CM_E_KABI_LEN;

	if (got.cn.len) {
		if (got.cn.len < KABI_RQ_BYTES)
			return CM_E_KABI_SHORT;
		memcpy(&got.rq, buf + KABI_OFF_RQ, KABI_RQ_BYTES);
		if (got.rq.data_size != got.cn.len - KABI_RQ_BYTES)
			return CM_E_KABI_LEN;
	}
	*hdr = got;
	return 0;
}

size_t kabi_hdr_encode(struct kabi_hdr *hdr, uint32_t data_bytes, bool is_short, uint8_t *buf)
{
	uint32_t body_bytes = is_short ? 0 : KABI_RQ_BYTES + data_bytes;

	CM_ASSERT(body_bytes <= UINT16_MAX);
	hdr->rq.data_size = data_bytes;
	hdr->cn.idx = CN_IDX_DM;
	hdr->cn.val = CN_VAL_DM_USERSPACE_LOG;
	hdr->cn.len = (uint16_t)body_bytes;
	hdr->nl.nlmsg_type = NLMSG_DONE;
	hdr->nl.nlmsg_seq = hdr->cn.seq;
	hdr->nl.nlmsg_len = KABI_OFF_RQ + body_bytes;

	memcpy(buf, &hdr->nl, sizeof(hdr->nl));
	memcpy(buf + KABI_OFF_CN, &hdr->cn, sizeof(hdr->cn));
	if (!is_short)
		memcpy(buf + KABI_OFF_RQ, &hdr->rq, KABI_RQ_BYTES);
	return hdr->nl.nlmsg_len;
}
