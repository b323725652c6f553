/* SPDX-License-Identifier: GPL-2.0-only */
/* cml.c - one log: create, destroy, state, questions. */
#include "lib/core/cml_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define PERSIST_HEAD_BYTES 4096u /* the bitmap behind it starts on a page of its own */

size_t cml_persist_bytes(uint64_t region_count)
{
	CM_STATIC_ASSERT(sizeof(struct cml_persist) <= PERSIST_HEAD_BYTES);
	return PERSIST_HEAD_BYTES + bits_words_for(region_count) * sizeof(uint64_t);
}

static int persist_init(struct cml *log, struct cm_errmsg *err)
{
	struct cml_persist *persist = log->cfg.persist;
	uint32_t i;

	log->persist = persist;
	/* Not bits_init(): what a former process has left there is the point of it. */
	log->dirty.words = (uint64_t *)(void *)((uint8_t *)log->cfg.persist + PERSIST_HEAD_BYTES);
	log->dirty.count = log->region_count;
	if (!log->cfg.persist_is_old) {
		persist->magic = CML_PERSIST_MAGIC;
		persist->uuid_hash = log->uuid_hash;
		persist->region_count = log->region_count;
		return 0;
	}
	if (persist->magic != CML_PERSIST_MAGIC || persist->uuid_hash != log->uuid_hash ||
	    persist->region_count != log->region_count) {
		cm_err_set(err,
			   "log %s: the state kept in /run is of another log or size; reboot this "
			   "node",
			   log->cfg.uuid);
		return CM_E_DISK_UUID;
	}
	/* A suspended table keeps its NOSYNC entries over our restart, and may be resumed. */
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (!persist->inst[i].is_running && !persist->inst[i].has_nosync &&
		    !persist->inst[i].has_failed_log)
			persist->inst[i].is_used = 0;
	return 0;
}

static int memory_init(struct cml *log)
{
	uint32_t pages = log->geom.map_pages, i;
	int r;

	r = bits_alloc(&log->marks, log->region_count);
	if (!r)
		r = bits_alloc(&log->recent, log->region_count);
	if (!r)
		r = bits_alloc(&log->oos, log->region_count);
	if (!r)
		r = bits_alloc(&log->km.voided, log->region_count);
	if (!r)
		r = bits_alloc(&log->km.failed, log->region_count);
	if (r)
		return r;
	log->slot_page = calloc(pages, sizeof(*log->slot_page));
	log->oos_page = calloc(pages, sizeof(*log->oos_page));
	log->io_mem = aligned_alloc(DISK_PAGE_BYTES, CML_IO_MAX * DISK_PAGE_BYTES);
	if (!log->slot_page || !log->oos_page || !log->io_mem)
		return -ENOMEM;
	memset(log->io_mem, 0, CML_IO_MAX * DISK_PAGE_BYTES);
	for (i = 0; i < CML_IO_MAX; i++)
		log->io[i].page = log->io_mem + i * DISK_PAGE_BYTES;
	return 0;
}

static void memory_free(struct cml *log)
{
	bits_free(&log->marks);
	bits_free(&log->recent);
	bits_free(&log->oos);
	bits_free(&log->km.voided);
	bits_free(&log->km.failed);
	free(log->slot_page);
	free(log->oos_page);
	free(log->io_mem);
	free(log);
}

/*
 * A core log has no device; its pages exist in memory only, so that its geometry is that of one
 * that fits.
 */
static int geom_init(struct cml *log, struct cm_errmsg *err)
{
	uint64_t dev_bytes = log->cfg.is_core ? 1ull << 40 : log->cfg.dev_bytes;

	return disk_geom_init(&log->geom, dev_bytes, log->region_count,
			      log->cfg.ctr.region_size_sect, DISK_SLOTS_MAX, err);
}

int cml_create(const struct cml_config *config, struct cml **out, struct cm_errmsg *err)
{
	struct cml *log = calloc(1, sizeof(*log));
	int r;

	if (!log)
		return -ENOMEM;
	log->cfg = *config;
	log->region_count = config->ctr.region_count;
	log->uuid_hash = disk_uuid_hash(config->uuid);
	log->slot = CML_NO_SLOT;
	log->knows_past = config->persist_is_old;
	log->legs_known = false;
	r = geom_init(log, err);
	if (!r)
		r = persist_init(log, err);
	if (!r)
		r = memory_init(log);
	if (r) {
		memory_free(log);
		return r;
	}
	cml_reset_shared(log);
	*out = log;
	return 0;
}

