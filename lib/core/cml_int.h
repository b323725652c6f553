/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_int.h - the inside of lib/core. Nothing outside lib/core includes it.
 *
 * Who writes what:
 *	cmn.c		step, views, peers (HELLO), the directory of logs
 *	cml.c		create, destroy, status, hash
 *	cml_inst.c	kernel instances: RESUME, PRESUSPEND, POSTSUSPEND
 *	cml_req.c	the other kernel requests; cml_pend.c those that wait
 *	cml_slot.c	the own slot: marks, group commit, lazy clears
 *	cml_oos.c	the out-of-sync bitmap, replicated, and its pages
 *	cml_sb.c	the superblock
 *	cml_open.c	the founder reads and imports; cml_decide.c who is right
 *	cml_export.c	the last leaver exports
 *	cml_member.c	JOIN, LEAVE, SLOT, who is gone, who is coordinator
 *	cml_xfer.c	state transfer to joiners
 *	cml_claim.c	claims: propose, acknowledge, void, release; cml_work.c the claimant's side
 *	cml_pace.c	how much and how often is claimed (a header of its own)
 *	cml_merge.c	slots of the dead
 *	cml_pump.c	after each event: whatever can go on, goes on
 */
#ifndef CM_CORE_CML_INT_H
#define CM_CORE_CML_INT_H

#include "base/bits.h"
#include "base/buf.h"
#include "lib/core/cml_pace.h"
#include "lib/core/cmn.h"
#include "lib/format/wire_tables.h"

#define CML_NO_SLOT       0xffffffffu
#define CML_IO_MAX        32u /* page requests under way per log */
#define CML_CLAIMS_MAX    (2u * CMN_NODES_MAX)
#define CML_TOKENS_MAX    64u /* per luid; more = "every region" */
#define CML_CLAIM_BYTES   (WIRE_CLAIM_REGIONS_MAX / 8u)
#define CML_XFER_WINDOW   4u            /* chunks under way to a joiner */
#define CML_DISK_RETRY_MS 500u
#define CML_DISK_RETRIES  6u

/* ---- kernel instances ---- */

enum cml_inst_state {
	CML_INST_NEW,      /* CTR only */
	CML_INST_RESUMING, /* RESUME waits */
	CML_INST_RUNNING,
	CML_INST_PRESUSPENDED, /* still writes until POSTSUSPEND */
	CML_INST_STOPPING,     /* POSTSUSPEND waits */
	CML_INST_SUSPENDED,
	CML_INST_REFUSED,
};

/*
 * What lies in persist memory, per luid. Fixed layout: read by the next process of the same binary
 * or a later one.
 */
struct cml_persist_inst {
	uint64_t luid;
	uint64_t assigned; /* region handed to its recovery + 1; 0 = none */
	uint32_t is_used;
	uint32_t is_running; /* RESUME was answered, POSTSUSPEND was not */
	/* Its table may have NOSYNC entries, which only another table gets rid of: IN_SYNC = 0 was
	 * answered to it, or a write of it failed on a leg. */
	uint32_t has_nosync;
	/* It was told that the log has failed: its kernel holds all writes until it is replaced. */
	uint32_t has_failed_log;
};

struct cml_persist {
	uint64_t magic;
	uint64_t uuid_hash;
	uint64_t region_count;
	uint64_t seq; /* of the node's messages: a restarted daemon goes on above it */
	struct cml_persist_inst inst[CML_LUIDS_MAX];
	/* behind it: the truly-dirty bitmap */
};
#define CML_PERSIST_MAGIC 0x316c7265706d43ull

struct cml_pending {
	bool is_used;
	bool needs_void; /* answered when void_seq is delivered */
	uint32_t type;
	uint32_t seq;
	uint32_t region_count;
	uint64_t region_nr[KABI_REGIONS_MAX];
	uint64_t void_seq; /* of the last VOID it sent */
	uint64_t need_gen; /* mark_gen when it was marked; 0 = not marked yet */
	bool is_marked;
	uint64_t since_ms;
};

struct cml_token {
	uint64_t region_nr;
	bool in_sync;
};

struct cml_inst {
	bool is_used;
	uint64_t luid;
	enum cml_inst_state state;
	uint8_t client;     /* enum wire_client */
	bool is_replay;     /* its RESUME replays one that a former daemon answered */
	uint64_t bound;     /* upper bound of the kernel's in_sync_hint (L1) */
	bool wants_work;    /* asked for resync work and got none */
	/* MARK or FLUSH seen since the last IS_REMOTE: the next IS_REMOTE is of a later pass */
	bool pass_has_marked;
	struct cml_token token[CML_TOKENS_MAX];
	uint32_t token_count;
	bool tokens_overflow;
	struct cml_pending pending[CML_PENDING_MAX];
};

