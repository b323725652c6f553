/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire_body.c - bodies of the messages: per type what is written, what is read, and what is in
 * range.
 */
#include "lib/format/wire_body.h"

#include <string.h>

#include "lib/format/disk.h"

#define BOOL_BYTES		1u
#define CLAIM_BLOB_MAX		((WIRE_CLAIM_REGIONS_MAX + 7u) / 8u)
#define BITS_BYTES_MAX		(DISK_REGIONS_MAX / 8u)

CM_STATIC_ASSERT(WIRE_NODES_MAX <= DISK_SLOTS_MAX);

bool wire_get_bool(struct wire_rd *rd)
{
	uint8_t byte = rd_u8(&rd->rd);

	if (byte > 1)
		rd->has_bad_bool = true;
	return byte == 1;
}

/* A blob of bits from region @first on lies on whole bytes of a bitmap of the largest log. */
static bool bits_ok(const struct wire_msg *msg, uint64_t first)
{
	return first % 8 == 0 && first / 8 <= BITS_BYTES_MAX &&
	       msg->blob_bytes <= BITS_BYTES_MAX - first / 8;
}

static void hello_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	const struct wire_hello *hello = &msg->u.hello;

	wr_u16(wr, hello->proto_min);
	wr_u16(wr, hello->proto_max);
	wr_bytes(wr, hello->boot_id, sizeof(hello->boot_id));
	wr_bytes(wr, hello->machine_id, sizeof(hello->machine_id));
	wr_u8(wr, hello->client);
	wr_u8(wr, hello->fencing);
	wr_u32(wr, hello->features);
	wr_u8(wr, hello->has_node_lock);
	wr_u32(wr, hello->log_count);
	wr_u64(wr, hello->prev_view);
	wr_u8(wr, hello->lost_quorum);
	wr_u8(wr, hello->has_orphans);
}

void wire_hello_get_fixed(struct wire_rd *rd, struct wire_msg *msg)
{
	struct wire_hello *hello = &msg->u.hello;

	hello->proto_min = rd_u16(&rd->rd);
	hello->proto_max = rd_u16(&rd->rd);
	rd_bytes(&rd->rd, hello->boot_id, sizeof(hello->boot_id));
	rd_bytes(&rd->rd, hello->machine_id, sizeof(hello->machine_id));
	hello->client = rd_u8(&rd->rd);
	hello->fencing = rd_u8(&rd->rd);
	hello->features = rd_u32(&rd->rd);
	hello->has_node_lock = wire_get_bool(rd);
}

static void hello_get(struct wire_rd *rd, struct wire_msg *msg)
{
	wire_hello_get_fixed(rd, msg);
	msg->u.hello.log_count = rd_u32(&rd->rd);
	msg->u.hello.prev_view = rd_u64(&rd->rd);
	msg->u.hello.lost_quorum = wire_get_bool(rd);
	msg->u.hello.has_orphans = wire_get_bool(rd);
}

bool wire_hello_fixed_ok(const struct wire_hello *hello)
{
	return hello->proto_min > 0 && hello->proto_min <= hello->proto_max;
}

static bool hello_ok(const struct wire_msg *msg)
{
	const struct wire_hello *hello = &msg->u.hello;

	return wire_hello_fixed_ok(hello) &&
	       (hello->client == WIRE_CLIENT_CONNECTOR || hello->client == WIRE_CLIENT_KMOD) &&
	       (hello->fencing == WIRE_FENCING_ON || hello->fencing == WIRE_FENCING_OFF_ALLOWED) &&
	       !hello->features;
}

static void join_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	const struct wire_join *join = &msg->u.join;

	wr_u8(wr, join->again);
	wr_u8(wr, join->is_core);
	wr_u64(wr, join->region_count);
	wr_u32(wr, join->region_size_sect);
	wr_u32(wr, join->gen);
	wr_u64(wr, join->legs_hash);
	wr_u8(wr, join->has_state);
	wr_u8(wr, join->is_replay);
	wr_u8(wr, join->client);
}

static void join_get(struct wire_rd *rd, struct wire_msg *msg)
{
	struct wire_join *join = &msg->u.join;

	join->again = wire_get_bool(rd);
	join->is_core = wire_get_bool(rd);
	join->region_count = rd_u64(&rd->rd);
	join->region_size_sect = rd_u32(&rd->rd);
	join->gen = rd_u32(&rd->rd);
	join->legs_hash = rd_u64(&rd->rd);
	join->has_state = wire_get_bool(rd);
	join->is_replay = wire_get_bool(rd);
	join->client = rd_u8(&rd->rd);
}

static bool join_ok(const struct wire_msg *msg)
{
	const struct wire_join *join = &msg->u.join;

	return join->region_count > 0 && join->region_count <= DISK_REGIONS_MAX &&
	       join->region_size_sect >= 2 &&
	       !(join->region_size_sect & (join->region_size_sect - 1)) &&
	       (join->again || !join->has_state) &&
	       (join->client == WIRE_CLIENT_CONNECTOR || join->client == WIRE_CLIENT_KMOD);
}

