/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is refused, one allocation after the other, until none is left to refuse: as the
 * module is loaded, as a table is, as it starts, at each command. /proc/self/fail-nth says which
 * (fault injection, of the debug kernel); without, nothing is refused, and each is done once.
 */
#include "test/kmod/kt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NTH_MAX 3000

/* ---- the n-th allocation from now on fails ---- */

static int nth_fd = -1;

static void nth_set(int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d", nth);

	if (nth_fd >= 0 && pwrite(nth_fd, text, (size_t)len, 0) != len)
		kt_die("fail-nth", "cannot be set");
}

/* Has it come so far? */
static bool nth_was_reached(void)
{
	char text[16] = "";

	if (nth_fd < 0)
		return false;
	if (pread(nth_fd, text, sizeof(text) - 1, 0) < 0)
		kt_die("fail-nth", "cannot be read");
	return strtol(text, NULL, 10) == 0;
}

/*
 * @act returns 0, or -1 with errno; @undo follows a 0. The one that is refused nothing must
 * succeed, and of the others nothing may stay. Returns how many could be refused: 0 without fault
 * injection.
 */
static int each_refused(struct kt *kt, const char *what, int (*act)(struct kt *kt),
			void (*undo)(struct kt *kt))
{
	bool was_reached = true;
	int nth, r = -1, failed = 0;

	for (nth = 1; was_reached && nth < NTH_MAX; nth++) {
		nth_set(nth);
		r = act(kt);
		was_reached = nth_was_reached();
		nth_set(0);
		failed += r != 0;
		if (!r && undo)
			undo(kt);
	}
	printf("# %s: %d allocations, it failed without %d of them\n", what, nth - 2, failed);
	IS_INT(r, 0, "%s: done when all is granted", what);
	OK(!was_reached, "%s: it has an end", what);
	return nth - 2;
}

static void some_refused(struct kt *kt, const char *what, int (*act)(struct kt *kt),
			 void (*undo)(struct kt *kt))
{
	int count = each_refused(kt, what, act, undo);

	OK(nth_fd < 0 || count > 0, "%s: it allocates", what);
}

/* ---- the module ---- */

static int ko_fd;

static int module_load(struct kt *kt)
{
	(void)kt;
	return (int)syscall(SYS_finit_module, ko_fd, "", 0);
}

static void module_unload(struct kt *kt)
{
	(void)kt;
	if (syscall(SYS_delete_module, "dm_log_cmirror", O_NONBLOCK))
		kt_die("unload", strerror(errno));
}

static void test_load(struct kt *kt)
{
	char path[256] = "";
	FILE *in = popen("modinfo -n dm-log-cmirror", "r");

	if (!in || !fgets(path, sizeof(path), in))
		kt_die("modinfo", "no dm-log-cmirror");
	pclose(in);
	path[strcspn(path, "\n")] = '\0';
	ko_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (ko_fd < 0)
		kt_die(path, strerror(errno));
	module_unload(kt);
	some_refused(kt, "load", module_load, module_unload);
	if (module_load(kt))
		kt_die("load", strerror(errno));
	close(ko_fd);
}

/* ---- tables: the ioctls themselves, for dmsetup allocates as well ---- */

static int dm_fd;
static struct {
	struct dm_ioctl io;
	struct dm_target_spec spec;
	char params[512];
} cmd;

static int dm_do(unsigned long request, uint32_t flags, bool has_table)
{
	memset(&cmd, 0, sizeof(cmd));
	cmd.io.version[0] = DM_VERSION_MAJOR;
	cmd.io.data_size = sizeof(cmd);
	cmd.io.data_start = sizeof(cmd.io);
	cmd.io.flags = flags;
	snprintf(cmd.io.name, sizeof(cmd.io.name), "kt");
	if (has_table) {
		cmd.io.target_count = 1;
		cmd.spec.length = KT_REGIONS * KT_REGION_SECT;
		snprintf(cmd.spec.target_type, sizeof(cmd.spec.target_type), "mirror");
		snprintf(cmd.params, sizeof(cmd.params),
			 "cmirror-disk 3 %s %s %u 2 %s 0 %s 0 1 handle_errors", KT_UUID,
			 kt_dev("LOG"), KT_REGION_SECT, kt_dev("LEG0"), kt_dev("LEG1"));
	}
	return ioctl(dm_fd, request, &cmd);
}

