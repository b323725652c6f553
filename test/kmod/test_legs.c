/* SPDX-License-Identifier: GPL-2.0-only */
/* Legs that fail, and what dm-mirror keeps of it in its region hash. */
#include "test/kmod/kt.h"

#include <stdlib.h>

#define CLAIM 0x200000001ull

static bool legs_equal(uint32_t region)
{
	int byte = kt_byte(kt_dev("LEG0"), region);

	return byte >= 0 && byte == kt_byte(kt_dev("LEG1"), region);
}

static void test_write_fails(struct kt *kt)
{
	const uint8_t out[1] = { 0 };
	pid_t pid;

	OK(kt_write(kt, 5, 1), "a write");
	kt_cover_set(kt, "LEG1", KT_ERROR_WRITES, 0);
	kt_asked_reset(kt);
	pid = kt_write_start(5, 0x55);
	OK(kt_pump(kt, CMIRROR_ASK_FAILED, 5000), "a leg fails a write: the daemon hears of it");
	OK(kt_look(kt)->failed_count == 1 && kt->look.failed[0] == 5, "of which region");
	IS_INT(kt_wait(kt, pid, 500), -1, "the write is held");
	IS_INT(kt_sync_count(), KT_REGIONS - 1, "and the region out of sync");
	IS_INT(kt_disk_mark(5), 1, "and marked");
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);

	kt_oos(kt, CMIRROR_OP_CLEAR, 5);
	IS_INT(kmc_mode(kt->kmc, kt->luid, CMIRROR_MODE_ALL, true), 0, "all is durable");
	kt_asked_reset(kt);
	IS_INT(kmc_claim(kt->kmc, kt->luid, CLAIM, 5, 6, out), 0, "a claim of it");
	OK(!kt_pump(kt, CMIRROR_ASK_COPIED, 500), "waits for the held write");
	IS_INT(kt_disk_mark(5), 1, "L27: the mark stays, whatever is said to be durable");
	IS_INT(kt_dmsetup(kt, "suspend", "--noflush", "kt"), 0, "a suspend");
	IS_INT(kt_look(kt)->copied[0].bits[0], 1, "lets it copy: no push has turned it in sync");
	kt_asked_reset(kt);
	IS_INT(kt_dmsetup(kt, "resume", "kt", NULL), 0, "resume");
	IS_INT(kt_wait(kt, pid, 5000), 0, "the held write is done");
	IS_INT(kt_byte(kt_dev("LEG1"), 5), 0x55, "on both legs");
	OK(kt->asked & CMIRROR_ASK_FAILED, "that it had failed is told again");
	IS_INT(kt_sync_count(), KT_REGIONS - 1, "what the daemon loads does not change that");
	IS_INT(kmc_failed_done(kt->kmc, kt->luid, 5), 0, "it is known");
	OK(!(kt_look(kt)->ask & CMIRROR_ASK_FAILED), "nothing to tell");
	kt_oos(kt, CMIRROR_OP_CLEAR, 5);
	IS_INT(kt_sync_count(), KT_REGIONS, "now it is in sync");
	IS_INT(kt_reload(kt, false), 0, "a new table");
}

/* L1, with our client: the copy of another node, and NOSYNC in our hash. */
static void test_nosync_stays(struct kt *kt)
{
	pid_t pid, again;

	kt_cover_set(kt, "LEG1", KT_ERROR_WRITES, 0);
	kt_asked_reset(kt);
	pid = kt_write_start(9, 0x90);
	OK(kt_pump(kt, CMIRROR_ASK_FAILED, 5000), "a leg fails a write");
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);
	IS_INT(kt_dmsetup(kt, "suspend", "--noflush", "kt"), 0, "suspend");
	IS_INT(kt_dmsetup(kt, "resume", "kt", NULL), 0, "resume");
	OK(kt_look(kt)->ask & CMIRROR_ASK_FAILED, "what failed is told again");
	(void)kt_pump(kt, 0, 500);
	IS_INT(kmc_failed_done(kt->kmc, kt->luid, 9), 0, "it is known");
	kt_fill(kt_dev("LEG0"), 9, 0x91);
	kt_fill(kt_dev("LEG1"), 9, 0x91);
	kt_oos(kt, CMIRROR_OP_CLEAR, 9);
	kt_asked_reset(kt);
	OK(kt_write(kt, 10, 1), "another node has copied it; a write elsewhere");
	again = kt_write_start(9, 0x92);
	OK(kt_pump(kt, CMIRROR_ASK_FAILED, 2000), "a write there counts as failed again");
	OK(kt_wait(kt, again, 300) == -1 || legs_equal(9), "it is on all legs, or not done");
	IS_INT(kt_reload(kt, false), 0, "a new table");
	IS_INT(kt_wait(kt, pid, 5000), 0, "does the held writes");
	(void)kt_wait(kt, again, 5000);
	OK(legs_equal(9), "on all legs");
}

/* A flush that fails makes dm-mirror's hash NOSYNC everywhere, and the log hears of nothing. */
static void test_flush_fails(struct kt *kt)
{
	pid_t flush, pid;

	kt_cover_set(kt, "LEG1", KT_ERROR_WRITES, 0);
	flush = kt_fsync_start();
	IS_INT(kt_wait(kt, flush, 1000), -1, "a flush that fails on a leg is held");
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);
	OK(kt_write(kt, 14, 0x14), "a write to a region");
	(void)kt_pump(kt, 0, 300);
	pid = kt_write_start(14, 0x15);
	(void)kt_pump(kt, 0, 1000);
	OK(kt_wait(kt, pid, 0) == -1 || legs_equal(14), "the next is on all legs, or not done");
	IS_INT(kt_reload(kt, false), 0, "a new table");
	(void)kt_wait(kt, pid, 5000);
	IS_INT(kt_wait(kt, flush, 5000), 0, "does the held flush");
	OK(legs_equal(14), "and the write");
}

int main(void)
{
	struct kt kt = { .sticky_ms = 100 };

	kt_bind(&kt);
	kt_cover(&kt, "LEG1");
	IS_INT(kt_create(&kt, false), 0, "create");
	test_write_fails(&kt);
	test_nosync_stays(&kt);
	test_flush_fails(&kt);
	IS_INT(kt_remove(&kt), 0, "remove");
	IS_INT(kt_uncover(&kt, "LEG1"), 0, "the leg is free at once");
	kt_unbind(&kt);
	return tap_done();
}
