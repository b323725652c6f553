/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encode and decode; the layout is in clu_msg.h.
 */
#include "lib/cluster/clu_msg.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"

static const uint8_t magic[4] = { 'C', 'M', 'c', 'l' };

static int decode_proposal(struct buf_rd *rd, struct clv_proposal *prop);

void clu_msg_head(uint8_t head[CLU_MSG_HEAD_BYTES], enum clu_msg_type type)
{
	memset(head, 0, CLU_MSG_HEAD_BYTES);
	memcpy(head, magic, sizeof(magic));
	head[4] = CLU_MSG_VERSION;
	head[5] = (uint8_t)type;
}

size_t clu_msg_proposal(uint8_t buf[CLU_MSG_PROPOSAL_BYTES_MAX], const struct clv_proposal *prop)
{
	struct buf_wr wr;
	uint32_t i;

	CM_ASSERT(prop->count >= 1 && prop->count <= CLV_PROCS_MAX);
	clu_msg_head(buf, CLU_MSG_PROPOSAL);
	wr_init(&wr, buf + CLU_MSG_HEAD_BYTES, CLU_MSG_PROPOSAL_BYTES_MAX - CLU_MSG_HEAD_BYTES);
	wr_u64(&wr, prop->ring.seq);
	wr_u32(&wr, prop->ring.nodeid);
	wr_u32(&wr, prop->number);
	wr_u32(&wr, prop->count);
	for (i = 0; i < prop->count; i++) {
		wr_u32(&wr, prop->proc[i].nodeid);
		wr_u32(&wr, prop->proc[i].pid);
		wr_u8(&wr, prop->is_waiting[i]);
	}
	CM_ASSERT(!wr_failed(&wr));
	return 28 + (size_t)prop->count * 9;
}

int clu_msg_decode(const uint8_t *buf, size_t len_bytes, enum clu_msg_type *type,
		   struct clv_proposal *prop)
{
	struct buf_rd rd;
	int r;

	if (len_bytes < CLU_MSG_HEAD_BYTES)
		return CM_E_WIRE_SHORT;
	if (memcmp(buf, magic, sizeof(magic)) != 0)
		return CM_E_WIRE_MAGIC;
	if (buf[4] != CLU_MSG_VERSION)
		return CM_E_WIRE_VERSION;
	if (buf[6] != 0 || buf[7] != 0)
		return CM_E_WIRE_FIELD;
	switch (buf[5]) {
	case CLU_MSG_APP:
		if (len_bytes == CLU_MSG_HEAD_BYTES)
			return CM_E_WIRE_SHORT;
		break;
	case CLU_MSG_PROPOSAL:
		rd_init(&rd, buf + CLU_MSG_HEAD_BYTES, len_bytes - CLU_MSG_HEAD_BYTES);
		r = decode_proposal(&rd, prop);
		if (r)
			return r;
		break;
	default:
		return CM_E_WIRE_TYPE;
	}
	*type = (enum clu_msg_type)buf[5];
	return 0;
}

static bool is_ascending(const struct clv_proposal *p, uint32_t i)
{
	return i == 0 || p->proc[i - 1].nodeid < p->proc[i].nodeid ||
	       (p->proc[i - 1].nodeid == p->proc[i].nodeid && p->proc[i - 1].pid < p->proc[i].pid);
}

static int decode_proposal(struct buf_rd *rd, struct clv_proposal *prop)
{
	struct clv_proposal p;
	uint8_t waiting;
	uint32_t i;

	memset(&p, 0, sizeof(p));
	p.ring.seq = rd_u64(rd);
	p.ring.nodeid = rd_u32(rd);
	p.number = rd_u32(rd);
	p.count = rd_u32(rd);
	if (rd_failed(rd))
		return CM_E_WIRE_SHORT;
	if (p.ring.seq >> (64 - CLV_NUMBER_BITS) || p.number < 2 || p.number % 2 ||
	    p.number >= 1u << CLV_NUMBER_BITS || p.count < 1 || p.count > CLV_PROCS_MAX)
		return CM_E_WIRE_FIELD;
	for (i = 0; i < p.count; i++) {
		p.proc[i].nodeid = rd_u32(rd);
		p.proc[i].pid = rd_u32(rd);
		waiting = rd_u8(rd);
		if (rd_failed(rd))
			return CM_E_WIRE_SHORT;
		if (waiting > 1 || p.proc[i].nodeid == 0 || !is_ascending(&p, i))
			return CM_E_WIRE_FIELD;
		p.is_waiting[i] = waiting;
	}
	if (rd_left(rd) > 0)
		return CM_E_WIRE_LEN;
	*prop = p;
	return 0;
}
