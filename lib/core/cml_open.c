/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_open.c - the founder: the first member takes the oos lock, reads the log device, decides who
 * is right (cml_decide.c), and, where the classic area is, imports it.
 *
 * Import, each step durable before the next: out-of-sync and slot pages of a new epoch, superblock
 * IMPORT, poison, superblock ACTIVE. A crash before the poison leaves the classic area right;
 * after it, ours.
 */
#include "lib/core/cml_int.h"

#include <string.h>

static void step_set(struct cml *log, enum cml_open_step step)
{
	log->open.step = step;
	log->open.page_nr = 0;
}

void cml_open_start(struct cml *log)
{
	struct cml_open *open = &log->open;

	memset(open, 0, sizeof(*open));
	cml_state_set(log, CML_ST_OPENING, "waits for the oos lock of the log");
	step_set(log, CML_OPEN_OWN);
	cml_own_ask(log);
	cml_open_pump(log);
}

void cml_open_abort(struct cml *log)
{
	log->open.step = CML_OPEN_NONE;
}

void cml_own_ask(struct cml *log)
{
	if (log->own_asked)
		return;
	log->own_asked = true;
	log->own_drop = false;
	cmn_fx(log->cmn, log, CMN_FX_OWN);
}

/* Hazard L7: nothing of ours may land after the lock has gone. */
void cml_own_drop_pump(struct cml *log)
{
	if (!log->own_drop || cml_io_busy(log))
		return;
	log->own_drop = false;
	cmn_fx(log->cmn, log, CMN_FX_DISOWN);
}

void cml_own_lost_need(struct cml *log)
{
	log->own_drop |= log->own_asked;
	log->own_asked = log->owns_oos = log->oos_ready = false;
	cml_own_drop_pump(log);
}

/* ---- reading ---- */

static bool read_at(struct cml *log, uint32_t page_nr, uint64_t off)
{
	struct cml_io *io = cml_io_get(log, CML_IO_OPEN, page_nr);

	if (!io)
		return false;
	log->open.busy++;
	cml_io_read(log, io, off);
	return true;
}

/* arg 0 and 1: superblock copies; 2: first block of the classic area. */
static void read_sb_done(struct cml *log, struct cml_io *io, int result)
{
	struct cml_open *open = &log->open;

	if (io->arg == 2) {
		open->classic_result = result;
		open->classic.kind = DISK_CLASSIC_FOREIGN;
		if (!result)
			disk_classic_decode(io->page, log->cfg.uuid, &open->classic);
	} else {
		open->sb_unread[io->arg] = result;
		open->sb_result[io->arg] =
			result ? result : disk_sb_decode(io->page, &open->sb[io->arg]);
	}
	if (!open->busy && open->page_nr == 3)
		step_set(log, cml_decide(log));
}

static void read_classic_done(struct cml *log, struct cml_io *io, int result)
{
	struct cml_open *open = &log->open;

	if (!result)
		disk_classic_import(io->page, io->arg, open->classic.region_count, &log->oos);
	if (open->busy || open->page_nr < log->geom.classic_pages)
		return;
	log->oos_count = bits_weight(&log->oos);
	step_set(log, CML_OPEN_WRITE_OOS);
}

static void read_oos_done(struct cml *log, struct cml_io *io, int result)
{
	uint64_t first = disk_page_first_region(io->arg);
	int r = result ? result : cml_page_check(log, DISK_AREA_OOS, io->arg, io->page);

	if (!r) {
		disk_page_or(&log->geom, io->arg, io->page, &log->oos);
	} else {
		cmn_journal(log->cmn, log, CMN_LG_WARN,
			    "page %u out of sync bits: %s; its regions are out of sync", io->arg,
			    cm_strerror(r));
		log->open.is_oos_bad = true;
		bits_set_range(&log->oos, first,
			       first + disk_page_region_count(&log->geom, io->arg));
	}
	if (log->open.busy || log->open.page_nr < log->geom.map_pages)
		return;
	log->oos_count = bits_weight(&log->oos);
	step_set(log, CML_OPEN_SLOT);
}

/* ---- writing ---- */

static bool page_write(struct cml *log, const struct bits *map, uint32_t area, uint32_t page_nr,
		       uint64_t off)
{
	struct cml_io *io = cml_io_get(log, CML_IO_OPEN, page_nr);

	if (!io)
		return false;
	cml_page_encode(log, area, page_nr, map, io->page);
	log->open.busy++;
	cml_io_write(log, io, off);
	return true;
}

/* All slots of the table get pages of the new epoch, all clean: `marks` is empty while we found. */
static bool slot_page_write(struct cml *log, uint32_t nr)
{
	uint32_t slot = nr / log->geom.map_pages, page_nr = nr % log->geom.map_pages;

	return page_write(log, &log->marks, slot, page_nr,
			  disk_slot_off(&log->geom, slot, page_nr));
}

static bool poison_write(struct cml *log)
{
	struct cml_io *io = cml_io_get(log, CML_IO_OPEN, 0);

	if (!io)
		return false;
	disk_classic_encode(&log->geom, 0, &log->oos, true, log->epoch, log->cfg.uuid, io->page);
	log->open.busy++;
	cml_io_write(log, io, 0);
	return true;
}

