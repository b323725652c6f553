/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kt_writers.h - children that read and write the mirror all the time.
 *
 * Each owns one block of every region, and remembers what it has written last: a block that reads
 * otherwise is an error, and so is a write whose mark is not on disk while it must be.
 */
#ifndef CM_TEST_KMOD_KT_WRITERS_H
#define CM_TEST_KMOD_KT_WRITERS_H

#include "test/kmod/kt.h"

#define KTW_MAX		8u		/* children */
#define KTW_BLOCK_BYTES	4096u

struct ktw_plan {
	uint32_t lo, hi;		/* its regions */
	uint32_t rest_ms;		/* at most, between two writes; 0: none */
	uint32_t marks_every;		/* writes; 0: it does not look */
	uint32_t flush_every;		/* writes; 0: it does not flush */
	bool reads_only;
};

/* What a child has done; shared with it. */
struct ktw_tally {
	uint32_t writes, reads, marks, flushes;
	char error[160];		/* "" = none */
};

struct ktw {
	pid_t pid[KTW_MAX];
	uint32_t count;
	struct ktw_tally *tally;	/* KTW_MAX */
};

void ktw_open(struct ktw *w);		/* dies when it cannot */
/* One more. They begin with a mirror whose blocks they do not know. */
void ktw_start(struct kt *kt, struct ktw *w, const struct ktw_plan *plan, uint32_t seed);
/* Tell all to end; wait, being the daemon, up to @ms. A check each: it has ended well. */
void ktw_end(struct kt *kt, struct ktw *w, int ms);

#endif
