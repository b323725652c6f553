/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes of every message between nodes, against images written by hand; then every truncation and
 * every wrong byte of each of them.
 *
 * encode(struct) == image shows that the struct is written as documented; encode(decode(image)) ==
 * image that reading loses and exchanges nothing. A message has no checksum (the group service has
 * one), so a wrong byte may be accepted: then what was read must be in range, which encode asserts,
 * and must give exactly the changed image again.
 */
#include "lib/format/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/disk.h"
#include "test/abi/golden.h"
#include "test/lib/tap.h"

#define SENDER	0x01020304u
#define VIEW	0x1112131415161718u
#define SEQ	0x2122232425262728u
#define NODE	0x31323334u
#define U64_4	0x4142434445464748u
#define U64_5	0x5152535455565758u
#define U64_6	0x6162636465666768u

#define HELLO_FIXED_END	75u

struct sample {
	const char *file;
	struct wire_msg msg;	/* without header and blob */
	size_t blob_bytes;	/* at the end of the image */
};

static const struct sample samples[] = {
	{ "hello.hex", { .type = WIRE_HELLO, .u.hello = {
		.proto_min = 1, .proto_max = 2,
		.boot_id = { 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7,
			     0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf },
		.machine_id = { 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7,
				0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf },
		.client = WIRE_CLIENT_CONNECTOR, .fencing = WIRE_FENCING_OFF_ALLOWED,
		.has_node_lock = true, .log_count = NODE, .prev_view = U64_4,
		.lost_quorum = true } }, 0 },
	{ "join.hex", { .type = WIRE_JOIN, .u.join = {
		.again = true, .region_count = DISK_REGIONS_MAX, .region_size_sect = 2048,
		.gen = 0x41424344, .legs_hash = U64_5, .has_state = true,
		.client = WIRE_CLIENT_KMOD } }, 0 },
	{ "slot.hex", { .type = WIRE_SLOT, .u.slot = { NODE, 31 } }, 0 },
	{ "state.hex", { .type = WIRE_STATE, .u.state = { NODE, U64_4, U64_5, U64_6 } }, 5 },
	{ "state_done.hex", { .type = WIRE_STATE_DONE,
			      .u.state_done = { NODE, U64_4, U64_5 } }, 0 },
	{ "leave.hex", { .type = WIRE_LEAVE, .u.leave = { 0x414243 } }, 0 },
	{ "propose.hex", { .type = WIRE_PROPOSE,
			   .u.propose = { U64_4, 0x515200, 0x515300, 0x5253 } }, 0 },
	{ "ack.hex", { .type = WIRE_ACK, .u.ack = { U64_4, true } }, 32 },
	{ "release.hex", { .type = WIRE_RELEASE, .u.release = { U64_4 } }, 2 },
	{ "giveback.hex", { .type = WIRE_GIVEBACK, .u.giveback = { U64_4, 0x515253 } }, 0 },
	{ "void.hex", { .type = WIRE_VOID, .u.void_ = { DISK_REGIONS_MAX - 1 } }, 0 },
	{ "oos_set.hex", { .type = WIRE_OOS_SET,
			   .u.oos_set = { WIRE_OOS_LEFT_MARKED, 0x10218 } }, 3 },
	{ "oos_durable.hex", { .type = WIRE_OOS_DURABLE, .u.oos_durable = { U64_4 } }, 0 },
	{ "disk_oos.hex", { .type = WIRE_DISK_OOS,
			    .u.disk_oos = { DISK_REGIONS_MAX - 16, true } }, 2 },
	{ "merge.hex", { .type = WIRE_MERGE, .u.merge = { NODE, 30, 8 } }, 3 },
	{ "merged.hex", { .type = WIRE_MERGED, .u.merged = { NODE, 30 } }, 0 },
	{ "merged_ack.hex", { .type = WIRE_MERGED_ACK, .u.merged_ack = { NODE, 30 } }, 0 },
	{ "handover.hex", { .type = WIRE_HANDOVER, .u.handover = { NODE } }, 0 },
	{ "resumed.hex", { .type = WIRE_RESUMED, .u.resumed = { U64_4 } }, 0 },
	{ "presuspended.hex", { .type = WIRE_PRESUSPENDED }, 0 },
	{ "postsuspended.hex", { .type = WIRE_POSTSUSPENDED }, 0 },
	{ "health.hex", { .type = WIRE_HEALTH, .u.health = { 0x3132, true } }, 0 },
};

