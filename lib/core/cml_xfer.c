/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_xfer.c - the coordinator hands a joiner its slot and the state, in chunks, while life goes
 * on.
 *
 * Chunk 0 holds the tables, the others the out-of-sync bits. A chunk shows the state as of when it
 * was sent; last_change names the last change the sender had seen. Everybody can compare that, at
 * delivery, with the last change delivered: if it differs the chunk is stale, for the coordinator
 * (which sends it again) and for the joiner (which drops it) alike. From a fresh chunk 0 on the
 * joiner applies every change to all of its bits; chunks not yet received are overwritten later.
 */
#include "lib/core/cml_int.h"

#include <string.h>

#define CHUNK_REGIONS ((uint64_t)WIRE_BLOB_MAX * 8)

void cml_xfer_reset(struct cml *log)
{
	memset(&log->xfer, 0, sizeof(log->xfer));
}

static uint32_t chunk_count(const struct cml *log)
{
	return 1 + (uint32_t)((log->region_count + CHUNK_REGIONS - 1) / CHUNK_REGIONS);
}

/* ---- the coordinator ---- */

static void chunk_send(struct cml *log, uint32_t index)
{
	struct wire_msg msg = { .type = WIRE_STATE };
	struct wire_state *state = &msg.u.state;
	uint64_t first = (uint64_t)(index ? index - 1 : 0) * CHUNK_REGIONS;
	uint64_t left = log->region_count - first;

	state->nodeid = log->xfer.nodeid;
	state->join_seq = log->xfer.join_seq;
	state->index = index;
	state->last_change = log->last_change;
	if (!index) {
		msg.blob_bytes = cml_tables_put(log, log->cmn->blob_buf);
	} else {
		msg.blob_bytes = (uint32_t)(left >= CHUNK_REGIONS ? WIRE_BLOB_MAX : (left + 7) / 8);
		bits_get_bytes(&log->oos, first, log->cmn->blob_buf, msg.blob_bytes);
	}
	msg.blob = log->cmn->blob_buf;
	log->xfer.busy++;
	cmn_send(log->cmn, log, &msg);
}

static void done_send(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_STATE_DONE };

	msg.u.state_done.nodeid = log->xfer.nodeid;
	msg.u.state_done.join_seq = log->xfer.join_seq;
	msg.u.state_done.count = chunk_count(log);
	log->xfer.is_done_sent = true;
	cmn_send(log->cmn, log, &msg);
}

static bool joiner_next(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++) {
		const struct cml_mem *mem = &log->mem[i];

		if (!mem->is_used || mem->is_whole || mem->nodeid == log->cmn->cfg.nodeid)
			continue;
		cml_xfer_reset(log);
		log->xfer.nodeid = mem->nodeid;
		log->xfer.join_seq = mem->join_seq;
		return true;
	}
	return false;
}

/*
 * Hazard L9: the slot is durable, in both copies of the superblock, before its owner hears of it.
 * Returns whether the joiner has one. One that our tables know may yet be free on disk: a
 * coordinator cut off from us writes its own LEAVE, and is back before we have written anything.
 */
static bool slot_ready(struct cml *log)
{
	struct cml_xfer *xfer = &log->xfer;
	struct wire_msg msg = { .type = WIRE_SLOT };

	if (cml_slot_of(log, xfer->nodeid) != CML_NO_SLOT)
		return cml_sb_has_change(log, log->take.sb_change);
	if (xfer->slot_sent)
		return false;
	if (!xfer->slot_asked) {
		xfer->slot = cml_slot_pick(log, xfer->nodeid);
		if (xfer->slot == CML_NO_SLOT)
			return false;
		xfer->slot_asked = true;
		cml_sb_changed(log);
		xfer->slot_change = log->sb_change;
		cml_sb_pump(log);
	}
	if (!cml_sb_has_change(log, xfer->slot_change))
		return false;
	msg.u.slot.nodeid = xfer->nodeid;
	msg.u.slot.slot = (uint16_t)xfer->slot;
	xfer->slot_sent = true;
	cmn_send(log->cmn, log, &msg);
	return false;
}

