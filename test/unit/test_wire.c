/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages between nodes: the range of every field, on both sides. What decode refuses with
 * CM_E_WIRE_FIELD, encode must not let out: there it is an assertion. The bytes are in test/abi/.
 */
#include "lib/format/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/disk.h"
#include "test/lib/tap.h"

static uint8_t blob[WIRE_BLOB_MAX + 1];
static uint8_t buf[WIRE_MSG_MAX];

static void encode(void *arg)
{
	static uint8_t out[WIRE_MSG_MAX];

	wire_encode(arg, out);
}

static struct wire_msg msg_of(uint8_t type)
{
	struct wire_msg msg = { .version = 1, .type = type, .sender = 1, .seq = 1, .uuid = "u" };

	return msg;
}

/* A message of @type with all its fields in range. */
static struct wire_msg good_of(uint8_t type)
{
	struct wire_msg msg = msg_of(type);

	switch ((enum wire_type)type) {
	case WIRE_HELLO:
		msg.uuid[0] = 0;
		msg.u.hello.proto_min = msg.u.hello.proto_max = 1;
		msg.u.hello.client = WIRE_CLIENT_KMOD;
		msg.u.hello.fencing = WIRE_FENCING_ON;
		break;
	case WIRE_JOIN:
		msg.u.join = (struct wire_join){ .region_count = 1, .region_size_sect = 2,
						 .client = WIRE_CLIENT_KMOD };
		break;
	case WIRE_PROPOSE:
		msg.u.propose = (struct wire_propose){ 1, 0, 1, 0 };
		break;
	case WIRE_ACK:
	case WIRE_RELEASE:
		msg.u.ack.claim_id = msg.u.release.claim_id = 1;
		msg.blob = blob;
		msg.blob_bytes = 1;
		break;
	case WIRE_GIVEBACK:
		msg.u.giveback.claim_id = 1;
		break;
	case WIRE_OOS_SET:
		msg.u.oos_set.cause = WIRE_OOS_FAILED;
		break;
	case WIRE_STATE_DONE:
		msg.u.state_done = (struct wire_state_done){ 1, 1, 1 };
		break;
	case WIRE_SLOT:
	case WIRE_STATE:
	case WIRE_MERGE:
	case WIRE_MERGED:
	case WIRE_MERGED_ACK:
	case WIRE_HANDOVER:
		msg.u.slot.nodeid = 1;	/* the first member of each */
		break;
	default:
		break;
	}
	return msg;
}

static void test_round_trip(void)
{
	struct wire_msg msg, got;
	size_t len_bytes;
	uint8_t type;

	for (type = WIRE_HELLO; type < WIRE_TYPE_END; type++) {
		msg = good_of(type);
		len_bytes = wire_encode(&msg, buf);
		IS_INT(wire_decode(buf, len_bytes, &got), 0, "%s", wire_type_name(type));
		OK(!memcmp(&got.u, &msg.u, sizeof(msg.u)), "as it was sent");
	}
	IS_STR(wire_type_name(WIRE_HEALTH), "HEALTH", "a name");
	IS_STR(wire_type_name(0), "?", "no name");
	IS_STR(wire_type_name(WIRE_TYPE_END), "?", "no name");
	IS_STR(wire_type_name(UINT32_MAX), "?", "no name");
}

/* ---- ranges ---- */

/* One field of a good message set to something: must that be refused? */
struct range_case {
	const char *what;
	uint8_t type;
	bool is_bad;
	void (*set)(struct wire_msg *msg);
};

#define CASE(nr, type, is_bad, statement) \
	static void set_##nr(struct wire_msg *msg) { statement; }
