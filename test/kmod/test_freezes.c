/* SPDX-License-Identifier: GPL-2.0-only */
/* Freezes while writes are under way, and one after the other; flushes that hang. */
#include "test/kmod/kt.h"

#include <errno.h>
#include <stdlib.h>

#define CLAIM 0x300000001ull

/* The result of a freeze: its bits, or -1. */
static int result(struct kt *kt, uint64_t claim)
{
	uint32_t i;

	for (i = 0; i < kt_look(kt)->frozen_count; i++)
		if (kt->look.frozen[i].claim_id == claim)
			return kt->look.frozen[i].bits[0];
	return -1;
}

static void thaw(struct kt *kt, uint64_t claim)
{
	IS_INT(kmc_thaw(kt->kmc, kt->luid, claim, NULL), 0, "thaw");
}

static void test_in_flight(struct kt *kt)
{
	pid_t pid;

	kt_cover_set(kt, "LEG1", KT_SLOW_WRITES, 1500);
	kt_asked_reset(kt);
	pid = kt_write_start(12, 1);
	(void)kt_pump(kt, 0, 300);
	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM, 12, 14, 10000, 0), 0, "a freeze");
	OK(!kt_pump(kt, CMIRROR_ASK_FROZEN, 700), "has no result while a write is under way");
	IS_INT(kt_disk_mark(12), 1, "whose mark has outlived its time");
	OK(kt_pump(kt, CMIRROR_ASK_FROZEN, 5000), "has one later");
	IS_INT(kt_byte(kt_dev("LEG1"), 12), 1, "when it is on the slow leg, too");
	IS_INT(kt_wait(kt, pid, 1000), 0, "and has ended");
	IS_INT(result(kt, CLAIM), 0, "all is quiet");
	thaw(kt, CLAIM);
}

static void test_told_as_written(struct kt *kt)
{
	pid_t pid = kt_write_start(12, 2), next;

	(void)kt_pump(kt, 0, 300);
	kt_asked_reset(kt);
	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM, 12, 14, 0, 0), 0, "one that does not wait");
	OK(kt_pump(kt, CMIRROR_ASK_FROZEN, 500), "has its result");
	IS_INT(kt_wait(kt, pid, 0), -1, "before the write has ended");
	IS_INT(result(kt, CLAIM), 1, "which is told");
	next = kt_write_start(12, 3);
	IS_INT(kt_wait(kt, pid, 5000), 0, "it ends");
	IS_INT(kt_wait(kt, next, 5000), 0, "and the next there goes on");
	OK(!(kt->asked & CMIRROR_ASK_VOID), "and asks for nothing");
	next = kt_write_start(13, 3);
	OK(kt_pump(kt, CMIRROR_ASK_VOID, 2000), "but not beside it");
	thaw(kt, CLAIM);
	IS_INT(kt_wait(kt, next, 5000), 0, "until it is thawed");
}

/* The end of one claim does not take the region from the next that has it. */
static void test_two(struct kt *kt)
{
	pid_t pid;

	kt_asked_reset(kt);
	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM, 12, 14, 100, 60000), 0, "a freeze");
	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM + 1, 13, 15, 100, 60000), 0,
	       "one that overlaps");
	(void)kt_pump(kt, 0, 200);
	IS_INT(result(kt, CLAIM), 0, "both");
	IS_INT(result(kt, CLAIM + 1), 0, "have their results");
	thaw(kt, CLAIM);
	OK(kt_write(kt, 12, 4), "a write to what only the first had");
	pid = kt_write_start(13, 4);
	IS_INT(kt_wait(kt, pid, 3000), -1, "what both had stays frozen");
	thaw(kt, CLAIM + 1);
	IS_INT(kt_wait(kt, pid, 5000), 0, "until the second is thawed");
}

/*
 * L11. t0: a flush of the legs begins, for the mark of an idle region, that is written at t1. At t2
 * the flush ends, and the region is idle again: what was written at t1 it has not flushed.
 */
static void test_written_in_flush(struct kt *kt)
{
	kt_cover_set(kt, "LEG1", KT_SLOW_FLUSHES, 2000);
	OK(kt_write(kt, 20, 1), "a write");
	(void)kt_pump(kt, 0, 1000);
	IS_INT(kt_disk_mark(20), 1, "its mark waits for the legs' flush");
	OK(kt_write(kt, 20, 2), "one more meanwhile");
	(void)kt_pump(kt, 0, 2000);
	OK(kt_look(kt)->stats.clear_batches > 0, "the flush has ended");
	IS_INT(kt_disk_mark(20), 1, "the mark stays for the second");
	(void)kt_pump(kt, 0, 4000);
	IS_INT(kt_disk_mark(20), 0, "until that is flushed, too");
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);
}

/* D6: a leg that does not answer a flush keeps neither the suspend, nor the daemon's news. */
static void test_hung_flush(struct kt *kt)
{
	const char *const suspend[] = { "dmsetup", "suspend", "--noflush", "kt", NULL };

	kt_cover_set(kt, "LEG1", KT_SLOW_FLUSHES, 100000);
	OK(kt_write(kt, 30, 1), "a write");
	IS_INT(kmc_flush(kt->kmc, kt->luid, 5), 0, "a flush that hangs");
	kt_asked_reset(kt);
	OK(!kt_pump(kt, CMIRROR_ASK_FLUSHED, 1000), "has no result");
	IS_INT(kt_disk_mark(30), 1, "no mark goes");
	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM, 31, 32, 10000, 60000), 0, "a freeze");
	OK(kt_pump(kt, CMIRROR_ASK_FROZEN, 1000), "has its result");
	IS_INT(kt_wait(kt, kt_run(suspend), 8000), 0, "a suspend ends");
	OK(kt_look(kt)->ask & CMIRROR_ASK_FLUSHED && kt->look.flush_error == -ENXIO,
	   "the flush counts as failed");
	IS_INT(kt_remove(kt), 0, "remove");
	OK(kt_sh(kt, "rmmod dm-log-cmirror") > 0, "the module stays while the flush hangs");
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);
	(void)kt_pump(kt, 0, 300);
	IS_INT(kt_uncover(kt, "LEG1"), 0, "when it has ended the leg is free");
}

int main(void)
{
	struct kt kt = { .sticky_ms = 100 };

	kt_bind(&kt);
	kt_cover(&kt, "LEG1");
	IS_INT(kt_create(&kt, false), 0, "create");
	test_in_flight(&kt);
	test_told_as_written(&kt);
	kt_cover_set(&kt, "LEG1", KT_GOOD, 0);
	test_two(&kt);
	test_written_in_flush(&kt);
	test_hung_flush(&kt);
	kt_unbind(&kt);
	return tap_done();
}
