/* SPDX-License-Identifier: GPL-2.0-only */
/* test_pace.c - the arithmetic of a resync's pace. (What comes of it: test/trace/test_pace.c.) */
#include "lib/core/cml_pace.h"
#include "lib/format/wire.h"
#include "test/lib/tap.h"

#define NOW 1000000u

static void test_sizes(void)
{
	struct cml_pace pace = { .regions = 0 };

	IS_U64(cml_pace_regions(&pace, 1024), 32, "16 MiB in 512 KiB");
	IS_U64(cml_pace_regions(&pace, 8), 256, "as many as a message can name");
	IS_U64(cml_pace_regions(&pace, 1u << 30), 1, "at least one");
	cml_pace_copied(&pace, NOW, 32, NOW - 300, NOW - 101);
	IS_U64(cml_pace_regions(&pace, 1024), 32, "not longer than agreeing on it");
	cml_pace_copied(&pace, NOW, 32, NOW - 101, NOW - 101);
	IS_U64(cml_pace_regions(&pace, 1024), 16, "longer than it should be: half");
	cml_pace_copied(&pace, NOW, 16, NOW - 50, NOW - 50);
	IS_U64(cml_pace_regions(&pace, 1024), 16, "half of what it may be");
	cml_pace_copied(&pace, NOW, 16, NOW - 49, NOW - 49);
	IS_U64(cml_pace_regions(&pace, 1024), 19, "less: an eighth and one more");
	cml_pace_copied(&pace, NOW, 16, NOW - 349, NOW - 99);
	IS_U64(cml_pace_regions(&pace, 1024), 22, "less than half of agreeing on it");
	cml_pace_copied(&pace, NOW, 1, NOW - 900, NOW - 900);
	IS_U64(cml_pace_regions(&pace, 1024), 1, "one is the least");
	cml_pace_released(&pace, NOW, NOW - 100, 3, false);
	IS_U64(cml_pace_regions(&pace, 1024), 32, "nobody writes: all there may be");
}

static void test_looks(void)
{
	struct cml_pace pace = { .regions = 0 };

	cml_pace_look(&pace, NOW, 5);
	OK(!cml_pace_is_written(&pace, NOW), "5 writes since ever");
	cml_pace_look(&pace, NOW + 99, 1000);
	OK(!cml_pace_is_written(&pace, NOW + 99), "too soon to say");
	cml_pace_look(&pace, NOW + 1000, 14);
	OK(!cml_pace_is_written(&pace, NOW + 1000), "9 a second are few");
	cml_pace_look(&pace, NOW + 2000, 24);
	OK(cml_pace_is_written(&pace, NOW + 2000), "10 are not");
	OK(cml_pace_is_written(&pace, NOW + 3999) && !cml_pace_is_written(&pace, NOW + 4000),
	   "for two seconds");
	OK(!cml_pace_allows(&pace, NOW + 3999, true) && cml_pace_allows(&pace, NOW + 4000, true),
	   "so long there is one claim at a time");
	cml_pace_look(&pace, NOW + 5000, 3);
	OK(!cml_pace_is_written(&pace, NOW + 5000), "another table counts from 0");
	cml_pace_look(&pace, NOW + 5100, 4);
	OK(cml_pace_is_written(&pace, NOW + 5100), "1 in 100 ms");
	cml_pace_look(&pace, NOW + 20000, 5);
	cml_pace_look(&pace, NOW + 20050, 0);
	OK(!cml_pace_is_written(&pace, NOW + 20050), "another one, soon after a look");
	cml_pace_look(&pace, NOW + 20150, 1);
	OK(cml_pace_is_written(&pace, NOW + 20150), "is counted from then on");
}

static void test_rest(void)
{
	struct cml_pace pace = { .regions = 0 };

	cml_pace_released(&pace, NOW, NOW - 100, 3, false);
	OK(cml_pace_allows(&pace, NOW, true), "nobody writes: no rest");
	cml_pace_busy(&pace, NOW);
	cml_pace_released(&pace, NOW, NOW - 100, 3, false);
	OK(!cml_pace_allows(&pace, NOW + 799, false), "eight times as long, of three");
	OK(cml_pace_allows(&pace, NOW + 800, false), "then one more");
	OK(!cml_pace_allows(&pace, NOW + 2799, true), "somebody is taken to write");
	OK(cml_pace_allows(&pace, NOW + 2800, true), "until two seconds after the rest");
	IS_U64(cml_pace_deadline_ms(&pace, NOW), NOW + 800, "it ends by a timer");
	OK(cml_pace_deadline_ms(&pace, NOW + 800) == UINT64_MAX, "once");
	cml_pace_released(&pace, NOW + 900, NOW + 800, 1, false);
	OK(cml_pace_allows(&pace, NOW + 2800, true), "not said again: not longer");
	cml_pace_busy(&pace, NOW + 3000);
	cml_pace_released(&pace, NOW + 3000, NOW, 16, false);
	OK(!cml_pace_allows(&pace, NOW + 12999, false), "a rest has an end");
	OK(cml_pace_allows(&pace, NOW + 13000, false), "after ten seconds");
}

static void test_patience(void)
{
	static const uint32_t idle[] = { 0, 0, 0, 1000, 4000, 16000, 60000, 60000 };
	static const uint32_t busy[] = { 1000, 4000, 16000, 60000, 60000 };
	struct cml_pace pace = { .regions = 0 };
	uint32_t i;

	for (i = 0; i < CM_ARRAY_COUNT(idle); i++) {
		IS_U64(cml_pace_patience_ms(&pace, NOW), idle[i], "%u in vain", i);
		cml_pace_released(&pace, NOW, NOW, 3, true);
	}
	cml_pace_released(&pace, NOW, NOW, 3, false);
	IS_U64(cml_pace_patience_ms(&pace, NOW), 0, "one that was not");
	for (i = 0; i < CM_ARRAY_COUNT(busy); i++) {
		cml_pace_busy(&pace, NOW);
		IS_U64(cml_pace_patience_ms(&pace, NOW), busy[i], "busy, %u in vain", i);
		cml_pace_released(&pace, NOW, NOW, 3, true);
	}
	OK(busy[4] <= WIRE_PATIENCE_MAX_MS, "what a message may say");
}

int main(void)
{
	test_sizes();
	test_looks();
	test_rest();
	test_patience();
	return tap_done();
}
