/* SPDX-License-Identifier: GPL-2.0-only */
/* test_bits.c - base/bits.h: each function against one bool per bit, for all small sets. */
#include "base/bits.h"

#include <stdlib.h>
#include <string.h>

#include "test/lib/tap.h"

#define COUNT_MAX 200u

/* The model: one bool per bit. */
static bool model[COUNT_MAX];
static uint64_t words[COUNT_MAX / BITS_PER_WORD + 2];
static const uint64_t counts[] = { 0, 1, 7, 8, 63, 64, 65, 127, 128, 129, 200 };

static uint32_t random_state = 12345;

static uint32_t random_u32(void)
{
	random_state = random_state * 1664525u + 1013904223u;
	return random_state >> 8;
}

static void random_set(struct bits *b, uint64_t count)
{
	uint32_t kind = random_u32() % 4;

	bits_init(b, words, count);
	for (uint64_t i = 0; i < count; i++) {
		model[i] = kind == 0 ? false : kind == 1 ? true :
			   kind == 2 ? random_u32() % 2 : !(random_u32() % 50);
		if (model[i])
			bits_set(b, i);
	}
}

/* The set is what the model is, and clear past its count. */
static bool same(const struct bits *b)
{
	for (uint64_t i = 0; i < b->count; i++)
		if (bits_test(b, i) != model[i])
			return false;
	for (uint64_t i = b->count; i < bits_words_for(b->count) * BITS_PER_WORD; i++)
		if (b->words[i / BITS_PER_WORD] >> i % BITS_PER_WORD & 1)
			return false;
	return true;
}

static uint64_t model_weight(uint64_t lo, uint64_t hi)
{
	uint64_t weight = 0;

	for (uint64_t i = lo; i < hi; i++)
		weight += model[i];
	return weight;
}

static uint64_t model_next(uint64_t from, uint64_t count, bool value)
{
	while (from < count && model[from] != value)
		from++;
	return from;
}

/* Each range and each start of one set. */
static bool queries_fit(const struct bits *b)
{
	for (uint64_t lo = 0; lo <= b->count; lo++) {
		if (bits_next_set(b, lo) != model_next(lo, b->count, true) ||
		    bits_next_zero(b, lo) != model_next(lo, b->count, false))
			return false;
		for (uint64_t hi = lo; hi <= b->count; hi++) {
			uint64_t weight = model_weight(lo, hi);

			if (bits_weight_range(b, lo, hi) != weight ||
			    bits_any_range(b, lo, hi) != (weight != 0))
				return false;
		}
	}
	return bits_weight(b) == model_weight(0, b->count);
}

static void queries(void)
{
	struct bits b;

	for (size_t c = 0; c < CM_ARRAY_COUNT(counts); c++) {
		bool is_ok = true;

		for (int round = 0; round < 8; round++) {
			random_set(&b, counts[c]);
			is_ok = is_ok && same(&b) && queries_fit(&b);
		}
		OK(is_ok, "weights, ranges, next of %u bits", (unsigned int)counts[c]);
	}
}

static bool ranges_fit(uint64_t count)
{
	struct bits b;

	for (uint64_t lo = 0; lo <= count; lo++) {
		for (uint64_t hi = lo; hi <= count; hi += 1 + random_u32() % 7) {
			bool value = random_u32() % 2;

			random_set(&b, count);
			for (uint64_t i = lo; i < hi; i++)
				model[i] = value;
			if (value)
				bits_set_range(&b, lo, hi);
			else
				bits_clear_range(&b, lo, hi);
			if (!same(&b))
				return false;
		}
	}
	return true;
}

static void ranges(void)
{
	for (size_t c = 0; c < CM_ARRAY_COUNT(counts); c++)
		OK(ranges_fit(counts[c]), "set and clear ranges of %u bits",
		   (unsigned int)counts[c]);
}

static void single_bits(void)
{
	struct bits b;

	random_set(&b, 65);
	bits_fill(&b, false);
	OK(!bits_test_and_set(&b, 64) && bits_test_and_set(&b, 64), "test and set");
	OK(bits_test_and_clear(&b, 64) && !bits_test_and_clear(&b, 64), "test and clear");
	bits_fill(&b, true);
	IS_U64(bits_weight(&b), 65, "fill");
	IS_U64(words[1], 1, "fill leaves the bits past the count clear");
	bits_clear(&b, 64);
	IS_U64(bits_next_zero(&b, 0), 64, "clear");
	IS_U64(bits_words_for(UINT64_MAX), (uint64_t)1 << 58, "words of the largest count");
}

static bool bytes_fit(const struct bits *b, uint64_t first, size_t len_bytes)
{
	uint8_t got[COUNT_MAX / 8 + 24], want[sizeof(got)];

	memset(got, 0xee, sizeof(got));
	memset(want, 0xee, sizeof(want));
	memset(want, 0, len_bytes);
	for (uint64_t i = 0; i < 8 * len_bytes && first + i < b->count; i++)
		if (model[first + i])
			want[i / 8] = (uint8_t)(want[i / 8] | 1u << i % 8);
	bits_get_bytes(b, first, got, len_bytes);
	return !memcmp(got, want, sizeof(got));
}

