/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * buf.h - a reader and a writer that cannot leave their buffer; numbers are little endian.
 *
 * Errors are sticky: after the first read or write that does not fit, every read gives 0, every
 * write does nothing, and rd_failed()/wr_failed() say so. A codec therefore runs straight through
 * and checks once at its end. A failed read consumes nothing; a failed write writes nothing.
 *
 * Pure, no allocation. Any thread, one at a time per object.
 */
#ifndef CM_BASE_BUF_H
#define CM_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"

struct buf_rd {
	const uint8_t *at, *end;	/* borrowed from the caller of rd_init() */
	bool failed;
};

struct buf_wr {
	uint8_t *start, *at, *end;	/* borrowed from the caller of wr_init() */
	bool failed;
};

/* @buf: @len_bytes readable bytes; NULL only with 0 bytes. */
void rd_init(struct buf_rd *rd, const void *buf, size_t len_bytes);

uint8_t rd_u8(struct buf_rd *rd);
uint16_t rd_u16(struct buf_rd *rd);
uint32_t rd_u32(struct buf_rd *rd);
uint64_t rd_u64(struct buf_rd *rd);

/* Copy @len_bytes to @dst; all zero bytes when the reader has failed. */
void rd_bytes(struct buf_rd *rd, void *dst, size_t len_bytes);

void rd_skip(struct buf_rd *rd, size_t len_bytes);

/* Bytes not yet read; 0 after a failure. */
size_t rd_left(const struct buf_rd *rd);

static inline bool rd_failed(const struct buf_rd *rd)
{
	return rd->failed;
}

/* @buf: @len_bytes writable bytes; NULL only with 0 bytes. */
void wr_init(struct buf_wr *wr, void *buf, size_t len_bytes);

void wr_u8(struct buf_wr *wr, uint8_t value);
void wr_u16(struct buf_wr *wr, uint16_t value);
void wr_u32(struct buf_wr *wr, uint32_t value);
void wr_u64(struct buf_wr *wr, uint64_t value);
void wr_bytes(struct buf_wr *wr, const void *src, size_t len_bytes);
void wr_zero(struct buf_wr *wr, size_t len_bytes);

/* Bytes written so far, also after a failure. */
size_t wr_len(const struct buf_wr *wr);

static inline bool wr_failed(const struct buf_wr *wr)
{
	return wr->failed;
}

/* Also true of 0 bytes. */
bool buf_is_zero(const void *buf, size_t len_bytes);

#endif
