/* SPDX-License-Identifier: GPL-2.0-only */
/* wire_tables.c - see wire_tables.h. */
#include "lib/format/wire_tables.h"

#include <string.h>

#include "lib/format/wire_body.h"

#define TABLES_FLAGS	(DISK_SB_F_NO_FENCING | DISK_SB_F_NOSYNC)

/* ---- in range? The same for both directions. ---- */

static bool slot_ok(const struct disk_slot *slot)
{
	return slot->state == DISK_SLOT_FREE ||
	       (slot->state <= DISK_SLOT_CLEAN && slot->nodeid);
}

static bool member_ok(const struct wire_tables *tables, uint32_t index)
{
	const struct wire_member *member = &tables->member[index];
	uint32_t i;

	for (i = 0; i < index; i++)
		if (tables->member[i].nodeid == member->nodeid)
			return false;
	return member->nodeid &&
	       (member->client == WIRE_CLIENT_CONNECTOR || member->client == WIRE_CLIENT_KMOD);
}

static bool claim_ok(const struct wire_tables *tables, uint32_t index)
{
	const struct wire_claim *claim = &tables->claim[index];
	uint32_t i;

	for (i = 0; i < index; i++)
		if (tables->claim[i].id == claim->id)
			return false;
	return claim->id && claim->nodeid && claim->lo < claim->hi &&
	       claim->hi <= DISK_REGIONS_MAX && claim->hi - claim->lo <= WIRE_CLAIM_REGIONS_MAX;
}

static bool has_member(const struct wire_tables *tables, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < tables->member_count; i++)
		if (tables->member[i].nodeid == nodeid)
			return true;
	return false;
}

/* The counts are in range. */
static bool tables_ok(const struct wire_tables *tables)
{
	uint32_t i;

	for (i = 0; i < WIRE_TABLES_SLOTS; i++)
		if (!slot_ok(&tables->slot[i]))
			return false;
	for (i = 0; i < tables->member_count; i++)
		if (!member_ok(tables, i))
			return false;
	for (i = 0; i < tables->claim_count; i++)
		if (!claim_ok(tables, i))
			return false;
	return !(tables->sb_flags & ~TABLES_FLAGS) && has_member(tables, tables->coordinator);
}

/* ---- out ---- */

static void slot_put(const struct disk_slot *slot, struct buf_wr *wr)
{
	wr_u8(wr, (uint8_t)slot->state);
	wr_u32(wr, slot->nodeid);
	wr_bytes(wr, slot->machine_id, sizeof(slot->machine_id));
	wr_bytes(wr, slot->boot_id, sizeof(slot->boot_id));
}

static void member_put(const struct wire_member *member, struct buf_wr *wr)
{
	wr_u32(wr, member->nodeid);
	wr_u64(wr, member->join_seq);
	wr_u8(wr, member->client);
	wr_u8(wr, member->is_whole);
	wr_u8(wr, member->is_presuspended);
	wr_u8(wr, member->is_leg_failed);
	wr_u8(wr, member->is_replay);
	wr_u32(wr, member->gen);
	wr_u64(wr, member->legs_hash);
	wr_u64(wr, member->resume_epoch);
}

static void claim_put(const struct wire_claim *claim, struct buf_wr *wr)
{
	wr_u64(wr, claim->id);
	wr_u32(wr, claim->nodeid);
	wr_u64(wr, claim->lo);
	wr_u64(wr, claim->hi);
	wr_bytes(wr, claim->out, sizeof(claim->out));
}

