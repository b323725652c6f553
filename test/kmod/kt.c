/* SPDX-License-Identifier: GPL-2.0-only */
/* kt.c - see kt.h. */
#include "test/kmod/kt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIRROR		"/dev/mapper/kt"
#define SLOT_SECT	2048u	/* of the slot's page on the log device */

void kt_die(const char *what, const char *why)
{
	printf("Bail out! %s: %s\n", what, why);
	exit(1);
}

int64_t kt_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const char *kt_dev(const char *name)
{
	char var[16];
	const char *dev;

	snprintf(var, sizeof(var), "KT_%s", name);
	dev = getenv(var);
	if (!dev)
		kt_die(var, "names no device");
	return dev;
}

/* ---- the daemon's part ---- */

void kt_bind(struct kt *kt)
{
	struct cm_errmsg err = { .text = "" };

	if (kmc_open(&kt->kmc, &err))
		kt_die("bind", err.text);
}

void kt_unbind(struct kt *kt)
{
	kmc_close(kt->kmc);
	kt->kmc = NULL;
}

const struct kmod_look *kt_look(struct kt *kt)
{
	if (kmc_look(kt->kmc, kt->luid, &kt->look))
		memset(&kt->look, 0, sizeof(kt->look));
	return &kt->look;
}

void kt_oos(struct kt *kt, uint8_t op, uint32_t region)
{
	uint8_t bits[KT_REGIONS / 8] = { 0 };

	bits[region / 8] = (uint8_t)(1u << region % 8);
	IS_INT(kmc_oos(kt->kmc, kt->luid, op, 0, bits, sizeof(bits)), 0, "%s %u",
	       op == CMIRROR_OP_SET ? "out of sync:" : "in sync:", region);
}

static void start_answer(struct kt *kt)
{
	struct kmc_slot slot = { .slot = KT_SLOT, .sect = SLOT_SECT, .epoch = KT_EPOCH,
				 .uuid_hash = disk_uuid_hash(KT_UUID) };
	uint8_t bits[KT_REGIONS / 8];

	if (kt->start_error) {
		(void)!kmc_start(kt->kmc, kt->luid, NULL, 60000, kt->start_error);
		return;
	}
	memset(bits, kt->oos_all ? 0xff : 0, sizeof(bits));
	if ((kmc_oos(kt->kmc, kt->luid, CMIRROR_OP_LOAD, 0, bits, sizeof(bits)) ||
	     kmc_mode(kt->kmc, kt->luid, kt->mode ? kt->mode : CMIRROR_MODE_ALL, true) ||
	     (kt->keeps_marks &&
	      kmc_marks(kt->kmc, kt->luid, 0, kt->left, sizeof(kt->left))) ||
	     kmc_start(kt->kmc, kt->luid, &slot, kt->sticky_ms ? kt->sticky_ms : 60000, 0)) &&
	    !kt->forgives)
		kt_die("start", kmc_why(kt->kmc));
}

static void stop_answer(struct kt *kt)
{
	if (kt->keeps_marks &&
	    kmc_marks_get(kt->kmc, kt->luid, 0, KT_REGIONS, kt->left))
		kt_die("marks", kmc_why(kt->kmc));
	(void)!kmc_stop_done(kt->kmc, kt->luid);
}

static void news_handle(struct kt *kt, uint64_t luid, uint32_t ask)
{
	kt->asked |= ask;
	if (ask & CMIRROR_ASK_GONE) {
		kt->is_gone |= luid == kt->luid;
		return;
	}
	kt->luid = luid;
	if (kmc_look(kt->kmc, luid, &kt->look))
		return;		/* gone meanwhile */
	kt->asked |= kt->look.ask;
	if (kt->look.ask & CMIRROR_ASK_CTR && !kt->holds_ctr)
		(void)!kmc_ctr_done(kt->kmc, luid, kt->ctr_error);
	if (kt->look.ask & CMIRROR_ASK_RESUME && !kt->holds_start)
		start_answer(kt);
	if (kt->look.ask & CMIRROR_ASK_STOP && !kt->holds_stop)
		stop_answer(kt);
	if (kt->heard)
		kt->heard(kt);
}

static void serve(struct kt *kt, int ms)
{
	struct pollfd pfd = { .fd = kt->kmc ? kmc_fd(kt->kmc) : -1, .events = POLLIN };
	uint64_t luid;
	uint32_t ask;

	(void)poll(&pfd, 1, ms);
	while (kt->kmc && kmc_news(kt->kmc, &luid, &ask) == 1)
		news_handle(kt, luid, ask);
}

static void instance_take(void *ctx, const struct kmc_instance *inst)
{
	uint64_t *luids = ctx;

	luids[++luids[0]] = inst->luid;
}

uint32_t kt_takeover(struct kt *kt)
{
	uint64_t luids[65] = { 0 }, i;

	if (kmc_instances(kt->kmc, instance_take, luids) && !kt->forgives)
		kt_die("instances", kmc_why(kt->kmc));
	for (i = 1; i <= luids[0]; i++)
		news_handle(kt, luids[i], 0);
	return (uint32_t)luids[0];
}

bool kt_pump(struct kt *kt, uint32_t ask, int ms)
{
	int64_t end_ms = kt_now_ms() + ms;

	while (!(kt->asked & ask) && kt_now_ms() < end_ms)
		serve(kt, 10);
	return kt->asked & ask;
}

void kt_asked_reset(struct kt *kt)
{
	kt->asked = 0;
}

/* ---- children ---- */

