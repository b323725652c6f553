/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_export.c - leaving: the POSTSUSPEND of the last instance of this node, and of the cluster.
 *
 *	FLUSH	the legs, at most leg_flush_ms (hazard D6)
 *	OOS	marks that may not be dropped go out of sync, durably (L27)
 *	SLOT	the cleared slot is on disk
 *	DRAIN	the coordinator's writes have ended, its oos lock can go (L7)
 *	EXPORT	the last of all, with everybody accounted for, makes the classic area right again
 *		(L16): bitmap behind
 *		the poison, header, superblock CLEAN, each durable before the next
 *	SENT	LEAVE; the kernel is answered when it has been delivered
 *
 * What cannot be done in time stays undone, safely: marks stay in the slot, the area stays
 * poisoned, others merge.
 */
#include "lib/core/cml_int.h"

#include <string.h>

#define LEAVE_TOGETHER_MS 2000u
#define LEAVE_MAX_MS 10000u /* a POSTSUSPEND is never held longer by a disk */

enum export_step { EXPORT_BITMAP, EXPORT_BLOCK0, EXPORT_HEADER, EXPORT_SB, EXPORT_DONE };

static void step_set(struct cml *log, enum cml_leave_step step)
{
	log->leave.step = step;
}

static void stopped_answer(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++) {
		if (!log->inst[i].is_used || log->inst[i].state != CML_INST_STOPPING)
			continue;
		log->inst[i].state = CML_INST_SUSPENDED;
		cml_pend_answer_type(log, &log->inst[i], KABI_POSTSUSPEND, 0);
	}
}

/*
 * A slot that could not be read, or in part, may have marks of a table that has ended. t0: it
 * has some, of a write that failed; t1: the daemon is back, the log device hangs; t2: the next
 * table is refused, and we leave; t3: our slot, taken for empty, is never merged (L27).
 */
static bool is_unread(const struct cml *log)
{
	return !log->cfg.is_core && !log->slot_ready;
}

void cml_leave_start(struct cml *log)
{
	memset(&log->leave, 0, sizeof(log->leave));
	log->leave.since_ms = log->cmn->now_ms;
	log->leave.has_nosync = cml_has_nosync(log) || log->unswept_failed || is_unread(log);
	log->batch_flushing = false;
	cml_state_set(log, CML_ST_LEAVING, "");
	step_set(log, CML_LEAVE_FLUSH);
	if (!log->mark_count || !log->legs_known)
		return;
	log->leave.flush_id = cml_flush_legs(log);
}

static bool is_late(const struct cml *log, uint32_t ms)
{
	return log->cmn->now_ms >= log->leave.since_ms + ms;
}

/* ---- OOS: what the legs' flush did not make safe to forget ---- */

static void left_marked_send(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_OOS_SET };
	uint64_t first, r;
	uint32_t len_bytes;

	for (r = bits_next_set(&log->marks, 0); r < log->region_count;
	     r = bits_next_set(&log->marks, first + (uint64_t)len_bytes * 8)) {
		first = r - r % 8;
		len_bytes = 4096;
		if (first + (uint64_t)len_bytes * 8 > log->region_count)
			len_bytes = (uint32_t)((log->region_count - first + 7) / 8);
		bits_get_bytes(&log->marks, first, log->cmn->blob_buf, len_bytes);
		msg.u.oos_set.cause = WIRE_OOS_LEFT_MARKED;
		msg.u.oos_set.first = first;
		msg.blob = log->cmn->blob_buf;
		msg.blob_bytes = len_bytes;
		log->leave.oos_seq = cmn_send(log->cmn, log, &msg);
		if (first + (uint64_t)len_bytes * 8 >= log->region_count)
			break;
	}
}

