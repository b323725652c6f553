/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_open.c - the founder: the first member takes the oos lock, reads the log device, decides who
 * is right, and, where the classic area is, imports it.
 *
 * Who is right (hazards L14, L15, L17, L18):
 *	classic header valid		a stock activation (or lvcreate) wrote it: it wins wholly,
 *					ours is rebuilt
 *	poisoned, our superblock fits	ours wins; slots of nodes that were running are merged once
 *					these are dead
 *	anything else			everything is out of sync, unless it is new and was made
 *					with `nosync`
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

/* ---- decide ---- */

static void slots_clear(struct cml *log)
{
	memset(log->slots, 0, sizeof(log->slots));
}

static void all_oos(struct cml *log)
{
	bits_fill(&log->oos, true);
	log->oos_count = log->region_count;
}

/* Without cluster software nobody can say whether that other machine still writes. */
static bool is_used_elsewhere(struct cml *log, const struct disk_sb *sb)
{
	uint32_t i;

	for (i = 0; log->cmn->cfg.is_local && i < DISK_SLOTS_MAX; i++)
		if (sb->slot[i].state == DISK_SLOT_RUNNING &&
		    memcmp(sb->slot[i].machine_id, log->cmn->cfg.machine_id, 16))
			return true;
	return false;
}

static void take_ours(struct cml *log, const struct disk_sb *sb)
{
	if (is_used_elsewhere(log, sb)) {
		cml_open_abort(log);
		cml_refuse(log,
			   "the log is in use by another machine; start the cluster software here");
		return;
	}
	log->epoch = sb->epoch;
	log->sb_seq = sb->seq;
	log->sb_flags = sb->flags;
	memcpy(log->slots, sb->slot, sizeof(log->slots));
	if (log->cfg.ctr.has_gen &&
	    (sb->gen != log->cfg.ctr.gen || sb->legs_hash != log->cfg.ctr.legs_hash)) {
		cmn_journal(log->cmn, log, CMN_LG_WARN,
			    "legs changed since generation %u: all out of sync", sb->gen);
		/* hazard L12; a change of legs that keeps sync comes with its own protocol */
		all_oos(log);
	}
	step_set(log, CML_OPEN_READ_OOS);
}

static void take_new(struct cml *log, const struct cml_open *open, int best)
{
	bool is_new = open->classic.kind == DISK_CLASSIC_FOREIGN && best < 0;

	log->open.is_import = true;
	log->epoch = best >= 0 ? open->sb[best].epoch + 1 : 1;
	log->sb_seq = best >= 0 ? open->sb[best].seq : 0;
	if (open->classic.kind == DISK_CLASSIC_POISONED && open->classic.epoch >= log->epoch)
		log->epoch = open->classic.epoch + 1;
	slots_clear(log);
	if (is_new && log->cfg.ctr.sync == KABI_SYNC_NOSYNC) {
		log->sb_flags = DISK_SB_F_NOSYNC;
		bits_fill(&log->oos, false);
		log->oos_count = 0;
	} else {
		all_oos(log);
	}
	step_set(log, open->classic.kind == DISK_CLASSIC_VALID ? CML_OPEN_READ_CLASSIC
							       : CML_OPEN_WRITE_OOS);
}

static void decide(struct cml *log)
{
	struct cml_open *open = &log->open;
	int best = cml_sb_pick(open->sb, open->have_sb);
	bool fits = best >= 0 && !disk_sb_match(&open->sb[best], &log->geom, log->cfg.uuid) &&
		    open->sb[best].state != DISK_SB_CLEAN;

	if (open->classic.kind == DISK_CLASSIC_POISONED && fits) {
		take_ours(log, &open->sb[best]);
		return;
	}
	if (open->classic.kind != DISK_CLASSIC_VALID)
		cmn_journal(log->cmn, log, CMN_LG_WARN,
			    "log device: no valid header; taken as new%s",
			    log->cfg.ctr.sync == KABI_SYNC_NOSYNC ? ""
								  : ", all regions out of sync");
	take_new(log, open, best);
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
		open->classic.kind = DISK_CLASSIC_FOREIGN;
		if (!result)
			disk_classic_decode(io->page, log->cfg.uuid, &open->classic);
	} else {
		open->have_sb[io->arg] = !result && !disk_sb_decode(io->page, &open->sb[io->arg]);
	}
	if (!open->busy && open->page_nr == 3)
		decide(log);
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
	struct disk_page_id id = {
		.epoch = log->epoch,
		.uuid_hash = log->uuid_hash,
		.area = DISK_AREA_OOS,
		.page_nr = io->arg,
	};
	uint64_t first = disk_page_first_region(io->arg);
	int r = result ? result : disk_page_check(&log->geom, &id, io->page);

	if (!r) {
		disk_page_or(&log->geom, io->arg, io->page, &log->oos);
	} else {
		cmn_journal(log->cmn, log, CMN_LG_WARN,
			    "page %u out of sync bits: %s; its regions are out of sync", io->arg,
			    cm_strerror(r));
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
	struct disk_page_id id = {
		.epoch = log->epoch,
		.uuid_hash = log->uuid_hash,
		.area = area,
		.page_nr = page_nr,
	};
	struct cml_io *io = cml_io_get(log, CML_IO_OPEN, page_nr);

	if (!io)
		return false;
	disk_page_encode(&log->geom, &id, map, io->page);
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
	if (open->step == CML_OPEN_SLOT)
		announce(log);
	else
		step_set(log, open->step + 1); /* the writing steps follow each other in the enum */
}

/* Our slot must be durable in the superblock before we use it (hazard L9). */
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
	if (log->cfg.ctr.sync == KABI_SYNC_NOSYNC)
		bits_fill(&log->oos, false);
	else
		bits_fill(&log->oos, true);
	log->oos_count = bits_weight(&log->oos);
	log->epoch = 1;
	if (slot_prepare(log))
		announce(log);
}

void cml_open_pump(struct cml *log)
{
	struct cml_open *open = &log->open;

	if (open->step == CML_OPEN_OWN) {
		if (!log->owns_oos)
			return;
		if (log->cfg.is_core) {
			core_found(log);
			return;
		}
		cml_state_set(log, CML_ST_OPENING, "reads the log device");
		step_set(log, CML_OPEN_READ_SB);
	}
	while (open->step != CML_OPEN_NONE && open->step != CML_OPEN_ANNOUNCE &&
	       open->page_nr < step_size(log)) {
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
