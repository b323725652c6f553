/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_tables.c - the replicated tables as a joiner gets them: taken from the log, and put into it.
 *
 * They are a peer's bytes: everything is checked before the first member of the log is touched.
 */
#include "lib/core/cml_int.h"

#include <string.h>

CM_STATIC_ASSERT(CML_CLAIMS_MAX == WIRE_CLAIMS_MAX && CML_CLAIM_BYTES == WIRE_CLAIM_BYTES);

/* ---- out ---- */

static void members_put(const struct cml *log, struct wire_tables *tables)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++) {
		const struct cml_mem *mem = &log->mem[i];

		if (!mem->is_used)
			continue;
		tables->member[tables->member_count++] = (struct wire_member){
			.nodeid = mem->nodeid,
			.join_seq = mem->join_seq,
			.client = mem->client,
			.is_whole = mem->is_whole,
			.is_presuspended = mem->is_presuspended,
			.is_leg_failed = mem->is_leg_failed,
			.is_replay = mem->is_replay,
			.gen = mem->gen,
			.legs_hash = mem->legs_hash,
			.resume_epoch = mem->resume_epoch,
		};
	}
}

/* Proposals were voided by the JOIN, so each claim is a granted one. */
static void claims_put(const struct cml *log, struct wire_tables *tables)
{
	uint32_t i;

	for (i = 0; i < CML_CLAIMS_MAX; i++) {
		const struct cml_claim *claim = &log->claim[i];
		struct wire_claim *out = &tables->claim[tables->claim_count];

		if (!claim->id || !claim->is_granted)
			continue;
		tables->claim_count++;
		out->id = claim->id;
		out->nodeid = claim->nodeid;
		out->lo = claim->lo;
		out->hi = claim->hi;
		memcpy(out->out, claim->out, sizeof(out->out));
	}
}

uint32_t cml_tables_put(const struct cml *log, uint8_t *buf)
{
	struct wire_tables *tables = log->cmn->tables;

	tables->oos_gen = log->oos_gen;
	tables->oos_durable = log->oos_durable;
	tables->merge_epoch = log->merge_epoch;
	tables->epoch = log->epoch;
	tables->sb_flags = log->sb_flags;
	tables->coordinator = log->coordinator;
	memcpy(tables->slot, log->slots, sizeof(tables->slot));
	tables->member_count = tables->claim_count = 0;
	members_put(log, tables);
	claims_put(log, tables);
	return (uint32_t)wire_tables_encode(tables, buf);
}

/* ---- in ---- */

/* This node is told of a slot of its own, in this boot, or its marks would have no place. */
static bool has_own_slot(const struct cml *log, const struct wire_tables *tables)
{
	uint32_t i;

	for (i = 0; i < WIRE_TABLES_SLOTS; i++)
		if (cml_slot_is_of(log, &tables->slot[i], log->cmn->cfg.nodeid))
			return true;
	return false;
}

/* Members come from this view, so each is known; this node has joined, and is not whole yet. */
static bool members_fit(const struct cml *log, const struct wire_tables *tables)
{
	bool has_self = false;
	uint32_t i;

	for (i = 0; i < tables->member_count; i++) {
		const struct wire_member *member = &tables->member[i];

		if (!cmn_peer(log->cmn, member->nodeid))
			return false;
		if (member->nodeid == log->cmn->cfg.nodeid)
			has_self = !member->is_whole;
	}
	return has_self;
}

static bool claims_fit(const struct cml *log, const struct wire_tables *tables)
{
	uint32_t i;

	for (i = 0; i < tables->claim_count; i++)
		if (tables->claim[i].hi > log->region_count)
			return false;
	return true;
}

static void members_get(struct cml *log, const struct wire_tables *tables)
{
	uint32_t i;

	memset(log->mem, 0, sizeof(log->mem));
	for (i = 0; i < tables->member_count; i++) {
		const struct wire_member *member = &tables->member[i];

		log->mem[i] = (struct cml_mem){
			.is_used = true,
			.nodeid = member->nodeid,
			.join_seq = member->join_seq,
			.client = member->client,
			.is_whole = member->is_whole,
			.is_presuspended = member->is_presuspended,
			.is_leg_failed = member->is_leg_failed,
			.is_replay = member->is_replay,
			.gen = member->gen,
			.legs_hash = member->legs_hash,
			.resume_epoch = member->resume_epoch,
		};
	}
}

static void claims_get(struct cml *log, const struct wire_tables *tables)
{
	uint32_t i;

	memset(log->claim, 0, sizeof(log->claim));
	for (i = 0; i < tables->claim_count; i++) {
		const struct wire_claim *in = &tables->claim[i];
		struct cml_claim *claim = &log->claim[i];

		claim->id = in->id;
		claim->nodeid = in->nodeid;
		claim->lo = in->lo;
		claim->hi = in->hi;
		claim->is_granted = true;
		claim->since_ms = log->cmn->now_ms;
		memcpy(claim->out, in->out, sizeof(claim->out));
	}
}

int cml_tables_get(struct cml *log, const uint8_t *buf, uint32_t len_bytes)
{
	struct wire_tables *tables = log->cmn->tables;
	int r = wire_tables_decode(buf, len_bytes, tables);

	if (r)
		return r;
	if (!has_own_slot(log, tables) || !members_fit(log, tables) || !claims_fit(log, tables))
		return CM_E_WIRE_FIELD;
	log->oos_gen = tables->oos_gen;
	log->oos_durable = tables->oos_durable;
	log->merge_epoch = tables->merge_epoch;
	log->epoch = tables->epoch;
	log->sb_flags = tables->sb_flags;
	log->coordinator = tables->coordinator;
	memcpy(log->slots, tables->slot, sizeof(log->slots));
	members_get(log, tables);
	claims_get(log, tables);
	return 0;
}
