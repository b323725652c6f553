/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_take.c - a new coordinator takes over the out-of-sync bitmap and the superblock.
 *
 * Hazard L6: A sets R out of sync on disk, tells the others, and dies before anybody has heard it.
 * B does not know of R; B's first page write would wipe R's bit. So: take the oos lock (which
 * implies that A is fenced or has given it up), read what is on disk, OR it into everybody's state
 * by ordered messages, and only then write.
 *
 * The same with a slot: A gave one to a joiner, which got everything and wrote; both died before B
 * heard of it. B's first superblock would free the slot. Our lock says that both are dead (or will
 * come back as a kernel without a slot, cml_member.c): the marks in such a slot are out of sync.
 */
#include "lib/core/cml_int.h"

#include <string.h>

static void step_set(struct cml *log, enum cml_takeover_step step)
{
	log->take.step = step;
	log->take.page_nr = 0;
}

void cml_take_start(struct cml *log)
{
	memset(&log->take, 0, sizeof(log->take));
	step_set(log, CML_TAKE_OWN);
	cml_own_ask(log);
}

static void disk_oos_send(struct cml *log, uint64_t first, const uint8_t *bits, uint32_t len_bytes,
			  bool last)
{
	struct wire_msg msg = { .type = WIRE_DISK_OOS };

	msg.u.disk_oos.first = first;
	msg.u.disk_oos.last = last;
	msg.blob = len_bytes ? bits : NULL;
	msg.blob_bytes = len_bytes;
	log->take.last_seq = cmn_send(log->cmn, log, &msg);
}

static void all_sent(struct cml *log)
{
	disk_oos_send(log, 0, NULL, 0, true);
	step_set(log, CML_TAKE_SENT);
}

static uint32_t step_size(const struct cml *log)
{
	if (log->take.step == CML_TAKE_READ_SB)
		return 2;
	return log->geom.map_pages *
	       (log->take.step == CML_TAKE_READ_SLOTS ? log->geom.slot_count : 1);
}

static bool is_skipped(const struct cml *log, uint32_t nr)
{
	return log->take.step == CML_TAKE_READ_SLOTS &&
	       !(log->take.unheard >> nr / log->geom.map_pages & 1);
}

static uint64_t off_of(const struct cml *log, uint32_t nr)
{
	uint32_t pages = log->geom.map_pages;

	if (log->take.step == CML_TAKE_READ_SB)
		return log->geom.sb_off[nr];
	if (log->take.step == CML_TAKE_READ_SLOTS)
		return disk_slot_off(&log->geom, nr / pages, nr % pages);
	return disk_oos_off(&log->geom, nr);
}

static bool is_reading(const struct cml *log)
{
	return log->take.step >= CML_TAKE_READ_SB && log->take.step <= CML_TAKE_READ_OOS;
}

static void submit_all(struct cml *log)
{
	struct cml_io *io;

	while (log->take.page_nr < step_size(log)) {
		if (is_skipped(log, log->take.page_nr)) {
			log->take.page_nr++;
			continue;
		}
		io = cml_io_get(log, CML_IO_TAKEOVER, log->take.page_nr);
		if (!io)
			return;
		log->take.busy++;
		cml_io_read(log, io, off_of(log, log->take.page_nr++));
	}
}

static void read_pump(struct cml *log)
{
	while (is_reading(log)) {
		submit_all(log);
		if (log->take.busy || log->take.page_nr < step_size(log))
			return;
		if (log->take.step == CML_TAKE_READ_OOS)
			all_sent(log);
		else
			step_set(log, log->take.step + 1);
	}
}

void cml_take_pump(struct cml *log)
{
	if (!cml_is_coordinator(log) || !cml_is_whole(log) || log->open.step != CML_OPEN_NONE ||
	    log->leave.step > CML_LEAVE_DRAIN)
		return;
	if (log->take.step == CML_TAKE_NONE && !log->oos_ready)
		cml_take_start(log);
	if (log->take.step == CML_TAKE_OWN && log->owns_oos && cmn_can_serve(log->cmn)) {
		if (log->cfg.is_core)
			all_sent(log);
		else
			step_set(log, CML_TAKE_READ_SB);
	}
	read_pump(log);
}

/* Running, and not by our tables. */
static bool is_unheard(const struct disk_slot *disk, const struct disk_slot *ours)
{
	return disk->state == DISK_SLOT_RUNNING &&
	       (ours->state != DISK_SLOT_RUNNING || ours->nodeid != disk->nodeid ||
		memcmp(ours->boot_id, disk->boot_id, 16));
}

static void sb_done(struct cml *log, struct cml_io *io, int result)
{
	struct cml_takeover *take = &log->take;
	struct disk_sb sb;
	uint32_t i;

	if (!result && !disk_sb_decode(io->page, &sb)) {
		if (sb.seq > log->sb_seq)
			log->sb_seq = sb.seq;
		if (sb.epoch == log->epoch && !disk_sb_match(&sb, &log->geom, log->cfg.uuid)) {
			take->has_sb = true;
			for (i = 0; i < log->geom.slot_count; i++)
				if (is_unheard(&sb.slot[i], &log->slots[i]))
					take->unheard |= 1u << i;
		}
	}
	/* Neither copy is left: each slot may be such a one. */
	for (i = 0; !take->busy && !take->has_sb && i < log->geom.slot_count; i++)
		if (log->slots[i].state != DISK_SLOT_RUNNING)
			take->unheard |= 1u << i;
}

/* An unreadable or foreign page says nothing, so it says "all out of sync" (hazard L26). */
static void page_done(struct cml *log, struct cml_io *io, int result)
{
	bool is_slot = log->take.step == CML_TAKE_READ_SLOTS;
	uint32_t area = is_slot ? io->arg / log->geom.map_pages : DISK_AREA_OOS;
	uint32_t page_nr = io->arg % log->geom.map_pages;
	uint32_t len_bytes = (disk_page_region_count(&log->geom, page_nr) + 7) / 8, i;
	uint8_t *bits = io->page + DISK_PAGE_HDR_BYTES;

	if (result || cml_page_check(log, area, page_nr, io->page))
		memset(bits, 0xff, len_bytes);
	for (i = 0; i < len_bytes && !bits[i]; i++)
		;
	if (i < len_bytes)
		disk_oos_send(log, disk_page_first_region(page_nr), bits, len_bytes, false);
}

void cml_take_done(struct cml *log, struct cml_io *io, int result)
{
	log->take.busy--;
	if (log->take.step == CML_TAKE_READ_SB)
		sb_done(log, io, result);
	else if (is_reading(log))
		page_done(log, io, result);
	/* else: given up meanwhile; the pump goes on */
}

void cml_disk_oos_deliver(struct cml *log, const struct wire_msg *msg)
{
	if (msg->blob_bytes) {
		/* Kernels may have been told that these are in sync: they have to resume (L1). */
		if (cml_oos_or(log, msg->u.disk_oos.first, msg->blob, msg->blob_bytes))
			log->merge_epoch++;
		cml_oos_changed(log);
	}
	if (!msg->u.disk_oos.last || msg->sender != log->cmn->cfg.nodeid ||
	    log->take.step != CML_TAKE_SENT || msg->seq != log->take.last_seq)
		return;
	step_set(log, CML_TAKE_DONE);
	log->take.oos_gen = log->oos_gen;
	log->oos_ready = true;
	cml_oos_all_wanted(log);
	cml_sb_changed(log);
	log->take.sb_change = log->sb_change;
	cmn_journal(log->cmn, log, CMN_LG_INFO, "coordinator now; %llu regions out of sync",
		    (unsigned long long)log->oos_count);
}
