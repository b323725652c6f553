/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * golden.h - byte images written by hand, as text, in test/abi/golden/.
 *
 * A file is a row of words: "4d" one byte, "00*55" the same byte 55 times, "\"abc\"" characters,
 * "@32" the claim that the next byte lies at offset 32; from "#" on the line is a comment. Files
 * of a released format are never changed: a new version gets new files beside them.
 *
 * The folder is test/abi/golden in $CM_TOP_SRCDIR; without that variable below this folder or one
 * of the three above it.
 * One thread.
 */
#ifndef CM_TEST_ABI_GOLDEN_H
#define CM_TEST_ABI_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

struct golden {
	uint8_t *bytes;		/* exactly len_bytes were allocated: a sanitizer guards the end */
	size_t len_bytes;
};

/* Read test/abi/golden/@name. A missing or malformed file ends the program with a message. */
struct golden golden_read(const char *name);
void golden_free(struct golden *golden);

/* A copy of @len_bytes bytes in an allocation of exactly that size; free() it. */
uint8_t *golden_copy(const uint8_t *bytes, size_t len_bytes);

/* An output buffer of @len_bytes with guard bytes behind it, filled with a pattern. */
uint8_t *golden_out(size_t len_bytes);
/* Are the guard bytes of golden_out() untouched? Frees the buffer. */
int golden_out_ok(uint8_t *out, size_t len_bytes);

#endif