/* ---- pages under way ---- */

enum cml_io_kind {
	CML_IO_OPEN,       /* founder's script; arg = step-local */
	CML_IO_SLOT,       /* own slot, write; arg = page */
	CML_IO_SLOT_READ,  /* own slot, read at join; arg = page */
	CML_IO_OOS,        /* write; arg = page */
	CML_IO_SB,         /* write */
	CML_IO_TAKEOVER,   /* read by a new coordinator; arg = number in its step */
	CML_IO_MERGE_READ, /* page of a dead slot; arg = page */
	CML_IO_MERGE_CLEAR,
	CML_IO_EXPORT,
};

struct cml_io {
	bool is_used;
	enum cml_io_kind kind;
	bool is_write;
	uint32_t arg;
	uint32_t gen; /* MERGE_READ, MERGE_CLEAR: of which merge */
	uint32_t tries;
	uint64_t retry_ms; /* 0 = under way; else when to submit again */
	uint64_t off;
	uint32_t len_bytes;
	uint8_t *page; /* DISK_PAGE_BYTES, aligned */
};

/*
 * One page of a bitmap that we write. gen counts bits newly set (mark_gen or oos_gen of the log).
 */
struct cml_page {
	uint64_t set_gen; /* gen of the newest set bit */
	uint64_t inflight_gen;
	uint64_t durable_gen;
	bool is_wanted; /* memory differs from what was last submitted */
	bool is_inflight;
};

/* ---- replicated state ---- */

struct cml_mem {
	bool is_used;
	bool is_whole;
	uint32_t nodeid;
	uint64_t join_seq;
	uint8_t client;
	bool is_presuspended;
	bool is_leg_failed;
	bool is_replay;
	uint32_t gen;
	uint64_t legs_hash;
	uint64_t resume_epoch; /* log->merge_epoch its kernel has resumed at */
};

struct cml_claim {
	uint64_t id; /* 0 = free */
	uint32_t nodeid;
	uint64_t lo, hi;
	uint64_t view; /* of the PROPOSE */
	bool is_granted;
	uint64_t since_ms; /* of its PROPOSE, by our clock; not replicated */
	uint32_t patience_ms; /* a write that waited so long in a kernel of the module may end it */
	bool waits_kernel; /* our ACK is due when our kernel has frozen it; not replicated */
	uint32_t ack_count; /* who must acknowledge, and has not */
	uint32_t ack_from[CMN_NODES_MAX];
	uint8_t out[CML_CLAIM_BYTES]; /* left the claim: truly dirty, voided, redirtied */
};

/* The claimant's own side of a claim. */
struct cml_work {
	uint64_t claim_id; /* 0 = none */
	bool is_kernels; /* the module has all of it, and says when it is copied */
	uint64_t granted_ms;
	uint64_t next;     /* first region not handed out yet */
	uint64_t assigned; /* + 1, handed to our kernel; 0 = none */
	uint64_t assigned_luid;
	uint8_t done[CML_CLAIM_BYTES];
	bool is_releasing; /* legs are being flushed, or RELEASE is under way */
	bool is_flushed;
	bool is_sent; /* RELEASE is on its way */
	uint64_t flush_id;
};
#define CML_WORKS 2u /* the next claim is proposed when half of one is done */

enum cml_merge_state {
	CML_MERGE_NONE,
	CML_MERGE_UNPROVEN,
	CML_MERGE_PROVEN,    /* reading its pages, sending MERGE */
	CML_MERGE_READ,      /* all sent; waits for own delivery and durable OOS */
	CML_MERGE_ANNOUNCED, /* MERGED sent; waits for every MERGED_ACK */
	CML_MERGE_CLEARING,  /* slot pages and superblock */
};

struct cml_merge { /* per slot; the coordinator's work, not replicated */
	enum cml_merge_state state;
	uint32_t nodeid;
	bool is_asked;    /* PROVE_DEAD sent */
	uint32_t gen; /* of this merge; 0 = none. Page requests of another are ignored */
	bool by_lock;     /* proof = its node lock, which we hold */
	uint32_t page_nr; /* next page to read or clear */
	uint32_t pages_busy;
	uint64_t sent_seq; /* of the last MERGE */
	uint64_t oos_gen;  /* OOS must be durable up to this */
	bool is_heard;     /* our MERGED has been delivered, and is to be acknowledged by: */
	uint32_t ack_count;
	uint32_t ack_from[CMN_NODES_MAX];
	uint64_t gone_since_ms;
	bool is_killed;
	bool is_kmod;	   /* its node ran this log with the module when it went */
};

