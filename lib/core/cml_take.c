/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_take.c - a new coordinator takes over the out-of-sync bitmap and the superblock.
 *
 * Hazard L6: A sets R out of sync on disk, tells the others, and dies before anybody has heard it.
 * B does not know of R; B's first page write would wipe R's bit. So: take the oos lock (which
 * implies that A is fenced or has given it up), read what is on disk, OR it into everybody's state
 * by ordered messages, and only then write.
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

/* Returns whether there are requests left to submit. */
static bool submit_next(struct cml *log)
{
	bool is_sb = log->take.step == CML_TAKE_READ_SB;
	uint32_t size = is_sb ? 2 : log->geom.map_pages, nr = log->take.page_nr;
	struct cml_io *io;

	if (nr >= size)
		return false;
	io = cml_io_get(log, CML_IO_TAKEOVER, nr);
	if (!io)
		return false;
	log->take.page_nr++;
	log->take.busy++;
	cml_io_read(log, io, is_sb ? log->geom.sb_off[nr] : disk_oos_off(&log->geom, nr));
	return true;
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
	if (log->take.step == CML_TAKE_READ_SB || log->take.step == CML_TAKE_READ_OOS)
		while (submit_next(log))
			;
}

static void sb_done(struct cml *log, struct cml_io *io, int result)
{
	struct disk_sb sb;

	if (!result && !disk_sb_decode(io->page, &sb) && sb.seq > log->sb_seq)
		log->sb_seq = sb.seq;
	if (!log->take.busy && log->take.page_nr == 2)
		step_set(log, CML_TAKE_READ_OOS);
}

/* An unreadable or foreign page says nothing, so it says "all out of sync" (hazard L26). */
static void oos_done(struct cml *log, struct cml_io *io, int result)
{
	uint64_t first = disk_page_first_region(io->arg);
	uint32_t len_bytes = (disk_page_region_count(&log->geom, io->arg) + 7) / 8, i;
	uint8_t *bits = io->page + DISK_PAGE_HDR_BYTES;

	if (result || cml_page_check(log, DISK_AREA_OOS, io->arg, io->page))
		memset(bits, 0xff, len_bytes);
	for (i = 0; i < len_bytes && !bits[i]; i++)
		;
	if (i < len_bytes)
		disk_oos_send(log, first, bits, len_bytes, false);
	if (!log->take.busy && log->take.page_nr == log->geom.map_pages)
		all_sent(log);
}

void cml_take_done(struct cml *log, struct cml_io *io, int result)
{
	log->take.busy--;
	if (log->take.step == CML_TAKE_READ_SB)
		sb_done(log, io, result);
	else if (log->take.step == CML_TAKE_READ_OOS)
		oos_done(log, io, result);
	/* else: given up meanwhile */
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
	log->oos_ready = true;
	cml_oos_all_wanted(log);
	cml_sb_changed(log);
	cmn_journal(log->cmn, log, CMN_LG_INFO, "coordinator now; %llu regions out of sync",
		    (unsigned long long)log->oos_count);
}
