/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmn.h - the core: one node's part in all its clustered mirror logs. Read this first.
 *
 * Pure. Events in, effects out; no fd, no clock, no global, no allocation after *_create(). The
 * daemon, the simulator and the trace tests drive the same code. struct cmn is the node (views,
 * who is who, who is dead), struct cml one log (a uuid) with up to CML_LUIDS_MAX kernel instances
 * (luids).
 *
 * The contract:
 *  1. Time enters only as event->now_ms (monotonic, any origin).
 *  2. cmn_step() hands out effects one by one, in order, through emit(). The host does each before
 *     it returns from
 *     emit(), or queues it in that order; it never calls back into the core from there (asserted).
 *  3. A REPLY never precedes the write it reports: the core withholds it until DISK_DONE.
 *  4. State that all nodes share changes only when a message or a view is delivered, for the
 *     sender too.
 *     The same deliveries in the same order give the same cml_hash() on every member whose state
 *     is whole.
 *  5. A step never blocks, never recurses; its work is bounded by the log's size and the members.
 *  6. Every kernel request gets exactly one reply per logical request, to the newest seq of it.
 *
 * One thread at a time per struct cmn.
 */
#ifndef CM_CORE_CMN_H
#define CM_CORE_CMN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/format/disk.h"
#include "lib/format/kabi.h"
#include "lib/format/kmod.h"
#include "lib/format/wire.h"

#define CML_LOGS_MAX    256u
#define CML_LUIDS_MAX   4u
#define CML_PENDING_MAX 8u /* requests of one luid without an answer */
#define CMN_NODES_MAX   WIRE_NODES_MAX

struct cmn;
struct cml;

/* ---- the node ---- */

struct cmn_config {
	uint32_t nodeid;           /* > 0 */
	uint8_t boot_id[16];       /* /proc/sys/kernel/random/boot_id */
	uint8_t machine_id[16];    /* /etc/machine-id */
	uint8_t client;            /* enum wire_client */
	uint8_t fencing;           /* enum wire_fencing */
	/* one node without cluster software: nobody can prove another dead */
	bool is_local;
	uint32_t sticky_ms;        /* an idle mark stays this long; 5000 */
	uint32_t clear_batch_ms;   /* between two batches of clears; 1000 */
	uint32_t claim_retry_ms;   /* 1000 */
	uint32_t resend_ms;        /* chunk of a transfer; 2000 */
	uint32_t resume_ms;        /* a held RESUME is answered REFUSED after; 30000 */
	uint32_t leg_flush_ms;     /* POSTSUSPEND waits at most this for the legs; 5000 */
	/* A node without its daemon is killed after; 0 = never. I/O waits for it so long (60000),
	 * or none does: its kernel has the module, and all is in sync (300000). */
	uint32_t daemon_return_ms, daemon_return_kmod_ms;
};

void cmn_config_defaults(struct cmn_config *config); /* timers as decided; the rest zero */

/* Returns 0 or -ENOMEM. */
int cmn_create(const struct cmn_config *config, struct cmn **out) CM_MUST_CHECK;
/* All logs are detached before (asserted). */
void cmn_destroy(struct cmn *cmn);

/* ---- a log ---- */

struct cml_config {
	char uuid[KABI_UUID_BYTES];
	bool is_core;        /* no log device */
	uint64_t dev_bytes;  /* of the log device; 0 for core */
	struct kabi_ctr ctr; /* geometry, sync word, gen, legs */
	/*
	 * Memory that survives the daemon but not the boot: cml_persist_bytes(), zeroed when new;
	 * page aligned. Borrowed until cml_destroy(). persist_is_old: written by a former process
	 * of this boot.
	 */
	void *persist;
	bool persist_is_old;
};

size_t cml_persist_bytes(uint64_t region_count);

/*
 * Returns 0 and *out, or with @err: -ENOMEM, CM_E_DISK_GEOMETRY, CM_E_DISK_SPACE (texts of
 * disk_geom_init()),
 * CM_E_DISK_UUID (old persist memory of another log or geometry).
 */
int cml_create(const struct cml_config *config, struct cml **out,
	       struct cm_errmsg *err) CM_MUST_CHECK;
/* Only when detached. */
void cml_destroy(struct cml *log);

/* 0, or -ENOSPC (CML_LOGS_MAX), -EEXIST (uuid known). */
int cmn_attach(struct cmn *cmn, struct cml *log) CM_MUST_CHECK;
/* Only when cml_is_idle() (asserted). */
void cmn_detach(struct cmn *cmn, struct cml *log);
struct cml *cmn_find(const struct cmn *cmn, const char *uuid); /* or NULL */

/*
 * A CTR was accepted: the kernel has an instance. The same luid again is the same instance (a
 * replay). 0, or -ENOSPC (CML_LUIDS_MAX), -EBUSY (another geometry than the log's: @err).
 */
int cml_instance_add(struct cml *log, uint64_t luid, const struct kabi_ctr *ctr,
		     struct cm_errmsg *err) CM_MUST_CHECK;
