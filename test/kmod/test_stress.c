/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All at once: children write and read, hot and cold regions, while this program, in the place of
 * cmirrord, freezes, claims, pushes, dies and comes back, the table is suspended and loaded anew,
 * and the log device and a leg fail. In rounds; after each the mirror is idle, and looked at.
 *
 * KT_STRESS_S: seconds (20). KT_SEED: of what is done when (of the clock; it is printed).
 */
#include "test/kmod/kt.h"
#include "test/kmod/kt_writers.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STICKY_MS	400u
#define ROUND_MS	15000
#define WRITTEN		64u	/* regions from 0 on that are written */
#define QUIET		100u	/* from here on only we write */
#define FREEZE_REGIONS	4u
#define LONG_MS		60000	/* nothing takes that long */

static uint8_t leg[2][KT_REGION_BYTES] __attribute__((aligned(4096)));
static uint8_t frozen_data[FREEZE_REGIONS][KT_REGION_BYTES] __attribute__((aligned(4096)));

static struct stress {
	struct ktw writers;
	uint64_t claim_id;
	/* one freeze at a time; 0: none */
	uint64_t freeze_id;
	uint32_t lo;
	bool is_told;
	bool is_out[FREEZE_REGIONS];
	bool needs_reload;
	/* faults, and what there was of each kind */
	uint32_t unequal_frozen, moved, frozen, thawed;
	uint32_t count[16];
	int64_t ms[16];
} st;

static uint32_t below(uint32_t n)
{
	return (uint32_t)rand() % n;
}

static void region_io(const char *dev, uint32_t region, uint8_t *buf, bool is_write)
{
	int fd = open(dev, (is_write ? O_WRONLY : O_RDONLY) | O_DIRECT | O_CLOEXEC);
	off_t off = (off_t)region * KT_REGION_BYTES;
	ssize_t n = -1;

	if (fd >= 0) {
		n = is_write ? pwrite(fd, buf, KT_REGION_BYTES, off)
			     : pread(fd, buf, KT_REGION_BYTES, off);
		close(fd);
	}
	if (n != KT_REGION_BYTES)
		kt_die(dev, is_write ? "a direct write" : "a direct read");
}

static bool legs_equal(uint32_t region)
{
	region_io(kt_dev("LEG0"), region, leg[0], false);
	region_io(kt_dev("LEG1"), region, leg[1], false);
	return !memcmp(leg[0], leg[1], KT_REGION_BYTES);
}

static uint32_t unequal_count(void)
{
	uint32_t i, count = 0;

	for (i = 0; i < KT_REGIONS; i++)
		count += !legs_equal(i);
	return count;
}

/* ---- what the kernel tells, while anything is done ---- */

static void thaw_all(struct kt *kt)
{
	if (st.freeze_id)
		(void)!kmc_thaw(kt->kmc, kt->luid, st.freeze_id, NULL);
	st.freeze_id = 0;
}

static void voids_heard(struct kt *kt)
{
	uint32_t i;

	for (i = 0; i < kt->look.void_count; i++) {
		uint64_t region = kt->look.voids[i];

		if (!st.freeze_id || region < st.lo || region >= st.lo + FREEZE_REGIONS)
			continue;
		(void)!kmc_thaw(kt->kmc, kt->luid, st.freeze_id, &region);
		st.is_out[region - st.lo] = true;
		st.thawed++;
	}
}

/* Nothing is written there from now on, nor under way. */
static void frozen_heard(const struct kmod_bits *result)
{
	uint32_t i;

	st.is_told = true;
	for (i = 0; i < FREEZE_REGIONS; i++) {
		st.is_out[i] |= result->bits[0] >> i & 1;
		if (st.is_out[i])
			continue;
		st.frozen++;
		st.unequal_frozen += !legs_equal(st.lo + i);
		memcpy(frozen_data[i], leg[0], KT_REGION_BYTES);
	}
}

