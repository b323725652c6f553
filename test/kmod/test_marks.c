/* SPDX-License-Identifier: GPL-2.0-only */
/* Marks: durable before the data, once; lazily cleared; none without a daemon's word. */
#include "test/kmod/kt.h"

#include <errno.h>
#include <stdlib.h>

static void test_hot_and_cold(struct kt *kt)
{
	struct cmirror_stats before, after;
	int i;

	OK(kt_write(kt, 7, 1), "a cold write");
	IS_INT(kt_disk_mark(7), 1, "its mark is on disk");
	IS_INT(kt_disk_mark(8), 0, "and no other");
	before = kt_look(kt)->stats;
	IS_U64(before.slot_writes, 1, "one page written");
	IS_U64(before.mark_batches, 1, "in one batch");
	for (i = 0; i < 100; i++)
		if (!kt_write(kt, 7, (uint8_t)i))
			break;
	IS_INT(i, 100, "100 hot writes");
	after = kt_look(kt)->stats;
	IS_U64(after.slot_writes, 1, "nothing written for them");
	IS_U64(after.news - before.news, 0, "nothing said");
	OK(kt_write(kt, 9, 1), "another cold one");
	IS_U64(kt_look(kt)->stats.slot_writes, 2, "one page more");
}

static void test_lazy_clear(struct kt *kt)
{
	IS_INT(kt_disk_mark(7), 1, "marked");
	(void)kt_pump(kt, 0, 3500);
	IS_INT(kt_disk_mark(7), 0, "an idle mark goes from the disk");
	OK(kt_look(kt)->stats.clear_batches > 0, "after a flush of the legs");
	IS_U64(kt_look(kt)->mark_count, 0, "none is left");
	OK(kt_write(kt, 7, 5), "a write after that");
	IS_INT(kt_disk_mark(7), 1, "marks it again");
}

/* L27: a mark of a region out of sync stays until the daemon has it on disk. */
static void test_kept(struct kt *kt)
{
	kt_oos(kt, CMIRROR_OP_SET, 10);
	OK(kt_write(kt, 10, 1), "a write there");
	IS_INT(kt_byte(kt_dev("LEG1"), 10), 1, "goes to all legs");
	IS_INT(kt_disk_mark(10), 1, "and is marked");
	(void)kt_pump(kt, 0, 3500);
	IS_INT(kt_disk_mark(10), 1, "the mark stays");
	IS_INT(kmc_mode(kt->kmc, kt->luid, CMIRROR_MODE_ALL, true), 0, "oos is durable");
	(void)kt_pump(kt, 0, 3500);
	IS_INT(kt_disk_mark(10), 0, "now it goes");
}

static void test_handover(struct kt *kt)
{
	uint8_t bits[8];

	OK(kt_write(kt, 60, 1), "a write");
	IS_INT(kmc_marks(kt->kmc, kt->luid, 0, bits, 8), -EBUSY, "marks of one that runs");
	IS_INT(kt_dmsetup(kt, "suspend", "--noflush", "kt"), 0, "suspend");
	IS_INT(kmc_marks_get(kt->kmc, kt->luid, 0, 64, bits), 0, "marks that it leaves");
	IS_INT(bits[7] >> 4 & 1, 1, "60 is one");
	IS_INT(kmc_marks_get(kt->kmc, kt->luid, 32, 8, bits), -EINVAL, "not from a whole word on");
	IS_INT(kmc_marks_get(kt->kmc, kt->luid, 64000, 8, bits), -ERANGE, "beyond the end");
	IS_INT(kt_dmsetup(kt, "resume", "kt", NULL), 0, "resume");
	IS_U64(kt_look(kt)->mark_count, 0, "nothing of that is left in it");
	IS_INT(kmc_marks_get(kt->kmc, kt->luid, 0, 64, bits), 0, "its marks");
	IS_INT(bits[7], 0, "are none");
}

/* A core log writes no page, and nothing else happens that would make it look. */
static void test_core(struct kt *kt)
{
	IS_INT(kt_create(kt, true), 0, "core: create");
	OK(kt_write(kt, 7, 1), "core: a write");
	IS_U64(kt_look(kt)->mark_count, 1, "core: one mark");
	(void)kt_pump(kt, 0, 3500);
	IS_U64(kt_look(kt)->mark_count, 0, "core: it goes");
	IS_INT(kt_remove(kt), 0, "core: remove");
}

int main(void)
{
	struct kt kt = { .sticky_ms = 1000 };

	kt_bind(&kt);
	IS_INT(kt_create(&kt, false), 0, "create");
	test_hot_and_cold(&kt);
	test_lazy_clear(&kt);
	test_kept(&kt);
	test_handover(&kt);
	IS_INT(kt_remove(&kt), 0, "remove");
	test_core(&kt);
	kt_unbind(&kt);
	return tap_done();
}