static void slot_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u32(wr, msg->u.slot.nodeid);
	wr_u16(wr, msg->u.slot.slot);
}

static void slot_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.slot.nodeid = rd_u32(&rd->rd);
	msg->u.slot.slot = rd_u16(&rd->rd);
}

static bool slot_ok(const struct wire_msg *msg)
{
	return msg->u.slot.nodeid && msg->u.slot.slot < DISK_SLOTS_MAX;
}

static void state_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u32(wr, msg->u.state.nodeid);
	wr_u64(wr, msg->u.state.join_seq);
	wr_u64(wr, msg->u.state.index);
	wr_u64(wr, msg->u.state.last_change);
}

static void state_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.state.nodeid = rd_u32(&rd->rd);
	msg->u.state.join_seq = rd_u64(&rd->rd);
	msg->u.state.index = rd_u64(&rd->rd);
	msg->u.state.last_change = rd_u64(&rd->rd);
}

static bool state_ok(const struct wire_msg *msg)
{
	return msg->u.state.nodeid;
}

static void state_done_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u32(wr, msg->u.state_done.nodeid);
	wr_u64(wr, msg->u.state_done.join_seq);
	wr_u64(wr, msg->u.state_done.count);
}

static void state_done_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.state_done.nodeid = rd_u32(&rd->rd);
	msg->u.state_done.join_seq = rd_u64(&rd->rd);
	msg->u.state_done.count = rd_u64(&rd->rd);
}

static bool state_done_ok(const struct wire_msg *msg)
{
	return msg->u.state_done.nodeid && msg->u.state_done.count;
}

static void leave_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.leave.mark_count);
}

static void leave_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.leave.mark_count = rd_u64(&rd->rd);
}

static bool leave_ok(const struct wire_msg *msg)
{
	return msg->u.leave.mark_count <= DISK_REGIONS_MAX;
}

static void propose_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.propose.claim_id);
	wr_u64(wr, msg->u.propose.lo);
	wr_u64(wr, msg->u.propose.hi);
	wr_u32(wr, msg->u.propose.patience_ms);
}

static void propose_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.propose.claim_id = rd_u64(&rd->rd);
	msg->u.propose.lo = rd_u64(&rd->rd);
	msg->u.propose.hi = rd_u64(&rd->rd);
	msg->u.propose.patience_ms = rd_u32(&rd->rd);
}

static bool propose_ok(const struct wire_msg *msg)
{
	const struct wire_propose *propose = &msg->u.propose;

	return propose->claim_id && propose->lo < propose->hi && propose->hi <= DISK_REGIONS_MAX &&
	       propose->hi - propose->lo <= WIRE_CLAIM_REGIONS_MAX &&
	       propose->patience_ms <= WIRE_PATIENCE_MAX_MS;
}

static void ack_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.ack.claim_id);
	wr_u8(wr, msg->u.ack.is_busy);
}

static void ack_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.ack.claim_id = rd_u64(&rd->rd);
	msg->u.ack.is_busy = wire_get_bool(rd);
}

static bool ack_ok(const struct wire_msg *msg)
{
	return msg->u.ack.claim_id;
}

static void release_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.release.claim_id);
}

static void release_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.release.claim_id = rd_u64(&rd->rd);
}

static bool release_ok(const struct wire_msg *msg)
{
	return msg->u.release.claim_id;
}

static void giveback_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.giveback.claim_id);
	wr_u64(wr, msg->u.giveback.hi);
}

static void giveback_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.giveback.claim_id = rd_u64(&rd->rd);
	msg->u.giveback.hi = rd_u64(&rd->rd);
}

static bool giveback_ok(const struct wire_msg *msg)
{
	return msg->u.giveback.claim_id && msg->u.giveback.hi <= DISK_REGIONS_MAX;
}

static void void_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.void_.region_nr);
}

static void void_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.void_.region_nr = rd_u64(&rd->rd);
}

static bool void_ok(const struct wire_msg *msg)
{
	return msg->u.void_.region_nr < DISK_REGIONS_MAX;
}

static void oos_set_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u8(wr, msg->u.oos_set.cause);
	wr_u64(wr, msg->u.oos_set.first);
}

static void oos_set_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.oos_set.cause = rd_u8(&rd->rd);
	msg->u.oos_set.first = rd_u64(&rd->rd);
}

static bool oos_set_ok(const struct wire_msg *msg)
{
	return (msg->u.oos_set.cause == WIRE_OOS_FAILED ||
		msg->u.oos_set.cause == WIRE_OOS_LEFT_MARKED) &&
	       bits_ok(msg, msg->u.oos_set.first);
}

static void oos_durable_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.oos_durable.upto);
}

static void oos_durable_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.oos_durable.upto = rd_u64(&rd->rd);
}

static void disk_oos_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.disk_oos.first);
	wr_u8(wr, msg->u.disk_oos.last);
}

static void disk_oos_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.disk_oos.first = rd_u64(&rd->rd);
	msg->u.disk_oos.last = wire_get_bool(rd);
}