static void heard(struct kt *kt)
{
	uint32_t i;

	if (kt->look.ask & (CMIRROR_ASK_PRESUSPEND | CMIRROR_ASK_STOP))
		thaw_all(kt);
	voids_heard(kt);
	for (i = 0; i < kt->look.frozen_count; i++)
		if (kt->look.frozen[i].claim_id == st.freeze_id && !st.is_told)
			frozen_heard(&kt->look.frozen[i]);
	for (i = 0; i < kt->look.failed_count; i++)
		(void)!kmc_failed_done(kt->kmc, kt->luid, kt->look.failed[i]);
	if (kt->look.ask & (CMIRROR_ASK_FAILED | CMIRROR_ASK_LOG_FAILED))
		st.needs_reload = true;
}

/* ---- episodes ---- */

static void freeze_end(struct kt *kt)
{
	uint32_t i;

	for (i = 0; st.freeze_id && st.is_told && i < FREEZE_REGIONS; i++) {
		if (st.is_out[i])
			continue;
		st.unequal_frozen += !legs_equal(st.lo + i);
		st.moved += memcmp(leg[0], frozen_data[i], KT_REGION_BYTES) != 0;
	}
	thaw_all(kt);
}

static void ep_freeze(struct kt *kt)
{
	static const uint32_t waits[] = { 0, 20, 300, 2000 };

	memset(st.is_out, 0, sizeof(st.is_out));
	st.is_told = false;
	st.freeze_id = ++st.claim_id;
	st.lo = below(WRITTEN - FREEZE_REGIONS);
	kt_asked_reset(kt);
	if (kmc_freeze(kt->kmc, kt->luid, st.freeze_id, st.lo, st.lo + FREEZE_REGIONS,
		       waits[below(4)], below(2)))
		kt_die("freeze", kmc_why(kt->kmc));
	(void)kt_pump(kt, CMIRROR_ASK_FROZEN, LONG_MS);
	OK(st.is_told || !st.freeze_id, "a freeze has its result");
	(void)kt_pump(kt, 0, (int)below(400));
	freeze_end(kt);
}

/* With a leg whose writes take their time a freeze that is told too early is seen. */
static void ep_slow_leg(struct kt *kt)
{
	uint32_t i;

	kt_cover_set(kt, "LEG1", KT_SLOW_WRITES, 20 + below(100));
	for (i = 0; i < 4; i++)
		ep_freeze(kt);
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);
}

static void oos_push(struct kt *kt, uint8_t op, uint32_t lo, uint32_t count)
{
	uint8_t bits[KT_REGIONS / 8] = { 0 };
	uint32_t r;

	for (r = lo; r < lo + count; r++)
		bits[r / 8] = (uint8_t)(bits[r / 8] | 1u << r % 8);
	if (kmc_oos(kt->kmc, kt->luid, op, 0, bits, sizeof(bits)))
		kt_die("out of sync", kmc_why(kt->kmc));
}

static void ep_oos(struct kt *kt)
{
	uint32_t lo = below(WRITTEN - 8), count = 1 + below(8);

	oos_push(kt, CMIRROR_OP_SET, lo, count);
	(void)kt_pump(kt, 0, (int)below(300));
	if (kmc_mode(kt->kmc, kt->luid, CMIRROR_MODE_ALL, true))
		kt_die("mode", kmc_why(kt->kmc));
	(void)kt_pump(kt, 0, (int)below(300));
	oos_push(kt, CMIRROR_OP_CLEAR, lo, count);
}

static void ep_mode(struct kt *kt)
{
	if (kmc_mode(kt->kmc, kt->luid, (uint8_t)(1 + below(2)), below(2)))
		kt_die("mode", kmc_why(kt->kmc));
	(void)kt_pump(kt, 0, (int)below(500));
	if (kmc_mode(kt->kmc, kt->luid, CMIRROR_MODE_ALL, true))
		kt_die("mode", kmc_why(kt->kmc));
}

