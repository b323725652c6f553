/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_slot.c - the own slot: marks, written before the data; cleared lazily, in batches, after a
 * flush of the legs.
 *
 * Group commit: all marks that arrive while a page is under way go out with its next write. One
 * write of a page is under way at a time; it carries the bits as they were when it was submitted.
 *
 * The batch of clears (hazard L11). t0: flush of the legs begins. t1: it has ended. A bit may go
 * only if its region has been idle since before t0. `recent` holds every region marked or cleared
 * since the END of the last batch, so at t1 a bit with neither dirty nor recent was idle at t0 and
 * all the time since. A mark after the clear was submitted sets the bit anew, which makes the page
 * wanted again: its answer waits for that second write.
 */
#include "lib/core/cml_int.h"

#include <string.h>

static struct cml_page *page_of(const struct cml *log, uint64_t region_nr)
{
	return &log->slot_page[region_nr / DISK_PAGE_REGIONS];
}

static bool page_is_durable(const struct cml *log, const struct cml_page *page)
{
	return log->cfg.is_core || page->set_gen <= page->durable_gen;
}

bool cml_slot_is_durable(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < log->geom.map_pages; i++)
		if (!page_is_durable(log, &log->slot_page[i]))
			return false;
	return true;
}

bool cml_region_is_durable(const struct cml *log, uint64_t region_nr)
{
	return bits_test(&log->marks, region_nr) && page_is_durable(log, page_of(log, region_nr));
}

bool cml_region_reached(const struct cml *log, uint64_t region_nr, uint64_t need_gen)
{
	const struct cml_page *page = page_of(log, region_nr);

	return page_is_durable(log, page) || page->durable_gen >= need_gen;
}

void cml_mark(struct cml *log, uint64_t region_nr)
{
	struct cml_page *page = page_of(log, region_nr);

	bits_set(&log->dirty, region_nr);
	bits_set(&log->recent, region_nr);
	if (bits_test_and_set(&log->marks, region_nr))
		return;
	log->mark_count++;
	page->set_gen = ++log->mark_gen;
	page->is_wanted = true;
}

void cml_clear(struct cml *log, uint64_t region_nr)
{
	bits_clear(&log->dirty, region_nr);
	bits_set(&log->recent, region_nr); /* its last write may have ended only now */
}

/* ---- writing ---- */

static bool page_submit(struct cml *log, uint32_t page_nr)
{
	struct cml_page *page = &log->slot_page[page_nr];
	struct cml_io *io = cml_io_get(log, CML_IO_SLOT, page_nr);

	if (!io)
		return false;
	cml_page_encode(log, log->slot, page_nr, &log->marks, io->page);
	page->is_wanted = false;
	page->is_inflight = true;
	page->inflight_gen = page->set_gen;
	log->stats.slot_writes++;
	cml_io_write(log, io, disk_slot_off(&log->geom, log->slot, page_nr));
	return true;
}

void cml_slot_pump(struct cml *log)
{
	uint32_t i;

	if (log->cfg.is_core || log->slot == CML_NO_SLOT || !log->slot_ready || cml_km_writes(log))
		return;
	for (i = 0; i < log->geom.map_pages; i++)
		if (log->slot_page[i].is_wanted && !log->slot_page[i].is_inflight &&
		    !page_submit(log, i))
			return;
}

void cml_slot_done(struct cml *log, struct cml_io *io)
{
	struct cml_page *page = &log->slot_page[io->arg];

	page->is_inflight = false;
	page->durable_gen = page->inflight_gen;
}

bool cml_slot_is_empty_on_disk(const struct cml *log)
{
	uint32_t i;

	if (log->cfg.is_core)
		return true;
	for (i = 0; i < log->geom.map_pages; i++)
		if (log->slot_page[i].is_wanted || log->slot_page[i].is_inflight)
			return false;
	return !log->mark_count;
}

/* ---- reading our slot when we come (back) to it ---- */

/*
 * What is under way when the reading ends before its time (a view in which the tables come again)
 * is waited for, and thrown away: it belongs to no reading, and may be of another slot.
 */