void cml_destroy(struct cml *log)
{
	CM_ASSERT(!log->cmn);
	memory_free(log);
}

void cml_reset_shared(struct cml *log)
{
	bits_fill(&log->oos, false);
	log->oos_count = 0;
	log->oos_gen = log->oos_durable = log->oos_durable_sent = 0;
	log->merge_epoch = 0;
	log->epoch = 0;
	log->sb_flags = 0;
	log->coordinator = 0;
	log->has_tables = false;
	memset(log->slots, 0, sizeof(log->slots));
	memset(log->mem, 0, sizeof(log->mem));
	memset(log->claim, 0, sizeof(log->claim));
	memset(log->oos_page, 0, log->geom.map_pages * sizeof(*log->oos_page));
	log->oos_ready = false;
	log->sb_seq = 0;
	log->sb_state = 0;
	log->sb_inflight = false; /* one that failed is never done */
	log->sb_change = log->sb_inflight_change = 0;
	log->sb_copy_change[0] = log->sb_copy_change[1] = 0;
	log->gen = log->cfg.ctr.gen;
	log->legs_hash = log->cfg.ctr.legs_hash;
	cml_open_abort(log);
	cml_work_reset(log);
	cml_merge_reset(log);
	cml_xfer_reset(log);
}

static const char *const state_names[] = {
	[CML_ST_IDLE] = "idle",       [CML_ST_OPENING] = "opening", [CML_ST_JOINING] = "joining",
	[CML_ST_ACTIVE] = "active",   [CML_ST_LEAVING] = "leaving", [CML_ST_FAILED] = "failed",
	[CML_ST_REFUSED] = "refused",
};

const char *cml_state_name(enum cml_state state)
{
	if ((size_t)state >= CM_ARRAY_COUNT(state_names))
		return "?";
	return state_names[state];
}

void cml_state_set(struct cml *log, enum cml_state state, const char *why)
{
	strncpy(log->why, why, sizeof(log->why) - 1);
	if (log->state == state)
		return;
	cmn_journal(log->cmn, log, CMN_LG_INFO, "%s -> %s%s%s", cml_state_name(log->state),
		    cml_state_name(state), *why ? ": " : "", why);
	log->state = state;
}

bool cml_has_running(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used &&
		    (log->inst[i].state == CML_INST_RUNNING ||
		     log->inst[i].state == CML_INST_PRESUSPENDED ||
		     log->inst[i].state == CML_INST_STOPPING ||
		     (log->inst[i].state == CML_INST_RESUMING && log->inst[i].is_replay)))
			return true;
	return false;
}

bool cml_is_idle(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used)
			return false;
	return !cml_io_busy(log) && log->leave.step == CML_LEAVE_NONE && !log->own_asked &&
	       !log->own_drop &&
	       (!log->cmn || !cml_mem_find_c(log, log->cmn->cfg.nodeid)) && !log->join_sent;
}

const char *cml_uuid(const struct cml *log)
{
	return log->cfg.uuid;
}

bool cml_is_core(const struct cml *log)
{
	return log->cfg.is_core;
}

bool cml_region_is_oos(const struct cml *log, uint64_t region_nr)
{
	return bits_test(&log->oos, region_nr);
}

bool cml_region_is_marked(const struct cml *log, uint64_t region_nr)
{
	return bits_test(&log->marks, region_nr);
}

bool cml_region_is_claimed(const struct cml *log, uint64_t region_nr)
{
	return cml_claim_at(log, region_nr) != NULL;
}

static uint64_t hash_claims(const struct cml *log, uint64_t hash)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIMS_MAX; i++) {
		const struct cml_claim *claim = &log->claim[i];
		uint64_t v[4] = { claim->id, claim->lo, claim->hi, claim->is_granted };

		if (!claim->id)
			continue;
		/* Sum, not chain: the place in the table is not part of the state. */
		hash += cm_hash64(cm_hash64(7, v, sizeof(v)), claim->out, sizeof(claim->out));
	}
	return hash;
}