/* Chunk 0 must have come back fresh before any other is of use to the joiner. */
static void chunks_send(struct cml *log)
{
	struct cml_xfer *xfer = &log->xfer;
	uint32_t i, count = chunk_count(log);

	for (i = 0; i < xfer->next && xfer->busy < CML_XFER_WINDOW; i++) {
		if (!xfer->resend[i])
			continue;
		xfer->resend[i] = false;
		chunk_send(log, i);
	}
	if (xfer->next && !xfer->tables_fresh)
		return;
	while (xfer->next < count && xfer->busy < CML_XFER_WINDOW) {
		chunk_send(log, xfer->next);
		if (!xfer->next++)
			return;
	}
	if (xfer->delivered == count && !xfer->is_done_sent)
		done_send(log);
}

void cml_xfer_pump(struct cml *log)
{
	if (!cml_is_coordinator(log) || !cml_is_whole(log) || !cmn_can_serve(log->cmn) ||
	    log->leave.step != CML_LEAVE_NONE || !log->oos_ready || !log->owns_oos)
		return;
	if (!log->xfer.nodeid && !joiner_next(log))
		return;
	if (slot_ready(log))
		chunks_send(log);
}

static bool is_current(const struct cml *log, const struct wire_msg *msg, uint32_t nodeid,
		       uint64_t join_seq)
{
	const struct cml_mem *mem = cml_mem_find_c(log, nodeid);

	return msg->view == log->cmn->view_nr && mem && !mem->is_whole && mem->join_seq == join_seq;
}

static void own_chunk(struct cml *log, const struct wire_state *state, bool is_fresh)
{
	struct cml_xfer *xfer = &log->xfer;

	if (xfer->nodeid != state->nodeid || xfer->join_seq != state->join_seq ||
	    state->index >= xfer->next)
		return;
	xfer->busy--;
	if (!is_fresh) {
		xfer->resend[state->index] = true;
		return;
	}
	xfer->delivered++;
	if (!state->index)
		xfer->tables_fresh = true;
}

/* ---- the joiner ---- */

/*
 * The coordinator's daemon died and came back as a joiner: the oos lock of its former life keeps
 * the new coordinator waiting.
 */
static void orphan_drop(struct cml *log)
{
	if (log->cfg.persist_is_old && log->coordinator != log->cmn->cfg.nodeid && !log->own_asked)
		cmn_fx(log->cmn, log, CMN_FX_DISOWN);
}

static void joiner_chunk(struct cml *log, const struct wire_msg *msg)
{
	const struct wire_state *state = &msg->u.state;
	uint64_t first;
	int r;

	if (!state->index) {
		r = cml_tables_get(log, msg->blob, msg->blob_bytes);
		if (r) {
			cmn_journal(log->cmn, log, CMN_LG_ERR,
				    "state of node %u: %s; still waiting", msg->sender,
				    cm_strerror(r));
			return;
		}
		log->has_tables = true;
		orphan_drop(log);
		log->slot = cml_slot_of(log, log->cmn->cfg.nodeid);
		cml_slot_read_start(log);
		return;
	}
	first = (state->index - 1) * CHUNK_REGIONS;
	if (!log->has_tables || first >= log->region_count)
		return;
	bits_put_bytes(&log->oos, first, msg->blob, msg->blob_bytes);
}

void cml_state_deliver(struct cml *log, const struct wire_msg *msg)
{
	const struct wire_state *state = &msg->u.state;
	bool is_fresh = state->last_change == log->last_change;

	if (state->nodeid == log->cmn->cfg.nodeid) {
		if (is_fresh && msg->view == log->cmn->view_nr && !cml_is_whole(log))
			joiner_chunk(log, msg);
		return;
	}
	if (log->has_tables && msg->sender == log->cmn->cfg.nodeid &&
	    msg->view == log->cmn->view_nr)
		own_chunk(log, state, is_fresh);
}

void cml_state_done_deliver(struct cml *log, const struct wire_msg *msg)
{
	const struct wire_state_done *done = &msg->u.state_done;
	struct cml_mem *mem = cml_mem_find(log, done->nodeid);

	if (!log->has_tables || !is_current(log, msg, done->nodeid, done->join_seq))
		return;
	if (log->xfer.nodeid == done->nodeid)
		cml_xfer_reset(log);
	mem->is_whole = true;
	mem->resume_epoch = mem->is_replay ? 0 : log->merge_epoch;
	if (done->nodeid != log->cmn->cfg.nodeid)
		return;
	log->oos_count = bits_weight(&log->oos);
	cml_became_whole(log);
}