size_t wire_tables_encode(const struct wire_tables *tables, uint8_t *buf)
{
	struct buf_wr wr;
	uint32_t i;

	CM_ASSERT(tables->member_count && tables->member_count <= WIRE_NODES_MAX &&
		  tables->claim_count <= WIRE_CLAIMS_MAX && tables_ok(tables));
	wr_init(&wr, buf, WIRE_BLOB_MAX);
	wr_u8(&wr, WIRE_TABLES_VERSION);
	wr_u64(&wr, tables->oos_gen);
	wr_u64(&wr, tables->oos_durable);
	wr_u64(&wr, tables->merge_epoch);
	wr_u64(&wr, tables->epoch);
	wr_u32(&wr, tables->sb_flags);
	wr_u32(&wr, tables->coordinator);
	for (i = 0; i < WIRE_TABLES_SLOTS; i++)
		slot_put(&tables->slot[i], &wr);
	wr_u8(&wr, (uint8_t)tables->member_count);
	for (i = 0; i < tables->member_count; i++)
		member_put(&tables->member[i], &wr);
	wr_u8(&wr, (uint8_t)tables->claim_count);
	for (i = 0; i < tables->claim_count; i++)
		claim_put(&tables->claim[i], &wr);
	CM_ASSERT(!wr_failed(&wr));
	return wr_len(&wr);
}

/* ---- in ---- */

static void slot_get(struct wire_rd *rd, struct disk_slot *slot)
{
	slot->state = rd_u8(&rd->rd);
	slot->nodeid = rd_u32(&rd->rd);
	rd_bytes(&rd->rd, slot->machine_id, sizeof(slot->machine_id));
	rd_bytes(&rd->rd, slot->boot_id, sizeof(slot->boot_id));
}

static void member_get(struct wire_rd *rd, struct wire_member *member)
{
	member->nodeid = rd_u32(&rd->rd);
	member->join_seq = rd_u64(&rd->rd);
	member->client = rd_u8(&rd->rd);
	member->is_whole = wire_get_bool(rd);
	member->is_presuspended = wire_get_bool(rd);
	member->is_leg_failed = wire_get_bool(rd);
	member->is_replay = wire_get_bool(rd);
	member->gen = rd_u32(&rd->rd);
	member->legs_hash = rd_u64(&rd->rd);
	member->resume_epoch = rd_u64(&rd->rd);
}

static void claim_get(struct wire_rd *rd, struct wire_claim *claim)
{
	claim->id = rd_u64(&rd->rd);
	claim->nodeid = rd_u32(&rd->rd);
	claim->lo = rd_u64(&rd->rd);
	claim->hi = rd_u64(&rd->rd);
	rd_bytes(&rd->rd, claim->out, sizeof(claim->out));
}

static void head_get(struct wire_rd *rd, struct wire_tables *tables)
{
	uint32_t i;

	tables->oos_gen = rd_u64(&rd->rd);
	tables->oos_durable = rd_u64(&rd->rd);
	tables->merge_epoch = rd_u64(&rd->rd);
	tables->epoch = rd_u64(&rd->rd);
	tables->sb_flags = rd_u32(&rd->rd);
	tables->coordinator = rd_u32(&rd->rd);
	for (i = 0; i < WIRE_TABLES_SLOTS; i++)
		slot_get(rd, &tables->slot[i]);
}

int wire_tables_decode(const uint8_t *buf, size_t len_bytes, struct wire_tables *tables)
{
	struct wire_rd rd = { .has_bad_bool = false };
	uint32_t i;

	rd_init(&rd.rd, buf, len_bytes);
	if (!len_bytes)
		return CM_E_WIRE_SHORT;
	if (rd_u8(&rd.rd) != WIRE_TABLES_VERSION)
		return CM_E_WIRE_VERSION;
	head_get(&rd, tables);
	tables->member_count = rd_u8(&rd.rd);
	if (!rd_failed(&rd.rd) && (!tables->member_count || tables->member_count > WIRE_NODES_MAX))
		return CM_E_WIRE_FIELD;
	for (i = 0; i < tables->member_count; i++)
		member_get(&rd, &tables->member[i]);
	tables->claim_count = rd_u8(&rd.rd);
	if (tables->claim_count > WIRE_CLAIMS_MAX)
		return CM_E_WIRE_FIELD;
	for (i = 0; i < tables->claim_count; i++)
		claim_get(&rd, &tables->claim[i]);
	if (rd_failed(&rd.rd))
		return CM_E_WIRE_SHORT;
	if (rd_left(&rd.rd))
		return CM_E_WIRE_LEN;
	return rd.has_bad_bool || !tables_ok(tables) ? CM_E_WIRE_FIELD : 0;
}