enum cml_open_step {
	CML_OPEN_NONE,
	CML_OPEN_OWN, /* wait for the oos lock */
	CML_OPEN_READ_SB,
	CML_OPEN_READ_CLASSIC,
	CML_OPEN_READ_OOS,
	CML_OPEN_WRITE_OOS, /* import from here on */
	CML_OPEN_WRITE_SLOTS,
	CML_OPEN_WRITE_IMPORT,
	CML_OPEN_WRITE_POISON,
	CML_OPEN_WRITE_ACTIVE,
	CML_OPEN_SLOT,     /* own slot into the superblock */
	CML_OPEN_SLOT_BOTH, /* and into its other copy */
	CML_OPEN_ANNOUNCE, /* SLOT sent to ourselves */
	CML_OPEN_STUCK,    /* cannot tell who is right, and our kernel runs: it waits */
};

struct cml_open {
	enum cml_open_step step;
	uint32_t page_nr;
	uint32_t busy;
	int sb_result[2]; /* of reading and decoding it; sb[i] is there when 0 */
	bool sb_unread[2]; /* by an error of the device: its bytes may be good */
	struct disk_sb sb[2];
	int classic_result;
	struct disk_classic classic;
	bool is_import;
	bool is_oos_bad; /* a page could not be read: what memory has is not on disk */
};

enum cml_takeover_step {
	CML_TAKE_NONE,
	CML_TAKE_OWN,
	CML_TAKE_READ_SB,
	CML_TAKE_READ_SLOTS, /* that are in use on disk, and not by what we have heard */
	CML_TAKE_READ_OOS,
	CML_TAKE_SENT,
	CML_TAKE_DONE
};

struct cml_takeover {
	enum cml_takeover_step step;
	uint32_t page_nr, busy;
	uint32_t unheard; /* mask of slots */
	bool has_sb;
	uint64_t last_seq; /* of the final DISK_OOS */
	uint64_t oos_gen;  /* durable before a superblock forgets the slots that were read */
	uint64_t sb_change; /* of the first superblock: durable before anybody becomes whole */
};

struct cml_xfer {        /* the coordinator's side; one joiner at a time */
	uint32_t nodeid; /* 0 = none */
	uint64_t join_seq;
	uint32_t slot;
	bool slot_asked, slot_sent;
	uint64_t slot_change; /* sb_change that carries it */
	bool tables_fresh;
	uint32_t next; /* chunk to send next */
	uint32_t busy; /* sent, not delivered */
	uint32_t delivered;
	bool is_done_sent;
	bool resend[2 + DISK_REGIONS_MAX / (WIRE_BLOB_MAX * 8u)];
};

enum cml_leave_step {
	CML_LEAVE_NONE,
	CML_LEAVE_FLUSH, /* legs */
	CML_LEAVE_OOS,   /* what could not be dropped goes out of sync, durably */
	CML_LEAVE_SLOT,  /* cleared slot pages under way */
	CML_LEAVE_DRAIN, /* coordinator: OOS and superblock writes end */
	CML_LEAVE_EXPORT,
	CML_LEAVE_SENT, /* LEAVE multicast */
};

struct cml_leave {
	enum cml_leave_step step;
	uint64_t since_ms;
	uint64_t flush_id;
	bool is_flushed;
	bool has_nosync;  /* a table that stops may have failed writes: its marks go out of sync */
	bool is_last;     /* nobody else, everybody accounted for: export */
	uint64_t oos_seq; /* of the last OOS_SET sent */
	uint32_t export_block, export_busy;
	uint8_t export_step;
};

/* The running instance of the module dm-log-cmirror, and what it was told last. */
struct cml_km {
	uint64_t luid; /* 0 = none: the slot is ours */
	uint8_t mode;
	bool oos_durable;
	uint64_t oos_lo, oos_hi; /* changed since */
	struct bits voided; /* VOID was sent, and has not come back */
	struct bits failed; /* OOS_SET was sent, and has not come back */
};

struct cml {
	struct cmn *cmn;
	struct cml_config cfg;
	uint64_t region_count;
	uint64_t uuid_hash;
	enum cml_state state;
	char why[96];
	struct cml_persist *persist;
	struct cml_inst inst[CML_LUIDS_MAX];

	struct cml_km km;

