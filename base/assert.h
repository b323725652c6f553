/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * assert.h - assertions that stay on in every build, and the few compiler helpers everything uses.
 *
 * CM_ASSERT is for mistakes of this program only: a failed one turns wrong behaviour into a dead
 * process, which the cluster survives. Bytes from a kernel, a disk, a peer or a user get an error
 * code instead (base/err.h), never an assertion.
 *
 * Any thread. No allocation.
 */
#ifndef CM_BASE_ASSERT_H
#define CM_BASE_ASSERT_H

#include <stddef.h>

/*
 * Write "FILE:LINE: assertion failed: TEXT" to stderr with one write(2) and abort(). Does not
 * return. Safe where neither malloc nor stdio is.
 */
_Noreturn void cm_assert_fail(const char *file, int line, const char *text);

/* @cond is evaluated exactly once, in every build. */
#define CM_ASSERT(cond) \
	(__builtin_expect(!(cond), 0) ? cm_assert_fail(__FILE__, __LINE__, #cond) : (void)0)

/* For the branch that the lines above have ruled out. */
#define CM_UNREACHABLE() cm_assert_fail(__FILE__, __LINE__, "unreachable")

#define CM_STATIC_ASSERT(cond) _Static_assert(cond, #cond)

/* Behind the prototype of every function that can fail. Ignoring is written `if (f()) {}` with a
 * comment that says why. */
#define CM_MUST_CHECK __attribute__((warn_unused_result))

/* @fmt_at and @args_at count parameters from 1, as in printf's own declaration. */
#define CM_PRINTF(fmt_at, args_at) __attribute__((format(printf, fmt_at, args_at)))

/* Elements of an array; a pointer does not compile (its own address has another type). */
#define CM_ARRAY_COUNT(a) \
	(sizeof(a) / sizeof((a)[0]) + \
	 0 * sizeof(struct { _Static_assert(!__builtin_types_compatible_p(__typeof__(a), \
		__typeof__(&(a)[0])), "an array, not a pointer"); int unused; }))

/* The struct that holds @ptr as its member @member; a pointer of another type does not compile. */
#define CM_CONTAINER_OF(ptr, type, member) \
	((type *)(void *)((char *)(1 ? (ptr) : &((type *)0)->member) - offsetof(type, member)))

#endif
