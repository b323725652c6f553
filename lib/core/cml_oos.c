/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_oos.c - the out-of-sync bitmap: replicated in memory by ordered messages, written by the
 * owner of the oos lock only.
 *
 * oos_gen counts delivered changes that set bits, the same on every member. The owner writes pages
 * from the replicated state (never before the disk's own bits were ORed in, hazard L6) and says
 * how far it is with OOS_DURABLE.
 */
#include "lib/core/cml_int.h"

#include <string.h>

static struct cml_page *page_of(const struct cml *log, uint64_t region_nr)
{
	return &log->oos_page[region_nr / DISK_PAGE_REGIONS];
}

bool cml_oos_set(struct cml *log, uint64_t region_nr)
{
	cml_claim_redirty(
		log, region_nr); /* also if it was set: a copy under way is worth nothing (L3) */
	page_of(log, region_nr)->set_gen = log->oos_gen + 1;
	page_of(log, region_nr)->is_wanted = true;
	if (bits_test_and_set(&log->oos, region_nr))
		return false;
	cml_km_oos_note(log, region_nr);
	log->oos_count++;
	return true;
}

void cml_oos_clear(struct cml *log, uint64_t region_nr)
{
	if (!bits_test_and_clear(&log->oos, region_nr))
		return;
	cml_km_oos_note(log, region_nr);
	log->oos_count--;
	page_of(log, region_nr)->is_wanted = true;
}

uint64_t cml_oos_or(struct cml *log, uint64_t first, const uint8_t *bytes, uint32_t len_bytes)
{
	uint64_t set = 0, r;
	uint32_t i, bit;

	for (i = 0; i < len_bytes; i++) {
		for (bit = 0; bytes[i] && bit < 8; bit++) {
			r = first + (uint64_t)i * 8 + bit;
			if ((bytes[i] >> bit & 1) && r < log->region_count)
				set += cml_oos_set(log, r);
		}
	}
	return set;
}

void cml_oos_changed(struct cml *log)
{
	log->oos_gen++;
}

void cml_oos_all_wanted(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < log->geom.map_pages; i++) {
		log->oos_page[i].is_wanted = true;
		log->oos_page[i].set_gen = log->oos_gen;
	}
}

bool cml_oos_is_durable(const struct cml *log)
{
	return log->cfg.is_core || log->oos_durable >= log->oos_gen;
}

static bool page_submit(struct cml *log, uint32_t page_nr)
{
	struct cml_page *page = &log->oos_page[page_nr];
	struct cml_io *io = cml_io_get(log, CML_IO_OOS, page_nr);

	if (!io)
		return false;
	cml_page_encode(log, DISK_AREA_OOS, page_nr, &log->oos, io->page);
	page->is_wanted = false;
	page->is_inflight = true;
	page->inflight_gen = log->oos_gen;
	log->stats.oos_writes++;
	cml_io_write(log, io, disk_oos_off(&log->geom, page_nr));
	return true;
}

/* Everything set up to the returned count is on disk: no page has an older unwritten set. */
static uint64_t durable_upto(const struct cml *log)
{
	uint64_t upto = log->oos_gen;
	uint32_t i;

	for (i = 0; i < log->geom.map_pages; i++) {
		const struct cml_page *page = &log->oos_page[i];

		if (page->set_gen > page->durable_gen && page->durable_gen < upto)
			upto = page->durable_gen;
	}
	return upto;
}

static void durable_send(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_OOS_DURABLE };

	msg.u.oos_durable.upto = durable_upto(log);
	if (msg.u.oos_durable.upto <= log->oos_durable_sent)
		return;
	log->oos_durable_sent = msg.u.oos_durable.upto;
	cmn_send(log->cmn, log, &msg);
}

void cml_oos_pump(struct cml *log)
{
	uint32_t i;

	if (log->cfg.is_core || !log->oos_ready || !log->owns_oos || !cml_is_coordinator(log) ||
	    !cml_is_whole(log))
		return;
	for (i = 0; i < log->geom.map_pages; i++)
		if (log->oos_page[i].is_wanted && !log->oos_page[i].is_inflight &&
		    !page_submit(log, i))
			break;
	durable_send(log);
}

void cml_oos_done(struct cml *log, struct cml_io *io)
{
	struct cml_page *page = &log->oos_page[io->arg];

	page->is_inflight = false;
	page->durable_gen = page->inflight_gen;
}

/* ---- messages ---- */

static void own_delivered(struct cml *log, const struct wire_msg *msg)
{
	uint64_t first = msg->u.oos_set.first;
	uint32_t i;

	log->oos_set_delivered = msg->seq;
	for (i = 0; i < msg->blob_bytes * 8; i++)
		if (cml_bit_get(msg->blob, i) && first + i < log->region_count)
			cml_km_failed_heard(log, first + i);
}

void cml_oos_set_deliver(struct cml *log, const struct wire_msg *msg)
{
	cml_oos_or(log, msg->u.oos_set.first, msg->blob, msg->blob_bytes);
	cml_oos_changed(log);
	if (msg->sender == log->cmn->cfg.nodeid)
		own_delivered(log, msg);
	/* Kernels that take all as in sync must resume before these are copied (L1). */
	log->merge_epoch++;
}

void cml_oos_durable_deliver(struct cml *log, const struct wire_msg *msg)
{
	if (msg->u.oos_durable.upto > log->oos_durable)
		log->oos_durable = msg->u.oos_durable.upto;
}
