/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * le.h - little endian numbers as they lie on a disk or in a message.
 *
 * One-member structs: native arithmetic or an assignment without conversion does not compile.
 * Size 2, 4, 8 and alignment 1, so a struct of these has no padding and may lie anywhere.
 *
 * Pure. Any thread.
 */
#ifndef CM_BASE_LE_H
#define CM_BASE_LE_H

#include <stdint.h>

#include "base/assert.h"

struct le16 {
	uint8_t b[2];
};

struct le32 {
	uint8_t b[4];
};

struct le64 {
	uint8_t b[8];
};

CM_STATIC_ASSERT(sizeof(struct le16) == 2 && _Alignof(struct le16) == 1);
CM_STATIC_ASSERT(sizeof(struct le32) == 4 && _Alignof(struct le32) == 1);
CM_STATIC_ASSERT(sizeof(struct le64) == 8 && _Alignof(struct le64) == 1);

static inline uint16_t le16_get(const struct le16 *v)
{
	return (uint16_t)(v->b[0] | v->b[1] << 8);
}

static inline uint32_t le32_get(const struct le32 *v)
{
	return (uint32_t)v->b[0] | (uint32_t)v->b[1] << 8 |
	       (uint32_t)v->b[2] << 16 | (uint32_t)v->b[3] << 24;
}

static inline uint64_t le64_get(const struct le64 *v)
{
	return (uint64_t)v->b[0] | (uint64_t)v->b[1] << 8 |
	       (uint64_t)v->b[2] << 16 | (uint64_t)v->b[3] << 24 |
	       (uint64_t)v->b[4] << 32 | (uint64_t)v->b[5] << 40 |
	       (uint64_t)v->b[6] << 48 | (uint64_t)v->b[7] << 56;
}

static inline void le16_set(struct le16 *v, uint16_t value)
{
	v->b[0] = (uint8_t)value;
	v->b[1] = (uint8_t)(value >> 8);
}

static inline void le32_set(struct le32 *v, uint32_t value)
{
	for (unsigned int i = 0; i < sizeof(v->b); i++)
		v->b[i] = (uint8_t)(value >> 8 * i);
}

static inline void le64_set(struct le64 *v, uint64_t value)
{
	for (unsigned int i = 0; i < sizeof(v->b); i++)
		v->b[i] = (uint8_t)(value >> 8 * i);
}

#endif
