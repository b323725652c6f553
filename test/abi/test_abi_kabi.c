/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes of every request of the kernel and every reply to it, against images written by hand; then
 * every truncation and every wrong byte of each of them.
 *
 * Some bytes mean nothing to the reader: there a wrong byte must change nothing. Elsewhere it is an
 * error, or what was read gives exactly the changed image again.
 */
#include "lib/format/kabi.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/abi/golden.h"
#include "test/lib/tap.h"

#define LUID	0xffff884c3d2e1f80u
#define SEQ	0x41424344u
#define REGION	0x0102030405060708u

/* Bytes that a reader ignores: [lo, hi). */
struct range {
	size_t lo, hi;
};

#define RQ_SEQ		(36 + 148)
#define UUID_TAIL	(36 + 8 + sizeof("LVM-a1"))
static const struct range req_ignored[] = {
	{ 6, 16 },			/* nlmsghdr flags, seq, pid */
	{ 24, 32 }, { 34, 36 },		/* cn_msg seq, ack; flags */
	{ UUID_TAIL, 36 + 140 },	/* behind the uuid's NUL, padding */
	{ 36 + 144, 36 + 148 },		/* error */
};
static const struct range full_ignored[] = {
	{ 6, 16 }, { 24, 32 }, { 34, 36 },
	{ 36 + 8, 36 + 144 },		/* uuid, padding, version */
};
static const struct range short_ignored[] = { { 6, 16 }, { 34, 36 } };

struct req_sample {
	const char *file;
	struct kabi_req req;	/* without luid, uuid, version and seq */
};

static const struct req_sample req_samples[] = {
	{ "req_ctr.hex", { .type = KABI_CTR,
		.args = "2097152 clustered-disk 253:2 4096 nosync gen=70000000" } },
	{ "req_dtr.hex", { .type = KABI_DTR } },
	{ "req_presuspend.hex", { .type = KABI_PRESUSPEND } },
	{ "req_postsuspend.hex", { .type = KABI_POSTSUSPEND } },
	{ "req_resume.hex", { .type = KABI_RESUME } },
	{ "req_get_region_size.hex", { .type = KABI_GET_REGION_SIZE } },
	{ "req_in_sync.hex", { .type = KABI_IN_SYNC, .region_count = 1, .region_nr = { REGION } } },
	{ "req_flush.hex", { .type = KABI_FLUSH } },
	{ "req_flush_marks.hex", { .type = KABI_FLUSH, .region_count = 3, .region_nr = {
		REGION, 0x1112131415161718, 0x2122232425262728 } } },
	{ "req_mark_region.hex", { .type = KABI_MARK_REGION, .region_count = 32 } },
	{ "req_clear_region.hex", { .type = KABI_CLEAR_REGION, .region_count = 1,
		.region_nr = { REGION } } },
	{ "req_get_resync_work.hex", { .type = KABI_GET_RESYNC_WORK } },
	{ "req_set_region_sync.hex", { .type = KABI_SET_REGION_SYNC, .region_count = 1,
		.region_nr = { REGION }, .in_sync = true } },
	{ "req_get_sync_count.hex", { .type = KABI_GET_SYNC_COUNT } },
	{ "req_status_info.hex", { .type = KABI_STATUS_INFO } },
	{ "req_status_table.hex", { .type = KABI_STATUS_TABLE } },
	{ "req_is_remote_recovering.hex", { .type = KABI_IS_REMOTE_RECOVERING, .region_count = 1,
		.region_nr = { REGION } } },
};

struct reply_sample {
	const char *file;
	struct kabi_reply reply;	/* without seq; luid only in the full form */
};

static const struct reply_sample reply_samples[] = {
	{ "reply_ok.hex", { .error = 0 } },
	{ "reply_eio.hex", { .error = -EIO } },
	{ "reply_last.hex", { .error = -4095 } },
	{ "reply_ctr.hex", { .luid = LUID, .type = KABI_CTR, .data_bytes = 6, .data = "253:2" } },
	{ "reply_get_region_size.hex", { .luid = LUID, .type = KABI_GET_REGION_SIZE,
		.data_bytes = 8, .data = { 0, 0x10 } } },
	{ "reply_in_sync.hex", { .luid = LUID, .type = KABI_IN_SYNC, .data_bytes = 8,
		.data = { 1 } } },
	{ "reply_get_resync_work.hex", { .luid = LUID, .type = KABI_GET_RESYNC_WORK,
		.data_bytes = 16, .data = { 1, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1 } } },
	{ "reply_get_sync_count.hex", { .luid = LUID, .type = KABI_GET_SYNC_COUNT,
		.data_bytes = 8, .data = { 8, 7, 6, 5, 4, 3, 2, 1 } } },
	{ "reply_status_info.hex", { .luid = LUID, .type = KABI_STATUS_INFO, .data_bytes = 24,
		.data = "3 clustered-disk 253:2 A" } },
	{ "reply_is_remote_recovering.hex", { .luid = LUID, .type = KABI_IS_REMOTE_RECOVERING,
		.data_bytes = 16, .data = { 1, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1 } } },
};

