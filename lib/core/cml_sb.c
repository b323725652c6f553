/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_sb.c - the superblock. Two copies, written in turn, one write at a time: one of them is
 * always whole. Written by the owner of the oos lock only (hazard L7).
 *
 * A change counts as durable when both copies have it. So either copy alone names every slot that
 * is in use, and the other one may be torn, damaged or unreadable: what would be lost otherwise is
 * the slot of a node that joined last, with all its marks.
 */
#include "lib/core/cml_int.h"

#include <string.h>

/* A slot promised to a joiner: on disk before the SLOT message that makes it everybody's state. */
static void joiner_slot_fill(const struct cml *log, struct disk_slot *slot)
{
	const struct cmn_peer *peer = cmn_peer(log->cmn, log->xfer.nodeid);

	memset(slot, 0, sizeof(*slot));
	slot->state = DISK_SLOT_RUNNING;
	slot->nodeid = log->xfer.nodeid;
	if (!peer)
		return;
	memcpy(slot->machine_id, peer->hello.machine_id, 16);
	memcpy(slot->boot_id, peer->hello.boot_id, 16);
}

static void sb_fill(const struct cml *log, struct disk_sb *sb, uint32_t state)
{
	memset(sb, 0, sizeof(*sb));
	sb->seq = log->sb_seq;
	sb->epoch = log->epoch;
	sb->state = state;
	sb->gen = log->gen;
	sb->legs_hash = log->legs_hash;
	sb->dev_bytes = log->geom.dev_bytes;
	sb->region_count = log->region_count;
	sb->region_size_sect = log->geom.region_size_sect;
	sb->slot_count = log->geom.slot_count;
	sb->flags = log->sb_flags;
	if (log->cmn->cfg.fencing == WIRE_FENCING_OFF_ALLOWED)
		sb->flags |= DISK_SB_F_NO_FENCING;
	memcpy(sb->uuid, log->cfg.uuid, sizeof(sb->uuid));
	memcpy(sb->slot, log->slots, sizeof(sb->slot));
	if (log->xfer.slot_asked && cml_slot_of(log, log->xfer.nodeid) == CML_NO_SLOT)
		joiner_slot_fill(log, &sb->slot[log->xfer.slot]);
}

void cml_sb_write(struct cml *log, struct cml_io *io, uint32_t state)
{
	struct disk_sb sb;

	log->sb_seq++;
	log->sb_state = state;
	sb_fill(log, &sb, state);
	disk_sb_encode(&sb, io->page);
	log->stats.sb_writes++;
	cml_io_write(log, io, log->geom.sb_off[log->sb_seq % 2]);
}

void cml_sb_changed(struct cml *log)
{
	log->sb_change++;
}

bool cml_sb_has_change(const struct cml *log, uint64_t change)
{
	return log->cfg.is_core ||
	       (log->sb_copy_change[0] >= change && log->sb_copy_change[1] >= change);
}

bool cml_sb_is_durable(const struct cml *log)
{
	return cml_sb_has_change(log, log->sb_change);
}

void cml_sb_pump(struct cml *log)
{
	struct cml_io *io;

	if (log->sb_inflight || cml_sb_is_durable(log))
		return;
	if (!log->owns_oos || !log->oos_ready || !cml_is_coordinator(log) ||
	    log->open.step != CML_OPEN_NONE || log->leave.step > CML_LEAVE_DRAIN)
		return;
	if (log->oos_durable < log->take.oos_gen)
		return;
	io = cml_io_get(log, CML_IO_SB, 0);
	if (!io)
		return;
	log->sb_inflight = true;
	log->sb_inflight_change = log->sb_change;
	cml_sb_write(log, io, DISK_SB_ACTIVE);
}

void cml_sb_done(struct cml *log, struct cml_io *io)
{
	(void)io;
	log->sb_inflight = false;
	log->sb_copy_change[log->sb_seq % 2] = log->sb_inflight_change;
}