static void flush_pump(struct cml *log)
{
	if (log->leave.flush_id && !is_late(log, log->cmn->cfg.leg_flush_ms))
		return;
	log->leave.flush_id = 0;
	if (!cml_is_whole(log)) { /* a RESUME that was refused: nothing can be cleaned up */
		step_set(log, CML_LEAVE_DRAIN);
		return;
	}
	/* Hazard L27: OOS_SET for a failed write may be under way, or have died with a daemon. */
	log->leave.is_flushed &= !log->leave.has_nosync;
	if (cml_slot_drop(log, log->leave.is_flushed) && cmn_can_serve(log->cmn) &&
	    !log->cfg.is_core)
		left_marked_send(log);
	if (log->cfg.is_core && log->unswept_failed && cmn_can_serve(log->cmn)) {
		bits_fill(&log->marks, true); /* nothing says which of its writes have failed */
		left_marked_send(log);
	}
	if (log->cfg.is_core)
		cml_marks_forget(log);
	step_set(log, CML_LEAVE_OOS);
}

static void oos_pump(struct cml *log)
{
	bool heard = !log->leave.oos_seq || log->oos_set_delivered >= log->leave.oos_seq;

	if ((!heard || !cml_oos_is_durable(log)) && log->leave.oos_seq &&
	    !is_late(log, LEAVE_MAX_MS))
		return;
	if (heard)
		cml_slot_drop(log, log->leave.is_flushed);
	step_set(log, CML_LEAVE_SLOT);
}

static bool slot_is_written(const struct cml *log)
{
	uint32_t i;

	for (i = 0; !log->cfg.is_core && i < log->geom.map_pages; i++)
		if (log->slot_page[i].is_wanted || log->slot_page[i].is_inflight)
			return false;
	return true;
}

static bool is_alone(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (log->mem[i].is_used && log->mem[i].nodeid != log->cmn->cfg.nodeid)
			return false;
	return true;
}

static bool is_last(const struct cml *log)
{
	const struct cmn_dir *dir = cmn_dir_find(log->cmn, log->cfg.uuid);

	return is_alone(log) && cmn_can_serve(log->cmn) && !cml_unproven_count(log) &&
	       cml_is_coordinator(log) && log->owns_oos && log->oos_ready && dir &&
	       dir->node_count == 1 && !log->log_failed && !log->mark_count && !is_unread(log);
}

static void leave_send(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_LEAVE };

	msg.u.leave.mark_count = log->mark_count ? log->mark_count : is_unread(log);
	step_set(log, CML_LEAVE_SENT);
	log->leave.since_ms = log->cmn->now_ms;
	cml_own_lost_need(log);
	cmn_send(log->cmn, log, &msg);
}

/* Nobody is left to write down that this slot is clean: do it before the lock goes. */
static bool slot_is_signed_off(struct cml *log)
{
	if (log->cfg.is_core || !log->owns_oos || !log->oos_ready || !cml_is_coordinator(log) ||
	    !cml_is_whole(log) || !is_alone(log) || log->slot == CML_NO_SLOT ||
	    log->mark_count || is_unread(log))
		return true;
	if (log->slots[log->slot].state == DISK_SLOT_RUNNING) {
		log->slots[log->slot].state = DISK_SLOT_CLEAN;
		cml_sb_changed(log);
		cml_sb_pump(log);
	}
	return cml_sb_is_durable(log);
}

/*
 * All nodes deactivate at once, as a rule, and one has to be last and export. The order of the
 * PRESUSPENDED names it: the one that finds all others suspended when its own is delivered. It lets
 * them leave, for a moment (they may be suspended only for a change), and takes over.
 */
static bool is_worth_waiting(const struct cml *log)
{
	if (log->presuspend_seq)
		return true;
	if (log->cfg.is_core || !cml_is_whole(log) || !cmn_can_serve(log->cmn) || log->log_failed)
		return false;
	if (is_alone(log))
		return !log->owns_oos || !log->oos_ready;
	return log->is_last_suspended && !is_late(log, LEAVE_TOGETHER_MS);
}

static void drain_pump(struct cml *log)
{
	if ((cml_io_busy(log) || is_worth_waiting(log)) && !is_late(log, LEAVE_MAX_MS))
		return;
	if (!log->cfg.is_core && cml_is_whole(log) && is_last(log) && !cml_io_busy(log)) {
		log->leave.is_last = true;
		step_set(log, CML_LEAVE_EXPORT);
		return;
	}
	if (!slot_is_signed_off(log) && !is_late(log, LEAVE_MAX_MS))
		return;
	leave_send(log);
}

