/* SPDX-License-Identifier: GPL-2.0-only */
/* L30: what the daemon says takes effect between two passes, and not in the middle of one. */
#include "test/kmod/kt.h"

#include <stdlib.h>

#define CLAIM 0x400000001ull

/* A write whose mark takes long to get to the log: its pass goes on until then. */
static pid_t pass_start(struct kt *kt, uint32_t region)
{
	pid_t pid = kt_write_start(region, 1);

	(void)kt_pump(kt, 0, 300);
	kt_asked_reset(kt);
	return pid;
}

static void pass_end(struct kt *kt, pid_t pid, uint32_t region)
{
	IS_INT(kt_byte(kt_dev("LEG1"), region), 0, "and the pass runs still");
	IS_INT(kt_wait(kt, pid, 5000), 0, "it ends");
}

static void test_freeze(struct kt *kt)
{
	pid_t pid = pass_start(kt, 12);

	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM, 20, 22, 0, 0), 0, "a freeze in a pass");
	OK(!kt_pump(kt, CMIRROR_ASK_FROZEN, 500), "has no result");
	pass_end(kt, pid, 12);
	OK(kt_pump(kt, CMIRROR_ASK_FROZEN, 1000), "now it has");
	IS_INT(kmc_thaw(kt->kmc, kt->luid, CLAIM, NULL), 0, "thaw");
}

static void test_oos(struct kt *kt)
{
	pid_t pid = pass_start(kt, 13);

	kt_oos(kt, CMIRROR_OP_SET, 30);
	IS_INT(kt_sync_count(), KT_REGIONS, "a push in a pass changes nothing");
	pass_end(kt, pid, 13);
	IS_INT(kt_sync_count(), KT_REGIONS - 1, "now it holds");

	pid = pass_start(kt, 14);
	kt_oos(kt, CMIRROR_OP_CLEAR, 30);
	IS_INT(kt_sync_count(), KT_REGIONS - 1, "nor does one that takes it back");
	pass_end(kt, pid, 14);
	IS_INT(kt_sync_count(), KT_REGIONS, "now it does");
}

/* Without a pass there is nothing to wait for. */
static void test_idle(struct kt *kt)
{
	kt_asked_reset(kt);
	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM, 20, 22, 0, 0), 0, "a freeze, no write");
	OK(kt_pump(kt, CMIRROR_ASK_FROZEN, 500), "has its result at once");
	IS_INT(kmc_thaw(kt->kmc, kt->luid, CLAIM, NULL), 0, "thaw");
	kt_oos(kt, CMIRROR_OP_SET, 31);
	IS_INT(kt_sync_count(), KT_REGIONS - 1, "a push holds at once");
}

int main(void)
{
	struct kt kt = { .sticky_ms = 60000 };
	uint32_t i;

	kt_bind(&kt);
	kt_cover(&kt, "LOG");
	for (i = 12; i < 15; i++)
		kt_fill(kt_dev("LEG1"), i, 0);
	IS_INT(kt_create(&kt, false), 0, "create");
	kt_cover_set(&kt, "LOG", KT_SLOW_WRITES, 2500);
	test_freeze(&kt);
	test_oos(&kt);
	kt_cover_set(&kt, "LOG", KT_GOOD, 0);
	test_idle(&kt);
	IS_INT(kt_remove(&kt), 0, "remove");
	IS_INT(kt_uncover(&kt, "LOG"), 0, "the log is free");
	kt_unbind(&kt);
	return tap_done();
}
