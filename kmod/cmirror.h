/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * cmirror.h - generic netlink family "cmirror": dm-log-cmirror (the kernel's half of a clustered
 * mirror log) and cmirrord (the cluster's half).
 *
 * The kernel owns what a write needs: the marks of this node's slot, on disk and in memory, and a
 * copy of the out-of-sync bitmap. The daemon owns what the cluster agrees on, and tells it here.
 * In the steady state nothing is said.
 *
 * Words: an instance is one loaded mirror table with a log of type "cmirror-disk" or
 * "cmirror-core"; its luid is a number that no other instance since the module was loaded has had.
 * A pass is one run of dm-mirror's thread over its writes, from the first is_remote_recovering to
 * the flush of the log. What the daemon says about regions takes effect between two passes (hazard:
 * a write that is judged by two truths), mostly at once, else when the pass that runs has ended.
 *
 * Everything is a level, not an edge. The daemon says what is to hold, and may say it again; the
 * kernel says by CMIRROR_CMD_NEWS *that* an instance has something to tell (CMIRROR_A_ASK), and
 * CMIRROR_CMD_GET tells what. A NEWS that cannot be sent is sent again after 100 ms. So a daemon
 * that restarts asks for INSTANCES, GETs each, and both know all again; no table changes meanwhile.
 *
 * All commands need CAP_SYS_ADMIN in the first user namespace, and all but BIND a socket that is
 * bound. Numbers are in host order; a region number is below the instance's CMIRROR_A_REGIONS, else
 * -ERANGE. Errors come as the netlink error with an extended ack text. Common to all that name an
 * instance: -ENODEV no instance has that luid; -ENOTCONN this socket is not bound; -EINVAL an
 * attribute is missing or out of its range; -EOPNOTSUPP unknown command; -EPERM.
 * None of them waits for I/O or for a pass.
 */
#ifndef UAPI_LINUX_CMIRROR_H
#define UAPI_LINUX_CMIRROR_H

#include <linux/types.h>

#define CMIRROR_FAMILY		"cmirror"
#define CMIRROR_FAMILY_VERSION	1

/* What this header describes. Both sides name a range, the highest common one is spoken. */
#define CMIRROR_VERSION_MIN	1
#define CMIRROR_VERSION		1

#define CMIRROR_UUID_BYTES	129	/* with the NUL */
#define CMIRROR_ARGS_BYTES	256	/* with the NUL */
#define CMIRROR_REGIONS_MAX	0x1000000ULL
#define CMIRROR_CLAIM_MAX	256	/* regions of one claim */
#define CMIRROR_CLAIMS		2	/* of this node, at a time */
#define CMIRROR_FREEZES		64	/* claims of others, at a time */
#define CMIRROR_BITS_MAX	32768	/* bytes of CMIRROR_A_BITS in one message */
#define CMIRROR_LIST_MAX	64	/* regions of one list in the answer to GET */

/**
 * enum cmirror_cmd - user to kernel, if not said otherwise
 *
 * @CMIRROR_CMD_BIND: this socket is the daemon's from now on, until it is closed.
 *	VERSION_MIN, VERSION_MAX. Answer: VERSION.
 *	-EPROTONOSUPPORT no common version (the text names the module's); -EBUSY another socket is
 *	bound.
 *	When the socket closes, every instance goes to mode CMIRROR_MODE_IN_SYNC at the next
 *	boundary of its passes, if it was CMIRROR_MODE_ALL.
 * @CMIRROR_CMD_INSTANCES: dump: per instance LUID, UUID, DEV, TYPE, REGION_SECT, REGIONS, ARGS,
 *	STATE, ASK.
 * @CMIRROR_CMD_GET: LUID. Answer: STATE, ASK, MODE, counters, and for each bit of ASK what it says
 *	there. Telling it takes nothing back: each has its own command for that.
 * @CMIRROR_CMD_NEWS: kernel to user, unicast: LUID, ASK. Of an instance that is gone: ASK_GONE,
 *	once.
 * @CMIRROR_CMD_CTR_DONE: LUID, ERROR (0 or negative errno: the table is refused). Answers ASK_CTR.
 *	-EALREADY when it is not asked.
 * @CMIRROR_CMD_START: LUID, ERROR. Answers ASK_RESUME. With ERROR 0, of a disk log, SLOT,
 *	SLOT_SECT, EPOCH, UUID_HASH say where and how to write the slot's pages; STICKY_MS. With an
 *	error the instance is refused: its marks fail with -EIO. -EALREADY when it is not asked.
 * @CMIRROR_CMD_STOP_DONE: LUID. Answers ASK_STOP: the suspend ends. -EALREADY.
 * @CMIRROR_CMD_OOS: LUID, OP, FIRST (a multiple of 64), BITS (a multiple of 8 bytes, except at the
 *	end of the map): regions out of sync. OP_SET and OP_CLEAR change those whose bits are set,
 *	OP_LOAD all in the range. A region that OP_SET names and that was in sync has not been
 *	durable on disk: OOS_DURABLE of MODE is 0 from then on. Regions in FAILED stay out of sync
 *	whatever is said of them; what holds there is to be said again after FAILED_DONE.
 * @CMIRROR_CMD_MODE: LUID, MODE, OOS_DURABLE (0 or 1: every out-of-sync bit that was set here is
 *	durable in the log's bitmap). 1 is taken as 0 while there are regions in FAILED: their bits
 *	were set by the kernel; to be said again after the last FAILED_DONE.
 * @CMIRROR_CMD_MARKS: LUID, FIRST, BITS: bits that this node's slot has on disk, before START.
 *	-EBUSY once it runs.
 * @CMIRROR_CMD_FREEZE: LUID, CLAIM, LO, HI, WAIT_MS, PATIENCE_MS: another node wants to copy these.
 *	Writes wait from the next boundary on. When none is under way there any more, or after
 *	WAIT_MS, ASK_FROZEN. Regions that are still written then are out of the claim, and their
 *	writes go on. A write that waits when the freeze is PATIENCE_MS old is told of by ASK_VOID.
 *	The same CLAIM again: its result is told again. -ENOSPC more than CMIRROR_FREEZES.
 * @CMIRROR_CMD_THAW: LUID, CLAIM, and REGION if only that one has left the claim: writes go on, if
 *	no other FREEZE has them too; a region of this node's own claim is not copied any more.
 *	Unknown claims are fine.
 * @CMIRROR_CMD_CLAIM: LUID, CLAIM, LO, HI, BITS (regions that are not to be copied): this node is
 *	to copy. The same again: nothing. -ENOSPC more than CMIRROR_CLAIMS.
 * @CMIRROR_CMD_CLAIM_CUT: LUID, CLAIM, HI: hand out no region at or above HI (LO or less: none).
 * @CMIRROR_CMD_CLAIM_END: LUID, CLAIM: forget it. -EBUSY while a region of it is being copied.
 * @CMIRROR_CMD_FLUSH: LUID, FLUSH: flush every leg; ends in ASK_FLUSHED. ERROR -ENXIO: the table
 *	was suspended meanwhile, nothing is known.
 * @CMIRROR_CMD_FAILED_DONE: LUID, REGION: it is known to the cluster that a write failed there.
 *	Of a claim of this node that has it, it is not copied any more (COPIED of the next GET).
 *	A resume of the same table keeps FAILED; with the table it is gone, so it is to be dealt
 *	with before STOP_DONE: among the MARKS that are left, these must not be cleared.
 * @CMIRROR_CMD_MARKS_GET: LUID, FIRST, COUNT: BITS of the slot as it is wanted. Of a stopped
 *	instance these are what it leaves to the daemon.
 */
enum cmirror_cmd {
	CMIRROR_CMD_UNSPEC,
	CMIRROR_CMD_BIND,
	CMIRROR_CMD_INSTANCES,
	CMIRROR_CMD_GET,
	CMIRROR_CMD_NEWS,
	CMIRROR_CMD_CTR_DONE,
	CMIRROR_CMD_START,
	CMIRROR_CMD_STOP_DONE,
	CMIRROR_CMD_OOS,
	CMIRROR_CMD_MODE,
	CMIRROR_CMD_MARKS,
	CMIRROR_CMD_FREEZE,
	CMIRROR_CMD_THAW,
	CMIRROR_CMD_CLAIM,
	CMIRROR_CMD_CLAIM_CUT,
	CMIRROR_CMD_CLAIM_END,
	CMIRROR_CMD_FLUSH,
	CMIRROR_CMD_FAILED_DONE,
	CMIRROR_CMD_MARKS_GET,
	__CMIRROR_CMD_END
};

#define CMIRROR_CMD_MAX (__CMIRROR_CMD_END - 1)

enum cmirror_attr {
	CMIRROR_A_UNSPEC,
	CMIRROR_A_PAD,
	CMIRROR_A_VERSION_MIN,	/* u16 */
	CMIRROR_A_VERSION_MAX,	/* u16 */
	CMIRROR_A_VERSION,	/* u16 */
	CMIRROR_A_LUID,		/* u64 */
	CMIRROR_A_UUID,		/* string: first word of the log's arguments */
	CMIRROR_A_DEV,		/* string: major:minor of the mirror */
	CMIRROR_A_TYPE,		/* u8: enum cmirror_type */
	CMIRROR_A_REGION_SECT,	/* u32: region size, a power of two */
	CMIRROR_A_REGIONS,	/* u64 */
	CMIRROR_A_ARGS,		/* string: the log's arguments after the uuid, as loaded */
	CMIRROR_A_STATE,	/* u8: enum cmirror_state */
	CMIRROR_A_ASK,		/* u32: CMIRROR_ASK_* */
	CMIRROR_A_ERROR,	/* s32: 0 or negative errno */
	CMIRROR_A_SLOT,		/* u32 */
	CMIRROR_A_SLOT_SECT,	/* u64: first sector of the slot's pages on the log device */
	CMIRROR_A_EPOCH,	/* u64 */
	CMIRROR_A_UUID_HASH,	/* u64 */
	CMIRROR_A_STICKY_MS,	/* u32: an idle mark stays this long, 100..600000 */
	CMIRROR_A_MODE,		/* u8: enum cmirror_mode */
	CMIRROR_A_OOS_DURABLE,	/* u8 */
	CMIRROR_A_OP,		/* u8: enum cmirror_op */
	CMIRROR_A_FIRST,	/* u64: region of bit 0 of BITS */
	CMIRROR_A_COUNT,	/* u64 */
	CMIRROR_A_BITS,		/* binary: bit i % 8 of byte i / 8 is region FIRST + i */
	CMIRROR_A_CLAIM,	/* u64: its number, not 0 */
	CMIRROR_A_LO,		/* u64 */
	CMIRROR_A_HI,		/* u64: regions LO <= r < HI */
	CMIRROR_A_WAIT_MS,	/* u32: 0..10000 */
	CMIRROR_A_PATIENCE_MS,	/* u32: 0..60000 */
	CMIRROR_A_REGION,	/* u64 */
	CMIRROR_A_FLUSH,	/* u64: number of a flush, not 0 */
	CMIRROR_A_FROZEN,	/* nested, several: CLAIM, BITS (i: LO + i is written) */
	CMIRROR_A_COPIED,	/* nested, several: CLAIM, IS_DONE, BITS (i: LO + i is copied) */
	CMIRROR_A_IS_DONE,	/* u8: nothing of the claim is left to copy, or being copied */
	CMIRROR_A_VOIDS,	/* binary: u64 each */
	CMIRROR_A_FAILED,	/* binary: u64 each */
	CMIRROR_A_STATS,	/* binary: struct cmirror_stats, maybe longer in later versions */
	__CMIRROR_A_END
};

#define CMIRROR_A_MAX (__CMIRROR_A_END - 1)

enum cmirror_type {
	CMIRROR_TYPE_DISK = 1,
	CMIRROR_TYPE_CORE = 2,
};

enum cmirror_state {
	CMIRROR_NEW = 1,	/* the table is loaded, or being loaded */
	CMIRROR_RESUMING,	/* waits for START */
	CMIRROR_RUNNING,
	CMIRROR_PRESUSPENDED,	/* copies nothing new; its writes go on */
	CMIRROR_STOPPING,	/* no I/O is under way; waits for STOP_DONE */
	CMIRROR_STOPPED,
	CMIRROR_REFUSED,	/* START said so, or nobody said it in time */
};

/* Which writes go on. The others wait in dm-mirror, which asks again when woken, or in 200 ms. */
enum cmirror_mode {
	CMIRROR_MODE_NONE,	/* those to regions that are in sync and durably marked */
	CMIRROR_MODE_IN_SYNC,	/* those to regions that are in sync; what nobody is there for */
	CMIRROR_MODE_ALL,
};

enum cmirror_op {
	CMIRROR_OP_SET = 1,
	CMIRROR_OP_CLEAR,
	CMIRROR_OP_LOAD,
};

#define CMIRROR_ASK_CTR		0x001U	/* may this table be loaded? */
#define CMIRROR_ASK_RESUME	0x002U	/* START, please, and before it MARKS, OOS, MODE */
#define CMIRROR_ASK_STOP	0x004U	/* MARKS_GET, and then STOP_DONE */
#define CMIRROR_ASK_GONE	0x008U	/* the table was destroyed */
#define CMIRROR_ASK_PRESUSPEND	0x010U	/* state PRESUSPENDED; nothing waits for an answer */
#define CMIRROR_ASK_FROZEN	0x020U	/* FROZEN: results; over with THAW */
#define CMIRROR_ASK_COPIED	0x040U	/* COPIED: a claim is done; over with CLAIM_END */
#define CMIRROR_ASK_VOID	0x080U	/* VOIDS: writes wait there; over with THAW */
#define CMIRROR_ASK_FAILED	0x100U	/* FAILED: a leg failed there; over with FAILED_DONE */
#define CMIRROR_ASK_FLUSHED	0x200U	/* FLUSH, ERROR: of the last flush */
#define CMIRROR_ASK_LOG_FAILED	0x400U	/* a slot page could not be written */

/* Since the table was loaded. */
struct cmirror_stats {
	__u64 marks;		/* regions that a write made dirty */
	__u64 marks_hot;	/* of these: durable already */
	__u64 mark_batches;	/* flushes of the log that had to write */
	__u64 slot_writes;	/* pages */
	__u64 clear_batches;	/* flushes of the legs before clears */
	__u64 cleared;		/* marks that went */
	__u64 held;		/* times a write was told to wait */
	__u64 copied;		/* regions copied by this node */
	__u64 news;		/* messages sent to the daemon */
	__u64 told;		/* commands of the daemon */
	__u64 wakes;		/* small reads that wake dm-mirror's thread */
	__u64 writes;		/* told to go on; those held are asked about again */
};

#endif