static uint64_t hash_members(const struct cml *log, uint64_t hash)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++) {
		const struct cml_mem *mem = &log->mem[i];
		uint64_t v[5] = { mem->nodeid, mem->is_whole, mem->join_seq,
				  (uint64_t)mem->is_presuspended * 2 + mem->is_leg_failed,
				  mem->resume_epoch };

		if (mem->is_used)
			hash += cm_hash64(11, v, sizeof(v));
	}
	return hash;
}

uint64_t cml_hash(const struct cml *log)
{
	uint64_t v[5] = { log->oos_gen, log->oos_durable, log->merge_epoch, log->epoch,
			  log->coordinator };
	uint64_t hash = 1;
	uint32_t i;

	if (!cml_is_whole(log))
		return 0;
	hash = cm_hash64(hash, log->oos.words,
			 bits_words_for(log->region_count) * sizeof(uint64_t));
	hash = cm_hash64(hash, v, sizeof(v));
	for (i = 0; i < DISK_SLOTS_MAX; i++) {
		uint64_t s[2] = { log->slots[i].state, log->slots[i].nodeid };

		hash = cm_hash64(hash, s, sizeof(s));
		hash = cm_hash64(hash, log->slots[i].boot_id, 16);
	}
	hash = hash_members(log, hash);
	return hash_claims(log, hash);
}

/*
 * A table that was told "not in sync" while a leg had failed is to be replaced when none is any
 * more.
 */
static bool needs_reload_now(const struct cml *log)
{
	return log->cmn && !cml_any_leg_failed(log) && log->oos_count && cml_is_whole(log) &&
	       cml_has_nosync(log);
}

static void status_members(const struct cml *log, struct cml_status *status)
{
	struct cml_member *out;
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++) {
		const struct cml_mem *mem = &log->mem[i];

		if (!mem->is_used)
			continue;
		out = &status->member[status->member_count++];
		out->nodeid = mem->nodeid;
		out->is_whole = mem->is_whole;
		out->needs_resume = mem->is_whole && mem->client == WIRE_CLIENT_CONNECTOR &&
				    (mem->resume_epoch < log->merge_epoch || mem->is_replay) &&
				    log->oos_count;
		if (mem->nodeid == log->cmn->cfg.nodeid)
			out->needs_resume |= needs_reload_now(log);
		out->leg_failed = mem->is_leg_failed;
		out->slot = cml_slot_of(log, mem->nodeid);
		out->client = mem->client;
	}
	for (i = 0; i < DISK_SLOTS_MAX && status->member_count < CMN_NODES_MAX; i++) {
		if (log->slots[i].state != DISK_SLOT_RUNNING ||
		    cml_mem_find_c(log, log->slots[i].nodeid))
			continue;
		out = &status->member[status->member_count++];
		out->nodeid = log->slots[i].nodeid;
		out->is_gone = true;
		out->slot = i;
	}
}

void cml_status(const struct cml *log, struct cml_status *status)
{
	uint32_t i;

	memset(status, 0, sizeof(*status));
	status->state = log->state;
	status->why = log->why;
	status->region_count = log->region_count;
	status->in_sync_count = cml_is_whole(log) ? log->region_count - log->oos_count : 0;
	status->region_size_sect = log->cfg.ctr.region_size_sect;
	status->coordinator = log->coordinator;
	status->owns_oos = log->owns_oos;
	for (i = 0; i < CML_CLAIMS_MAX; i++) {
		const struct cml_claim *claim = &log->claim[i];

		status->claim_count += claim->id != 0;
		status->own_claim_count += claim->id && claim->is_granted &&
					   claim->nodeid == log->cmn->cfg.nodeid;
	}
	status->unproven_count = cml_unproven_count(log);
	status->mark_count = log->mark_count;
	status->dirty_count = bits_weight(&log->dirty);
	status->gen = log->gen;
	status->epoch = log->epoch;
	status->log_failed = log->log_failed || cml_has_failed_log(log);
	status->needs_reload = cml_has_nosync(log) || cml_has_failed_log(log);
	status->stats = log->stats;
	status_members(log, status);
}