	/* own slot */
	struct disk_geom geom;
	uint32_t slot;   /* CML_NO_SLOT */
	bool knows_past;   /* of the instances of this boot: from /run, or by having served them */
	bool may_run;      /* a stock instance of which persist memory does not know */
	bool slot_ready;   /* its pages were read */
	bool slot_is_read; /* they are being read */
	uint32_t slot_read_next, slot_read_busy;
	uint32_t slot_read_stale; /* reads under way that nobody waits for any more */
	uint64_t mark_count;            /* weight of marks */
	struct bits marks;  /* image of the own slot */
	struct bits dirty;  /* truly dirty; in persist memory */
	struct bits recent; /* touched since the last batch of clears */
	struct cml_page *slot_page;
	uint64_t mark_gen;
	bool legs_known;
	bool batch_flushing;
	uint64_t batch_flush_id, batch_due_ms;
	uint64_t flush_id_last;

	/* replicated */
	struct bits oos;
	uint64_t oos_count; /* weight of oos */
	uint64_t oos_gen;   /* + 1 with each delivered change that sets bits */
	uint64_t oos_durable;
	uint64_t merge_epoch;
	uint64_t epoch;
	uint32_t sb_flags;
	uint32_t gen;
	uint64_t legs_hash;
	uint32_t coordinator;
	uint64_t last_change;
	struct disk_slot slots[DISK_SLOTS_MAX];
	struct cml_mem mem[CMN_NODES_MAX];
	struct cml_claim claim[CML_CLAIMS_MAX];
	bool has_tables; /* the above is the members' state, not ours alone */

	/* coordinator */
	bool owns_oos, own_asked, own_drop;
	bool oos_ready; /* the disk's OOS is in ours: pages may be written (L6) */
	struct cml_page *oos_page;
	uint64_t oos_durable_sent;
	uint64_t sb_seq;
	uint32_t sb_state;
	bool sb_inflight;
	/* changes of slots[]: delivered; in the write under way; in each copy on disk */
	uint64_t sb_change, sb_inflight_change, sb_copy_change[2];
	struct cml_open open;
	struct cml_takeover take;
	struct cml_xfer xfer;
	uint32_t merge_gen;
	struct cml_merge merge[DISK_SLOTS_MAX];
	uint32_t gone_kmod; /* mask of slots: whose node was of the module when it went */

	/* claimant */
	struct cml_work work[CML_WORKS];
	uint64_t presuspend_seq;	/* of our PRESUSPENDED under way; 0 = none */
	bool is_last_suspended;		/* when it was delivered, everybody else was suspended */
	bool wake_due; /* our kernel was told "no work" when there was some */
	uint64_t proposed_id; /* own PROPOSE under way; 0 = none */
	uint64_t claim_count;
	uint64_t claim_from; /* where the next claim looks first */
	uint64_t claim_due_ms;
	uint64_t merge_delivered,
		oos_set_delivered; /* seq of our last MERGE, OOS_SET that came back */
	uint64_t void_delivered;   /* seq of our last VOID that came back */

	struct cml_pace pace;

	struct cml_leave leave;
	/*
	 * The own slot has marks of an instance that ended without a leave: leave before the next
	 * one starts. And its writes may have failed on a leg.
	 */
	bool is_unswept, unswept_failed;
	bool left_core_oos; /* a core log, when this node left it: nobody else may remember */
	bool join_sent;
	uint64_t join_view;
	bool stranger_has_state;
	bool log_failed;

	struct cml_io io[CML_IO_MAX];
	uint8_t *io_mem;
	struct cml_stats stats;
};

struct cmn_peer {
	bool is_used, in_view, has_hello;
	bool is_ours; /* with us in the last view that settled, and ever since */
	uint32_t nodeid;
	uint32_t joins_left;
	struct wire_hello hello;
	uint64_t not_returned_since_ms;
};

/*
 * One line of the directory: who has which log running, known to every node, also without the log.
 */
struct cmn_dir {
	bool is_used;
	char uuid[WIRE_UUID_BYTES];
	uint32_t node_count;
	uint32_t node[CMN_NODES_MAX];  /* in the order of their JOINs */
	bool has_state[CMN_NODES_MAX]; /* said so in this view's JOIN(again) */
};

struct cmn_proof {       /* a node whose death is asked for or proven */
	uint32_t nodeid; /* 0 = free */
	bool is_proven;
	uint8_t boot_id[16]; /* zero = not known */
};

