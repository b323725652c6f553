/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kt.h - tests of the module alone: a mirror on three devices, and this program in the place of
 * cmirrord.
 *
 * Wants to be root on a machine with device-mapper and dm-log-cmirror loaded, and three devices in
 * KT_LOG, KT_LEG0, KT_LEG1, whose content is lost. The mirror is /dev/mapper/kt, KT_REGIONS regions
 * of KT_REGION_BYTES. One thread; what may wait for us is done by children.
 */
#ifndef CM_TEST_KMOD_KT_H
#define CM_TEST_KMOD_KT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/assert.h"
#include "base/bits.h"
#include "lib/format/disk.h"
#include "lib/kernel/kmc.h"
#include "test/lib/tap.h"

#define KT_REGION_BYTES	65536u
#define KT_REGION_SECT	(KT_REGION_BYTES / 512u)
#define KT_REGIONS	128u
#define KT_SLOT		5u
#define KT_EPOCH	77u
#define KT_UUID		"LVM-kt"

struct kt {
	struct kmc *kmc;
	uint64_t luid;			/* of the last instance heard of */
	struct kmod_look look;		/* at the last news */
	uint32_t asked;			/* all ever asked for, since kt_asked_reset() */
	bool is_gone;
	/* answers */
	int ctr_error, start_error;
	bool oos_all;			/* at RESUME: all out of sync, else all in sync */
	uint8_t mode;
	uint32_t sticky_ms;
	bool holds_ctr, holds_start, holds_stop;	/* do not answer these */
	/* The marks that an instance leaves are those that the next one begins with. */
	bool keeps_marks;
	uint8_t left[KT_REGIONS / 8];
	void (*heard)(struct kt *kt);	/* after each news, @look is fresh; or NULL */
	bool forgives;		/* commands that fail: the module goes, or memory is refused */
};

/* What a device under the mirror does. */
enum kt_cover {
	KT_GOOD,
	KT_ERROR_WRITES,	/* and flushes; reads are good */
	KT_SLOW_WRITES,		/* not flushes */
	KT_SLOW_FLUSHES,
	KT_NOTHING,		/* is done at once, in the submitter, and keeps nothing */
	KT_ERROR_ALL,
};

void kt_bind(struct kt *kt);		/* become the daemon; dies when it cannot */
void kt_unbind(struct kt *kt);
/* A daemon that comes back: asks for the instances, and answers what each asks. Their number. */
uint32_t kt_takeover(struct kt *kt);

/* Run a command in a child; its output goes nowhere. */
pid_t kt_run(const char *const argv[]);
/* Be the daemon until the child has ended, or for @ms. Its exit status, or -1: it runs still. */
int kt_wait(struct kt *kt, pid_t pid, int ms);
/* Be the daemon for @ms, or until one of @ask is asked. */
bool kt_pump(struct kt *kt, uint32_t ask, int ms);
void kt_asked_reset(struct kt *kt);
int64_t kt_now_ms(void);
void kt_die(const char *what, const char *why) __attribute__((noreturn));
/* One region pushed out of sync (CMIRROR_OP_SET) or back in sync (CMIRROR_OP_CLEAR); a check. */
void kt_oos(struct kt *kt, uint8_t op, uint32_t region);
/* A fresh look. */
const struct kmod_look *kt_look(struct kt *kt);

/* dmsetup create kt, suspended or not; remove; 0 when it worked. */
int kt_create(struct kt *kt, bool is_core);
int kt_remove(struct kt *kt);
int kt_dmsetup(struct kt *kt, const char *a, const char *b, const char *c);
/* The same table once more: a new instance takes over from the old one. */
int kt_reload(struct kt *kt, bool is_core);
/* A command line for sh, while we are the daemon. Its exit status, or -1: it ran too long. */
int kt_sh(struct kt *kt, const char *fmt, ...) CM_PRINTF(2, 3);
/* Regions in sync, as dm-mirror's status says; -1 when it says nothing. */
int kt_sync_count(void);

/*
 * A daemon like @kt, in a child that is to be killed; it serves when this returns. When it is asked
 * for one of @ask (0: never), kt_daemon_asked(@fd) returns. Both die when it has died.
 */
pid_t kt_daemon_start(const struct kt *kt, uint32_t ask, int *fd);
void kt_daemon_asked(int fd);
void kt_daemon_kill(pid_t pid, int fd);

/*
 * From now on KT_@var, "LOG", "LEG0" or "LEG1", names a device of device-mapper on top of it, good
 * at first. kt_cover_set: @ms is of the slow ones. Both die when they cannot. kt_cover_try,
 * kt_uncover: 0 when it worked.
 */
void kt_cover(struct kt *kt, const char *var);
void kt_cover_set(struct kt *kt, const char *var, enum kt_cover how, unsigned int ms);
int kt_cover_try(struct kt *kt, const char *var, enum kt_cover how, unsigned int ms);
int kt_uncover(struct kt *kt, const char *var);

/* One region of /dev/mapper/kt filled with @byte, by a child, directly. */
pid_t kt_write_start(uint32_t region, uint8_t byte);
bool kt_write(struct kt *kt, uint32_t region, uint8_t byte);
bool kt_put(uint32_t region, uint8_t byte);	/* here, not by a child: nobody is the daemon */
/* A flush of the mirror, by a child. */
pid_t kt_fsync_start(void);
/* First byte of a region, read directly from a device; -1 on an error. */
int kt_byte(const char *dev, uint32_t region);
void kt_fill(const char *dev, uint32_t region, uint8_t byte);
const char *kt_dev(const char *name);	/* "LOG", "LEG0", "LEG1" */

/* Is the region marked in the slot on the log device? The page must be exactly ours, or -1. */
int kt_disk_mark(uint32_t region);

#endif