static int table_load(struct kt *kt)
{
	(void)kt;
	return dm_do(DM_TABLE_LOAD, 0, true);
}

static void table_clear(struct kt *kt)
{
	(void)kt;
	if (dm_do(DM_TABLE_CLEAR, 0, false))
		kt_die("clear", strerror(errno));
}

static int resume(struct kt *kt)
{
	(void)kt;
	return dm_do(DM_DEV_SUSPEND, 0, false);
}

static int suspend(struct kt *kt)
{
	(void)kt;
	return dm_do(DM_DEV_SUSPEND, DM_SUSPEND_FLAG | DM_NOFLUSH_FLAG, false);
}

static void suspend_again(struct kt *kt)
{
	if (suspend(kt))
		kt_die("suspend", strerror(errno));
}

static void resume_again(struct kt *kt)
{
	if (resume(kt))
		kt_die("resume", strerror(errno));
}

static void test_table(struct kt *kt)
{
	const struct kt config = { .sticky_ms = 100 };
	pid_t daemon;
	int fd;

	daemon = kt_daemon_start(&config, 0, &fd);	/* we are in the ioctls */
	dm_fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
	if (dm_fd < 0 || dm_do(DM_DEV_CREATE, 0, false))
		kt_die("create", strerror(errno));
	some_refused(kt, "table", table_load, table_clear);
	if (table_load(kt))
		kt_die("table", strerror(errno));
	some_refused(kt, "resume", resume, suspend_again);
	resume_again(kt);
	IS_INT(each_refused(kt, "suspend", suspend, resume_again), 0,
	       "suspend: allocates nothing");
	IS_INT(kt_sh(kt, "dmsetup mknodes kt"), 0, "its node");
	OK(kt_put(1, 1), "a write");
	IS_INT(dm_do(DM_DEV_REMOVE, 0, false), 0, "remove");
	kt_daemon_kill(daemon, fd);
}

/* ---- commands ---- */

static int minus(int r)
{
	errno = r < 0 ? -r : 0;
	return r < 0 ? -1 : 0;
}

static int bind(struct kt *kt)
{
	struct cm_errmsg err = { .text = "" };

	return minus(kmc_open(&kt->kmc, &err));
}

static void take_none(void *ctx, const struct kmc_instance *inst)
{
	(void)ctx;
	(void)inst;
}

static int instances(struct kt *kt)
{
	return minus(kmc_instances(kt->kmc, take_none, NULL));
}

static int look(struct kt *kt)
{
	return minus(kmc_look(kt->kmc, kt->luid, &kt->look));
}

static int freeze(struct kt *kt)
{
	return minus(kmc_freeze(kt->kmc, kt->luid, 4711, 1, 5, 100, true));
}

static void thaw(struct kt *kt)
{
	if (kmc_thaw(kt->kmc, kt->luid, 4711, NULL))
		kt_die("thaw", kmc_why(kt->kmc));
}

static int flush(struct kt *kt)
{
	return minus(kmc_flush(kt->kmc, kt->luid, 4711));
}

static int marks_get(struct kt *kt)
{
	uint8_t bits[KT_REGIONS / 8];

	return minus(kmc_marks_get(kt->kmc, kt->luid, 0, KT_REGIONS, bits));
}

static void test_commands(struct kt *kt)
{
	some_refused(kt, "bind", bind, kt_unbind);
	kt_bind(kt);
	IS_INT(kt_create(kt, false), 0, "create");
	some_refused(kt, "instances", instances, NULL);
	some_refused(kt, "look", look, NULL);
	some_refused(kt, "freeze", freeze, thaw);
	some_refused(kt, "flush", flush, NULL);
	some_refused(kt, "marks_get", marks_get, NULL);
	OK(kt_write(kt, 2, 2), "a write");
	IS_INT(kt_remove(kt), 0, "remove");
	kt_unbind(kt);
}

int main(void)
{
	struct kt kt = { .sticky_ms = 100 };

	nth_fd = open("/proc/self/fail-nth", O_RDWR | O_CLOEXEC);
	test_load(&kt);
	test_table(&kt);
	test_commands(&kt);
	return tap_done();
}