#define CASES(X) \
	X(1, WIRE_LEAVE, true, msg->sender = 0) \
	X(2, WIRE_LEAVE, true, msg->seq = 0) \
	X(3, WIRE_LEAVE, true, msg->uuid[0] = 0) \
	X(4, WIRE_HELLO, true, msg->uuid[0] = 'u') \
	X(5, WIRE_HELLO, true, msg->u.hello.proto_min = 0) \
	X(6, WIRE_HELLO, true, msg->u.hello.proto_min = 2) \
	X(7, WIRE_HELLO, false, msg->u.hello.proto_max = 65535) \
	X(8, WIRE_HELLO, true, msg->u.hello.client = 0) \
	X(9, WIRE_HELLO, true, msg->u.hello.client = 3) \
	X(10, WIRE_HELLO, true, msg->u.hello.fencing = 0) \
	X(11, WIRE_HELLO, true, msg->u.hello.fencing = 3) \
	X(12, WIRE_HELLO, true, msg->u.hello.features = 1) \
	X(13, WIRE_JOIN, true, msg->u.join.region_count = 0) \
	X(14, WIRE_JOIN, false, msg->u.join.region_count = DISK_REGIONS_MAX) \
	X(15, WIRE_JOIN, true, msg->u.join.region_count = DISK_REGIONS_MAX + 1) \
	X(16, WIRE_JOIN, true, msg->u.join.region_size_sect = 1) \
	X(17, WIRE_JOIN, true, msg->u.join.region_size_sect = 6) \
	X(18, WIRE_JOIN, false, msg->u.join.region_size_sect = 1u << 31) \
	X(19, WIRE_JOIN, true, msg->u.join.has_state = true) \
	X(20, WIRE_JOIN, false, msg->u.join.has_state = msg->u.join.again = true) \
	X(21, WIRE_SLOT, true, msg->u.slot.nodeid = 0) \
	X(22, WIRE_SLOT, false, msg->u.slot.slot = 31) \
	X(23, WIRE_SLOT, true, msg->u.slot.slot = 32) \
	X(24, WIRE_STATE, true, msg->u.state.nodeid = 0) \
	X(25, WIRE_STATE_DONE, true, msg->u.state_done.nodeid = 0) \
	X(26, WIRE_STATE_DONE, true, msg->u.state_done.count = 0) \
	X(27, WIRE_LEAVE, false, msg->u.leave.mark_count = DISK_REGIONS_MAX) \
	X(28, WIRE_LEAVE, true, msg->u.leave.mark_count = DISK_REGIONS_MAX + 1) \
	X(29, WIRE_PROPOSE, true, msg->u.propose.claim_id = 0) \
	X(30, WIRE_PROPOSE, true, msg->u.propose.lo = 1) \
	X(31, WIRE_PROPOSE, false, msg->u.propose.hi = 256) \
	X(32, WIRE_PROPOSE, true, msg->u.propose.hi = 257) \
	X(33, WIRE_PROPOSE, true, msg->u.propose.lo = DISK_REGIONS_MAX; \
	  msg->u.propose.hi = DISK_REGIONS_MAX + 1) \
	X(57, WIRE_PROPOSE, false, msg->u.propose.patience_ms = 60000) \
	X(58, WIRE_PROPOSE, true, msg->u.propose.patience_ms = 60001) \
	X(34, WIRE_ACK, true, msg->u.ack.claim_id = 0) \
	X(35, WIRE_RELEASE, true, msg->u.release.claim_id = 0) \
	X(36, WIRE_GIVEBACK, true, msg->u.giveback.claim_id = 0) \
	X(37, WIRE_GIVEBACK, false, msg->u.giveback.hi = DISK_REGIONS_MAX) \
	X(38, WIRE_GIVEBACK, true, msg->u.giveback.hi = DISK_REGIONS_MAX + 1) \
	X(39, WIRE_VOID, false, msg->u.void_.region_nr = DISK_REGIONS_MAX - 1) \
	X(40, WIRE_VOID, true, msg->u.void_.region_nr = DISK_REGIONS_MAX) \
	X(41, WIRE_OOS_SET, true, msg->u.oos_set.cause = 0) \
	X(42, WIRE_OOS_SET, true, msg->u.oos_set.cause = 3) \
	X(43, WIRE_OOS_SET, true, msg->u.oos_set.first = 4) \
	X(44, WIRE_OOS_SET, false, msg->u.oos_set.first = DISK_REGIONS_MAX) \
	X(45, WIRE_OOS_SET, true, msg->u.oos_set.first = DISK_REGIONS_MAX + 8) \
	X(46, WIRE_DISK_OOS, true, msg->u.disk_oos.first = 7) \
	X(47, WIRE_DISK_OOS, true, msg->u.disk_oos.first = UINT64_MAX - 7) \
	X(48, WIRE_MERGE, true, msg->u.merge.nodeid = 0) \
	X(49, WIRE_MERGE, true, msg->u.merge.slot = 32) \
	X(50, WIRE_MERGE, true, msg->u.merge.first = 9) \
	X(51, WIRE_MERGED, true, msg->u.merged.nodeid = 0) \
	X(52, WIRE_MERGED, true, msg->u.merged.slot = 32) \
	X(53, WIRE_MERGED_ACK, true, msg->u.merged_ack.nodeid = 0) \
	X(54, WIRE_MERGED_ACK, true, msg->u.merged_ack.slot = 32) \
	X(55, WIRE_HANDOVER, true, msg->u.handover.nodeid = 0) \
	X(56, WIRE_HEALTH, false, msg->u.health.leg = 0xffff)
