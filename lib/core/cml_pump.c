/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_pump.c - after each event: whatever can go on goes on; and where each message of a log goes.
 */
#include "lib/core/cml_int.h"

void cml_pump(struct cml *log)
{
	cml_join_pump(log);
	if (log->open.step != CML_OPEN_NONE)
		cml_open_pump(log);
	cml_slot_read_pump(log);
	cml_inst_pump(log);
	cml_km_pump(log);
	cml_pend_pump(log);
	cml_slot_pump(log);
	cml_take_pump(log);
	cml_oos_pump(log);
	cml_sb_pump(log);
	cml_merge_pump(log);
	cml_xfer_pump(log);
	cml_work_pump(log);
	if (log->leave.step != CML_LEAVE_NONE)
		cml_leave_pump(log);
	cml_own_drop_pump(log);
	cml_join_pump(log);
}

void cml_owned(struct cml *log, int result)
{
	if (!log->own_asked)
		return; /* given up meanwhile */
	if (result) {
		cmn_journal(log->cmn, log, CMN_LG_ERR, "oos lock: %s", cm_strerror(result));
		log->own_asked = false;
		return;
	}
	log->owns_oos = true;
}

void cml_timer(struct cml *log)
{
	cml_io_timer(log);
	cml_batch_timer(log);
}

static bool has_state(const struct cml *log)
{
	return log->state != CML_ST_IDLE && log->state != CML_ST_REFUSED;
}

static uint64_t soonest(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms < b_ms ? a_ms : b_ms;
}

/* Coarse: while anything waits for time, ten looks a second; with marks only, one; else none. */
uint64_t cml_deadline_ms(const struct cml *log)
{
	uint64_t now_ms = log->cmn->now_ms;

	if (!has_state(log) && !cml_io_busy(log))
		return UINT64_MAX;
	if (log->state != CML_ST_ACTIVE || cml_io_busy(log) || log->oos_count ||
	    cml_unproven_count(log))
		return soonest(now_ms + 100, cml_pace_deadline_ms(&log->pace, now_ms));
	if (!log->mark_count && !log->batch_flushing)
		return UINT64_MAX;
	return log->batch_due_ms > now_ms ? log->batch_due_ms
					  : now_ms + log->cmn->cfg.clear_batch_ms;
}

/* ACK and the chunks of a transfer change nothing that a transfer carries. */
static bool is_change(uint8_t type)
{
	return type != WIRE_ACK && type != WIRE_STATE && type != WIRE_STATE_DONE &&
	       type != WIRE_MERGED_ACK;
}

static void msg_shared(struct cml *log, const struct wire_msg *msg)
{
	switch (msg->type) {
	case WIRE_SLOT:
		cml_slot_deliver(log, msg);
		break;
	case WIRE_LEAVE:
		cml_leave_deliver(log, msg);
		break;
	case WIRE_PROPOSE:
		cml_propose_deliver(log, msg);
		break;
	case WIRE_ACK:
		cml_ack_deliver(log, msg);
		break;
	case WIRE_RELEASE:
		cml_release_deliver(log, msg);
		break;
	case WIRE_GIVEBACK:
		cml_giveback_deliver(log, msg);
		break;
	case WIRE_VOID:
		cml_void_deliver(log, msg);
		break;
	case WIRE_OOS_SET:
		cml_oos_set_deliver(log, msg);
		break;
	case WIRE_OOS_DURABLE:
		cml_oos_durable_deliver(log, msg);
		break;
	case WIRE_DISK_OOS:
		cml_disk_oos_deliver(log, msg);
		break;
	case WIRE_MERGE:
		cml_merge_deliver(log, msg);
		break;
	case WIRE_MERGED:
		cml_merged_deliver(log, msg);
		break;
	case WIRE_MERGED_ACK:
		cml_merged_ack_deliver(log, msg);
		break;
	case WIRE_RESUMED:
		cml_resumed_deliver(log, msg);
		break;
	case WIRE_PRESUSPENDED:
	case WIRE_POSTSUSPENDED:
		cml_suspended_deliver(log, msg);
		break;
	case WIRE_HEALTH:
		cml_health_deliver(log, msg);
		break;
	default: /* HANDOVER is for a later version: nobody sends it */
		break;
	}
}

void cml_msg(struct cml *log, const struct wire_msg *msg)
{
	log->stats.received_msgs++;
	if (msg->type == WIRE_STATE)
		cml_state_deliver(log, msg);
	else if (msg->type == WIRE_STATE_DONE)
		cml_state_done_deliver(log, msg);
	else if (log->has_tables)
		msg_shared(log, msg);
	else if (msg->type == WIRE_LEAVE && msg->sender == log->cmn->cfg.nodeid)
		cml_reset_shared(log); /* our own leave before any state came */
	else if (msg->type == WIRE_VOID && msg->sender == log->cmn->cfg.nodeid)
		log->void_delivered = msg->seq;
	if (is_change(msg->type))
		log->last_change = cmn_msg_id(msg->sender, msg->seq);
}
