/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Much at once: tables that come and go, devices that fail and are slow, a daemon that comes and
 * goes and says anything, a module that is unloaded; and I/O all the time. What fails meanwhile is
 * no error. In the end nothing may hang or stay, and a new mirror works; the kernel may have found
 * nothing wrong (402, 422).
 *
 * KT_CHURN names who takes part (all); KT_SECS is how long (10); KT_SEED is another order (1);
 * KT_CALM is what ends what the caller has begun, a command line.
 */
#include "test/kmod/kt.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLAIM	0x400000000ull
#define LUIDS	64u

static uint32_t rnd(uint32_t below)
{
	return (uint32_t)rand() % below;
}

static void rest(uint32_t below_ms)
{
	(void)poll(NULL, 0, (int)rnd(below_ms));
}

/* ---- the daemon ---- */

static volatile sig_atomic_t is_calm;	/* from now on all goes well */

static void calm(int sig)
{
	(void)sig;
	is_calm = 1;
}

static void freeze_any(struct kt *kt)
{
	uint32_t lo = rnd(KT_REGIONS - 1);
	uint32_t hi = lo + 1 + rnd(KT_REGIONS - lo);

	(void)!kmc_freeze(kt->kmc, kt->luid, CLAIM + rnd(4), lo, hi, rnd(300), rnd(2) * 60000);
}

static void claim_any(struct kt *kt)
{
	uint8_t out[CMIRROR_CLAIM_MAX / 8] = { 0 };
	uint32_t lo = rnd(KT_REGIONS - 1);
	uint32_t hi = lo + 1 + rnd(KT_REGIONS - lo);

	(void)!kmc_claim(kt->kmc, kt->luid, CLAIM + 10 + rnd(2), lo, hi, out);
}

static void region_any(struct kt *kt, uint8_t op)
{
	uint8_t bits[KT_REGIONS / 8] = { 0 };
	uint32_t r = rnd(KT_REGIONS);

	bits[r / 8] = (uint8_t)(1u << r % 8);
	(void)!kmc_oos(kt->kmc, kt->luid, op, 0, bits, sizeof(bits));
}

static void thaw_any(struct kt *kt)
{
	uint64_t region = rnd(KT_REGIONS);

	(void)!kmc_thaw(kt->kmc, kt->luid, CLAIM + rnd(12), rnd(2) ? &region : NULL);
}

static void command_any(struct kt *kt)
{
	uint8_t bits[KT_REGIONS / 8];

	switch (rnd(12)) {
	case 0: freeze_any(kt); break;
	case 1: case 2: thaw_any(kt); break;
	case 3: claim_any(kt); break;
	case 4: (void)!kmc_claim_end(kt->kmc, kt->luid, CLAIM + 10 + rnd(2)); break;
	case 5: (void)!kmc_flush(kt->kmc, kt->luid, 1 + rnd(1000)); break;
	case 6: region_any(kt, CMIRROR_OP_SET); break;
	case 7: region_any(kt, CMIRROR_OP_CLEAR); break;
	case 8: (void)!kmc_mode(kt->kmc, kt->luid, (uint8_t)rnd(3), rnd(2)); break;
	case 9: (void)!kmc_mode(kt->kmc, kt->luid, CMIRROR_MODE_ALL, true); break;
	case 10: (void)!kmc_failed_done(kt->kmc, kt->luid, rnd(KT_REGIONS)); break;
	default: (void)!kmc_marks_get(kt->kmc, kt->luid, 0, KT_REGIONS, bits); break;
	}
}

static void take(void *ctx, const struct kmc_instance *inst)
{
	uint64_t *luids = ctx;

	if (luids[0] < LUIDS)
		luids[++luids[0]] = inst->luid;
}