struct cmn {
	struct cmn_config cfg;
	uint64_t now_ms;
	cmn_emit_fn *emit;
	void *host;
	bool is_stepping;
	uint64_t seq; /* of our messages */
	uint64_t view_nr, prev_view;
	uint64_t view_since_ms;
	bool usable, quorate, has_node_lock, lost_quorum;
	bool is_settled;
	bool is_self_fenced;
	uint64_t orphan_count;
	bool hello_has_lock, hello_has_orphans; /* as last sent */
	struct cmn_peer peer[CMN_NODES_MAX];
	struct cmn_dir dir[CML_LOGS_MAX];
	struct cmn_proof proof[CMN_NODES_MAX];
	struct cml *log[CML_LOGS_MAX];
	uint32_t log_count;
	uint8_t *send_buf; /* WIRE_MSG_MAX */
	uint8_t *blob_buf; /* WIRE_BLOB_MAX */
	struct wire_tables *tables; /* of the STATE being sent or delivered */
	char text[256];
};

/* ---- cmn.c, cmn_view.c ---- */
uint64_t cmn_send(struct cmn *cmn, struct cml *log, struct wire_msg *msg); /* returns its seq */
void cmn_journal(struct cmn *cmn, struct cml *log, enum cmn_level level, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void cmn_fx(struct cmn *cmn, struct cml *log, enum cmn_fx_type type);
void cmn_fx_node(struct cmn *cmn, enum cmn_fx_type type, uint32_t nodeid, const char *text);
struct cmn_peer *cmn_peer(struct cmn *cmn, uint32_t nodeid); /* known or NULL */
/* It came with us from the last view. */
bool cmn_is_of_us(const struct cmn *cmn, const struct cmn_peer *peer);
/* By its own JOIN in this view. */
bool cmn_runs_log(struct cmn *cmn, const char *uuid, uint32_t nodeid);
bool cmn_in_view(const struct cmn *cmn, uint32_t nodeid);
bool cmn_can_serve(const struct cmn *cmn); /* usable and settled */
struct cmn_dir *cmn_dir_find(struct cmn *cmn, const char *uuid);
struct cmn_proof *cmn_proof_find(struct cmn *cmn, uint32_t nodeid);
struct cmn_proof *cmn_proof_ask(struct cmn *cmn, uint32_t nodeid);
void cmn_proof_drop(struct cmn *cmn, uint32_t nodeid);
bool cmn_proof_is_wanted(const struct cmn *cmn, uint32_t nodeid); /* by any log */
void cmn_view(struct cmn *cmn, const struct cmn_event *ev);
void cmn_hello_update(struct cmn *cmn); /* say it again if something in it has changed */
void cmn_hello_deliver(struct cmn *cmn, const struct wire_msg *msg);
void cmn_settle_check(struct cmn *cmn);
void cmn_join_deliver(struct cmn *cmn, const struct wire_msg *msg);
void cmn_leave_deliver(struct cmn *cmn, const struct wire_msg *msg);
void cmn_whole_deliver(struct cmn *cmn, const struct wire_msg *msg);
/* A number for a message that no other message of these times has. Node ids use all of 32 bits. */
uint64_t cmn_msg_id(uint32_t sender, uint64_t seq);
void cmn_self_fence(struct cmn *cmn, const char *why);

/* ---- cml.c ---- */
void cml_state_set(struct cml *log, enum cml_state state, const char *why);
struct cml_inst *cml_inst_find(struct cml *log, uint64_t luid);
bool cml_has_running(const struct cml *log); /* an instance whose kernel may write */
void cml_reset_shared(struct cml *log);      /* forget the replicated state */

/* ---- cml_io.c ---- */
struct cml_io *cml_io_get(struct cml *log, enum cml_io_kind kind,
			  uint32_t arg); /* NULL = none free */
void cml_io_read(struct cml *log, struct cml_io *io, uint64_t off);
void cml_io_write(struct cml *log, struct cml_io *io, uint64_t off);
void cml_io_put(struct cml_io *io);
void cml_io_done(struct cml *log, uint64_t id, int result);
void cml_io_timer(struct cml *log);
void cml_log_failed(struct cml *log); /* the log device is lost to this node */
uint32_t cml_io_busy(const struct cml *log);
/* A page of this log in its epoch. @area: a slot, or DISK_AREA_OOS. Returns as disk_page_check()
 * does. */
int cml_page_check(const struct cml *log, uint32_t area, uint32_t page_nr,
		   const uint8_t *page) CM_MUST_CHECK;
void cml_page_encode(const struct cml *log, uint32_t area, uint32_t page_nr,
		     const struct bits *map, uint8_t *page); /* @map NULL = all clear */

/* ---- cml_req.c, cml_pend.c, cml_inst.c ---- */
void cml_req(struct cml *log, const struct kabi_req *req);
void cml_reply(struct cml *log, uint64_t luid, uint32_t seq, uint32_t type, int error);
void cml_reply_u64(struct cml *log, const struct kabi_req *req, const uint64_t *v, uint32_t n);
void cml_req_mark(struct cml *log, struct cml_inst *inst, const struct kabi_req *req);
void cml_req_set_sync(struct cml *log, struct cml_inst *inst, const struct kabi_req *req);
struct cml_pending *cml_pend_add(struct cml_inst *inst, const struct kabi_req *req, uint64_t now_ms,
				 bool *is_new);
void cml_pend_pump(struct cml *log);
void cml_pend_answer_type(struct cml *log, struct cml_inst *inst, uint32_t type, int error);
void cml_inst_resume(struct cml *log, struct cml_inst *inst, const struct kabi_req *req);
void cml_inst_presuspend(struct cml *log, struct cml_inst *inst, const struct kabi_req *req);
void cml_inst_postsuspend(struct cml *log, struct cml_inst *inst, const struct kabi_req *req);
bool cml_has_nosync(const struct cml *log);
bool cml_has_failed_log(const struct cml *log);
/* From now on. Only a failed write is news of a leg: a zero is told because of another's failure,
 * and would keep that alive for ever if it were reported as one. */
#define CML_NOSYNC_TOLD   1u
#define CML_NOSYNC_FAILED 2u
void cml_inst_has_nosync(struct cml *log, struct cml_inst *inst, uint32_t why);
uint8_t cml_client(const struct cml *log); /* of its instances; one of the stock client counts */
bool cml_is_replayed(const struct cml *log); /* a RESUME waits whose kernel runs already */
bool cml_runs_unjoined(const struct cml *log); /* its kernel runs, and nobody was told (JOIN) */
void cml_inst_pump(struct cml *log);
void cml_refuse(struct cml *log, const char *why); /* every RESUME that waits */
void cml_inst_started(struct cml *log); /* we are whole: answer the RESUMEs */
uint64_t cml_hint(const struct cml *log);
void cml_token_open(struct cml_inst *inst, uint64_t region_nr, bool in_sync);
const struct cml_token *cml_token_find(const struct cml_inst *inst, uint64_t region_nr);
void cml_token_close(struct cml_inst *inst, uint64_t region_nr);
void cml_token_close_all(struct cml_inst *inst);

void cml_failure_send(struct cml *log, uint64_t region_nr); /* a write of ours failed there */

/* ---- cml_kmod.c ---- */
struct cml_claim;
void cml_km_look(struct cml *log, const struct kmod_look *look);
void cml_km_marks(struct cml *log, uint64_t first, const uint8_t *bits, size_t len_bytes);
bool cml_km_writes(const struct cml *log); /* the slot is lent, or will be to one that runs */
void cml_km_lend(struct cml *log, const struct cml_inst *inst); /* before its START */
void cml_km_gone(struct cml *log, const struct cml_inst *inst); /* its table was destroyed */
void cml_km_pump(struct cml *log);
void cml_km_oos_note(struct cml *log, uint64_t region_nr); /* its bit has changed */
void cml_km_freeze(struct cml *log, const struct cml_claim *claim); /* of another, proposed */
void cml_km_claim(struct cml *log, const struct cml_claim *claim); /* own, granted */
void cml_km_claim_over(struct cml *log, const struct cml_claim *claim);
void cml_km_claim_cut(struct cml *log, uint64_t claim_id); /* hand out no more of it */
void cml_km_region_out(struct cml *log, const struct cml_claim *claim, uint64_t region_nr);
void cml_km_failed_heard(struct cml *log, uint64_t region_nr); /* our OOS_SET has come back */

/* ---- cml_slot.c ---- */
bool cml_slot_is_durable(const struct cml *log); /* all of its marks */
bool cml_region_is_durable(const struct cml *log, uint64_t region_nr); /* bit set and on disk */
bool cml_region_reached(const struct cml *log, uint64_t region_nr, uint64_t need_gen);
void cml_mark(struct cml *log, uint64_t region_nr);
void cml_clear(struct cml *log, uint64_t region_nr);
void cml_slot_pump(struct cml *log);
void cml_slot_done(struct cml *log, struct cml_io *io);
void cml_slot_unread(struct cml *log);
void cml_slot_read_start(struct cml *log);
void cml_slot_read_pump(struct cml *log);
void cml_slot_read_done(struct cml *log, struct cml_io *io, int result);
void cml_batch_timer(struct cml *log);
void cml_legs_flushed(struct cml *log, uint64_t id, int result);
uint64_t cml_flush_legs(struct cml *log); /* returns its id */
bool cml_slot_is_empty_on_disk(const struct cml *log);
uint64_t cml_slot_drop(struct cml *log, bool flushed); /* returns how many marks stay */

/* ---- cml_oos.c, cml_sb.c ---- */
bool cml_oos_set(struct cml *log, uint64_t region_nr);
void cml_oos_clear(struct cml *log, uint64_t region_nr);
uint64_t cml_oos_or(struct cml *log, uint64_t first, const uint8_t *bytes, uint32_t len_bytes);
void cml_oos_changed(struct cml *log); /* a delivered change has set bits */
void cml_oos_pump(struct cml *log);
void cml_oos_done(struct cml *log, struct cml_io *io);
bool cml_oos_is_durable(const struct cml *log);
void cml_oos_all_wanted(struct cml *log);
void cml_oos_set_deliver(struct cml *log, const struct wire_msg *msg);
void cml_oos_durable_deliver(struct cml *log, const struct wire_msg *msg);
void cml_sb_changed(struct cml *log);
void cml_sb_pump(struct cml *log);
void cml_sb_done(struct cml *log, struct cml_io *io);
bool cml_sb_is_durable(const struct cml *log);	/* every change, in both copies */
bool cml_sb_has_change(const struct cml *log, uint64_t change);	/* this one, in both copies */
void cml_sb_write(struct cml *log, struct cml_io *io, uint32_t state);

/* ---- cml_open.c, cml_decide.c, cml_export.c, cml_take.c ---- */
/* All three have been read: fills in epoch, slots, out of sync, and returns the next step. NONE:
 * the founder has given up, and its RESUMEs are refused; STUCK: it must not be refused. */
enum cml_open_step cml_decide(struct cml *log);
/* Made up by cml_decide() for a node of which nothing is known, not even its boot id. */
bool cml_slot_is_guess(const struct disk_slot *slot);
void cml_open_start(struct cml *log);
void cml_open_pump(struct cml *log);
void cml_open_done(struct cml *log, struct cml_io *io, int result);
void cml_open_abort(struct cml *log);
void cml_own_ask(struct cml *log);
void cml_own_drop_pump(struct cml *log);
void cml_own_lost_need(struct cml *log); /* we need the oos lock no longer */
void cml_owned(struct cml *log, int result);
void cml_take_start(struct cml *log);
void cml_take_pump(struct cml *log);
void cml_take_done(struct cml *log, struct cml_io *io, int result);
void cml_disk_oos_deliver(struct cml *log, const struct wire_msg *msg);
void cml_leave_start(struct cml *log);
void cml_leave_pump(struct cml *log);
void cml_export_done(struct cml *log, struct cml_io *io);

/* ---- cml_member.c ---- */
struct cml_mem *cml_mem_find(struct cml *log, uint32_t nodeid);
const struct cml_mem *cml_mem_find_c(const struct cml *log, uint32_t nodeid);
/* Running, and this node's in its present boot. */
bool cml_slot_is_of(const struct cml *log, const struct disk_slot *slot, uint32_t nodeid);
uint32_t cml_slot_of(const struct cml *log,
		     uint32_t nodeid); /* RUNNING or CLEAN slot of a node, or CML_NO_SLOT */
bool cml_is_coordinator(const struct cml *log);
bool cml_is_whole(const struct cml *log);
uint32_t cml_unproven_count(const struct cml *log);
bool cml_transfer_open(const struct cml *log);
void cml_join_deliver(struct cml *log, const struct wire_msg *msg, bool is_first);
void cml_again_deliver(struct cml *log, const struct wire_msg *msg);
void cml_leave_deliver(struct cml *log, const struct wire_msg *msg);
void cml_slot_deliver(struct cml *log, const struct wire_msg *msg);
void cml_node_gone(struct cml *log, uint32_t nodeid); /* out of the view, or a stranger in it */
void cml_view_changed(struct cml *log);
void cml_settled(struct cml *log);
void cml_founder_check(struct cml *log);
void cml_marks_forget(struct cml *log);
bool cml_joins_again(const struct cml *log);
void cml_join_pump(struct cml *log);
void cml_resumed_deliver(struct cml *log, const struct wire_msg *msg);
void cml_suspended_deliver(struct cml *log, const struct wire_msg *msg);
bool cml_any_leg_failed(const struct cml *log); /* by what any member has reported */
void cml_health_send(struct cml *log); /* a leg of ours has failed */
void cml_health_deliver(struct cml *log, const struct wire_msg *msg);
uint32_t cml_slot_pick(const struct cml *log, uint32_t nodeid);
void cml_slot_take(struct cml *log, uint32_t slot, uint32_t nodeid);
void cml_became_whole(struct cml *log);

/* ---- cml_tables.c ---- */
uint32_t cml_tables_put(const struct cml *log, uint8_t *buf); /* returns the length */
/* 0, or as wire_tables_decode(), also CM_E_WIRE_FIELD for what cannot be of this log; the log is
 * untouched then. */
int cml_tables_get(struct cml *log, const uint8_t *buf, uint32_t len_bytes) CM_MUST_CHECK;

/* ---- cml_xfer.c ---- */
void cml_xfer_pump(struct cml *log);
void cml_xfer_reset(struct cml *log);
void cml_state_deliver(struct cml *log, const struct wire_msg *msg);
void cml_state_done_deliver(struct cml *log, const struct wire_msg *msg);

/* ---- cml_claim.c, cml_work.c ---- */
/* Bit @i of a claim or of a message about one. */
static inline bool cml_bit_get(const uint8_t *bits, uint64_t i)
{
	return bits[i / 8] >> (i % 8) & 1;
}

static inline void cml_bit_set(uint8_t *bits, uint64_t i)
{
	bits[i / 8] |= (uint8_t)(1u << (i % 8));
}

struct cml_claim *cml_claim_find(struct cml *log, uint64_t id);
const struct cml_claim *cml_claim_find_c(const struct cml *log, uint64_t id);
struct cml_claim *cml_claim_at(const struct cml *log,
			       uint64_t region_nr); /* proposed or granted, still in it */
bool cml_claim_by_other(const struct cml *log, uint64_t region_nr);
void cml_claim_redirty(struct cml *log, uint64_t region_nr);
/* @bits: what the kernel of the module says is written; NULL = none asked. */
void cml_ack_send(struct cml *log, const struct cml_claim *claim, const uint8_t *bits,
		  uint32_t bytes);
/* Is it one of our claims? Then its progress is noted. */
bool cml_work_copied(struct cml *log, const struct kmod_bits *copied);
void cml_claims_of_node_drop(struct cml *log, uint32_t nodeid);
void cml_claims_of_node_dead(struct cml *log,
			     uint32_t nodeid); /* proven: unless it is a member anew */
void cml_claims_unfreeze(struct cml *log);     /* void every proposal that is not granted */
void cml_propose_deliver(struct cml *log, const struct wire_msg *msg);
void cml_ack_deliver(struct cml *log, const struct wire_msg *msg);
void cml_release_deliver(struct cml *log, const struct wire_msg *msg);
void cml_giveback_deliver(struct cml *log, const struct wire_msg *msg);
void cml_void_deliver(struct cml *log, const struct wire_msg *msg);
bool cml_claims_allowed(const struct cml *log);
bool cml_work_next(struct cml *log, struct cml_inst *inst, uint64_t *region_nr);
void cml_work_granted(struct cml *log, struct cml_claim *claim);
void cml_work_done(struct cml *log, struct cml_inst *inst, uint64_t region_nr, bool in_sync);
void cml_work_stop(struct cml *log); /* give back what the kernel has not been handed */
bool cml_work_is_copied(const struct cml *log, uint64_t region_nr); /* by us, not released yet */
bool cml_inst_is_assigned(const struct cml *log, const struct cml_inst *inst, uint64_t region_nr);
void cml_work_giveback(
	struct cml *log); /* another node suspends: give back what our kernel was not handed */
void cml_work_pump(struct cml *log);
void cml_work_reset(struct cml *log);
void cml_work_forget(struct cml *log, uint64_t claim_id);
void cml_work_adopt(struct cml *log); /* after a restart: claims of ours in the transferred state */

/* ---- cml_merge.c ---- */
void cml_merge_pump(struct cml *log);
void cml_merge_done(struct cml *log, struct cml_io *io, int result);
void cml_merge_reset(struct cml *log);
void cml_merge_view_changed(struct cml *log);
void cml_merge_deliver(struct cml *log, const struct wire_msg *msg);
void cml_merged_deliver(struct cml *log, const struct wire_msg *msg);
void cml_merged_ack_deliver(struct cml *log, const struct wire_msg *msg);
bool cml_merge_wants_proof(const struct cml *log, uint32_t nodeid);

/* ---- cml_pump.c ---- */
void cml_pump(struct cml *log);
uint64_t cml_deadline_ms(const struct cml *log);
void cml_timer(struct cml *log);
void cml_msg(struct cml *log, const struct wire_msg *msg);

#endif
