/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wire.c - header of a message, and its way through the table of bodies.
 */
#include "lib/format/wire.h"

#include <string.h>

#include "lib/format/wire_body.h"

CM_STATIC_ASSERT(WIRE_HDR_BYTES + WIRE_UUID_BYTES + WIRE_BLOB_MAX + 64 <= WIRE_MSG_MAX);

struct wire_hdr {
	uint32_t magic;
	uint8_t version;
	uint8_t type;
	uint8_t uuid_bytes;
	uint8_t zero;
	uint32_t sender;
	uint32_t body_bytes;
	uint64_t view;
	uint64_t seq;
};

static int hdr_decode(const uint8_t *buf, size_t len_bytes, struct wire_hdr *hdr);
static int uuid_decode(const uint8_t *text, const struct wire_hdr *hdr, struct wire_msg *msg);
static int body_decode(const uint8_t *body, const struct wire_hdr *hdr, struct wire_msg *msg);
static int foreign_hello_decode(const uint8_t *body, const struct wire_hdr *hdr,
				struct wire_msg *msg);
static bool version_is_ours(uint8_t version);
static bool msg_ok(const struct wire_msg *msg, const struct wire_body *body);

int wire_decode(const uint8_t *buf, size_t len_bytes, struct wire_msg *msg)
{
	struct wire_hdr hdr;
	struct wire_msg got;
	const uint8_t *body;
	int r;

	r = hdr_decode(buf, len_bytes, &hdr);
	if (r)
		return r;
	memset(&got, 0, sizeof(got));
	got.version = hdr.version;
	got.type = hdr.type;
	got.sender = hdr.sender;
	got.view = hdr.view;
	got.seq = hdr.seq;
	r = uuid_decode(buf + WIRE_HDR_BYTES, &hdr, &got);
	if (r)
		return r;

	body = buf + WIRE_HDR_BYTES + hdr.uuid_bytes;
	if (version_is_ours(hdr.version))
		r = body_decode(body, &hdr, &got);
	else
		r = foreign_hello_decode(body, &hdr, &got);
	if (r)
		return r;
	*msg = got;
	return 0;
}

size_t wire_encode(const struct wire_msg *msg, uint8_t *buf)
{
	const struct wire_body *body = wire_body(msg->type);
	size_t uuid_bytes = strnlen(msg->uuid, sizeof(msg->uuid));
	struct buf_wr wr;

	CM_ASSERT(body && version_is_ours(msg->version) && uuid_bytes < WIRE_UUID_BYTES);
	CM_ASSERT(msg->blob_bytes >= body->blob_min_bytes);
	CM_ASSERT(msg->blob_bytes <= body->blob_max_bytes);
	CM_ASSERT(msg_ok(msg, body));

	wr_init(&wr, buf, WIRE_MSG_MAX);
	wr_u32(&wr, WIRE_MAGIC);
	wr_u8(&wr, msg->version);
	wr_u8(&wr, msg->type);
	wr_u8(&wr, (uint8_t)uuid_bytes);
	wr_u8(&wr, 0);
	wr_u32(&wr, msg->sender);
	wr_u32(&wr, body->fixed_bytes + msg->blob_bytes);
	wr_u64(&wr, msg->view);
	wr_u64(&wr, msg->seq);
	wr_bytes(&wr, msg->uuid, uuid_bytes);
	if (body->put)
		body->put(msg, &wr);
	CM_ASSERT(wr_len(&wr) == WIRE_HDR_BYTES + uuid_bytes + body->fixed_bytes);
	if (msg->blob_bytes)
		wr_bytes(&wr, msg->blob, msg->blob_bytes);
	CM_ASSERT(!wr_failed(&wr));
	return wr_len(&wr);
}

const char *wire_type_name(uint32_t type)
{
	const struct wire_body *body = wire_body(type);

	return body ? body->name : "?";
}