/* Where nobody writes the second leg is another one at first; elsewhere a copy changes nothing. */
static void ep_claim(struct kt *kt)
{
	const uint8_t out[1] = { 0 };
	bool is_quiet = below(2);
	uint32_t lo = is_quiet ? QUIET + below(20) : below(WRITTEN - 8), count = 1 + below(8), i;
	uint64_t id = ++st.claim_id;

	oos_push(kt, CMIRROR_OP_SET, lo, count);
	for (i = lo; is_quiet && i < lo + count; i++) {
		kt_fill(kt_dev("LEG0"), i, (uint8_t)id);
		kt_fill(kt_dev("LEG1"), i, (uint8_t)~id);
	}
	kt_asked_reset(kt);
	if (kmc_claim(kt->kmc, kt->luid, id, lo, lo + count, out))
		kt_die("claim", kmc_why(kt->kmc));
	OK(kt_pump(kt, CMIRROR_ASK_COPIED, LONG_MS), "a claim is copied");
	IS_INT(kt_look(kt)->copied[0].bits[0], (1u << count) - 1, "all of it");
	IS_INT(kmc_claim_end(kt->kmc, kt->luid, id), 0, "a claim ends");
	oos_push(kt, CMIRROR_OP_CLEAR, lo, count);
	for (i = lo; is_quiet && i < lo + count; i++)
		if (!legs_equal(i))
			OK(false, "region %u is copied", i);
}

static void ep_flush(struct kt *kt)
{
	uint64_t id = ++st.claim_id;

	kt_asked_reset(kt);
	if (kmc_flush(kt->kmc, kt->luid, id))
		kt_die("flush", kmc_why(kt->kmc));
	OK(kt_pump(kt, CMIRROR_ASK_FLUSHED, LONG_MS), "a flush ends");
}

static void ep_suspend(struct kt *kt)
{
	if (below(2))
		IS_INT(kt_dmsetup(kt, "suspend", "--noflush", "kt"), 0, "suspend");
	else
		IS_INT(kt_dmsetup(kt, "suspend", "kt", NULL), 0, "suspend with a flush");
	(void)kt_pump(kt, 0, (int)below(200));
	IS_INT(kt_dmsetup(kt, "resume", "kt", NULL), 0, "resume");
}

static void ep_reload(struct kt *kt)
{
	IS_INT(kt_reload(kt, false), 0, "a new table");
}

/* A table that never runs, while the other one does. */
static void ep_never_run(struct kt *kt)
{
	uint64_t luid = kt->luid;

	IS_INT(kt_sh(kt, "dmsetup table kt | dmsetup load kt"), 0, "a second table");
	IS_INT(kt_dmsetup(kt, "clear", "kt", NULL), 0, "is dropped");
	(void)kt_pump(kt, CMIRROR_ASK_GONE, 1000);
	kt->luid = luid;
}

static void instance_ask(void *ctx, const struct kmc_instance *inst)
{
	uint64_t *luids = ctx;

	if (luids[0] < 7)
		luids[++luids[0]] = inst->luid;
}

/* Commands to whatever there is, also to what is just being made or destroyed. */
static void crowd_ask(struct kt *kt)
{
	uint8_t bits[KT_REGIONS / 8] = { 0 };
	uint64_t luids[8] = { 0 }, i;
	struct kmod_look look;

	(void)!kmc_instances(kt->kmc, instance_ask, luids);
	for (i = 1; i <= luids[0]; i++) {
		(void)!kmc_look(kt->kmc, luids[i], &look);
		(void)!kmc_marks_get(kt->kmc, luids[i], 0, KT_REGIONS, bits);
		(void)!kmc_flush(kt->kmc, luids[i], ++st.claim_id);
		if (luids[i] == kt->luid)
			continue;
		memset(bits, 0, sizeof(bits));
		(void)!kmc_oos(kt->kmc, luids[i], CMIRROR_OP_SET, 0, bits, sizeof(bits));
		(void)!kmc_freeze(kt->kmc, luids[i], ++st.claim_id, 0, 8, 10, true);
		(void)!kmc_claim(kt->kmc, luids[i], ++st.claim_id, 8, 16, bits);
	}
}

static void ep_crowd(struct kt *kt)
{
	static const char *const argv[] = { "sh", "-c", "for i in 1 2 3 4 5 6; do "
		"dmsetup table kt | dmsetup load kt && dmsetup clear kt || exit; done", NULL };
	uint64_t luid = kt->luid;
	int64_t end_ms = kt_now_ms() + LONG_MS;
	pid_t pid = kt_run(argv);
	int r;

	do {
		r = kt_wait(kt, pid, 1);
		kt->luid = luid;
		crowd_ask(kt);
	} while (r < 0 && kt_now_ms() < end_ms);
	IS_INT(r, 0, "tables that come and go in a crowd of commands");
	(void)kt_pump(kt, CMIRROR_ASK_GONE, 1000);
	kt->luid = luid;
}