static struct golden image_read(const struct sample *sample)
{
	char name[64];

	snprintf(name, sizeof(name), "wire/%s", sample->file);
	return golden_read(name);
}

static bool is_wire_error(int r)
{
	return r <= CM_E_WIRE_SHORT && r >= CM_E_WIRE_FIELD;
}

/* Does @msg encode to these bytes, and to nothing behind them? */
static bool encodes_to(const struct wire_msg *msg, const uint8_t *want, size_t want_bytes)
{
	uint8_t *out = golden_out(WIRE_MSG_MAX);
	size_t len_bytes = wire_encode(msg, out);
	bool is_same = len_bytes == want_bytes && !memcmp(out, want, want_bytes);

	return golden_out_ok(out, WIRE_MSG_MAX) && is_same;
}

/* What may be said of a HELLO whose version byte is another: its fixed fields, nothing else. */
static bool is_foreign_hello(const struct wire_msg *msg, const struct wire_msg *ours)
{
	const struct wire_hello *a = &msg->u.hello, *b = &ours->u.hello;

	return msg->type == WIRE_HELLO && msg->version != WIRE_VERSION && !msg->blob &&
	       a->proto_min == b->proto_min && a->proto_max == b->proto_max &&
	       !memcmp(a->boot_id, b->boot_id, sizeof(a->boot_id)) &&
	       !memcmp(a->machine_id, b->machine_id, sizeof(a->machine_id)) &&
	       a->client == b->client && a->fencing == b->fencing && a->features == b->features &&
	       a->has_node_lock == b->has_node_lock && !a->log_count && !a->prev_view;
}

static void test_image(const struct sample *sample)
{
	struct golden image = image_read(sample);
	struct wire_msg msg = sample->msg;
	struct wire_msg got;

	msg.version = WIRE_VERSION;
	msg.sender = SENDER;
	msg.view = VIEW;
	msg.seq = SEQ;
	if (msg.type != WIRE_HELLO)
		snprintf(msg.uuid, sizeof(msg.uuid), "LVM-a1");
	msg.blob_bytes = (uint32_t)sample->blob_bytes;
	msg.blob = sample->blob_bytes ? image.bytes + image.len_bytes - sample->blob_bytes : NULL;
	OK(encodes_to(&msg, image.bytes, image.len_bytes), "%s: encode", sample->file);

	memset(&got, 0x5a, sizeof(got));
	if (!IS_INT(wire_decode(image.bytes, image.len_bytes, &got), 0, "%s: decode",
		    sample->file))
		abort();
	OK(encodes_to(&got, image.bytes, image.len_bytes), "%s: encode of decode", sample->file);
	OK(got.blob == msg.blob && got.blob_bytes == msg.blob_bytes && got.sender == SENDER &&
	   got.view == VIEW && got.seq == SEQ && !strcmp(got.uuid, msg.uuid) &&
	   got.type == msg.type && got.version == WIRE_VERSION, "%s: header", sample->file);
	golden_free(&image);
}

/* Every shorter message is an error and leaves *msg alone; so is one byte more. */
static void test_lengths(const struct sample *sample)
{
	struct golden image = image_read(sample);
	struct wire_msg got, before;
	unsigned int wrong = 0;
	uint8_t *part;
	size_t len;
	int r;

	memset(&before, 0x5a, sizeof(before));
	for (len = 0; len < image.len_bytes; len++) {
		got = before;
		part = golden_copy(image.bytes, len);
		r = wire_decode(part, len, &got);
		if (r != CM_E_WIRE_SHORT || memcmp(&got, &before, sizeof(got)))
			wrong++;
		free(part);
	}
	IS_U64(wrong, 0, "%s: truncations", sample->file);
	part = realloc(golden_copy(image.bytes, image.len_bytes), image.len_bytes + 1);
	part[image.len_bytes] = 0;
	IS_INT(wire_decode(part, image.len_bytes + 1, &got), CM_E_WIRE_LEN, "%s: one byte more",
	       sample->file);
	free(part);
	golden_free(&image);
}

