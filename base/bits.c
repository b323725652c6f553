/* SPDX-License-Identifier: GPL-2.0-only */
/* bits.c - see bits.h. */
#include "base/bits.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Bits @from .. 63 of a word, and bits 0 .. @to - 1; 0 <= @from < 64, 0 < @to <= 64. */
static uint64_t mask_from(uint64_t from)
{
	return ~(uint64_t)0 << from;
}

static uint64_t mask_to(uint64_t to)
{
	return ~(uint64_t)0 >> (BITS_PER_WORD - to);
}

/* The bits of word @word_nr that belong to [lo, hi), which has at least one bit in it. */
static uint64_t mask_range(size_t word_nr, uint64_t lo, uint64_t hi)
{
	uint64_t mask = ~(uint64_t)0;

	if (word_nr == lo / BITS_PER_WORD)
		mask &= mask_from(lo % BITS_PER_WORD);
	if (word_nr == (hi - 1) / BITS_PER_WORD)
		mask &= mask_to((hi - 1) % BITS_PER_WORD + 1);
	return mask;
}

static void check_range(const struct bits *b, uint64_t lo, uint64_t hi)
{
	CM_ASSERT(lo <= hi);
	CM_ASSERT(hi <= b->count);
}

/* Words that [lo, hi) touches: from lo / 64 up to, not including, this one. */
static size_t end_word(uint64_t lo, uint64_t hi)
{
	return (size_t)(lo == hi ? lo / BITS_PER_WORD : (hi - 1) / BITS_PER_WORD + 1);
}

void bits_init(struct bits *b, uint64_t *words, uint64_t count)
{
	CM_ASSERT(words || !count);
	b->words = words;
	b->count = count;
	bits_fill(b, false);
}

int bits_alloc(struct bits *b, uint64_t count)
{
	/* Never 0 words: calloc() may answer that with NULL. */
	uint64_t *words = calloc(bits_words_for(count) + 1, sizeof(*words));

	if (!words)
		return -ENOMEM;
	b->words = words;
	b->count = count;
	return 0;
}

void bits_free(struct bits *b)
{
	free(b->words);
	b->words = NULL;
	b->count = 0;
}

void bits_set_range(struct bits *b, uint64_t lo, uint64_t hi)
{
	check_range(b, lo, hi);
	for (size_t i = (size_t)(lo / BITS_PER_WORD); i < end_word(lo, hi); i++)
		b->words[i] |= mask_range(i, lo, hi);
}

void bits_clear_range(struct bits *b, uint64_t lo, uint64_t hi)
{
	check_range(b, lo, hi);
	for (size_t i = (size_t)(lo / BITS_PER_WORD); i < end_word(lo, hi); i++)
		b->words[i] &= ~mask_range(i, lo, hi);
}

bool bits_any_range(const struct bits *b, uint64_t lo, uint64_t hi)
{
	check_range(b, lo, hi);
	for (size_t i = (size_t)(lo / BITS_PER_WORD); i < end_word(lo, hi); i++)
		if (b->words[i] & mask_range(i, lo, hi))
			return true;
	return false;
}

uint64_t bits_weight_range(const struct bits *b, uint64_t lo, uint64_t hi)
{
	uint64_t weight = 0;

	check_range(b, lo, hi);
	for (size_t i = (size_t)(lo / BITS_PER_WORD); i < end_word(lo, hi); i++)
		weight += (uint64_t)__builtin_popcountll(b->words[i] & mask_range(i, lo, hi));
	return weight;
}

void bits_fill(struct bits *b, bool value)
{
	size_t words_count = bits_words_for(b->count);

	if (!words_count)
		return;
	memset(b->words, value ? 0xff : 0, words_count * sizeof(*b->words));
	b->words[words_count - 1] &= mask_to((b->count - 1) % BITS_PER_WORD + 1);
}