static struct golden image_read(const char *file)
{
	char name[64];

	snprintf(name, sizeof(name), "kabi/%s", file);
	return golden_read(name);
}

static bool is_in(const struct range *ranges, size_t count, size_t off)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (off >= ranges[i].lo && off < ranges[i].hi)
			return true;
	return false;
}

static bool is_kabi_error(int r)
{
	return r <= CM_E_KABI_SHORT && r >= CM_E_KABI_PAYLOAD;
}

static bool req_encodes_to(const struct kabi_req *req, const struct golden *want)
{
	uint8_t *out = golden_out(KABI_DGRAM_MAX);
	size_t len_bytes = kabi_req_encode(req, out);
	bool is_same = len_bytes == want->len_bytes && !memcmp(out, want->bytes, len_bytes);

	return golden_out_ok(out, KABI_DGRAM_MAX) && is_same;
}

static bool reply_encodes_to(const struct kabi_reply *reply, const struct golden *want)
{
	uint8_t *out = golden_out(KABI_REPLY_MAX);
	size_t len_bytes = kabi_reply_encode(reply, out);
	bool is_same = len_bytes == want->len_bytes && !memcmp(out, want->bytes, len_bytes);

	return golden_out_ok(out, KABI_REPLY_MAX) && is_same;
}

static void test_req_image(const struct req_sample *sample)
{
	struct golden image = image_read(sample->file);
	struct kabi_req req = sample->req;
	struct kabi_req got;
	uint32_t i;

	req.luid = LUID;
	req.version = 3;
	req.seq = SEQ;
	snprintf(req.uuid, sizeof(req.uuid), "LVM-a1");
	for (i = 0; req.region_count == 32 && i < 32; i++)
		req.region_nr[i] = (uint64_t)i * 4 << 56 | (i + 1);
	OK(req_encodes_to(&req, &image), "%s: encode", sample->file);

	memset(&got, 0x5a, sizeof(got));
	IS_INT(kabi_req_decode(image.bytes, image.len_bytes, &got), 0, "%s: decode", sample->file);
	OK(req_encodes_to(&got, &image), "%s: encode of decode", sample->file);
	IS_MEM(&got, &req, sizeof(req), "%s: no other field is set", sample->file);
	golden_free(&image);
}

/* A wrong byte before, or in, a payload that is not read; or a NUL that ends a text earlier. */
static bool req_shortened_ok(const struct kabi_req *got, const struct golden *image, size_t off)
{
	if (off >= 44 && off < UUID_TAIL && !image->bytes[off])
		return strlen(got->uuid) == off - 44;
	if (got->type == KABI_CTR)
		return !memcmp(got->args, image->bytes + 196, strlen(got->args));
	return !strcmp(kabi_type_name(got->type), "?") || got->type == KABI_IS_CLEAN ||
	       got->type == KABI_STATUS_TABLE;
}

static void test_req_wrong_bytes(const char *file)
{
	struct golden image = image_read(file);
	size_t nlmsg_len = image.bytes[0] | (size_t)image.bytes[1] << 8;
	unsigned int wrong = 0, flip;
	struct kabi_req ours, got;
	size_t i;
	int r;

	OK(!kabi_req_decode(image.bytes, image.len_bytes, &ours), "%s: decodes", file);
	for (i = 0; i < image.len_bytes; i++) {
		for (flip = 1; flip < 256; flip++) {
			image.bytes[i] ^= (uint8_t)flip;
			r = kabi_req_decode(image.bytes, image.len_bytes, &got);
			if (i >= nlmsg_len ||
			    is_in(req_ignored, CM_ARRAY_COUNT(req_ignored), i))
				wrong += r || memcmp(&got, &ours, sizeof(got));
			else if (r)
				wrong += !is_kabi_error(r);
			else if (i >= RQ_SEQ && i < RQ_SEQ + 4)
				wrong += got.seq == ours.seq;	/* its copies are not read */
			else if (!req_encodes_to(&got, &image))
				wrong += !req_shortened_ok(&got, &image, i);
			image.bytes[i] ^= (uint8_t)flip;
		}
	}
	IS_U64(wrong, 0, "%s: wrong bytes", file);
	golden_free(&image);
}

static void test_req_lengths(const char *file)
{
	struct golden image = image_read(file);
	size_t nlmsg_len = image.bytes[0] | (size_t)image.bytes[1] << 8;
	struct kabi_req got, before;
	unsigned int wrong = 0;
	uint8_t *part;
	size_t len;
	int r;

	memset(&before, 0x5a, sizeof(before));
	for (len = 0; len < image.len_bytes + 8; len++) {
		got = before;
		part = calloc(1, len ? len : 1);
		memcpy(part, image.bytes, len < image.len_bytes ? len : image.len_bytes);
		r = kabi_req_decode(part, len, &got);
		if (len >= nlmsg_len && len < nlmsg_len + 4)
			wrong += r != 0;
		else
			wrong += !is_kabi_error(r) || memcmp(&got, &before, sizeof(got));
		free(part);
	}
	IS_U64(wrong, 0, "%s: truncations, and more bytes than a padding has", file);
	golden_free(&image);
}

