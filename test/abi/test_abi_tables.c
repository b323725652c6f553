/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables that a joiner gets, against an image written by hand; every truncation and every wrong
 * byte of it. As with messages there is no checksum: what is accepted must encode to the same
 * bytes.
 */
#include "lib/format/wire_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/abi/golden.h"
#include "test/lib/tap.h"

#define IMAGE		"wire/tables.hex"
#define COORDINATOR	0x31323334u
#define OTHER		0x35363738u
#define COUNT_OFF	1225u	/* of the members */
#define MEMBER_BYTES	37u
#define CLAIMS_OFF	1300u	/* of their count */

static struct wire_tables got;	/* large */

static void sample(struct wire_tables *tables)
{
	memset(tables, 0, sizeof(*tables));
	tables->oos_gen = 0x4142434445464748u;
	tables->oos_durable = 0x5152535455565758u;
	tables->merge_epoch = 0x6162636465666768u;
	tables->epoch = 0x7172737475767778u;
	tables->sb_flags = DISK_SB_F_NO_FENCING | DISK_SB_F_NOSYNC;
	tables->coordinator = COORDINATOR;
	tables->slot[0] = (struct disk_slot){ DISK_SLOT_RUNNING, COORDINATOR, { 0 }, { 0 } };
	memset(tables->slot[0].machine_id, 0xc0, 16);
	memset(tables->slot[0].boot_id, 0xb0, 16);
	tables->slot[1] = (struct disk_slot){ DISK_SLOT_CLEAN, OTHER, { 0 }, { 0 } };
	memset(tables->slot[1].machine_id, 0xc1, 16);
	memset(tables->slot[1].boot_id, 0xb1, 16);
	tables->slot[2].nodeid = 0x393a3b3c;
	tables->member_count = 2;
	tables->member[0] = (struct wire_member){
		.nodeid = COORDINATOR, .join_seq = 0x8182838485868788u,
		.client = WIRE_CLIENT_CONNECTOR, .is_whole = true, .is_leg_failed = true,
		.gen = 0x41424344, .legs_hash = 0x9192939495969798u,
		.resume_epoch = 0xa1a2a3a4a5a6a7a8u };
	tables->member[1] = (struct wire_member){
		.nodeid = OTHER, .join_seq = 2, .client = WIRE_CLIENT_KMOD,
		.is_presuspended = true, .is_replay = true };
	tables->claim_count = 1;
	tables->claim[0] = (struct wire_claim){
		.id = 0x6162636465666768u, .nodeid = COORDINATOR, .lo = 0x515200, .hi = 0x515300 };
	tables->claim[0].out[0] = 0x80;
	memset(tables->claim[0].out + 1, 1, WIRE_CLAIM_BYTES - 1);
}

static bool encodes_to(const struct wire_tables *tables, const struct golden *image)
{
	uint8_t *out = golden_out(WIRE_BLOB_MAX);
	size_t len_bytes = wire_tables_encode(tables, out);
	bool is_same = len_bytes == image->len_bytes && !memcmp(out, image->bytes, len_bytes);

	return golden_out_ok(out, WIRE_BLOB_MAX) && is_same;
}

static void test_image(const struct golden *image)
{
	static struct wire_tables tables;

	sample(&tables);
	OK(encodes_to(&tables, image), "encode");
	if (!IS_INT(wire_tables_decode(image->bytes, image->len_bytes, &got), 0, "decode"))
		abort();
	OK(encodes_to(&got, image), "encode of decode");
	OK(got.member[1].is_replay && !got.member[0].is_replay &&
	   got.claim[0].lo == tables.claim[0].lo && got.coordinator == COORDINATOR &&
	   got.slot[1].nodeid == OTHER, "members, claims and slots are in their places");
}

static void test_lengths(const struct golden *image)
{
	unsigned int wrong = 0;
	uint8_t *part;
	size_t len;

	for (len = 0; len < image->len_bytes; len++) {
		part = golden_copy(image->bytes, len);
		wrong += wire_tables_decode(part, len, &got) != CM_E_WIRE_SHORT;
		free(part);
	}
	IS_U64(wrong, 0, "truncations");
	part = realloc(golden_copy(image->bytes, image->len_bytes), image->len_bytes + 1);
	part[image->len_bytes] = 0;
	IS_INT(wire_tables_decode(part, image->len_bytes + 1, &got), CM_E_WIRE_LEN,
	       "one byte more");
	free(part);
}

static bool is_wire_error(int r)
{
	return r <= CM_E_WIRE_SHORT && r >= CM_E_WIRE_FIELD;
}

static void test_wrong_bytes(struct golden *image)
{
	unsigned int wrong = 0, flip;
	size_t i;
	int r;

	for (i = 0; i < image->len_bytes; i++)
		for (flip = 1; flip < 256; flip++) {
			image->bytes[i] ^= (uint8_t)flip;
			r = wire_tables_decode(image->bytes, image->len_bytes, &got);
			wrong += r ? !is_wire_error(r) : !encodes_to(&got, image);
			image->bytes[i] ^= (uint8_t)flip;
		}
	IS_U64(wrong, 0, "wrong bytes");
}

static void is_refused(struct golden *image, size_t off, uint8_t byte, int want, const char *what)
{
	uint8_t was = image->bytes[off];

	image->bytes[off] = byte;
	IS_INT(wire_tables_decode(image->bytes, image->len_bytes, &got), want, "%s", what);
	image->bytes[off] = was;
}

static void test_fields(struct golden *image)
{
	uint8_t *member = image->bytes + COUNT_OFF + 1;
	uint8_t other[4];

	is_refused(image, 0, 2, CM_E_WIRE_VERSION, "a later version");
	is_refused(image, 33, 4, CM_E_WIRE_FIELD, "an unknown flag");
	is_refused(image, 37, 0, CM_E_WIRE_FIELD, "a coordinator that is no member");
	is_refused(image, 41, 3, CM_E_WIRE_FIELD, "an unknown slot state");
	is_refused(image, COUNT_OFF, 0, CM_E_WIRE_FIELD, "no member");
	is_refused(image, COUNT_OFF, WIRE_NODES_MAX + 1, CM_E_WIRE_FIELD, "too many members");
	is_refused(image, COUNT_OFF + 13, 3, CM_E_WIRE_FIELD, "an unknown client");
	is_refused(image, COUNT_OFF + 14, 2, CM_E_WIRE_FIELD, "a bool of 2");
	is_refused(image, CLAIMS_OFF, WIRE_CLAIMS_MAX + 1, CM_E_WIRE_FIELD, "too many claims");
	is_refused(image, CLAIMS_OFF + 1 + 12 + 2, 0x53, CM_E_WIRE_FIELD, "an empty claim");
	is_refused(image, CLAIMS_OFF + 1 + 12 + 2, 0x50, CM_E_WIRE_FIELD, "a claim too long");
	memcpy(other, member + MEMBER_BYTES, sizeof(other));
	memcpy(member + MEMBER_BYTES, member, sizeof(other));
	is_refused(image, 0, WIRE_TABLES_VERSION, CM_E_WIRE_FIELD, "a member twice");
	memcpy(member + MEMBER_BYTES, other, sizeof(other));
	IS_INT(wire_tables_decode(image->bytes, image->len_bytes, &got), 0, "all as it was");
}

int main(void)
{
	struct golden image = golden_read(IMAGE);

	test_image(&image);
	test_lengths(&image);
	test_wrong_bytes(&image);
	test_fields(&image);
	golden_free(&image);
	return tap_done();
}