static void ep_daemon(struct kt *kt)
{
	kt_unbind(kt);
	(void)poll(NULL, 0, (int)below(500));
	kt_bind(kt);
	IS_U64(kt_takeover(kt), 1, "the next daemon finds it");
	if (kmc_mode(kt->kmc, kt->luid, CMIRROR_MODE_ALL, true))
		kt_die("mode", kmc_why(kt->kmc));
}

static void ep_status(struct kt *kt)
{
	IS_INT(kt_sync_count() >= 0, 1, "status");
	IS_INT(kt_sh(kt, "dmsetup table kt && dmsetup info kt"), 0, "table");
}

/* The writes wait, and are done when it is good again. */
static void ep_log_fails(struct kt *kt)
{
	kt_cover_set(kt, "LOG", KT_ERROR_WRITES, 0);
	(void)kt_pump(kt, 0, (int)below(1000));
	kt_cover_set(kt, "LOG", KT_GOOD, 0);
}

/* dm-mirror holds what has failed until there is another table. */
static void ep_leg_fails(struct kt *kt)
{
	kt_cover_set(kt, "LEG1", KT_ERROR_WRITES, 0);
	(void)kt_pump(kt, 0, (int)below(500));
	kt_cover_set(kt, "LEG1", KT_GOOD, 0);
	st.needs_reload = true;
}

/* What a resync would do. */
static void repair(struct kt *kt)
{
	uint32_t i;

	IS_INT(kt_sh(kt, "dmsetup table kt | dmsetup load kt"), 0, "repair: load");
	IS_INT(kt_dmsetup(kt, "suspend", "--noflush", "kt"), 0, "repair: suspend");
	for (i = 0; i < KT_REGIONS; i++) {
		region_io(kt_dev("LEG0"), i, leg[0], false);
		region_io(kt_dev("LEG1"), i, leg[0], true);
	}
	IS_INT(kt_dmsetup(kt, "resume", "kt", NULL), 0, "repair: resume");
	(void)kt_pump(kt, 0, 100);
	st.needs_reload = false;
}

static const struct {
	const char *name;
	void (*run)(struct kt *kt);
	uint32_t weight;
} episode[] = {
	{ "freeze", ep_freeze, 6 },
	{ "slow leg", ep_slow_leg, 1 },
	{ "oos", ep_oos, 4 },
	{ "claim", ep_claim, 4 },
	{ "mode", ep_mode, 2 },
	{ "flush", ep_flush, 2 },
	{ "suspend", ep_suspend, 2 },
	{ "reload", ep_reload, 2 },
	{ "never run", ep_never_run, 1 },
	{ "crowd", ep_crowd, 1 },
	{ "daemon", ep_daemon, 2 },
	{ "status", ep_status, 1 },
	{ "log fails", ep_log_fails, 1 },
	{ "leg fails", ep_leg_fails, 1 },
};

#define EPISODES (sizeof(episode) / sizeof(*episode))

/* As cards: a short run has them all, too. */
static uint32_t episode_draw(void)
{
	static uint32_t card[64], count;
	bool is_over = !count;
	uint32_t i, k, at, drawn;

	for (i = 0; is_over && i < EPISODES; i++)
		for (k = 0; k < episode[i].weight; k++)
			card[count++] = i;
	at = below(count);
	drawn = card[at];
	card[at] = card[--count];
	return drawn;
}

static void episode_run(struct kt *kt)
{
	int64_t since_ms = kt_now_ms();
	uint32_t i = episode_draw();

	st.count[i]++;
	episode[i].run(kt);
	if (st.needs_reload)
		repair(kt);
	st.ms[i] += kt_now_ms() - since_ms;
}

/* ---- rounds ---- */