/*
 * The kernel has sent CTR of this instance again, though it was answered: it seems to run, and
 * nothing in persist memory says so. What is marked in the own slot may then be under way.
 */
void cml_instance_again(struct cml *log, uint64_t luid);
/* The same of an instance of the module dm-log-cmirror. Its requests come by CMN_EV_KMOD. */
int cml_instance_add_kmod(struct cml *log, uint64_t luid, const struct kabi_ctr *ctr,
			  struct cm_errmsg *err) CM_MUST_CHECK;
bool cml_instance_known(const struct cml *log, uint64_t luid);
/*
 * DTR. Pending requests of it are dropped. An instance that still runs (a lost POSTSUSPEND) is
 * stopped first: call it inside a CM_EV_DTR step, not directly.
 */

/* No instance, nothing under way on disk, not a member: may be detached. */
bool cml_is_idle(const struct cml *log);

/* ---- events ---- */

enum cmn_ev_type {
	/* a request of an instance of @log; not CTR, GET_REGION_SIZE (the host answers these) */
	CMN_EV_KERNEL,
	/* @look of an instance of the module: after each NEWS, after a REPLY to its RESUME, and
	 * when a daemon finds it. With CMIRROR_ASK_STOP its KMOD_MARKS come before. */
	CMN_EV_KMOD,
	/* @id = first region, @buf, @len_bytes: the slot's bits of a stopped instance of the
	 * module, all of them, in chunks from region 0 on */
	CMN_EV_KMOD_MARKS,
	CMN_EV_VIEW, /* from the provider; same nr again = only usable/quorate/node_lock changed */
	CMN_EV_MSG,  /* delivered message, own ones too */
	CMN_EV_DISK_DONE,    /* @id, @result of a DISK_READ or DISK_WRITE of @log */
	CMN_EV_OWNED,        /* @log: its `oos` resource is owned (result 0) */
	CMN_EV_DEAD,         /* @nodeid is proven dead (result 0) */
	CMN_EV_LEGS_FLUSHED, /* @log, @id, @result of a FLUSH_LEGS */
	CMN_EV_LEGS_KNOWN, /* @log: FLUSH_LEGS can be served from now on (result 0) or no longer */
	/* @id = how many kernel instances of a former daemon of this boot have not come back: from
	 * the files in /run and the live tables, before the first VIEW and whenever it changes.
	 * One has come back when cml_instance_add() has been called for it, not before. */
	CMN_EV_ORPHANS,
	CMN_EV_TIMER, /* cmn_deadline_ms() has come */
};

struct cmn_event {
	enum cmn_ev_type type;
	uint64_t now_ms;
	struct cml *log;
	const struct kabi_req *req;
	const struct kmod_look *look;
	struct {
		uint64_t nr;
		const uint32_t *member;
		uint32_t member_count;
		bool usable; /* quorate, one ring, own node lock held */
		bool quorate;
		bool has_node_lock;
	} view;
	uint32_t nodeid; /* MSG: sender as the provider knows it; DEAD */
	const uint8_t *buf;
	size_t len_bytes;
	uint64_t id;
	int result;
};

/* ---- effects ---- */

enum cmn_fx_type {
	/* @reply to the kernel. To an instance of the module: RESUME = START, with the error or the
	 * place of cml_slot_where(); POSTSUSPEND = STOP_DONE; PRESUSPEND = nothing */
	CMN_FX_REPLY,
	CMN_FX_KMOD,       /* @push to the module: it holds when emit() returns */
	CMN_FX_SEND,       /* multicast @buf, @len_bytes */
	CMN_FX_DISK_READ,  /* @log, @id, @off, @len_bytes into @buf (the core's, until DISK_DONE) */
	CMN_FX_DISK_WRITE, /* the same from @buf; durable (FUA) before DISK_DONE */
	CMN_FX_OWN,        /* @log: ask for its oos resource; ends in CMN_EV_OWNED */
	CMN_FX_DISOWN, /* give it up, or a request for it, or an orphan of a former process */
	CMN_FX_PROVE_DEAD,    /* @nodeid; ends in CMN_EV_DEAD, maybe never */
	CMN_FX_PROOF_RELEASE, /* @nodeid: done with the proof, or no longer wanted */
	CMN_FX_FLUSH_LEGS,    /* @log, @id: fsync every leg; ends in CMN_EV_LEGS_FLUSHED */
	CMN_FX_WAKE_KERNEL,   /* @log, @luid: one small read, kmirrord shall ask for work */
	CMN_FX_KILL_NODE,     /* @nodeid, @text: it is without its daemon for too long */
	CMN_FX_SELF_FENCE,    /* @text: this node's state is stale while its kernel writes */
	CMN_FX_JOURNAL,       /* @level, @text, @log or NULL: a line for people */
};

enum cmn_level { CMN_LG_ERR, CMN_LG_WARN, CMN_LG_INFO, CMN_LG_DBG };

struct cmn_effect {
	enum cmn_fx_type type;
	struct cml *log;
	const struct kabi_reply *reply;
	const struct kmod_push *push;
	uint8_t *buf;
	size_t len_bytes;
	uint64_t id;
	uint64_t off;
	uint64_t luid;
	uint32_t nodeid;
	enum cmn_level level;
	const char *text;
};