/* The header is the same in all versions, so its lengths mean the same in a foreign one. */
static int hdr_decode(const uint8_t *buf, size_t len_bytes, struct wire_hdr *hdr)
{
	struct buf_rd rd;
	size_t rest_bytes;

	if (len_bytes < WIRE_HDR_BYTES)
		return CM_E_WIRE_SHORT;
	rd_init(&rd, buf, WIRE_HDR_BYTES);
	hdr->magic = rd_u32(&rd);
	hdr->version = rd_u8(&rd);
	hdr->type = rd_u8(&rd);
	hdr->uuid_bytes = rd_u8(&rd);
	hdr->zero = rd_u8(&rd);
	hdr->sender = rd_u32(&rd);
	hdr->body_bytes = rd_u32(&rd);
	hdr->view = rd_u64(&rd);
	hdr->seq = rd_u64(&rd);

	if (hdr->magic != WIRE_MAGIC)
		return CM_E_WIRE_MAGIC;
	if (!version_is_ours(hdr->version) && hdr->type != WIRE_HELLO)
		return CM_E_WIRE_VERSION;
	if (!wire_body(hdr->type))
		return CM_E_WIRE_TYPE;
	if (hdr->uuid_bytes >= WIRE_UUID_BYTES || hdr->zero || !hdr->sender || !hdr->seq)
		return CM_E_WIRE_FIELD;

	rest_bytes = len_bytes - WIRE_HDR_BYTES;
	if (rest_bytes < hdr->uuid_bytes || rest_bytes - hdr->uuid_bytes < hdr->body_bytes)
		return CM_E_WIRE_SHORT;
	if (rest_bytes - hdr->uuid_bytes > hdr->body_bytes)
		return CM_E_WIRE_LEN;
	return 0;
}

static int uuid_decode(const uint8_t *text, const struct wire_hdr *hdr, struct wire_msg *msg)
{
	if (wire_body(hdr->type)->is_of_node != !hdr->uuid_bytes)
		return CM_E_WIRE_FIELD;
	if (memchr(text, 0, hdr->uuid_bytes))
		return CM_E_WIRE_FIELD;
	memcpy(msg->uuid, text, hdr->uuid_bytes);
	return 0;
}

static int body_decode(const uint8_t *body, const struct wire_hdr *hdr, struct wire_msg *msg)
{
	const struct wire_body *type = wire_body(hdr->type);
	struct wire_rd rd = { .has_bad_bool = false };

	if (hdr->body_bytes < type->fixed_bytes + type->blob_min_bytes ||
	    hdr->body_bytes > type->fixed_bytes + type->blob_max_bytes)
		return CM_E_WIRE_LEN;
	rd_init(&rd.rd, body, type->fixed_bytes);
	if (type->get)
		type->get(&rd, msg);
	CM_ASSERT(!rd_failed(&rd.rd) && !rd_left(&rd.rd));

	msg->blob_bytes = hdr->body_bytes - type->fixed_bytes;
	msg->blob = msg->blob_bytes ? body + type->fixed_bytes : NULL;
	if (rd.has_bad_bool || !msg_ok(msg, type))
		return CM_E_WIRE_FIELD;
	return 0;
}

static int foreign_hello_decode(const uint8_t *body, const struct wire_hdr *hdr,
				struct wire_msg *msg)
{
	struct wire_rd rd = { .has_bad_bool = false };

	if (hdr->body_bytes < WIRE_HELLO_FIXED_BYTES)
		return CM_E_WIRE_LEN;
	rd_init(&rd.rd, body, WIRE_HELLO_FIXED_BYTES);
	wire_hello_get_fixed(&rd, msg);
	if (rd.has_bad_bool || !wire_hello_fixed_ok(&msg->u.hello))
		return CM_E_WIRE_FIELD;
	return 0;
}

static bool version_is_ours(uint8_t version)
{
	return version >= WIRE_VERSION_MIN && version <= WIRE_VERSION;
}

static bool msg_ok(const struct wire_msg *msg, const struct wire_body *body)
{
	if (!msg->sender || !msg->seq || body->is_of_node != !msg->uuid[0])
		return false;
	return !body->ok || body->ok(msg);
}
