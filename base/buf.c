/* SPDX-License-Identifier: GPL-2.0-only */
/* buf.c - see buf.h. */
#include "base/buf.h"

#include <string.h>

#include "base/le.h"

void rd_init(struct buf_rd *rd, const void *buf, size_t len_bytes)
{
	CM_ASSERT(buf || !len_bytes);
	rd->at = buf;
	rd->end = buf ? rd->at + len_bytes : NULL;
	rd->failed = false;
}

/* The next @len_bytes, consumed; NULL when there are not so many (the reader has failed then). */
static const uint8_t *rd_take(struct buf_rd *rd, size_t len_bytes)
{
	const uint8_t *at = rd->at;

	if (rd->failed || len_bytes > (size_t)(rd->end - rd->at)) {
		rd->failed = true;
		return NULL;
	}
	rd->at += len_bytes;
	return at;
}

uint8_t rd_u8(struct buf_rd *rd)
{
	const uint8_t *at = rd_take(rd, 1);

	return at ? *at : 0;
}

uint16_t rd_u16(struct buf_rd *rd)
{
	const void *at = rd_take(rd, 2);

	return at ? le16_get(at) : 0;
}

uint32_t rd_u32(struct buf_rd *rd)
{
	const void *at = rd_take(rd, 4);

	return at ? le32_get(at) : 0;
}

uint64_t rd_u64(struct buf_rd *rd)
{
	const void *at = rd_take(rd, 8);

	return at ? le64_get(at) : 0;
}

void rd_bytes(struct buf_rd *rd, void *dst, size_t len_bytes)
{
	const uint8_t *at;

	if (!len_bytes)
		return;
	at = rd_take(rd, len_bytes);
	if (at)
		memcpy(dst, at, len_bytes);
	else
		memset(dst, 0, len_bytes);
}

void rd_skip(struct buf_rd *rd, size_t len_bytes)
{
	if (len_bytes)
		(void)rd_take(rd, len_bytes);
}

size_t rd_left(const struct buf_rd *rd)
{
	return rd->failed ? 0 : (size_t)(rd->end - rd->at);
}

void wr_init(struct buf_wr *wr, void *buf, size_t len_bytes)
{
	CM_ASSERT(buf || !len_bytes);
	wr->start = buf;
	wr->at = buf;
	wr->end = buf ? wr->start + len_bytes : NULL;
	wr->failed = false;
}

/* Room for @len_bytes, consumed; NULL when there is none (the writer has failed then). */
static uint8_t *wr_take(struct buf_wr *wr, size_t len_bytes)
{
	uint8_t *at = wr->at;

	if (wr->failed || len_bytes > (size_t)(wr->end - wr->at)) {
		wr->failed = true;
		return NULL;
	}
	wr->at += len_bytes;
	return at;
}

void wr_u8(struct buf_wr *wr, uint8_t value)
{
	wr_bytes(wr, &value, sizeof(value));
}

void wr_u16(struct buf_wr *wr, uint16_t value)
{
	struct le16 le;

	le16_set(&le, value);
	wr_bytes(wr, &le, sizeof(le));
}

void wr_u32(struct buf_wr *wr, uint32_t value)
{
	struct le32 le;

	le32_set(&le, value);
	wr_bytes(wr, &le, sizeof(le));
}

void wr_u64(struct buf_wr *wr, uint64_t value)
{
	struct le64 le;

	le64_set(&le, value);
	wr_bytes(wr, &le, sizeof(le));
}

void wr_bytes(struct buf_wr *wr, const void *src, size_t len_bytes)
{
	uint8_t *at;

	if (!len_bytes)
		return;
	at = wr_take(wr, len_bytes);
	if (at)
		memcpy(at, src, len_bytes);
}

void wr_zero(struct buf_wr *wr, size_t len_bytes)
{
	uint8_t *at;

	if (!len_bytes)
		return;
	at = wr_take(wr, len_bytes);
	if (at)
		memset(at, 0, len_bytes);
}

size_t wr_len(const struct buf_wr *wr)
{
	return (size_t)(wr->at - wr->start);
}

bool buf_is_zero(const void *buf, size_t len_bytes)
{
	const uint8_t *at = buf;
	size_t i;

	for (i = 0; i < len_bytes; i++)
		if (at[i])
			return false;
	return true;
}