/* ---- EXPORT ---- */

static uint32_t export_size(const struct cml *log)
{
	return log->leave.export_step == EXPORT_BITMAP ? log->geom.classic_pages - 1 : 1;
}

static void export_submit(struct cml *log, struct cml_io *io, uint32_t nr)
{
	uint32_t block = log->leave.export_step == EXPORT_BITMAP ? nr + 1 : 0;
	bool is_poison = log->leave.export_step == EXPORT_BLOCK0;

	if (log->leave.export_step == EXPORT_SB) {
		memset(log->slots, 0, sizeof(log->slots));
		cml_sb_write(log, io, DISK_SB_CLEAN);
		return;
	}
	disk_classic_encode(&log->geom, block, &log->oos, is_poison, log->epoch, log->cfg.uuid,
			    io->page);
	cml_io_write(log, io, (uint64_t)block * DISK_PAGE_BYTES);
}

static void export_pump(struct cml *log)
{
	struct cml_leave *leave = &log->leave;
	struct cml_io *io;

	while (leave->export_step != EXPORT_DONE) {
		if (leave->export_block == export_size(log)) {
			if (leave->export_busy)
				break;
			leave->export_step++;
			leave->export_block = 0;
			continue;
		}
		io = cml_io_get(log, CML_IO_EXPORT, leave->export_block);
		if (!io)
			break;
		leave->export_busy++;
		export_submit(log, io, leave->export_block++);
	}
	if (leave->export_step == EXPORT_DONE || log->log_failed || is_late(log, LEAVE_MAX_MS))
		leave_send(log);
}

void cml_export_done(struct cml *log, struct cml_io *io)
{
	(void)io;
	if (log->leave.export_busy)
		log->leave.export_busy--;
}

/* ---- SENT ---- */

/*
 * What is out of sync in a core log is forgotten with its last member, and failed writes that
 * nobody has heard of are with ours: whoever founds it next does not believe "nosync" if it left it
 * like that, as its last member or before.
 */
static void core_remember(struct cml *log)
{
	bool is_told = log->leave.oos_seq && log->oos_set_delivered >= log->leave.oos_seq;

	log->left_core_oos = log->cfg.is_core && (log->oos_count || log->leave.has_nosync);
	log->is_unswept = is_alone(log) ? log->left_core_oos
					: log->cfg.is_core && log->unswept_failed && !is_told;
	log->unswept_failed = log->is_unswept;
}

/* The own LEAVE has come back, or the view has changed under it and we are no member any more. */
static void sent_pump(struct cml *log)
{
	bool is_out = !cml_mem_find(log, log->cmn->cfg.nodeid);
	bool is_refused = false;
	uint32_t i;

	if (!is_out && !is_late(log, LEAVE_MAX_MS))
		return;
	stopped_answer(log);
	if (!is_out)
		return;
	for (i = 0; i < CML_LUIDS_MAX; i++)
		is_refused |= log->inst[i].is_used && log->inst[i].state == CML_INST_REFUSED;
	step_set(log, CML_LEAVE_NONE);
	core_remember(log);
	log->join_sent = false;
	log->slot = CML_NO_SLOT;
	cml_slot_unread(log);
	cml_marks_forget(log);
	cml_reset_shared(log);
	cml_state_set(log, is_refused ? CML_ST_REFUSED : CML_ST_IDLE, "");
}

void cml_leave_pump(struct cml *log)
{
	if (log->leave.step == CML_LEAVE_FLUSH)
		flush_pump(log);
	if (log->leave.step == CML_LEAVE_OOS)
		oos_pump(log);
	if (log->leave.step == CML_LEAVE_SLOT) {
		cml_slot_pump(log);
		if (slot_is_written(log) || is_late(log, LEAVE_MAX_MS) || log->log_failed ||
		    log->slot == CML_NO_SLOT)
			step_set(log, CML_LEAVE_DRAIN);
	}
	if (log->leave.step == CML_LEAVE_DRAIN)
		drain_pump(log);
	if (log->leave.step == CML_LEAVE_EXPORT)
		export_pump(log);
	if (log->leave.step == CML_LEAVE_SENT)
		sent_pump(log);
}
