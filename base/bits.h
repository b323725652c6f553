/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bits.h - a set of bits with a fixed number of places; every index is checked.
 *
 * Bits are numbered from 0. Ranges are [lo, hi): hi is not in it. Bits past the count in the last
 * word are always 0, so words of two sets of the same count may be compared and hashed as they are.
 * In bytes (disk, messages) the order is little endian: bit i is bit i % 8 of byte i / 8.
 *
 * Any thread, one at a time per set; only bits_alloc() allocates.
 */
#ifndef CM_BASE_BITS_H
#define CM_BASE_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"

#define BITS_PER_WORD 64u

struct bits {
	uint64_t *words;	/* bits_words_for(count) of them */
	uint64_t count;		/* bits */
};

/* Words that hold @count bits. */
static inline size_t bits_words_for(uint64_t count)
{
	return (size_t)(count / BITS_PER_WORD + (count % BITS_PER_WORD ? 1 : 0));
}

/* Use @words, bits_words_for(@count) of them, which stay the caller's. All bits are cleared. */
void bits_init(struct bits *b, uint64_t *words, uint64_t count);

/* Allocate @count bits, all clear. Returns 0 or -ENOMEM; bits_free() frees. */
int bits_alloc(struct bits *b, uint64_t count) CM_MUST_CHECK;

/* For sets of bits_alloc(), or all zero bytes. Afterwards the count is 0. */
void bits_free(struct bits *b);

static inline bool bits_test(const struct bits *b, uint64_t i)
{
	CM_ASSERT(i < b->count);
	return b->words[i / BITS_PER_WORD] >> i % BITS_PER_WORD & 1;
}

static inline void bits_set(struct bits *b, uint64_t i)
{
	CM_ASSERT(i < b->count);
	b->words[i / BITS_PER_WORD] |= (uint64_t)1 << i % BITS_PER_WORD;
}

static inline void bits_clear(struct bits *b, uint64_t i)
{
	CM_ASSERT(i < b->count);
	b->words[i / BITS_PER_WORD] &= ~((uint64_t)1 << i % BITS_PER_WORD);
}

/* Both return what the bit was before. */
static inline bool bits_test_and_set(struct bits *b, uint64_t i)
{
	bool was = bits_test(b, i);

	bits_set(b, i);
	return was;
}

static inline bool bits_test_and_clear(struct bits *b, uint64_t i)
{
	bool was = bits_test(b, i);

	bits_clear(b, i);
	return was;
}

/* lo <= hi <= count; empty ranges are allowed. */
void bits_set_range(struct bits *b, uint64_t lo, uint64_t hi);
void bits_clear_range(struct bits *b, uint64_t lo, uint64_t hi);
bool bits_any_range(const struct bits *b, uint64_t lo, uint64_t hi);
uint64_t bits_weight_range(const struct bits *b, uint64_t lo, uint64_t hi);

/* Set every bit to @value. */
void bits_fill(struct bits *b, bool value);

/* The first set (clear) bit at or after @from; the count when there is none. @from <= count. */
uint64_t bits_next_set(const struct bits *b, uint64_t from);
uint64_t bits_next_zero(const struct bits *b, uint64_t from);

/* Number of set bits. */
uint64_t bits_weight(const struct bits *b);

/* dst |= src; both have the same count. */
void bits_or(struct bits *dst, const struct bits *src);

/*
 * Bytes out of and into the set, beginning at bit @first, a multiple of 8. The bytes may reach past
 * the count, or lie beyond it wholly: there, reading gives 0 and writing does nothing.
 */
void bits_get_bytes(const struct bits *b, uint64_t first, void *dst, size_t len_bytes);
void bits_put_bytes(struct bits *b, uint64_t first, const void *src, size_t len_bytes);

/* As bits_put_bytes(), but only sets bits. Returns how many were clear before. */
uint64_t bits_or_bytes(struct bits *b, uint64_t first, const void *src, size_t len_bytes);

#endif