/* Nothing is frozen, claimed or held of any instance. */
static void all_free(struct kt *kt)
{
	uint64_t luids[LUIDS + 1] = { 0 }, i, c;

	(void)!kmc_instances(kt->kmc, take, luids);
	for (i = 1; i <= luids[0]; i++) {
		for (c = 0; c < 12; c++) {
			(void)!kmc_thaw(kt->kmc, luids[i], CLAIM + c, NULL);
			(void)!kmc_claim_end(kt->kmc, luids[i], CLAIM + c);
		}
		(void)!kmc_mode(kt->kmc, luids[i], CMIRROR_MODE_ALL, true);
	}
}

static void daemon_once(struct kt *kt)
{
	struct cm_errmsg err = { .text = "" };
	int64_t end_ms = kt_now_ms() + rnd(1500);

	if (kmc_open(&kt->kmc, &err)) {
		rest(50);
		return;
	}
	(void)kt_takeover(kt);
	while (kt_now_ms() < end_ms) {
		kt->ctr_error = is_calm || rnd(8) ? 0 : -22;
		kt->oos_all = rnd(2);
		(void)kt_pump(kt, 0, (int)rnd(40));
		if (!is_calm)
			command_any(kt);
		else
			all_free(kt);
	}
	kt_unbind(kt);
	if (!is_calm)
		rest(300);
}

static void daemon_run(struct kt *kt)
{
	(void)kt;
	signal(SIGUSR1, calm);
	for (;;) {
		struct kt own = { .sticky_ms = 100, .forgives = true };

		daemon_once(&own);
	}
}

/* ---- the others ---- */

static void io_run(struct kt *kt)
{
	static uint8_t buf[KT_REGION_BYTES] __attribute__((aligned(4096)));
	size_t len;
	off_t off;
	int fd, i;

	(void)kt;
	for (;;) {
		fd = open("/dev/mapper/kt", O_RDWR | O_DIRECT | O_CLOEXEC);
		for (i = 0; fd >= 0 && i < 30; i++) {
			len = 4096u << rnd(5);
			off = (off_t)rnd(KT_REGIONS) * KT_REGION_BYTES;
			if (!rnd(20))
				(void)!fsync(fd);
			else if (rnd(3))
				(void)!pwrite(fd, buf, len, off);
			else
				(void)!pread(fd, buf, len, off);
		}
		if (fd >= 0)
			close(fd);
		rest(20);
	}
}

/*
 * No suspend is killed: dm-mirror does not undo its presuspend, and would stop its recovery twice,
 * the second time for ever.
 */
static void table_any(struct kt *kt)
{
	static const char *const how[] = {
		"dmsetup remove kt", "dmsetup remove --force kt", "dmsetup wipe_table kt",
		"dmsetup clear kt", "dmsetup suspend --noflush kt", "dmsetup suspend kt",
		"dmsetup resume kt", "dmsetup status kt; dmsetup table kt",
		"dmsetup suspend --noflush kt; dmsetup resume kt",
		"dmsetup suspend kt; dmsetup resume kt", "dmsetup resume kt", "dmsetup resume kt",
	};

	switch (rnd(4)) {
	case 0: (void)kt_create(kt, rnd(4) == 0); break;
	case 1: (void)kt_reload(kt, rnd(4) == 0); break;
	default: (void)kt_sh(kt, "%s", how[rnd(CM_ARRAY_COUNT(how))]); break;
	}
}

static void tables_run(struct kt *kt)
{
	for (;;) {
		table_any(kt);
		rest(200);
	}
}

static void devices_run(struct kt *kt)
{
	static const char *const var[] = { "LOG", "LEG0", "LEG1" };

	for (;;) {
		const char *name = var[rnd(3)];

		(void)kt_cover_try(kt, name, (enum kt_cover)rnd(KT_ERROR_ALL + 1), 1 + rnd(100));
		rest(500);
		(void)kt_cover_try(kt, name, KT_GOOD, 0);
		rest(500);
	}
}

static void module_run(struct kt *kt)
{
	for (;;) {
		(void)kt_sh(kt, "rmmod dm-log-cmirror");
		rest(100);
		(void)kt_sh(kt, "modprobe dm-log-cmirror");
		rest(300);
	}
}

