/* SPDX-License-Identifier: GPL-2.0-only */
/* A log device that fails, or is slow: no data without a durable mark, and one write for many. */
#include "test/kmod/kt.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT 30u

static void test_batch(struct kt *kt)
{
	struct cmirror_stats before;
	pid_t pid[COUNT];
	uint32_t i, good = 0, marked = 0;

	kt_cover_set(kt, "LOG", KT_SLOW_WRITES, 1000);
	before = kt_look(kt)->stats;
	for (i = 0; i < COUNT; i++) {
		pid[i] = kt_write_start(i, 0x70);
		if (i == 0)
			(void)kt_pump(kt, 0, 300);	/* its page is being written */
	}
	(void)kt_pump(kt, 0, 300);
	OK(kt_byte(kt_dev("LEG0"), 0) != 0x70, "no data before the mark is on disk");
	for (i = 0; i < COUNT; i++)
		good += kt_wait(kt, pid[i], 10000) == 0;
	IS_U64(good, COUNT, "%u cold writes while the log is slow", COUNT);
	for (i = 0; i < COUNT; i++)
		marked += kt_disk_mark(i) == 1;
	IS_U64(marked, COUNT, "all are marked on disk");
	IS_U64(kt_look(kt)->stats.slot_writes - before.slot_writes, 2,
	       "with one page written for the first, and one for all others");
	IS_U64(kt->look.stats.mark_batches - before.mark_batches, 2, "two batches");
	kt_cover_set(kt, "LOG", KT_GOOD, 0);
}

/* A write that has ended before anybody waits for it is not waited for. */
static void test_at_once(struct kt *kt)
{
	int64_t since_ms;
	uint32_t i;

	kt_cover_set(kt, "LOG", KT_NOTHING, 0);
	since_ms = kt_now_ms();
	for (i = 80; i < 110; i++)
		if (!kt_write(kt, i, 1))
			break;
	IS_U64(i, 110, "30 cold writes with a log that answers at once");
	OK(kt_now_ms() - since_ms < 2500, "%lld ms", (long long)(kt_now_ms() - since_ms));
	kt_cover_set(kt, "LOG", KT_GOOD, 0);
}

static void test_retry(struct kt *kt)
{
	pid_t pid;

	kt_cover_set(kt, "LOG", KT_ERROR_WRITES, 0);
	kt_asked_reset(kt);
	pid = kt_write_start(40, 0x40);
	IS_INT(kt_wait(kt, pid, 1200), -1, "a log that fails: the write waits");
	OK(kt_byte(kt_dev("LEG0"), 40) != 0x40, "and is on no leg");
	kt_cover_set(kt, "LOG", KT_GOOD, 0);
	IS_INT(kt_wait(kt, pid, 3000), 0, "when it is good again, it is done");
	IS_INT(kt_disk_mark(40), 1, "marked");
	OK(!(kt->asked & CMIRROR_ASK_LOG_FAILED), "nobody had to hear of it");
}

static long switches(void)
{
	FILE *in = fopen("/proc/stat", "r");
	char line[4096];
	long count = -1;

	while (in && fgets(line, sizeof(line), in))
		if (sscanf(line, "ctxt %ld", &count) == 1)
			break;
	if (in)
		fclose(in);
	return count;
}

static void test_fails(struct kt *kt)
{
	long before;
	pid_t pid;

	OK(kt_write(kt, 50, 1), "a write, marked");
	kt_cover_set(kt, "LOG", KT_ERROR_WRITES, 0);
	kt_asked_reset(kt);
	pid = kt_write_start(51, 0x51);
	OK(kt_pump(kt, CMIRROR_ASK_LOG_FAILED, 6000), "a log that goes on failing is told of");
	IS_INT(kt_wait(kt, pid, 500), -1, "the write is held");
	OK(kt_byte(kt_dev("LEG0"), 51) != 0x51, "it is on no leg");
	OK(kt_sh(kt, "dmsetup status kt | grep -q ' D$'") == 0, "status says so");
	before = switches();
	poll(NULL, 0, 2000);
	OK(switches() - before < 150, "the clerk sleeps (%ld switches)", switches() - before);
	kt_cover_set(kt, "LOG", KT_GOOD, 0);
	kt->sticky_ms = 60000;
	IS_INT(kt_reload(kt, false), 0, "a new table");
	IS_INT(kt_wait(kt, pid, 5000), 0, "does the write");
	IS_INT(kt_disk_mark(51), 1, "marked");
}

int main(void)
{
	struct kt kt = { .sticky_ms = 60000 };

	kt_bind(&kt);
	kt_cover(&kt, "LOG");
	IS_INT(kt_create(&kt, false), 0, "create");
	test_batch(&kt);
	test_at_once(&kt);
	test_retry(&kt);
	kt.sticky_ms = 100;
	IS_INT(kt_reload(&kt, false), 0, "marks that go soon");
	test_fails(&kt);
	IS_INT(kt_remove(&kt), 0, "remove");
	IS_INT(kt_uncover(&kt, "LOG"), 0, "the log is free");
	kt_unbind(&kt);
	return tap_done();
}