/* The first bit at or after @from that is set in the words xor @flip. */
static uint64_t next_bit(const struct bits *b, uint64_t from, uint64_t flip)
{
	uint64_t mask = mask_from(from % BITS_PER_WORD);

	CM_ASSERT(from <= b->count);
	for (size_t i = (size_t)(from / BITS_PER_WORD); i < bits_words_for(b->count); i++) {
		uint64_t word = (b->words[i] ^ flip) & mask;

		/* Never past the count: bits behind it are clear; the first one is it. */
		if (word)
			return i * BITS_PER_WORD + (uint64_t)__builtin_ctzll(word);
		mask = ~(uint64_t)0;
	}
	return b->count;
}

uint64_t bits_next_set(const struct bits *b, uint64_t from)
{
	return next_bit(b, from, 0);
}

uint64_t bits_next_zero(const struct bits *b, uint64_t from)
{
	return next_bit(b, from, ~(uint64_t)0);
}

uint64_t bits_weight(const struct bits *b)
{
	return bits_weight_range(b, 0, b->count);
}

void bits_or(struct bits *dst, const struct bits *src)
{
	CM_ASSERT(dst->count == src->count);
	for (size_t i = 0; i < bits_words_for(dst->count); i++)
		dst->words[i] |= src->words[i];
}

/*
 * A stretch of bytes is worked off in pieces, each within one word of the set: a short one up to
 * the next word, whole words, a short rest. The pieces end at the count.
 */
struct piece {
	uint64_t *word;
	unsigned int shift;	/* bit of the word where the piece begins */
	size_t len_bytes;	/* 1..8 */
	uint64_t mask;		/* bits of the word that are in the piece and below the count */
};

/* Returns false when @first is at or past the count, or no bytes are left. */
static bool piece_at(const struct bits *b, uint64_t first, size_t left_bytes, struct piece *p)
{
	uint64_t end;
	size_t word_nr = (size_t)(first / BITS_PER_WORD);

	CM_ASSERT(first % 8 == 0);
	if (!left_bytes || first >= b->count)
		return false;
	p->word = &b->words[word_nr];
	p->shift = (unsigned int)(first % BITS_PER_WORD);
	p->len_bytes = (BITS_PER_WORD - p->shift) / 8;
	if (p->len_bytes > left_bytes)
		p->len_bytes = left_bytes;
	end = first + 8 * p->len_bytes;
	p->mask = mask_range(word_nr, first, end < b->count ? end : b->count);
	return true;
}

static uint64_t piece_load(const struct piece *p, const uint8_t *src)
{
	uint64_t value = 0;

	memcpy(&value, src, p->len_bytes);
	return le64toh(value) << p->shift & p->mask;
}

void bits_get_bytes(const struct bits *b, uint64_t first, void *dst, size_t len_bytes)
{
	uint8_t *at = dst;
	struct piece p;

	while (piece_at(b, first, len_bytes, &p)) {
		uint64_t value = htole64((*p.word & p.mask) >> p.shift);

		memcpy(at, &value, p.len_bytes);
		at += p.len_bytes;
		first += 8 * p.len_bytes;
		len_bytes -= p.len_bytes;
	}
	if (len_bytes)
		memset(at, 0, len_bytes);
}

void bits_put_bytes(struct bits *b, uint64_t first, const void *src, size_t len_bytes)
{
	const uint8_t *at = src;
	struct piece p;

	while (piece_at(b, first, len_bytes, &p)) {
		*p.word = (*p.word & ~p.mask) | piece_load(&p, at);
		at += p.len_bytes;
		first += 8 * p.len_bytes;
		len_bytes -= p.len_bytes;
	}
}

uint64_t bits_or_bytes(struct bits *b, uint64_t first, const void *src, size_t len_bytes)
{
	const uint8_t *at = src;
	uint64_t new_count = 0;
	struct piece p;

	while (piece_at(b, first, len_bytes, &p)) {
		uint64_t fresh = piece_load(&p, at) & ~*p.word;

		new_count += (uint64_t)__builtin_popcountll(fresh);
		*p.word |= fresh;
		at += p.len_bytes;
		first += 8 * p.len_bytes;
		len_bytes -= p.len_bytes;
	}
	return new_count;
}
