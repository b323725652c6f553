/* SPDX-License-Identifier: GPL-2.0-only */
/* Copying: claims of this node, and the freezes for those of others. */
#include "test/kmod/kt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CLAIM 0x100000001ull

static void test_reads(struct kt *kt)
{
	kt_oos(kt, CMIRROR_OP_SET, 20);
	kt_fill(kt_dev("LEG0"), 20, 0xaa);
	kt_fill(kt_dev("LEG1"), 20, 0xbb);
	IS_INT(kt_byte("/dev/mapper/kt", 20), 0xaa, "read out of sync: from the first leg");
}

static void test_copy(struct kt *kt)
{
	const uint8_t out[1] = { 0 };

	kt_oos(kt, CMIRROR_OP_SET, 21);
	kt_fill(kt_dev("LEG0"), 21, 0xcc);
	kt_fill(kt_dev("LEG1"), 21, 0xdd);
	kt_asked_reset(kt);
	IS_INT(kmc_claim(kt->kmc, kt->luid, CLAIM, 18, 22, out), 0, "a claim");
	OK(kt_pump(kt, CMIRROR_ASK_COPIED, 5000), "an idle mirror copies it");
	IS_U64(kt_look(kt)->copied_count, 1, "one claim is told of");
	OK(kt->look.copied[0].is_done && kt->look.copied[0].claim_id == CLAIM, "it is done");
	IS_INT(kt->look.copied[0].bits[0], 0x0c, "what was out of sync was copied");
	IS_INT(kt_byte(kt_dev("LEG1"), 20), 0xaa, "20 is copied");
	IS_INT(kt_byte(kt_dev("LEG1"), 21), 0xcc, "21 is copied");
	IS_INT(kmc_claim_end(kt->kmc, kt->luid, CLAIM), 0, "the claim ends");
	OK(!(kt_look(kt)->ask & CMIRROR_ASK_COPIED), "nothing to tell any more");
	kt_oos(kt, CMIRROR_OP_CLEAR, 20);
	kt_oos(kt, CMIRROR_OP_CLEAR, 21);
}

/* A slow copy of one region: the claim cannot end, and loses what is not begun. */
static void test_cut(struct kt *kt)
{
	const uint8_t out[1] = { 0x02 };
	uint32_t region;

	for (region = 90; region < 94; region++)
		kt_oos(kt, CMIRROR_OP_SET, region);
	kt_cover_set(kt, "LEG1", KT_SLOW_WRITES, 1500);
	kt_asked_reset(kt);
	IS_INT(kmc_claim(kt->kmc, kt->luid, CLAIM, 90, 94, out), 0, "a claim without 91");
	(void)kt_pump(kt, 0, 500);
	IS_INT(kmc_claim_end(kt->kmc, kt->luid, CLAIM), -EBUSY, "does not end while 90 is copied");
	OK(!(kt->asked & CMIRROR_ASK_COPIED), "nor is it done");
	IS_INT(kmc_claim_cut(kt->kmc, kt->luid, CLAIM, 93), 0, "93 is cut off");
	OK(kt_pump(kt, CMIRROR_ASK_COPIED, 8000), "now it is done");
	IS_INT(kt_look(kt)->copied[0].bits[0], 0x05, "90 and 92 are copied");
	IS_INT(kmc_claim_end(kt->kmc, kt->luid, CLAIM), 0, "it ends");
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);
	for (region = 90; region < 94; region++)
		kt_oos(kt, CMIRROR_OP_CLEAR, region);
}

/* What has left the claim before it is handed out is not copied. */
static void test_thawed_alone(struct kt *kt)
{
	const uint8_t out[1] = { 0 };
	const uint64_t region = 96;

	kt_oos(kt, CMIRROR_OP_SET, 95);
	kt_oos(kt, CMIRROR_OP_SET, 96);
	kt_cover_set(kt, "LEG1", KT_SLOW_WRITES, 1000);
	kt_asked_reset(kt);
	IS_INT(kmc_claim(kt->kmc, kt->luid, CLAIM, 95, 97, out), 0, "a claim of two");
	IS_INT(kmc_thaw(kt->kmc, kt->luid, CLAIM, &region), 0, "one leaves it");
	OK(kt_pump(kt, CMIRROR_ASK_COPIED, 8000), "it is done");
	IS_INT(kt_look(kt)->copied[0].bits[0], 0x01, "with the other");
	IS_INT(kmc_claim_end(kt->kmc, kt->luid, CLAIM), 0, "it ends");
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);
	kt_oos(kt, CMIRROR_OP_CLEAR, 95);
	kt_oos(kt, CMIRROR_OP_CLEAR, 96);
}

static void test_void(struct kt *kt)
{
	const uint64_t region = 30;
	pid_t pid;

	kt_asked_reset(kt);
	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM, 30, 34, 0, 0), 0, "a freeze");
	OK(kt_pump(kt, CMIRROR_ASK_FROZEN, 5000), "has a result");
	IS_U64(kt_look(kt)->frozen_count, 1, "one");
	IS_INT(kt->look.frozen[0].bits[0], 0, "nothing is written there");
	OK(kt_write(kt, 40, 1), "a write elsewhere goes on");
	pid = kt_write_start(30, 7);
	OK(kt_pump(kt, CMIRROR_ASK_VOID, 5000), "a write there asks");
	IS_INT(kt_wait(kt, pid, 600), -1, "and waits");
	IS_U64(kt_look(kt)->void_count, 1, "for one region");
	IS_U64(kt->look.voids[0], 30, "for that one");
	IS_INT(kmc_thaw(kt->kmc, kt->luid, CLAIM, &region), 0, "thaw it");
	IS_INT(kt_wait(kt, pid, 5000), 0, "the write goes on");
	OK(kt_look(kt)->stats.wakes > 0, "because kmirrord was woken");
	IS_INT(kmc_thaw(kt->kmc, kt->luid, CLAIM, NULL), 0, "thaw all");
	OK(!(kt_look(kt)->ask & (CMIRROR_ASK_FROZEN | CMIRROR_ASK_VOID)), "nothing to tell");
}

