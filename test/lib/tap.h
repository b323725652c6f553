/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tap.h - test results on stdout in the Test Anything Protocol: "ok 1 - name", the plan at the end.
 *
 * A program calls the macros as often as it likes and ends with `return tap_done();`. A failure
 * prints the source line and both values, and the program goes on. One thread.
 */
#ifndef CM_TEST_LIB_TAP_H
#define CM_TEST_LIB_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"

/* OK(cond, "name %d", ...): one test. Returns the condition, so that `if (!OK(...))` can leave. */
#define OK(cond, ...) tap_ok((cond), __FILE__, __LINE__, #cond, __VA_ARGS__)

/* Two numbers are equal: unsigned, signed (error codes). Two strings are; NULL equals NULL. */
#define IS_U64(a, b, ...) \
	tap_is_u64((uint64_t)(a), (uint64_t)(b), __FILE__, __LINE__, #a, __VA_ARGS__)
#define IS_INT(a, b, ...) tap_is_int((a), (b), __FILE__, __LINE__, #a, __VA_ARGS__)
#define IS_STR(a, b, ...) tap_is_str((a), (b), __FILE__, __LINE__, #a, __VA_ARGS__)

/* @len_bytes bytes at @a and @b are equal; prints the first offset where they are not. */
#define IS_MEM(a, b, len_bytes, ...) \
	tap_is_mem((a), (b), (len_bytes), __FILE__, __LINE__, #a, __VA_ARGS__)

/* A test that cannot run here: counted, and an error unless scripts/skips names it. */
#define SKIP(name, reason) tap_skip((name), (reason))

bool tap_ok(bool is_ok, const char *file, int line, const char *expr, const char *fmt, ...)
	CM_PRINTF(5, 6);
bool tap_is_u64(uint64_t got, uint64_t want, const char *file, int line, const char *expr,
		const char *fmt, ...) CM_PRINTF(6, 7);
bool tap_is_int(long long got, long long want, const char *file, int line, const char *expr,
		const char *fmt, ...) CM_PRINTF(6, 7);
bool tap_is_str(const char *got, const char *want, const char *file, int line, const char *expr,
		const char *fmt, ...) CM_PRINTF(6, 7);
bool tap_is_mem(const void *got, const void *want, size_t len_bytes, const char *file, int line,
		const char *expr, const char *fmt, ...) CM_PRINTF(7, 8);
void tap_skip(const char *name, const char *reason);

/*
 * Run @fn(@arg) in a child process and tell whether a failed CM_ASSERT ended it. For the proof that
 * a check is there; prints nothing.
 */
bool tap_dies(void (*fn)(void *arg), void *arg) CM_MUST_CHECK;

/* Print the plan. Returns the exit code: 0, or 1 when a test failed or none ran. */
int tap_done(void) CM_MUST_CHECK;

#endif