void cml_slot_unread(struct cml *log)
{
	log->slot_ready = log->slot_is_read = false;
	log->slot_read_stale += log->slot_read_busy;
	log->slot_read_next = log->slot_read_busy = 0;
}

void cml_slot_read_start(struct cml *log)
{
	cml_slot_unread(log);
	log->slot_ready = log->cfg.is_core;
	log->slot_is_read = !log->slot_ready && log->slot != CML_NO_SLOT;
	cml_slot_read_pump(log);
}

/*
 * Marks in the own slot, and no kernel of ours runs: one did, and has ended without a leave (its
 * daemon was dead, or not whole). What its last writes came to nobody knows (hazard L27). If one
 * runs, and what it has under way is not known either, all that was marked is. One that may run, or
 * not, is taken for both.
 */
static void whose_marks(struct cml *log)
{
	bool may_run = !log->knows_past && log->may_run;

	if (cml_has_running(log))
		return;
	if (!may_run)
		bits_fill(&log->dirty, false);
	if (!log->mark_count)
		return;
	log->unswept_failed = true;
	log->is_unswept = !may_run;
}

static void slot_read_end(struct cml *log)
{
	uint32_t i;

	if (log->slot_read_next < log->geom.map_pages || log->slot_read_busy)
		return;
	log->slot_is_read = false;
	log->slot_ready = true;
	whose_marks(log);
	log->knows_past = true;
	for (i = 0; i < log->geom.map_pages;
	     i++) /* marks of memory only: none yet, but a retry may have come */
		if (log->slot_page[i].set_gen > log->slot_page[i].durable_gen)
			log->slot_page[i].is_wanted = true;
}

void cml_slot_read_pump(struct cml *log)
{
	struct cml_io *io;

	if (!log->slot_is_read || log->slot_read_stale)
		return;
	while (log->slot_read_next < log->geom.map_pages) {
		io = cml_io_get(log, CML_IO_SLOT_READ, log->slot_read_next);
		if (!io)
			return;
		log->slot_read_next++;
		log->slot_read_busy++;
		cml_io_read(log, io, disk_slot_off(&log->geom, log->slot, io->arg));
	}
	slot_read_end(log);
}

/*
 * A page that is not exactly ours means "all dirty" (hazard L26). Bits found belong to a former
 * process of this boot; which of them are truly dirty is kept in persist memory, and without that
 * each of them is.
 */
void cml_slot_read_done(struct cml *log, struct cml_io *io, int result)
{
	uint64_t first = disk_page_first_region(io->arg);
	uint64_t end = first + disk_page_region_count(&log->geom, io->arg);
	int r = result ? result : cml_page_check(log, log->slot, io->arg, io->page);

	if (log->slot_read_stale) {
		log->slot_read_stale--;
		return;
	}
	log->slot_read_busy--;
	if (!r) {
		disk_page_or(&log->geom, io->arg, io->page, &log->marks);
		if (!log->knows_past)
			disk_page_or(&log->geom, io->arg, io->page, &log->dirty);
	} else {
		/*
		 * What is damaged is all dirty for whoever reads it. What only we cannot read is
		 * not: others may read it, and find it clean. So no mark of it holds before it is
		 * written again.
		 */
		bits_set_range(&log->marks, first, end);
		if (!log->knows_past)
			bits_set_range(&log->dirty, first, end);
		log->slot_page[io->arg].set_gen = ++log->mark_gen;
		log->slot_page[io->arg].is_wanted = true;
		cmn_journal(log->cmn, log, CMN_LG_WARN,
			    "page %u of the own slot %u: %s; all its regions count as marked",
			    io->arg, log->slot, cm_strerror(r));
	}
	log->mark_count = bits_weight(&log->marks);
	bits_set_range(&log->recent, first, end);
	slot_read_end(log);
}

/* ---- lazy clears ---- */

