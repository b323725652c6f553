/* SPDX-License-Identifier: GPL-2.0-only */
/* Who may speak, and an instance from its table to its end. */
#include "test/kmod/kt.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_no_daemon(void)
{
	struct kt kt = { .kmc = NULL };

	OK(kt_create(&kt, false) != 0, "no table without a daemon");
}

static void test_who(struct kt *kt)
{
	struct cm_errmsg err = { .text = "" };
	struct kmc *other = NULL;
	int status = -1;
	pid_t pid;

	IS_INT(kmc_open(&other, &err), -EBUSY, "a second daemon");
	OK(err.text[0], "it is told: %s", err.text);
	IS_INT(kmc_mode(kt->kmc, 4711, CMIRROR_MODE_ALL, true), -ENODEV, "an unknown instance");
	pid = fork();
	if (!pid) {
		if (setuid(65534))
			_exit(1);
		_exit(kmc_open(&other, &err) != -EPERM);
	}
	waitpid(pid, &status, 0);
	IS_INT(status, 0, "not root: -EPERM");
}

static void test_refused(struct kt *kt)
{
	kt->ctr_error = -EINVAL;
	OK(kt_create(kt, false) != 0, "a table that the daemon refuses");
	kt->ctr_error = 0;
	OK(kt_pump(kt, CMIRROR_ASK_GONE, 2000), "it is gone");
	OK(kt->asked & CMIRROR_ASK_CTR, "the daemon was asked");
}

/* dm-mirror runs whatever its log says: no write may come through. */
static void test_not_started(struct kt *kt)
{
	pid_t pid;

	kt_fill(kt_dev("LEG0"), 4, 0x44);
	kt->start_error = -EINVAL;
	(void)kt_create(kt, false);
	IS_INT(kt_look(kt)->state, CMIRROR_REFUSED, "a table whose start the daemon refuses");
	pid = kt_write_start(4, 0x45);
	IS_INT(kt_wait(kt, pid, 1000), -1, "its writes wait");
	IS_INT(kt_byte(kt_dev("LEG0"), 4), 0x44, "and are on no leg");
	kt->start_error = 0;
	IS_INT(kt_reload(kt, false), 0, "another table");
	IS_INT(kt_wait(kt, pid, 5000), 0, "does them");
	IS_INT(kt_byte(kt_dev("LEG0"), 4), 0x45, "on the legs");
	IS_INT(kt_remove(kt), 0, "remove");
}

static void test_life(struct kt *kt, bool is_core)
{
	const char *what = is_core ? "core" : "disk";

	kt_asked_reset(kt);
	IS_INT(kt_create(kt, is_core), 0, "%s: create", what);
	IS_INT(kt_look(kt)->state, CMIRROR_RUNNING, "%s: runs", what);
	OK(kt_write(kt, 3, 0x33), "%s: a write", what);
	IS_INT(kt_byte(kt_dev("LEG0"), 3), 0x33, "%s: is on the first leg", what);
	IS_INT(kt_byte(kt_dev("LEG1"), 3), 0x33, "%s: and on the second", what);
	IS_INT(kt_dmsetup(kt, "suspend", "--noflush", "kt"), 0, "%s: suspend", what);
	IS_INT(kt_look(kt)->state, CMIRROR_STOPPED, "%s: stopped", what);
	IS_INT(kt_dmsetup(kt, "resume", "kt", NULL), 0, "%s: resume", what);
	IS_INT(kt_look(kt)->state, CMIRROR_RUNNING, "%s: runs again", what);
	IS_INT(kt_remove(kt), 0, "%s: remove", what);
	OK(kt_pump(kt, CMIRROR_ASK_GONE, 2000) && kt->is_gone, "%s: it is gone", what);
}

static void test_killed_waits(struct kt *kt)
{
	const char *const suspend[] = { "dmsetup", "suspend", "--noflush", "kt", NULL };
	pid_t pid;

	kt_asked_reset(kt);
	IS_INT(kt_create(kt, false), 0, "create");
	kt->holds_stop = true;
	pid = kt_run(suspend);
	OK(kt_pump(kt, CMIRROR_ASK_STOP, 5000), "a suspend asks");
	IS_INT(kt_wait(kt, pid, 300), -1, "and waits");
	kill(pid, SIGKILL);
	OK(kt_wait(kt, pid, 5000) == 128, "until it is killed");
	IS_INT(kt_look(kt)->state, CMIRROR_STOPPING, "it is still asked");
	kt->holds_stop = false;
	IS_INT(kmc_stop_done(kt->kmc, kt->luid), 0, "and can be answered");
	IS_INT(kmc_stop_done(kt->kmc, kt->luid), -EALREADY, "once");
	IS_INT(kt_dmsetup(kt, "resume", "kt", NULL), 0, "resume");
	IS_INT(kt_remove(kt), 0, "remove");
}

int main(void)
{
	struct kt kt = { .kmc = NULL };

	test_no_daemon();
	kt_bind(&kt);
	test_who(&kt);
	test_refused(&kt);
	test_not_started(&kt);
	test_life(&kt, false);
	test_life(&kt, true);
	test_killed_waits(&kt);
	kt_unbind(&kt);
	return tap_done();
}