static void writers_start(struct kt *kt)
{
	static const struct ktw_plan plan[] = {
		{ .lo = 0, .hi = 4 },
		{ .lo = 0, .hi = 8, .flush_every = 50 },
		{ .lo = 2, .hi = WRITTEN, .rest_ms = 20, .marks_every = 2 },
		{ .lo = 0, .hi = WRITTEN, .rest_ms = 50, .marks_every = 1 },
		{ .lo = 0, .hi = KT_REGIONS, .rest_ms = 10, .reads_only = true },
	};
	uint32_t i;

	for (i = 0; i < sizeof(plan) / sizeof(*plan); i++)
		ktw_start(kt, &st.writers, &plan[i], 1 + below(1000000));
}

/* Nobody writes: legs are equal, marks go, from the disk too. */
static void idle_look(struct kt *kt)
{
	int64_t end_ms = kt_now_ms() + LONG_MS;
	uint32_t i, marked = 0;

	if (kmc_mode(kt->kmc, kt->luid, CMIRROR_MODE_ALL, true))
		kt_die("mode", kmc_why(kt->kmc));
	while (kt_look(kt)->mark_count && kt_now_ms() < end_ms)
		(void)kt_pump(kt, 0, 100);
	(void)kt_pump(kt, 0, 300);
	for (i = 0; i < KT_REGIONS; i++)
		marked += kt_disk_mark(i) == 1;
	IS_U64(kt_look(kt)->mark_count, 0, "idle: every mark goes");
	IS_U64(marked, 0, "idle: from the disk, too");
	IS_U64(unequal_count(), 0, "idle: the legs are equal");
	IS_INT(kt_sync_count(), KT_REGIONS, "idle: all is in sync");
	IS_U64(st.unequal_frozen, 0, "of %u frozen regions no leg differed", st.frozen);
	IS_U64(st.moved, 0, "and none was written");
}

static void module_again(struct kt *kt)
{
	uint32_t i;

	for (i = 0; i < 3; i++) {
		if (below(2))
			kt_unbind(kt);	/* else the daemon is bound when it goes */
		IS_INT(kt_sh(kt, "rmmod dm-log-cmirror && modprobe dm-log-cmirror"), 0,
		       "the module goes and comes");
		if (kt->kmc)
			kt_unbind(kt);
		kt_bind(kt);
	}
}

static void round_run(struct kt *kt)
{
	int64_t end_ms = kt_now_ms() + ROUND_MS;

	memset(kt->left, 0, sizeof(kt->left));
	IS_INT(kt_create(kt, false), 0, "create");
	writers_start(kt);
	while (kt_now_ms() < end_ms)
		episode_run(kt);
	ktw_end(kt, &st.writers, LONG_MS);
	idle_look(kt);
	kt_asked_reset(kt);
	IS_INT(kt_remove(kt), 0, "remove");
	OK(kt_pump(kt, CMIRROR_ASK_GONE, 5000), "it is gone");
	kt->luid = 0;
	IS_U64(kt_takeover(kt), 0, "no instance is left");
	module_again(kt);
}

int main(void)
{
	struct kt kt = { .sticky_ms = STICKY_MS, .keeps_marks = true, .heard = heard };
	const char *seconds = getenv("KT_STRESS_S"), *seed = getenv("KT_SEED");
	unsigned int nr = seed ? (unsigned int)strtoul(seed, NULL, 10)
			       : (unsigned int)kt_now_ms();
	int64_t end_ms = kt_now_ms() + (seconds ? strtol(seconds, NULL, 10) : 20) * 1000;
	uint32_t i;

	printf("# KT_SEED=%u\n", nr);
	srand(nr);
	ktw_open(&st.writers);
	kt_bind(&kt);
	kt_cover(&kt, "LEG1");
	kt_cover(&kt, "LOG");
	for (i = 0; i < KT_REGIONS; i++) {
		kt_fill(kt_dev("LEG0"), i, 0);
		kt_fill(kt_dev("LEG1"), i, 0);
	}
	do
		round_run(&kt);
	while (kt_now_ms() < end_ms);
	for (i = 0; i < EPISODES; i++)
		printf("# %s: %u in %lld ms\n", episode[i].name, st.count[i],
		       (long long)st.ms[i]);
	printf("# regions thawed for a write: %u\n", st.thawed);
	IS_INT(kt_uncover(&kt, "LOG"), 0, "the log is free");
	IS_INT(kt_uncover(&kt, "LEG1"), 0, "the leg is free");
	kt_unbind(&kt);
	return tap_done();
}