static void test_reply(const struct reply_sample *sample)
{
	struct golden image = image_read(sample->file);
	struct kabi_reply reply = sample->reply;
	struct kabi_reply got;

	reply.seq = SEQ;
	OK(reply_encodes_to(&reply, &image), "%s: encode", sample->file);
	memset(&got, 0x5a, sizeof(got));
	IS_INT(kabi_reply_decode(image.bytes, image.len_bytes, &got), 0, "%s: decode",
	       sample->file);
	IS_MEM(&got, &reply, sizeof(got), "%s: decode of encode", sample->file);
	golden_free(&image);
}

static void test_reply_wrong_bytes(const char *file)
{
	struct golden image = image_read(file);
	bool is_short = image.len_bytes == 36;
	const struct range *ignored = is_short ? short_ignored : full_ignored;
	size_t ignored_count = is_short ? CM_ARRAY_COUNT(short_ignored) :
					  CM_ARRAY_COUNT(full_ignored);
	unsigned int wrong = 0, flip;
	struct kabi_reply ours, got;
	uint8_t *part;
	size_t i;
	int r;

	OK(!kabi_reply_decode(image.bytes, image.len_bytes, &ours), "%s: decodes", file);
	for (i = 0; i < image.len_bytes; i++) {
		for (flip = 1; flip < 256; flip++) {
			image.bytes[i] ^= (uint8_t)flip;
			r = kabi_reply_decode(image.bytes, image.len_bytes, &got);
			if (r)
				wrong += !is_kabi_error(r);
			else if (is_in(ignored, ignored_count, i))
				wrong += memcmp(&got, &ours, sizeof(got)) != 0;
			else if (is_short && i >= 24 && i < 28)
				wrong += got.seq == ours.seq;	/* its copy is not read */
			else if (!is_short && i >= RQ_SEQ && i < RQ_SEQ + 4)
				wrong += got.seq == ours.seq;
			else
				wrong += !reply_encodes_to(&got, &image);
			image.bytes[i] ^= (uint8_t)flip;
		}
	}
	IS_U64(wrong, 0, "%s: wrong bytes", file);

	for (wrong = 0, i = 0; i < image.len_bytes; i++) {
		part = golden_copy(image.bytes, i);
		wrong += !is_kabi_error(kabi_reply_decode(part, i, &got));
		free(part);
	}
	IS_U64(wrong, 0, "%s: truncations", file);
	golden_free(&image);
}

/* Images that decode, and encode to something else or not at all. */
static void test_req_special(void)
{
	struct golden image = image_read("req_ctr_replay.hex");
	struct kabi_req got;

	IS_INT(kabi_req_decode(image.bytes, image.len_bytes, &got), 0, "replayed CTR");
	IS_STR(got.args, "2097152 clustered-core 4096 sync", "its NUL is no character");
	golden_free(&image);

	image = image_read("req_is_clean.hex");
	IS_INT(kabi_req_decode(image.bytes, image.len_bytes, &got), 0, "IS_CLEAN");
	IS_U64(got.type, KABI_IS_CLEAN, "can be refused by its type");
	IS_U64(got.region_count, 0, "its payload is not read");
	golden_free(&image);

	image = image_read("req_unknown.hex");
	IS_INT(kabi_req_decode(image.bytes, image.len_bytes, &got), 0, "unknown type");
	IS_U64(got.type, 200, "can be refused by its number");
	IS_U64(got.seq, SEQ, "and answered");
	golden_free(&image);
}

int main(void)
{
	static const char *const special[] = {
		"req_ctr_replay.hex", "req_is_clean.hex", "req_unknown.hex",
	};
	size_t i;

	if (htole32(1) != 1) {
		SKIP("kabi images", "they are of a little endian kernel");
		return tap_done();
	}
	for (i = 0; i < CM_ARRAY_COUNT(req_samples); i++) {
		test_req_image(&req_samples[i]);
		test_req_wrong_bytes(req_samples[i].file);
		test_req_lengths(req_samples[i].file);
	}
	for (i = 0; i < CM_ARRAY_COUNT(special); i++) {
		test_req_wrong_bytes(special[i]);
		test_req_lengths(special[i]);
	}
	test_req_special();
	for (i = 0; i < CM_ARRAY_COUNT(reply_samples); i++) {
		test_reply(&reply_samples[i]);
		test_reply_wrong_bytes(reply_samples[i].file);
	}
	return tap_done();
}