static bool sb_write(struct cml *log, uint32_t state)
{
	struct cml_io *io = cml_io_get(log, CML_IO_OPEN, 0);

	if (!io)
		return false;
	log->open.busy++;
	cml_sb_write(log, io, state);
	return true;
}

/* How many requests a step has, and the next step when all have ended. */
static uint32_t step_size(const struct cml *log)
{
	switch (log->open.step) {
	case CML_OPEN_READ_SB:
		return 3;
	case CML_OPEN_READ_CLASSIC:
		return log->geom.classic_pages;
	case CML_OPEN_READ_OOS:
	case CML_OPEN_WRITE_OOS:
		return log->geom.map_pages;
	case CML_OPEN_WRITE_SLOTS:
		return log->geom.map_pages * log->geom.slot_count;
	default:
		return 1;
	}
}

static bool step_submit(struct cml *log, uint32_t nr)
{
	switch (log->open.step) {
	case CML_OPEN_READ_SB:
		return read_at(log, nr, nr == 2 ? 0 : log->geom.sb_off[nr]);
	case CML_OPEN_READ_CLASSIC:
		return read_at(log, nr, (uint64_t)nr * DISK_PAGE_BYTES);
	case CML_OPEN_READ_OOS:
		return read_at(log, nr, disk_oos_off(&log->geom, nr));
	case CML_OPEN_WRITE_OOS:
		return page_write(log, &log->oos, DISK_AREA_OOS, nr, disk_oos_off(&log->geom, nr));
	case CML_OPEN_WRITE_SLOTS:
		return slot_page_write(log, nr);
	case CML_OPEN_WRITE_IMPORT:
		return sb_write(log, DISK_SB_IMPORT);
	case CML_OPEN_WRITE_POISON:
		return poison_write(log);
	case CML_OPEN_WRITE_ACTIVE:
	case CML_OPEN_SLOT:
	case CML_OPEN_SLOT_BOTH:
		return sb_write(log, DISK_SB_ACTIVE);
	default:
		CM_UNREACHABLE();
	}
}

static void announce(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_SLOT };

	step_set(log, CML_OPEN_ANNOUNCE);
	msg.u.slot.nodeid = log->cmn->cfg.nodeid;
	msg.u.slot.slot = (uint16_t)cml_slot_of(log, log->cmn->cfg.nodeid);
	cmn_send(log->cmn, log, &msg);
}

static void write_step_done(struct cml *log)
{
	struct cml_open *open = &log->open;

	if (open->busy || open->page_nr < step_size(log))
		return;
	if (open->step == CML_OPEN_SLOT_BOTH)
		announce(log);
	else
		step_set(log, open->step + 1); /* the writing steps follow each other in the enum */
}

/* Our slot must be durable in both copies of the superblock before we use it (hazard L9). */
static bool slot_prepare(struct cml *log)
{
	uint32_t slot = cml_slot_pick(log, log->cmn->cfg.nodeid);

	if (slot == CML_NO_SLOT) {
		cml_state_set(log, CML_ST_OPENING, "waits for a slot: all are taken by dead nodes");
		return false;
	}
	cml_slot_take(log, slot, log->cmn->cfg.nodeid);
	return true;
}

static void core_found(struct cml *log)
{
	/* A table that runs was told more than anybody knows now (hazard L25). */
	bits_fill(&log->oos, log->cfg.ctr.sync != KABI_SYNC_NOSYNC || cml_is_replayed(log) ||
				     log->unswept_failed || log->left_core_oos);
	log->oos_count = bits_weight(&log->oos);
	log->epoch = 1;
	if (slot_prepare(log))
		announce(log);
}

void cml_open_pump(struct cml *log)
{
	struct cml_open *open = &log->open;

	if (open->step == CML_OPEN_OWN) {
		/* What a former attempt has under way belongs to it. */
		if (!log->owns_oos || cml_io_busy(log))
			return;
		if (log->cfg.is_core) {
			core_found(log);
			return;
		}
		cml_state_set(log, CML_ST_OPENING, "reads the log device");
		step_set(log, CML_OPEN_READ_SB);
	}
	while (open->step != CML_OPEN_NONE && open->step != CML_OPEN_ANNOUNCE &&
	       open->step != CML_OPEN_STUCK && open->page_nr < step_size(log)) {
		if (open->step == CML_OPEN_SLOT && !open->page_nr && !slot_prepare(log))
			return;
		if (!step_submit(log, open->page_nr))
			return;
		open->page_nr++;
	}
}

void cml_open_done(struct cml *log, struct cml_io *io, int result)
{
	if (log->open.busy)
		log->open.busy--;
	switch (log->open.step) {
	case CML_OPEN_NONE:
	case CML_OPEN_STUCK:
		break; /* given up meanwhile */
	case CML_OPEN_READ_SB:
		read_sb_done(log, io, result);
		break;
	case CML_OPEN_READ_CLASSIC:
		read_classic_done(log, io, result);
		break;
	case CML_OPEN_READ_OOS:
		read_oos_done(log, io, result);
		break;
	default:
		write_step_done(log);
	}
}