static void random_bytes(uint8_t *dst, size_t len_bytes)
{
	for (size_t i = 0; i < len_bytes; i++)
		dst[i] = (uint8_t)random_u32();
}

static bool put_fits(struct bits *b, uint64_t first, size_t len_bytes)
{
	uint8_t src[COUNT_MAX / 8 + 24];

	random_bytes(src, sizeof(src));
	for (uint64_t i = 0; i < 8 * len_bytes && first + i < b->count; i++)
		model[first + i] = src[i / 8] >> i % 8 & 1;
	bits_put_bytes(b, first, src, len_bytes);
	return same(b);
}

static bool or_fits(struct bits *b, uint64_t first, size_t len_bytes)
{
	uint8_t src[COUNT_MAX / 8 + 24];
	uint64_t new_count = 0;

	random_bytes(src, sizeof(src));
	for (uint64_t i = 0; i < 8 * len_bytes && first + i < b->count; i++) {
		bool value = src[i / 8] >> i % 8 & 1;

		new_count += value && !model[first + i];
		model[first + i] = model[first + i] || value;
	}
	return bits_or_bytes(b, first, src, len_bytes) == new_count && same(b);
}

static void bytes(void)
{
	struct bits b;

	for (size_t c = 0; c < CM_ARRAY_COUNT(counts); c++) {
		bool get_ok = true, put_ok = true, or_ok = true;

		for (uint64_t first = 0; first <= counts[c] + 16; first += 8) {
			for (size_t len = 0; len <= counts[c] / 8 + 3; len++) {
				random_set(&b, counts[c]);
				get_ok = get_ok && bytes_fit(&b, first, len);
				put_ok = put_ok && put_fits(&b, first, len);
				or_ok = or_ok && or_fits(&b, first, len);
			}
		}
		OK(get_ok, "bytes out of %u bits", (unsigned int)counts[c]);
		OK(put_ok, "bytes into %u bits", (unsigned int)counts[c]);
		OK(or_ok, "bytes or'ed into %u bits", (unsigned int)counts[c]);
	}
}

static void sets(void)
{
	uint64_t other_words[2];
	struct bits a, b, d = { NULL, 0 };

	bits_init(&a, words, 70);
	bits_init(&b, other_words, 70);
	bits_set(&a, 3);
	bits_set(&b, 3);
	bits_set(&b, 69);
	bits_or(&a, &b);
	OK(bits_weight(&a) == 2 && bits_test(&a, 3) && bits_test(&a, 69), "or of two sets");

	bits_free(&d);
	IS_INT(bits_alloc(&d, 70), 0, "memory for 70 bits");
	IS_U64(bits_next_set(&d, 0), 70, "all clear");
	bits_free(&d);
	OK(!d.words && !d.count, "freed");
	IS_INT(bits_alloc(&d, 0), 0, "memory for none");
	IS_U64(bits_next_zero(&d, 0), 0, "none to be found");
	bits_fill(&d, true);
	IS_U64(bits_weight(&d), 0, "none to be set");
	bits_free(&d);
	/* More than any machine has, and no multiplication that wraps around. */
	OK(bits_alloc(&d, UINT64_MAX) < 0, "memory for 2^64 - 1");
}

enum misuse {
	TEST, SET, CLEAR, SET_RANGE, RANGE_TURNED, NEXT, UNALIGNED, OR,
};

static void misuse(void *arg)
{
	uint64_t more_words[2], byte = 0;
	struct bits b, more;

	bits_init(&b, words, 70);
	bits_init(&more, more_words, 71);
	switch (*(enum misuse *)arg) {
	case TEST: (void)bits_test(&b, 70); break;
	case SET: bits_set(&b, 70); break;
	case CLEAR: bits_clear(&b, 70); break;
	case SET_RANGE: bits_set_range(&b, 0, 71); break;
	case RANGE_TURNED: (void)bits_weight_range(&b, 5, 4); break;
	case NEXT: (void)bits_next_set(&b, 71); break;
	case UNALIGNED: bits_put_bytes(&b, 4, &byte, 1); break;
	case OR: bits_or(&b, &more); break;
	}
}

static void misuses(void)
{
	static const char *const names[] = {
		"test past the end", "set past the end", "clear past the end",
		"range past the end", "range turned round", "next past the end",
		"bytes within a byte", "or of unequal sets",
	};

	for (unsigned int i = 0; i < CM_ARRAY_COUNT(names); i++) {
		enum misuse which = (enum misuse)i;

		OK(tap_dies(misuse, &which), "%s is caught", names[i]);
	}
}

int main(void)
{
	queries();
	ranges();
	single_bits();
	bytes();
	sets();
	misuses();
	return tap_done();
}