static void test_wrong_bytes(const struct sample *sample)
{
	struct golden image = image_read(sample);
	unsigned int wrong = 0;
	struct wire_msg ours, got;
	unsigned int flip;
	size_t i;
	int r;

	OK(!wire_decode(image.bytes, image.len_bytes, &ours), "%s: decodes", sample->file);
	for (i = 0; i < image.len_bytes; i++) {
		for (flip = 1; flip < 256; flip++) {
			image.bytes[i] ^= (uint8_t)flip;
			r = wire_decode(image.bytes, image.len_bytes, &got);
			if (r && !is_wire_error(r))
				wrong++;
			else if (!r && got.version != WIRE_VERSION)
				wrong += !is_foreign_hello(&got, &ours);
			else if (!r)
				wrong += !encodes_to(&got, image.bytes, image.len_bytes);
			image.bytes[i] ^= (uint8_t)flip;
		}
	}
	IS_U64(wrong, 0, "%s: wrong bytes", sample->file);
	golden_free(&image);
}

/* A HELLO of version 9 with values and a length we know nothing of. */
static void test_foreign_hello(void)
{
	struct golden image = golden_read("wire/hello.hex");
	struct wire_msg got;

	image.bytes[4] = 9;
	image.bytes[32] = 8;	/* speaks 8 and 9 */
	image.bytes[34] = 9;
	image.bytes[68] = 77;	/* client */
	image.bytes[70] = 1;	/* features */
	image.bytes[12] -= 10;	/* body length */
	IS_INT(wire_decode(image.bytes, image.len_bytes - 10, &got), 0, "foreign HELLO, shorter");
	IS_U64(got.version, 9, "its version");
	IS_U64(got.u.hello.proto_min, 8, "its lowest");
	IS_U64(got.u.hello.proto_max, 9, "its highest");
	IS_U64(got.u.hello.client, 77, "its client");
	IS_U64(got.u.hello.log_count, 0, "nothing behind the fixed fields");

	image.bytes[HELLO_FIXED_END - 1] = 2;
	IS_INT(wire_decode(image.bytes, image.len_bytes - 10, &got), CM_E_WIRE_FIELD,
	       "its has_node_lock is no bool");
	image.bytes[HELLO_FIXED_END - 1] = 1;
	image.bytes[32] = 0;
	IS_INT(wire_decode(image.bytes, image.len_bytes - 10, &got), CM_E_WIRE_FIELD,
	       "it speaks version 0");
	image.bytes[32] = 8;
	memset(image.bytes + 8, 0, 4);
	IS_INT(wire_decode(image.bytes, image.len_bytes - 10, &got), CM_E_WIRE_FIELD,
	       "it is of node 0");
	image.bytes[8] = 1;
	memmove(image.bytes + 33, image.bytes + 32, image.len_bytes - 33);
	image.bytes[32] = 'u';
	image.bytes[6] = 1;
	IS_INT(wire_decode(image.bytes, image.len_bytes - 9, &got), CM_E_WIRE_FIELD,
	       "it has a uuid");
	memmove(image.bytes + 32, image.bytes + 33, image.len_bytes - 33);
	image.bytes[6] = 0;
	IS_INT(wire_decode(image.bytes, image.len_bytes - 10, &got), 0, "it has none");

	image.bytes[12] = HELLO_FIXED_END - WIRE_HDR_BYTES;
	IS_INT(wire_decode(image.bytes, HELLO_FIXED_END, &got), 0, "foreign HELLO, the shortest");
	image.bytes[12]--;
	IS_INT(wire_decode(image.bytes, HELLO_FIXED_END - 1, &got), CM_E_WIRE_LEN,
	       "foreign HELLO, too short");
	golden_free(&image);

	image = golden_read("wire/leave.hex");
	image.bytes[4] = 9;
	IS_INT(wire_decode(image.bytes, image.len_bytes, &got), CM_E_WIRE_VERSION, "foreign LEAVE");
	image.bytes[4] = 0;
	IS_INT(wire_decode(image.bytes, image.len_bytes, &got), CM_E_WIRE_VERSION, "version 0");
	golden_free(&image);
}

int main(void)
{
	size_t i;

	IS_U64(CM_ARRAY_COUNT(samples), WIRE_TYPE_END - 1, "an image for every type");
	for (i = 0; i < CM_ARRAY_COUNT(samples); i++) {
		IS_U64(samples[i].msg.type, i + 1, "%s: in order", samples[i].file);
		test_image(&samples[i]);
		test_lengths(&samples[i]);
		test_wrong_bytes(&samples[i]);
	}
	test_foreign_hello();
	return tap_done();
}