typedef void cmn_emit_fn(void *host, const struct cmn_effect *fx);

/* One event. Effects come out through @emit before it returns. */
void cmn_step(struct cmn *cmn, const struct cmn_event *ev, cmn_emit_fn *emit, void *host);

/* When CMN_EV_TIMER is due, in ms of now_ms; UINT64_MAX = never. Ask after each step. */
uint64_t cmn_deadline_ms(const struct cmn *cmn);

/*
 * DTR of @luid, as a step: stops the instance if it still runs. The reply to the DTR is the host's.
 */
void cmn_instance_del(struct cmn *cmn, struct cml *log, uint64_t luid, uint64_t now_ms,
		      cmn_emit_fn *emit, void *host);

/* ---- questions (no effects, no change) ---- */

enum cml_state {
	CML_ST_IDLE, /* no instance runs */
	/* a RESUME waits: view, lock, or we found the membership and read the log device */
	CML_ST_OPENING,
	CML_ST_JOINING, /* JOIN sent or delivered; state and slot on their way */
	CML_ST_ACTIVE,
	CML_ST_LEAVING, /* the last POSTSUSPEND waits for flush, slot, export */
	CML_ST_FAILED,  /* log device lost: marks are refused with -EIO */
	CML_ST_REFUSED, /* a RESUME could not be served in time */
};
const char *cml_state_name(enum cml_state state);

struct cml_stats {
	uint64_t requests, replies, retries;
	uint64_t marks;     /* regions marked by MARK and FLUSH */
	uint64_t marks_hot; /* of these, those already durable in the slot: no write, no message */
	uint64_t slot_writes, oos_writes, sb_writes, reads; /* pages */
	uint64_t sent_msgs, received_msgs;
	uint64_t claims, claims_failed, regions_resynced, voids;
	uint64_t leg_flushes;
};

struct cml_member {
	uint32_t nodeid;
	bool is_whole;     /* its state transfer is finished */
	bool is_gone;      /* its daemon is not in the view; its kernel may run */
	bool needs_resume; /* stock client: suspend and resume its table before recovery (L1) */
	bool leg_failed;
	uint32_t slot; /* 0xffffffff = none yet */
	uint8_t client;
};

struct cml_status {
	enum cml_state state;
	const char *why; /* what it waits for, one phrase; "" when nothing */
	uint64_t region_count, in_sync_count;
	uint32_t region_size_sect;
	uint32_t coordinator; /* 0 = none */
	bool owns_oos;
	uint32_t member_count;
	struct cml_member member[CMN_NODES_MAX];
	uint32_t claim_count, own_claim_count; /* under way; of these granted to this node */
	uint32_t unproven_count; /* dead or daemonless nodes whose slot is not merged yet */
	uint64_t mark_count, dirty_count; /* bits in the own slot; of these truly dirty */
	uint32_t gen;
	uint64_t epoch;
	bool log_failed; /* the device, or a table of this node that was told so */
	/* A table of this node has, or may have, regions that it writes to one leg only, or holds
	 * all writes because its log failed: once suspended it must not be resumed; load another
	 * one. */
	bool needs_reload;
	struct cml_stats stats;
};
void cml_status(const struct cml *log, struct cml_status *status);
const char *cml_uuid(const struct cml *log);

/* Where this node's slot is, for the module. During a REPLY to RESUME it is there. */
struct cml_slot_where {
	uint32_t slot;
	uint64_t off; /* byte of its first page on the log device; 0 of a core log */
	uint64_t epoch, uuid_hash;
};
void cml_slot_where(const struct cml *log, struct cml_slot_where *out);
bool cml_is_core(const struct cml *log);

/*
 * Hash of the replicated state; equal on all whole members at equal delivery index. 0 when not
 * whole.
 */
uint64_t cml_hash(const struct cml *log);

/*
 * Hash of all that decides what the node does with its next event, its logs included. Only for
 * comparing moments of one process: addresses are in it. Two that differ may yet do the same.
 */
uint64_t cmn_digest(const struct cmn *cmn);

/* Read-only look at single regions, for tests, the simulator's checks, and `cmirrorctl dump`. */
bool cml_region_is_oos(const struct cml *log, uint64_t region_nr);
bool cml_region_is_marked(const struct cml *log,
			  uint64_t region_nr); /* bit in the own slot, memory */
bool cml_region_is_claimed(const struct cml *log, uint64_t region_nr);

/*
 * Why nobody may activate on this node now: peers without a common protocol, different fencing
 * words, no quorum, no node lock, view not settled. Returns 0 (fine) or a code with @err: one
 * line naming the node and the cure. CM_E_CLU_NO_QUORUM, CM_E_CLU_VERSION, CM_E_CLU_NO_FENCING,
 * -EAGAIN (settling, ask again).
 */
int cmn_check(const struct cmn *cmn, struct cm_errmsg *err) CM_MUST_CHECK;

/* Some log has a running instance here. */
bool cmn_has_live(const struct cmn *cmn);

#endif