CASES(CASE)

#define ROW(nr, type, is_bad, statement) { #statement, type, is_bad, set_##nr },
static const struct range_case cases[] = { CASES(ROW) };

static void test_ranges(void)
{
	struct wire_msg msg, got;
	size_t i;

	for (i = 0; i < CM_ARRAY_COUNT(cases); i++) {
		msg = good_of(cases[i].type);
		cases[i].set(&msg);
		if (cases[i].is_bad)
			OK(tap_dies(encode, &msg), "%s: not sent: %s",
			   wire_type_name(msg.type), cases[i].what);
		else
			IS_INT(wire_decode(buf, wire_encode(&msg, buf), &got), 0, "%s: %s",
			       wire_type_name(msg.type), cases[i].what);
	}
}

/* Fields that the sender could not have set so: the bytes are changed instead. */
static void patch(uint8_t type, size_t off, const void *bytes, size_t len_bytes, int want,
		  const char *what)
{
	struct wire_msg msg = good_of(type);
	struct wire_msg got;
	size_t total_bytes = wire_encode(&msg, buf);

	memcpy(buf + off, bytes, len_bytes);
	IS_INT(wire_decode(buf, total_bytes, &got), want, "%s: %s", wire_type_name(type), what);
}

static void test_refused(void)
{
	const size_t body = WIRE_HDR_BYTES + 1;	/* behind the uuid "u" */

	patch(WIRE_LEAVE, 4, "\0", 1, CM_E_WIRE_VERSION, "version 0");
	patch(WIRE_LEAVE, 4, "\2", 1, CM_E_WIRE_VERSION, "version 2");
	patch(WIRE_LEAVE, 5, "\0", 1, CM_E_WIRE_TYPE, "type 0");
	patch(WIRE_LEAVE, 5, "\27", 1, CM_E_WIRE_TYPE, "type 23");
	patch(WIRE_LEAVE, 6, "\201", 1, CM_E_WIRE_FIELD, "uuid of 129");
	patch(WIRE_LEAVE, 6, "\0", 1, CM_E_WIRE_LEN, "no uuid: a byte is left over");
	patch(WIRE_LEAVE, 7, "\1", 1, CM_E_WIRE_FIELD, "the zero byte");
	patch(WIRE_LEAVE, 8, "\0\0\0\0", 4, CM_E_WIRE_FIELD, "sender 0");
	patch(WIRE_LEAVE, 12, "\377\377\377\377", 4, CM_E_WIRE_SHORT, "4 GiB of body");
	patch(WIRE_LEAVE, 24, "\0\0\0\0\0\0\0\0", 8, CM_E_WIRE_FIELD, "seq 0");
	patch(WIRE_LEAVE, 32, "\0", 1, CM_E_WIRE_FIELD, "a NUL in the uuid");
	patch(WIRE_LEAVE, body, "\1\0\0\1", 4, CM_E_WIRE_FIELD, "2^24 + 1 marks");
	patch(WIRE_HELLO, 32 + 42, "\2", 1, CM_E_WIRE_FIELD, "has_node_lock 2");
	patch(WIRE_HELLO, 32 + 55, "\2", 1, CM_E_WIRE_FIELD, "lost_quorum 2");
	patch(WIRE_HELLO, 32 + 56, "\2", 1, CM_E_WIRE_FIELD, "has_orphans 2");
	patch(WIRE_JOIN, body, "\2", 1, CM_E_WIRE_FIELD, "again 2");
	patch(WIRE_JOIN, body + 1, "\377", 1, CM_E_WIRE_FIELD, "is_core 255");
	patch(WIRE_JOIN, body + 26, "\2", 1, CM_E_WIRE_FIELD, "has_state 2");
	patch(WIRE_JOIN, body + 27, "\2", 1, CM_E_WIRE_FIELD, "is_replay 2");
	patch(WIRE_JOIN, body + 28, "\3", 1, CM_E_WIRE_FIELD, "client 3");
	patch(WIRE_ACK, body + 8, "\2", 1, CM_E_WIRE_FIELD, "busy 2");
	patch(WIRE_DISK_OOS, body + 8, "\2", 1, CM_E_WIRE_FIELD, "last 2");
	patch(WIRE_HEALTH, body + 2, "\2", 1, CM_E_WIRE_FIELD, "ok 2");
	patch(WIRE_PROPOSE, body, "\0\0\0\0\0\0\0\0", 8, CM_E_WIRE_FIELD, "claim 0");
	patch(WIRE_PROPOSE, body + 8, "\2", 1, CM_E_WIRE_FIELD, "lo above hi");
	/* A body that ends one byte early or late, with the header agreeing. */
	patch(WIRE_LEAVE, 12, "\11\0\0\0", 4, CM_E_WIRE_SHORT, "a longer body claimed");
	patch(WIRE_LEAVE, 12, "\7\0\0\0", 4, CM_E_WIRE_LEN, "a shorter body claimed");
}