static void test_patience(struct kt *kt)
{
	const uint32_t patience_ms = 1000;
	int64_t since_ms;
	pid_t pid;

	kt_asked_reset(kt);
	since_ms = kt_now_ms();
	IS_INT(kmc_freeze(kt->kmc, kt->luid, CLAIM, 50, 51, 1000, patience_ms), 0, "a freeze");
	OK(kt_pump(kt, CMIRROR_ASK_FROZEN, 5000), "has a result");
	pid = kt_write_start(50, 7);
	OK(kt_pump(kt, CMIRROR_ASK_VOID, 5000), "a write waits, and asks");
	OK(kt_now_ms() - since_ms >= patience_ms, "when the freeze is old enough");
	IS_INT(kt_wait(kt, pid, 300), -1, "and waits on");
	IS_INT(kmc_thaw(kt->kmc, kt->luid, CLAIM, NULL), 0, "thaw");
	IS_INT(kt_wait(kt, pid, 5000), 0, "it goes on");
	IS_INT(kmc_thaw(kt->kmc, kt->luid, 4711, NULL), 0, "thaw what is not there");
}

static void test_bad_ranges(struct kt *kt)
{
	const uint8_t out[33] = { 0 };

	IS_INT(kmc_freeze(kt->kmc, kt->luid, 0, 1, 2, 0, 0), -EINVAL, "claim 0");
	IS_INT(kmc_freeze(kt->kmc, kt->luid, 1, 2, 2, 0, 0), -EINVAL, "empty");
	IS_INT(kmc_freeze(kt->kmc, kt->luid, 1, KT_REGIONS - 1, KT_REGIONS + 1, 0, 0), -ERANGE,
	       "beyond the end");
	IS_INT(kmc_claim(kt->kmc, kt->luid, 1, 0, 257, out), -EINVAL, "too long");
	IS_INT(kmc_oos(kt->kmc, kt->luid, CMIRROR_OP_SET, 64, out, 9), -ERANGE, "too many bits");
	IS_INT(kmc_failed_done(kt->kmc, kt->luid, KT_REGIONS), -ERANGE, "no such region");
}

/* L31 and a restart: what is in sync goes on, what is not waits for a daemon, nothing is lost. */
static void test_daemon_dies(struct kt *kt)
{
	uint64_t luid = kt->luid;
	pid_t pid;

	kt_oos(kt, CMIRROR_OP_SET, 70);
	kt_unbind(kt);
	OK(kt_write(kt, 80, 1), "no daemon: a new mark in sync");
	pid = kt_write_start(70, 9);
	IS_INT(kt_wait(kt, pid, 600), -1, "no daemon: out of sync waits");
	kt_bind(kt);
	kt_asked_reset(kt);
	IS_INT(kmc_mode(kt->kmc, luid, CMIRROR_MODE_ALL, false), 0, "another one");
	IS_INT(kt_wait(kt, pid, 5000), 0, "it goes on");
	IS_INT(kt_byte(kt_dev("LEG1"), 70), 9, "on all legs");
	IS_INT(kt_look(kt)->state, CMIRROR_RUNNING, "and never stopped");
	kt_oos(kt, CMIRROR_OP_CLEAR, 70);
}

static void found(void *ctx, const struct kmc_instance *inst)
{
	uint32_t *count = ctx;

	(*count)++;
	IS_STR(inst->uuid, KT_UUID, "its uuid");
	IS_U64(inst->region_count, KT_REGIONS, "its regions");
	IS_U64(inst->region_size_sect, KT_REGION_SECT, "of that size");
	OK(strchr(inst->dev, ':') && strstr(inst->args, " 128"), "its device %s, arguments %s",
	   inst->dev, inst->args);
}

static void test_flush(struct kt *kt)
{
	uint32_t count = 0;

	kt_asked_reset(kt);
	IS_INT(kmc_flush(kt->kmc, kt->luid, 99), 0, "flush");
	OK(kt_pump(kt, CMIRROR_ASK_FLUSHED, 5000), "has ended");
	IS_U64(kt_look(kt)->flush_id, 99, "that one");
	IS_INT(kt->look.flush_error, 0, "well");
	IS_INT(kmc_instances(kt->kmc, found, &count), 0, "instances");
	IS_U64(count, 1, "one");
}

int main(void)
{
	struct kt kt = { .kmc = NULL };

	kt_bind(&kt);
	kt_cover(&kt, "LEG1");
	IS_INT(kt_create(&kt, false), 0, "create");
	test_reads(&kt);
	test_copy(&kt);
	test_cut(&kt);
	test_thawed_alone(&kt);
	test_void(&kt);
	test_patience(&kt);
	test_bad_ranges(&kt);
	test_daemon_dies(&kt);
	test_flush(&kt);
	IS_INT(kt_remove(&kt), 0, "remove");
	IS_INT(kt_uncover(&kt, "LEG1"), 0, "the leg is free");
	kt_unbind(&kt);
	return tap_done();
}