static bool disk_oos_ok(const struct wire_msg *msg)
{
	return bits_ok(msg, msg->u.disk_oos.first);
}

static void merge_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u32(wr, msg->u.merge.nodeid);
	wr_u16(wr, msg->u.merge.slot);
	wr_u64(wr, msg->u.merge.first);
}

static void merge_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.merge.nodeid = rd_u32(&rd->rd);
	msg->u.merge.slot = rd_u16(&rd->rd);
	msg->u.merge.first = rd_u64(&rd->rd);
}

static bool merge_ok(const struct wire_msg *msg)
{
	return msg->u.merge.nodeid && msg->u.merge.slot < DISK_SLOTS_MAX &&
	       bits_ok(msg, msg->u.merge.first);
}

static void merged_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u32(wr, msg->u.merged.nodeid);
	wr_u16(wr, msg->u.merged.slot);
}

static void merged_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.merged.nodeid = rd_u32(&rd->rd);
	msg->u.merged.slot = rd_u16(&rd->rd);
}

static bool merged_ok(const struct wire_msg *msg)
{
	return msg->u.merged.nodeid && msg->u.merged.slot < DISK_SLOTS_MAX;
}

static void merged_ack_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u32(wr, msg->u.merged_ack.nodeid);
	wr_u16(wr, msg->u.merged_ack.slot);
}

static void merged_ack_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.merged_ack.nodeid = rd_u32(&rd->rd);
	msg->u.merged_ack.slot = rd_u16(&rd->rd);
}

static bool merged_ack_ok(const struct wire_msg *msg)
{
	return msg->u.merged_ack.nodeid && msg->u.merged_ack.slot < DISK_SLOTS_MAX;
}

static void handover_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u32(wr, msg->u.handover.nodeid);
}

static void handover_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.handover.nodeid = rd_u32(&rd->rd);
}

static bool handover_ok(const struct wire_msg *msg)
{
	return msg->u.handover.nodeid;
}

static void resumed_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u64(wr, msg->u.resumed.merge_epoch);
}

static void resumed_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.resumed.merge_epoch = rd_u64(&rd->rd);
}

static void health_put(const struct wire_msg *msg, struct buf_wr *wr)
{
	wr_u16(wr, msg->u.health.leg);
	wr_u8(wr, msg->u.health.ok);
}

static void health_get(struct wire_rd *rd, struct wire_msg *msg)
{
	msg->u.health.leg = rd_u16(&rd->rd);
	msg->u.health.ok = wire_get_bool(rd);
}

#define ROW(number, word, fixed, blob_min, blob_max, ok_fn) \
	[WIRE_##number] = { #number, fixed, blob_min, blob_max, false, \
			    word##_put, word##_get, ok_fn }

static const struct wire_body bodies[WIRE_TYPE_END] = {
	[WIRE_HELLO] = { "HELLO", WIRE_HELLO_FIXED_BYTES + 4 + 8 + 2 * BOOL_BYTES, 0, 0, true,
			 hello_put, hello_get, hello_ok },
	ROW(JOIN, join, 29, 0, 0, join_ok),
	ROW(SLOT, slot, 6, 0, 0, slot_ok),
	ROW(STATE, state, 28, 0, WIRE_BLOB_MAX, state_ok),
	ROW(STATE_DONE, state_done, 20, 0, 0, state_done_ok),
	ROW(LEAVE, leave, 8, 0, 0, leave_ok),
	ROW(PROPOSE, propose, 28, 0, 0, propose_ok),
	ROW(ACK, ack, 9, 1, CLAIM_BLOB_MAX, ack_ok),
	ROW(RELEASE, release, 8, 1, CLAIM_BLOB_MAX, release_ok),
	ROW(GIVEBACK, giveback, 16, 0, 0, giveback_ok),
	ROW(VOID, void, 8, 0, 0, void_ok),
	ROW(OOS_SET, oos_set, 9, 0, WIRE_BLOB_MAX, oos_set_ok),
	ROW(OOS_DURABLE, oos_durable, 8, 0, 0, NULL),
	ROW(DISK_OOS, disk_oos, 9, 0, WIRE_BLOB_MAX, disk_oos_ok),
	ROW(MERGE, merge, 14, 0, WIRE_BLOB_MAX, merge_ok),
	ROW(MERGED, merged, 6, 0, 0, merged_ok),
	ROW(MERGED_ACK, merged_ack, 6, 0, 0, merged_ack_ok),
	ROW(HANDOVER, handover, 4, 0, 0, handover_ok),
	ROW(RESUMED, resumed, 8, 0, 0, NULL),
	[WIRE_PRESUSPENDED] = { "PRESUSPENDED", 0, 0, 0, false, NULL, NULL, NULL },
	[WIRE_POSTSUSPENDED] = { "POSTSUSPENDED", 0, 0, 0, false, NULL, NULL, NULL },
	ROW(HEALTH, health, 3, 0, 0, NULL),
};

const struct wire_body *wire_body(uint32_t type)
{
	return type > 0 && type < WIRE_TYPE_END ? &bodies[type] : NULL;
}