/* ---- all ---- */

static const struct {
	const char *name;
	void (*run)(struct kt *kt);
} role[] = {
	{ "daemon", daemon_run },	/* first: it is told to be calm */
	{ "io", io_run },
	{ "more-io", io_run },
	{ "tables", tables_run },
	{ "devices", devices_run },
	{ "module", module_run },
};

static long number(const char *name, long usual)
{
	const char *text = getenv(name);

	return text ? strtol(text, NULL, 10) : usual;
}

static bool takes_part(const char *name)
{
	const char *names = getenv("KT_CHURN");

	return !names || strstr(names, name);
}

static pid_t role_start(struct kt *kt, uint32_t i)
{
	pid_t pid;

	if (!takes_part(role[i].name))
		return 0;
	pid = fork();
	if (pid)
		return pid;
	srand((unsigned int)number("KT_SEED", 1) * 100 + (unsigned int)i);
	role[i].run(kt);
	_exit(0);
}

/* Who has a command under way ends with it; who waits for I/O, when the mirror is gone. */
static void role_stop(struct kt *kt, pid_t pid, const char *name, int ms)
{
	if (!pid)
		return;
	kill(pid, SIGKILL);
	IS_INT(kt_wait(kt, pid, ms), 128, "%s has ended", name);
}

static void all_good(struct kt *kt)
{
	static const char *const var[] = { "LOG", "LEG0", "LEG1" };

	for (uint32_t i = 0; i < CM_ARRAY_COUNT(var); i++)
		IS_INT(kt_cover_try(kt, var[i], KT_GOOD, 0), 0, "%s is good", var[i]);
}

static int unless_gone(struct kt *kt, const char *command)
{
	return kt_sh(kt, "! dmsetup info kt || %s kt", command);
}

static void churn(struct kt *kt)
{
	pid_t pid[CM_ARRAY_COUNT(role)];
	uint32_t i;

	for (i = 0; i < CM_ARRAY_COUNT(role); i++)
		pid[i] = role_start(kt, i);
	(void)kt_pump(kt, 0, (int)number("KT_SECS", 10) * 1000);
	if (pid[0])
		kill(pid[0], SIGUSR1);
	for (i = 3; i < CM_ARRAY_COUNT(role); i++)
		role_stop(kt, pid[i], role[i].name, 30000);
	(void)kt_pump(kt, 0, 2000);	/* their last commands */
	if (getenv("KT_CALM"))
		IS_INT(kt_sh(kt, "%s", getenv("KT_CALM")), 0, "%s", getenv("KT_CALM"));
	(void)kt_sh(kt, "modprobe dm-log-cmirror");
	all_good(kt);
	IS_INT(unless_gone(kt, "dmsetup wipe_table --noflush"), 0, "the mirror gives up its I/O");
	for (i = 1; i < 3; i++)
		role_stop(kt, pid[i], role[i].name, 30000);
	role_stop(kt, pid[0], role[0].name, 30000);
}

int main(void)
{
	struct kt kt = { .sticky_ms = 100 };

	kt_cover(&kt, "LOG");
	kt_cover(&kt, "LEG0");
	kt_cover(&kt, "LEG1");
	churn(&kt);
	IS_INT(unless_gone(&kt, "dmsetup remove --retry"), 0, "no mirror is left");
	IS_INT(kt_sh(&kt, "rmmod dm-log-cmirror && modprobe dm-log-cmirror"), 0,
	       "nor an instance");
	kt_bind(&kt);
	IS_INT(kt_create(&kt, false), 0, "a new one");
	OK(kt_write(&kt, 5, 5), "a write");
	IS_INT(kt_remove(&kt), 0, "remove");
	kt_unbind(&kt);
	IS_INT(kt_uncover(&kt, "LOG"), 0, "the log is free");
	IS_INT(kt_uncover(&kt, "LEG0"), 0, "the first leg is free");
	IS_INT(kt_uncover(&kt, "LEG1"), 0, "the second leg is free");
	return tap_done();
}
