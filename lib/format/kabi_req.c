/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kabi_req.c - requests: kernel to daemon.
 */
#include "lib/format/kabi.h"

#include <linux/dm-log-userspace.h>
#include <string.h>

#include "lib/format/kabi_hdr.h"

#define REGION_BYTES		8u
#define REGION_SYNC_BYTES	16u

CM_STATIC_ASSERT(KABI_OFF_DATA + KABI_ARGS_MAX == KABI_DGRAM_MAX);
CM_STATIC_ASSERT(KABI_REGIONS_MAX * REGION_BYTES <= KABI_ARGS_MAX);
CM_STATIC_ASSERT(KABI_DGRAM_MAX % NLMSG_ALIGNTO == 0);

static int req_hdr_check(const struct kabi_rq *rq);
static int payload_decode(const uint8_t *data, uint32_t data_bytes, struct kabi_req *req);
static int args_decode(const uint8_t *data, uint32_t data_bytes, struct kabi_req *req);
static int regions_decode(const uint8_t *data, uint32_t data_bytes, struct kabi_req *req);
static uint32_t payload_encode(const struct kabi_req *req, uint8_t *data);

int kabi_req_decode(const void *buf, size_t len_bytes, struct kabi_req *req)
{
	const uint8_t *bytes = buf;
	struct kabi_hdr hdr;
	struct kabi_req got;
	int r;

	r = kabi_hdr_decode(bytes, len_bytes, &hdr);
	if (r)
		return r;
	if (!hdr.cn.len)
		return CM_E_KABI_SHORT;
	r = req_hdr_check(&hdr.rq);
	if (r)
		return r;

	memset(&got, 0, sizeof(got));
	got.luid = hdr.rq.luid;
	memcpy(got.uuid, hdr.rq.uuid, strlen(hdr.rq.uuid));
	got.version = hdr.rq.version;
	got.seq = hdr.rq.seq;
	got.type = hdr.rq.request_type;
	r = payload_decode(bytes + KABI_OFF_DATA, hdr.rq.data_size, &got);
	if (r)
		return r;
	*req = got;
	return 0;
}

size_t kabi_req_encode(const struct kabi_req *req, void *buf)
{
	uint8_t *bytes = buf;
	struct kabi_hdr hdr;
	size_t len_bytes;

	CM_ASSERT(req->uuid[0] && !req->uuid[KABI_UUID_BYTES - 1]);
	CM_ASSERT(req->type > 0 && req->type <= DM_ULOG_REQUEST_MASK);

	memset(&hdr, 0, sizeof(hdr));
	hdr.rq.luid = req->luid;
	memcpy(hdr.rq.uuid, req->uuid, strlen(req->uuid));
	hdr.rq.version = req->version;
	hdr.rq.seq = req->seq;
	hdr.rq.request_type = req->type;
	hdr.cn.seq = req->seq;

	len_bytes = kabi_hdr_encode(&hdr, payload_encode(req, bytes + KABI_OFF_DATA), false, bytes);
	while (len_bytes % NLMSG_ALIGNTO)
		bytes[len_bytes++] = 0;
	return len_bytes;
}

static int req_hdr_check(const struct kabi_rq *rq)
{
	if (rq->version < 2 || rq->version > 3)
		return CM_E_KABI_VERSION;
	if (!rq->uuid[0] || !memchr(rq->uuid, 0, sizeof(rq->uuid)))
		return CM_E_KABI_UUID;
	if (!rq->request_type || rq->request_type > DM_ULOG_REQUEST_MASK)
		return CM_E_KABI_TYPE;
	return 0;
}

static int payload_decode(const uint8_t *data, uint32_t data_bytes, struct kabi_req *req)
{
	int64_t in_sync;

	switch ((enum kabi_payload)kabi_type_info(req->type)->payload) {
	case KABI_PL_IGNORED:
		return 0;
	case KABI_PL_NONE:
		return data_bytes ? CM_E_KABI_PAYLOAD : 0;
	case KABI_PL_ARGS:
		return args_decode(data, data_bytes, req);
	case KABI_PL_REGIONS:
		return regions_decode(data, data_bytes, req);
	case KABI_PL_REGION:
		if (data_bytes != REGION_BYTES)
			return CM_E_KABI_PAYLOAD;
		return regions_decode(data, data_bytes, req);
	case KABI_PL_REGION_SYNC:
		if (data_bytes != REGION_SYNC_BYTES)
			return CM_E_KABI_PAYLOAD;
		memcpy(&in_sync, data + REGION_BYTES, sizeof(in_sync));
		if (in_sync < 0 || in_sync > 1)
			return CM_E_KABI_PAYLOAD;
		req->in_sync = in_sync == 1;
		return regions_decode(data, REGION_BYTES, req);
	}
	CM_UNREACHABLE();
}

/*
 * The first CTR of a table comes without a NUL; the one the kernel replays after -ESRCH comes with
 * it, since userspace_do_request() sends strlen + 1 bytes. Both are the same line.
 */
static int args_decode(const uint8_t *data, uint32_t data_bytes, struct kabi_req *req)
{
	if (data_bytes > KABI_ARGS_MAX)
		return CM_E_KABI_PAYLOAD;
	if (data_bytes && !data[data_bytes - 1])
		data_bytes--;
	if (!data_bytes || memchr(data, 0, data_bytes))
		return CM_E_KABI_PAYLOAD;
	memcpy(req->args, data, data_bytes);
	return 0;
}

static int regions_decode(const uint8_t *data, uint32_t data_bytes, struct kabi_req *req)
{
	if (data_bytes % REGION_BYTES || data_bytes / REGION_BYTES > KABI_REGIONS_MAX)
		return CM_E_KABI_PAYLOAD;
	memcpy(req->region_nr, data, data_bytes);
	req->region_count = data_bytes / REGION_BYTES;
	return 0;
}

static uint32_t payload_encode(const struct kabi_req *req, uint8_t *data)
{
	int64_t in_sync = req->in_sync;
	size_t len_bytes;

	switch ((enum kabi_payload)kabi_type_info(req->type)->payload) {
	case KABI_PL_IGNORED:
	case KABI_PL_NONE:
		return 0;
	case KABI_PL_ARGS:
		len_bytes = strnlen(req->args, sizeof(req->args));
		CM_ASSERT(len_bytes > 0 && len_bytes <= KABI_ARGS_MAX);
		memcpy(data, req->args, len_bytes);
		return (uint32_t)len_bytes;
	case KABI_PL_REGIONS:
		CM_ASSERT(req->region_count <= KABI_REGIONS_MAX);
		memcpy(data, req->region_nr, req->region_count * REGION_BYTES);
		return req->region_count * REGION_BYTES;
	case KABI_PL_REGION:
		memcpy(data, req->region_nr, REGION_BYTES);
		return REGION_BYTES;
	case KABI_PL_REGION_SYNC:
		memcpy(data, req->region_nr, REGION_BYTES);
		memcpy(data + REGION_BYTES, &in_sync, REGION_BYTES);
		return REGION_SYNC_BYTES;
	}
	CM_UNREACHABLE();
}