pid_t kt_run(const char *const argv[])
{
	pid_t pid = fork();
	int null;

	if (pid)
		return pid;
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

int kt_wait(struct kt *kt, pid_t pid, int ms)
{
	int64_t end_ms = kt_now_ms() + ms;
	int status;

	do {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
		serve(kt, 5);
	} while (kt_now_ms() < end_ms);
	return -1;
}

int kt_dmsetup(struct kt *kt, const char *a, const char *b, const char *c)
{
	const char *const argv[] = { "dmsetup", a, b, c, NULL };

	return kt_wait(kt, kt_run(argv), 20000);
}

static int table_load(struct kt *kt, const char *how, bool is_core)
{
	const char *argv[] = { "dmsetup", how, "kt", "--table", NULL, NULL };
	char table[512], log[128];

	snprintf(log, sizeof(log), is_core ? "cmirror-core 2 %s%s %u" : "cmirror-disk 3 %s %s %u",
		 KT_UUID, is_core ? "" : kt_dev("LOG"), KT_REGION_SECT);
	snprintf(table, sizeof(table), "0 %u mirror %s 2 %s 0 %s 0 1 handle_errors",
		 KT_REGIONS * KT_REGION_SECT, log, kt_dev("LEG0"), kt_dev("LEG1"));
	argv[4] = table;
	kt->is_gone = false;
	return kt_wait(kt, kt_run(argv), 20000);
}

int kt_create(struct kt *kt, bool is_core)
{
	return table_load(kt, "create", is_core);
}

int kt_reload(struct kt *kt, bool is_core)
{
	int r = table_load(kt, "load", is_core);

	if (!r)
		r = kt_dmsetup(kt, "suspend", "--noflush", "kt");
	return r ? r : kt_dmsetup(kt, "resume", "kt", NULL);
}

int kt_remove(struct kt *kt)
{
	return kt_dmsetup(kt, "remove", "--retry", "kt");	/* udev may be looking at it */
}

/* ---- another daemon ---- */

void kt_daemon_asked(int fd)
{
	char byte;

	if (read(fd, &byte, 1) != 1)
		kt_die("daemon", "it has ended");
}

static void daemon_run(struct kt kt, uint32_t ask, int fd)
{
	kt_bind(&kt);
	kt_asked_reset(&kt);
	(void)!write(fd, "", 1);
	while (!kt_pump(&kt, ask, 1000))
		;
	(void)!write(fd, "", 1);
	for (;;)
		(void)kt_pump(&kt, 0, 1000);
}

pid_t kt_daemon_start(const struct kt *kt, uint32_t ask, int *fd)
{
	int end[2];
	pid_t pid;

	if (pipe(end))
		kt_die("pipe", strerror(errno));
	pid = fork();
	if (!pid)
		daemon_run(*kt, ask, end[1]);
	close(end[1]);
	*fd = end[0];
	kt_daemon_asked(*fd);
	return pid;
}

void kt_daemon_kill(pid_t pid, int fd)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	close(fd);
}

/* ---- data ---- */

static uint8_t *buffer(void)
{
	static void *buf;

	if (!buf && posix_memalign(&buf, 4096, KT_REGION_BYTES))
		kt_die("buffer", "no memory");
	return buf;
}

static bool fill(const char *dev, uint32_t region, uint8_t byte)
{
	int fd = open(dev, O_WRONLY | O_DIRECT | O_CLOEXEC);
	bool ok;

	memset(buffer(), byte, KT_REGION_BYTES);
	ok = fd >= 0 && pwrite(fd, buffer(), KT_REGION_BYTES,
			       (off_t)region * KT_REGION_BYTES) == KT_REGION_BYTES;
	if (fd >= 0)
		close(fd);
	return ok;
}

void kt_fill(const char *dev, uint32_t region, uint8_t byte)
{
	if (!fill(dev, region, byte))
		kt_die(dev, strerror(errno));
}

pid_t kt_write_start(uint32_t region, uint8_t byte)
{
	pid_t pid = fork();

	if (!pid)
		_exit(!fill(MIRROR, region, byte));
	return pid;
}

bool kt_put(uint32_t region, uint8_t byte)
{
	return fill(MIRROR, region, byte);
}

bool kt_write(struct kt *kt, uint32_t region, uint8_t byte)
{
	return kt_wait(kt, kt_write_start(region, byte), 10000) == 0;
}

pid_t kt_fsync_start(void)
{
	pid_t pid = fork();
	int fd;

	if (pid)
		return pid;
	fd = open(MIRROR, O_WRONLY | O_CLOEXEC);
	_exit(fd < 0 || fsync(fd));
}

static bool page_read(const char *dev, off_t off)
{
	int fd = open(dev, O_RDONLY | O_DIRECT | O_CLOEXEC);
	bool ok = fd >= 0 && pread(fd, buffer(), 4096, off) == 4096;

	if (fd >= 0)
		close(fd);
	return ok;
}

int kt_byte(const char *dev, uint32_t region)
{
	return page_read(dev, (off_t)region * KT_REGION_BYTES) ? buffer()[0] : -1;
}

int kt_disk_mark(uint32_t region)
{
	struct disk_page_id id = { .epoch = KT_EPOCH, .uuid_hash = disk_uuid_hash(KT_UUID),
				   .area = KT_SLOT };
	struct disk_geom geom = { .region_count = KT_REGIONS, .map_pages = 1,
				  .slot_count = DISK_SLOTS_MAX };
	const struct disk_page_id *want = &id;

	if (!page_read(kt_dev("LOG"), (off_t)SLOT_SECT * 512) ||
	    disk_page_check(&geom, want, buffer()))
		return -1;
	return buffer()[DISK_PAGE_HDR_BYTES + region / 8] >> region % 8 & 1;
}