uint64_t cml_flush_legs(struct cml *log)
{
	struct cmn_effect fx = { .type = CMN_FX_FLUSH_LEGS, .log = log };

	fx.id = ++log->flush_id_last;
	log->stats.leg_flushes++;
	log->cmn->emit(log->cmn->host, &fx);
	return fx.id;
}

static bool may_drop(const struct cml *log, uint64_t region_nr, bool flushed)
{
	if (bits_test(&log->dirty, region_nr))
		return false;
	if (bits_test(&log->oos, region_nr))
		return cml_oos_is_durable(log); /* hazard L27 */
	return flushed;
}

static void unmark(struct cml *log, uint64_t region_nr)
{
	bits_clear(&log->marks, region_nr);
	log->mark_count--;
	page_of(log, region_nr)->is_wanted = true;
}

/* The slot is somebody else's business from now on. */
void cml_marks_forget(struct cml *log)
{
	bits_fill(&log->marks, false);
	bits_fill(&log->recent, false);
	log->mark_count = 0;
	memset(log->slot_page, 0, log->geom.map_pages * sizeof(*log->slot_page));
}

/* Clears what may go. Returns how many marks stay. */
uint64_t cml_slot_drop(struct cml *log, bool flushed)
{
	uint64_t r, kept = 0;

	for (r = bits_next_set(&log->marks, 0); r < log->region_count;
	     r = bits_next_set(&log->marks, r + 1)) {
		if (!may_drop(log, r, flushed)) {
			kept++;
			continue;
		}
		unmark(log, r);
	}
	return kept;
}

static void batch_end(struct cml *log, bool flushed)
{
	uint64_t r;

	log->batch_flushing = false;
	for (r = bits_next_set(&log->marks, 0); r < log->region_count;
	     r = bits_next_set(&log->marks, r + 1)) {
		if (bits_test(&log->recent, r) || !may_drop(log, r, flushed))
			continue;
		unmark(log, r);
	}
	bits_fill(&log->recent, false);
	log->batch_due_ms = log->cmn->now_ms + log->cmn->cfg.sticky_ms;
}

static bool batch_has_candidate(const struct cml *log)
{
	uint64_t r;

	for (r = bits_next_set(&log->marks, 0); r < log->region_count;
	     r = bits_next_set(&log->marks, r + 1))
		if (!bits_test(&log->dirty, r) && !bits_test(&log->recent, r))
			return true;
	return false;
}

void cml_batch_timer(struct cml *log)
{
	if (log->km.luid || log->batch_flushing || log->unswept_failed ||
	    log->leave.step != CML_LEAVE_NONE || !cml_is_whole(log) || log->log_failed)
		return;
	if (!log->batch_due_ms)
		log->batch_due_ms = log->cmn->now_ms + log->cmn->cfg.sticky_ms;
	if (log->cmn->now_ms < log->batch_due_ms)
		return;
	if (!log->legs_known || !batch_has_candidate(log)) {
		bits_fill(&log->recent, false);
		log->batch_due_ms = log->cmn->now_ms + log->cmn->cfg.sticky_ms;
		return;
	}
	log->batch_flushing = true;
	log->batch_flush_id = cml_flush_legs(log);
}

static void work_flushed(struct cml *log, uint64_t id, int result)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++)
		if (log->work[i].claim_id && log->work[i].is_releasing &&
		    log->work[i].flush_id == id)
			log->work[i].is_flushed = true;
	/*
	 * a leg that cannot be flushed holds nothing for sure: nothing of these claims is in sync
	 */
	if (result)
		for (i = 0; i < CML_WORKS; i++)
			if (log->work[i].flush_id == id)
				memset(log->work[i].done, 0, sizeof(log->work[i].done));
}

void cml_legs_flushed(struct cml *log, uint64_t id, int result)
{
	if (log->batch_flushing && id == log->batch_flush_id) {
		batch_end(log, !result);
		return;
	}
	if (log->leave.step == CML_LEAVE_FLUSH && id == log->leave.flush_id) {
		log->leave.is_flushed = !result;
		log->leave.flush_id = 0;
		return;
	}
	work_flushed(log, id, result);
}