/* Bodies of every length, header agreeing: only those are accepted that the type can have. */
static void test_body_lengths(void)
{
	struct wire_msg msg, got;
	size_t body_at, good_bytes, len;
	unsigned int wrong;
	uint8_t type;
	int r;

	for (type = WIRE_HELLO; type < WIRE_TYPE_END; type++) {
		bool has_blob = type == WIRE_STATE || type == WIRE_OOS_SET ||
				type == WIRE_DISK_OOS || type == WIRE_MERGE ||
				type == WIRE_ACK || type == WIRE_RELEASE;

		msg = good_of(type);
		memset(buf, 0, sizeof(buf));
		good_bytes = wire_encode(&msg, buf);
		body_at = WIRE_HDR_BYTES + strlen(msg.uuid);
		for (wrong = 0, len = 0; len < 100; len++) {
			buf[12] = (uint8_t)len;
			r = wire_decode(buf, body_at + len, &got);
			if (body_at + len < good_bytes)
				wrong += r != CM_E_WIRE_LEN;
			else if (body_at + len == good_bytes)
				wrong += r != 0;
			else if (type == WIRE_ACK || type == WIRE_RELEASE)
				wrong += r != (len <= good_bytes - body_at + 31 ? 0 :
									 CM_E_WIRE_LEN);
			else
				wrong += r != (has_blob ? 0 : CM_E_WIRE_LEN);
		}
		IS_U64(wrong, 0, "%s: body lengths", wire_type_name(type));
	}
}

static void test_blobs(void)
{
	struct wire_msg msg = good_of(WIRE_STATE);
	struct wire_msg got;
	size_t len_bytes;

	memset(blob, 0xcd, sizeof(blob));
	memset(msg.uuid, 'u', WIRE_UUID_BYTES - 1);
	msg.blob = blob;
	msg.blob_bytes = WIRE_BLOB_MAX;
	len_bytes = wire_encode(&msg, buf);
	OK(len_bytes <= WIRE_MSG_MAX, "the largest message fits: %zu bytes", len_bytes);
	IS_INT(wire_decode(buf, len_bytes, &got), 0, "the largest message");
	OK(got.blob == buf + len_bytes - WIRE_BLOB_MAX && got.blob_bytes == WIRE_BLOB_MAX,
	   "its blob lies in the buffer");
	IS_U64(strlen(got.uuid), WIRE_UUID_BYTES - 1, "the longest uuid");
	msg.blob_bytes = WIRE_BLOB_MAX + 1;
	OK(tap_dies(encode, &msg), "a larger blob");

	msg = good_of(WIRE_ACK);
	msg.blob_bytes = 0;
	OK(tap_dies(encode, &msg), "ACK without its bits");
	msg.blob_bytes = 33;
	OK(tap_dies(encode, &msg), "ACK of more than a claim can hold");
	msg = good_of(WIRE_LEAVE);
	msg.blob = blob;
	msg.blob_bytes = 1;
	OK(tap_dies(encode, &msg), "a blob where none belongs");
	msg = good_of(WIRE_LEAVE);
	memset(msg.uuid, 'u', sizeof(msg.uuid));
	OK(tap_dies(encode, &msg), "a uuid without a NUL");
	msg = good_of(WIRE_LEAVE);
	msg.type = WIRE_TYPE_END;
	OK(tap_dies(encode, &msg), "an unknown type");
	msg = good_of(WIRE_LEAVE);
	msg.version = 2;
	OK(tap_dies(encode, &msg), "an unknown version");

	/* Bits must end within the largest bitmap. */
	msg = good_of(WIRE_MERGE);
	msg.blob = blob;
	msg.blob_bytes = 2;
	msg.u.merge.first = DISK_REGIONS_MAX - 16;
	IS_INT(wire_decode(buf, wire_encode(&msg, buf), &got), 0, "the last two bytes of bits");
	msg.u.merge.first = DISK_REGIONS_MAX - 8;
	OK(tap_dies(encode, &msg), "a byte behind them");
}

int main(void)
{
	test_round_trip();
	test_ranges();
	test_refused();
	test_body_lengths();
	test_blobs();
	return tap_done();
}
