/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim.h - the simulator: a cluster of nodes in one process, with virtual time.
 *
 * Every node runs the production core (lib/core) against a simulated kernel (dm-mirror with the
 * `userspace` log), network, lock manager, log device and legs. One seed is one run: nothing else
 * enters, no clock and no address. What may happen and what may not:
 *
 *	network    agreed order; delays; a dead sender's last messages reach everybody or nobody;
 *		   views later than the fact, usable later than the view; partitions and merges
 *	log device writes of 4 KiB are atomic and durable when done, land in any order; those in
 *		   flight when their node dies are lost, land at once, or until it is fenced. One
 *		   copy of the superblock may be torn, damaged, or unreadable until it is written
 *	legs	   volatile caches: what was not flushed may vanish when everything loses power
 *	locks	   survive the daemon, are granted only with quorum and everybody outside fenced
 *	kernel	   drivers/md/dm-raid1.c, dm-region-hash.c, dm-log-userspace-base.c of Linux 6.1
 *
 * Kernel threads are coroutines, so that their code reads as in the kernel. Everything else is an
 * event on one heap. Checks (check_*.c) run after every event; the first failed one ends the run.
 */
#ifndef CM_TEST_SIM_H
#define CM_TEST_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/cmn.h"

#define SIM_NODES	4u
#define SIM_LEGS	2u
#define SIM_REGIONS_MAX	48u
#define SIM_PER_REGION	2u		/* blocks of 4 KiB */
#define SIM_BLOCKS_MAX	(SIM_REGIONS_MAX * SIM_PER_REGION)
#define SIM_REGION_SECT	(SIM_PER_REGION * 8u)
#define SIM_DEV_BYTES	(512u * 1024u)
#define SIM_DEV_PAGES	(SIM_DEV_BYTES / DISK_PAGE_BYTES)
#define SIM_BIOS	64u		/* of one node */
#define SIM_LEGW	512u		/* leg writes under way */
#define SIM_DIOS	256u		/* log device requests under way */
#define SIM_QUEUE	4096u		/* messages a node has not seen yet */
#define SIM_THREADS	8u		/* of one node */
#define SIM_WAITERS	8u
#define SIM_APPS	3u		/* writers of one node */
#define SIM_LANES	3u		/* of acts, in a small world */
#define SIM_UUID	"LVM-sim0000000000000000000000000000000000000000000000000000000000"

#define US_MS		1000ull
#define US_S		1000000ull

struct sim;
struct sim_node;
struct sim_small;
struct world;

struct sim_ev {
	uint64_t at_us, order;
	void (*fn)(struct sim *s, const struct sim_ev *ev);
	uint32_t node, gen;		/* what gen counts is fn's business */
	uint64_t a, b;
	void *p;
	uint32_t p_bytes;		/* of *p, if that is part of the state */
	uint32_t chan;			/* of a small world: sim_chan(); 0 = by itself */
};

/* Small worlds: of the events of one channel only the oldest can happen. */
enum sim_chan {
	CHAN_NONE, CHAN_REPLY, CHAN_REQUEST, CHAN_ORDER, CHAN_GRANT, CHAN_POLL, CHAN_REFORM,
	CHAN_THREAD, CHAN_DISK, CHAN_LEG, CHAN_TIMER, CHAN_OPERATOR, CHAN_FENCE,
	CHAN_COPY, CHAN_CLVMD,
};

/* ---- coroutines: sim_thread.c ---- */

struct sim_th;
typedef void sim_th_fn(struct sim_th *th, void *arg);

/* ---- the kernel ---- */

struct sim_bl {				/* a list of bios, by index */
	uint32_t n;
	uint8_t v[SIM_BIOS];
};

struct sim_bio {
	bool is_used, is_write, is_flush;
	uint32_t block;
	uint64_t ver;
	uint32_t legs_left;
	bool has_failed;
	uint32_t app;			/* whose */
};

enum sim_rh { RH_ABSENT, RH_CLEAN, RH_DIRTY, RH_NOSYNC, RH_RECOVERING };
enum sim_rl { RL_NONE, RL_CLEAN, RL_QUIESCED, RL_RECOVERED, RL_FAILED };

struct sim_rhe {			/* dm-region-hash.c: struct dm_region */
	enum sim_rh state;
	enum sim_rl list;
	uint32_t pending;
	bool is_copying;		/* kcopyd has it */
	struct sim_bl delayed;
};

/* The module: kmod/cmk.h. Masks of regions. */
#define SIM_FREEZES	(2u * SIM_NODES)

struct sim_freeze {
	uint64_t id, lo, hi, written, wait_us, deadline_us, void_at_us;
	bool is_effective, is_told;
};

struct sim_claim {
	uint64_t id, lo, hi, cut, next, out, copied;
	bool is_done;
};

struct sim_kmod {
	bool is_on, is_core;
	uint8_t state, mode, want_mode;
	bool oos_durable, log_failed, in_pass, has_held;
	uint32_t ask;
	bool news_due, wake_due;
	uint64_t held, writes;
	bool is_answered;
	int answer;
	struct sim_th *waiter;
	struct cml_slot_where where;
	uint64_t oos, want_oos, frozen, want_frozen;
	uint64_t marks, dirty, recent, failed, voids;
	uint64_t set_gen, inflight_gen, durable_gen, flushed_gen;
	bool is_wanted, is_inflight;
	uint32_t tries;
	uint64_t retry_us;
	struct sim_freeze freeze[SIM_FREEZES];
	struct sim_claim claim[CMIRROR_CLAIMS];
	uint64_t assigned, assigned_claim;
	uint64_t batch_due_us;
	bool is_batching;
	uint8_t page[DISK_PAGE_BYTES];
};

struct sim_mirror {			/* dm-raid1.c: struct mirror_set, and its log_c */
	bool is_used, is_dying;
	struct sim_node *nd;
	uint32_t nr;			/* 0 or 1: index in nd->mirror */
	uint32_t gen;			/* counts tables in this place */
	uint64_t luid;
	bool is_integrated;
	bool is_resumed;
	bool says_nosync;		/* its table does */
	bool has_suspend;		/* ms->suspend */
	bool is_in_sync;		/* ms->in_sync */
	bool log_failure, leg_failure, copy_failed;
	struct sim_bl reads, writes, holds, failures;
	struct sim_rhe rh[SIM_REGIONS_MAX];
	int recovery_count, recovery_in_flight;
	uint32_t copies_left;
	uint32_t copy_region;
	uint64_t in_sync_hint;
	uint64_t mark[SIM_REGIONS_MAX * 4], clear[SIM_REGIONS_MAX * 4];
	uint32_t mark_count, clear_count;
	bool is_queued, is_in_pass, has_timer, status_runs;
	bool flush_queued, flush_running;	/* dmlogd */
	uint64_t flush_at_us;
	uint64_t nosync_since_us[SIM_REGIONS_MAX];
	bool has_held[SIM_BIOS];	/* is on hold: its region is NOSYNC already */
	uint32_t io_count;		/* bios mapped and not ended */
	struct sim_th *kmirrord, *dmlogd;
	struct sim_kmod km;
};

struct sim_waiter {			/* a request without its answer */
	bool is_used, is_done;
	uint32_t seq;
	uint64_t since_us;		/* of the first try */
	struct kabi_req req;
	struct kabi_reply reply;
	struct sim_th *th;
};

/* ---- the network ---- */

struct sim_entry {			/* one delivery, the same for all members */
	uint32_t refs;
	uint32_t sender;		/* node index; SIM_NODES = a view */
	uint32_t delivered;		/* mask */
	uint64_t view_nr;
	uint32_t members;		/* mask */
	bool is_quorate;
	bool is_flash;			/* a view that is over at once: never usable */
	uint64_t hash[SIM_NODES];	/* of the replicated state after it; 0 = not known yet */
	uint32_t lineage[SIM_NODES];
	uint32_t len_bytes;
	uint8_t buf[];
};

struct sim_packet;

/* ---- applications ---- */

struct sim_block {			/* what the application may read */
	uint64_t min, max;		/* versions; equal when it is known */
	uint64_t hard;			/* flushed by the application */
	uint64_t last;			/* version given out last */
	uint32_t locked_by;		/* node index + 1: the application's own cluster lock */
	uint32_t locked_boot;
};

enum sim_op { OP_NONE, OP_READ, OP_WRITE, OP_FLUSH };

struct sim_app {
	enum sim_op op;
	bool is_sleeping;		/* an event will start it */
	uint32_t block;
	uint64_t ver;
	uint64_t since_us;
	uint64_t acked[SIM_BLOCKS_MAX];	/* OP_FLUSH: what was acknowledged when it was sent */
};

/* ---- a node ---- */

struct sim_node {
	struct sim *s;
	uint32_t nr;			/* index; the node id is nr + 1 */
	bool is_up;
	uint32_t boot;			/* counts boots */
	bool is_fenced;			/* down, and the cluster knows it */
	uint32_t side;			/* of the partition */

	/* the daemon and its host */
	bool has_daemon;
	uint32_t daemon_gen;
	struct cmn *cmn;
	struct cml *log;
	uint64_t log_gen;
	void *persist;
	bool persist_is_old;
	uint64_t orphans;
	uint64_t timer_at_us;
	uint32_t timer_gen;
	bool is_stepping;
	uint64_t wake_at_us;

	/* network */
	uint64_t ring_nr;		/* highest view number ever seen; survives boots */
	uint32_t ring;			/* nodes in its corosync ring (mask); 0 = none */
	uint32_t group;			/* daemons in its ring, as of the last reform */
	uint32_t group_gen[SIM_NODES];
	struct sim_entry *queue[SIM_QUEUE];
	uint32_t q_head, q_count;
	bool is_delivering;
	struct sim_packet *out_head, *out_tail;
	uint64_t view_nr;
	uint32_t view_members;
	bool is_quorate, is_settled;
	bool has_node_lock;
	uint64_t settled_at_us;
	uint32_t lineage;		/* of its replicated state; 0 = it has none */

	/* kernel */
	uint32_t kseq;
	uint64_t luid_last;
	uint64_t answered[64];		/* seq + 1 */
	uint32_t answered_next;
	uint64_t answered_seq;
	uint64_t limit_us;		/* the static in userspace_is_remote_recovering() */
	struct sim_waiter waiter[SIM_WAITERS];
	struct sim_mirror mirror[2];
	int live;			/* index of the live table, -1 = none */
	bool is_suspended;
	struct sim_bl deferred;
	struct sim_bio bio[SIM_BIOS];
	struct sim_th *th[SIM_THREADS];

	/* clvmd */
	uint64_t leg_fails_until_us;	/* its path to leg 1 */
	bool is_ctl_busy;
	bool wants_active;
	uint64_t retry_at_us, boot_at_us, daemon_at_us;

	struct sim_app app[SIM_APPS];
	bool app_runs;
};

/* ---- shared things ---- */

struct sim_dio {			/* a log device request under way */
	bool is_used, is_write, is_landed;
	uint32_t node, daemon_gen, boot;
	bool is_kernel;			/* of the module; then: */
	uint32_t mirror, mirror_gen;
	uint32_t gen;
	uint64_t off, id;
	uint8_t *buf;			/* the core's */
	int result;
	uint8_t *data;			/* while it is used */
};

struct sim_legw {
	bool is_used, is_copy, is_landed, is_error;
	uint32_t leg, block, node, boot, gen;
	uint64_t ver;
	uint32_t mirror, mirror_gen;
	uint32_t bio;
};

struct sim_leg {
	uint64_t cur[SIM_BLOCKS_MAX], dur[SIM_BLOCKS_MAX];
	uint64_t cur_n[SIM_BLOCKS_MAX], dur_n[SIM_BLOCKS_MAX];	/* landing counts */
};

enum sim_want { WANT_NONE, WANT_SELF, WANT_PROOF, WANT_OWN };
struct sim_lock {			/* 0..SIM_NODES-1: node locks; SIM_NODES: oos */
	int owner;			/* node index, -1 = free */
	uint32_t owner_boot, owner_gen;
	enum sim_want kind;
	struct {
		enum sim_want kind;
		uint32_t daemon_gen;
	} want[SIM_NODES];
};

/* What the log device says, decoded: check_disk.c */
struct sim_truth {
	bool is_fresh;
	bool has_sb;
	struct disk_sb sb;
	struct disk_classic classic;
	uint64_t slot[DISK_SLOTS_MAX];	/* masks of regions; RUNNING slots only */
	uint64_t oos;
	uint64_t dirty;			/* out of sync for a reader after total loss of power */
};

enum sim_class { CLASS_STEADY, CLASS_CRASH, CLASS_DAEMON, CLASS_POWER, CLASS_PARTITION, CLASS_LEGS,
		 CLASS_MIX, CLASS_RARE, CLASS_END };

/* Deliberate faults outside the allowed ones: each must be caught by a check. */
#define SIM_MUTANTS(X) \
	X(NONE, "none") X(EARLY_DISK_DONE, "early-disk-done") X(EARLY_REPLY, "early-reply") \
	X(NO_LEG_FLUSH, "no-leg-flush") X(EARLY_PROOF, "early-proof") X(DROP_MERGE, "drop-merge") \
	X(LATE_PAGE, "late-page") X(TWO_OWNERS, "two-owners") X(IN_SYNC_ZERO, "in-sync-zero") \
	X(NOT_REMOTE, "not-remote") X(SAME_WORK, "same-work") X(CLASSIC_VALID, "classic-valid") \
	X(LOST_LEG_WRITE, "lost-leg-write") X(STALE_READ, "stale-read") X(FLIP_MSG, "flip-msg") \
	X(TWO_REPLIES, "two-replies") X(NO_REPLY, "no-reply") X(BAD_PAGE, "bad-page") \
	X(NO_SELF_FENCE, "no-self-fence") X(ONE_COPY, "one-copy") \
	/* of the module */ \
	X(NO_PASS, "no-pass") X(EARLY_FREEZE, "early-freeze")
enum sim_mutant {
#define X(name, text) MUT_##name,
	SIM_MUTANTS(X)
#undef X
	MUT_END
};

/* Coverage: how often a path was taken. */
#define SIM_MARKS(X) \
	X(writes) X(reads) X(flushes) X(mark_requests) X(flush_payloads) X(clears) X(copies) \
	X(copies_done) X(remote_recovering) X(nosync_writes) X(in_sync_zero) X(delayed_bios) \
	X(node_crashes) X(daemon_crashes) X(power_losses) X(partitions) X(merges) X(fences) \
	X(self_fences) X(kills) X(fast_reboots) X(suspends) X(reloads) X(activations) \
	X(deactivations) X(resumes_for_merge) X(refused) X(esrch_replays) X(kernel_retries) \
	X(wakes) X(leg_errors) X(held_bios) X(failed_copies) \
	X(sb_damaged) X(sb_torn) X(pages_damaged) X(lost_requests) X(late_replies) \
	X(failed_flushes) X(nosync_tables) \
	X(proofs) X(proof_alarms) X(late_landings) X(lost_log_writes) X(lost_messages) X(views) \
	X(hash_compared) X(msg_hello) X(msg_join) X(msg_slot) X(msg_state) X(msg_leave) \
	X(msg_propose) X(msg_ack) X(ack_busy) X(propose_patient) X(msg_release) X(msg_giveback) \
	X(msg_void) X(msg_oos_set) \
	X(msg_oos_durable) X(msg_disk_oos) X(msg_merge) X(msg_merged) X(msg_handover) X(msg_other) \
	X(classic_valid) X(events)
enum sim_mark {
#define X(name) MARK_##name,
	SIM_MARKS(X)
#undef X
	MARK_END
};

struct sim_result {			/* shared with the parent process */
	uint64_t mark[MARK_END];
	bool failed;
	char text[512];
};

/* Which log type tables are loaded with; mixed: each by chance. */
enum sim_client { SIM_STOCK, SIM_MODULE, SIM_MIXED };

struct sim_opts {
	uint64_t seed;
	uint32_t node_count, region_count; /* 0 = by the seed */
	enum sim_class class;
	enum sim_mutant mutant;
	bool is_core, trace;
	enum sim_client client;
	uint64_t steps_max;
	/* of a small world (sim_small.c) */
	uint32_t world;			/* its number + 1; 0 = none */
	const char *path;		/* go this one; NULL = all */
	bool is_dirty;			/* all is out of sync at first */
};

struct sim {
	struct sim_opts opts;
	struct sim_result *result;
	uint64_t rng;
	uint64_t now_us, order, steps;
	struct sim_ev *heap;
	uint32_t heap_count, heap_size;

	uint32_t node_count;
	uint32_t region_count, block_count;
	struct cmn_config cfg;
	bool is_integrated;
	char ctr[KABI_ARGS_MAX];
	struct disk_geom geom;
	struct sim_node node[SIM_NODES];
	struct sim_lock lock[SIM_NODES + 1];
	uint8_t *dev_mem, *dev[SIM_DEV_PAGES];	/* the pages of the log device */
	uint64_t dev_sum;			/* of its pages, in a small world */
	bool dev_unread[SIM_DEV_PAGES];	/* reads fail until the page is written */
	struct sim_dio dio[SIM_DIOS];
	struct sim_leg leg[SIM_LEGS];
	struct sim_legw legw[SIM_LEGW];
	struct sim_block block[SIM_BLOCKS_MAX];
	struct sim_truth truth;
	uint64_t leg_io[SIM_NODES];	/* masks of regions with leg writes under way, per issuer */
	uint64_t unknown_since_us[SIM_REGIONS_MAX];
	bool is_partitioned;
	uint32_t lineage_last;
	uint32_t armed;			/* node index + 1: crashes when it is busy */
	uint32_t armed_for;
	bool is_healing, app_stopped, is_closing, closes_in_turn;
	uint64_t heal_at_us;		/* when the faults stop */
	uint64_t mutant_count;
	bool failed;
	/* a small world: */
	struct sim_small *small;	/* NULL: chance decides */
	const struct world *world;
	uint32_t acts_done[SIM_LANES];
	uint64_t last_act_us;
	bool has_ticked;		/* the last event was a look of the operator */
};

/* ---- sim_world.c ---- */
uint64_t sim_rand(struct sim *s, uint64_t below);	/* 0..below - 1; below > 0 */
bool sim_chance(struct sim *s, uint32_t one_in);
bool sim_rare(struct sim *s, uint32_t one_in);		/* a fault of class "rare" */
uint64_t sim_between(struct sim *s, uint64_t lo, uint64_t hi);	/* both included */
/* A delay of the network, of a device: in a small world a short one is none at all. */
struct sim_ev *sim_after(struct sim *s, uint64_t delay_us,
			 void (*fn)(struct sim *, const struct sim_ev *));
/* A timer: never early. */
struct sim_ev *sim_timer(struct sim *s, uint64_t delay_us,
			 void (*fn)(struct sim *, const struct sim_ev *));
static inline void sim_chan(struct sim_ev *ev, enum sim_chan chan, uint64_t nr)
{
	ev->chan = (uint32_t)chan << 24 | (uint32_t)nr;
}
/* One of 0..@n - 1: by chance, and in a small world each. */
uint32_t sim_pick(struct sim *s, uint32_t n);
void sim_trace(struct sim *s, const struct sim_node *nd, const char *fmt, ...) CM_PRINTF(3, 4);
void sim_fail(struct sim *s, const char *rule, const char *fmt, ...) CM_PRINTF(3, 4);
static inline void sim_mark(struct sim *s, enum sim_mark mark)
{
	s->result->mark[mark]++;
}
/* Is this the moment for the deliberate fault? Now and then, when it is the one asked for. */
bool sim_mutant(struct sim *s, enum sim_mutant mutant, uint32_t one_in);
bool sim_step(struct sim *s);				/* false = nothing left to do */
bool sim_step_of(struct sim *s, uint32_t i);		/* the event at heap[i]; the same */
void sim_drop(struct sim *s, uint32_t i);		/* it does not happen */
/* @small: NULL, or of a small world. */
struct sim *sim_new(const struct sim_opts *opts, struct sim_result *result,
		    struct sim_small *small);
const char *sim_class_name(enum sim_class class);

/* ---- sim_thread.c ---- */
struct sim_th *sim_th_start(struct sim_node *nd, sim_th_fn *fn, void *arg);
void sim_th_block(struct sim_th *th);		/* until a kick; the condition is the caller's */
void sim_th_kick(struct sim_th *th);			/* NULL is allowed */
void sim_th_kick_at(struct sim_th *th, uint64_t at_us);
/* A deadline for sim_th_block(): one at a time, off again when the wait is over. */
void sim_th_alarm(struct sim_th *th, uint64_t us);
bool sim_th_is_late(const struct sim_th *th);
void sim_th_alarm_off(struct sim_th *th);
void sim_th_sleep(struct sim_th *th, uint64_t us);
void sim_th_kill_all(struct sim_node *nd);
uint64_t sim_th_hash(const struct sim_th *th);	/* of where it is, and with what */
/* What is on its stack: bytes; @to NULL: only how many. And back. */
size_t sim_th_save(const struct sim_th *th, uint8_t *to);
size_t sim_th_restore(struct sim_th *th, const uint8_t *from);
struct sim_node *sim_th_node(struct sim_th *th);
uint32_t sim_th_place(const struct sim_th *th);

/* ---- sim_power.c: nodes and daemons live and die ---- */
void sim_node_boot(struct sim_node *nd);
void sim_node_crash(struct sim_node *nd, const char *why);
void sim_node_fenced(struct sim_node *nd);
void sim_power_loss(struct sim *s);
void sim_daemon_start(struct sim_node *nd);
void sim_daemon_kill(struct sim_node *nd);

/* ---- sim_net.c ---- */
void sim_net_send(struct sim_node *nd, const uint8_t *buf, size_t len_bytes);
void sim_net_changed(struct sim *s, uint64_t delay_us);	/* reform all rings then */
void sim_net_daemon_gone(struct sim_node *nd);
void sim_net_drop(struct sim_node *nd);
/* What waits to be ordered. */
uint64_t sim_net_hash(const struct sim_node *nd, uint64_t seed);
const char *sim_entry_name(const struct sim_entry *e);
bool sim_net_is_quorate(const struct sim *s, uint32_t ring);

/* ---- sim_locks.c ---- */
void sim_locks_ask(struct sim_node *nd, uint32_t lock, enum sim_want kind);
void sim_locks_drop(struct sim_node *nd, uint32_t lock, enum sim_want kind);
void sim_locks_daemon_gone(struct sim_node *nd);
void sim_locks_node_gone(struct sim_node *nd);		/* fenced, or back */
void sim_locks_poll(struct sim *s);
bool sim_locks_can_wait(const struct sim *s);	/* there is nothing to grant */
void sim_locks_poll_soon(struct sim *s);
void sim_fence_soon(struct sim_node *nd, uint32_t target);

/* ---- sim_disk.c, sim_legs.c ---- */
void sim_disk_submit(struct sim_node *nd, const struct cmn_effect *fx);
/* A slot page of the module; ends in sim_km_written(). @page is not changed meanwhile. */
void sim_disk_submit_kernel(struct sim_mirror *m, uint64_t off, uint8_t *page);
bool sim_disk_daemon_is_busy(const struct sim_node *nd);	/* of these, the daemon's */
bool sim_disk_is_busy(const struct sim_node *nd);	/* writes of it that have not landed */
bool sim_disk_writes_sb(const struct sim_node *nd);
void sim_disk_damage(struct sim *s);			/* one copy of the superblock */
void sim_disk_node_gone(struct sim_node *nd, bool is_final);
void sim_leg_write(struct sim_mirror *m, uint32_t leg, uint32_t block, uint64_t ver, bool is_copy,
		   uint32_t bio);
void sim_legs_node_gone(struct sim_node *nd, bool is_final);
/* Start a flush; @done runs when it is finished, with @a, @b, and the node's @gen. */
void sim_legs_flush_start(struct sim_node *nd, uint32_t gen, uint64_t a, uint64_t b,
			  void (*done)(struct sim *, const struct sim_ev *));
void sim_legs_power_loss(struct sim *s);
uint64_t sim_legs_inflight(const struct sim *s);	/* mask of regions */

/* ---- sim_host.c ---- */
void sim_host_request(struct sim_node *nd, const struct kabi_req *req);
void sim_host_view(struct sim_node *nd);
void sim_host_message(struct sim_node *nd, const struct sim_entry *e);
void sim_host_event(struct sim_node *nd, struct cmn_event *ev);
void sim_host_orphans(struct sim_node *nd);
void sim_host_wake(struct sim_node *nd);
bool sim_host_kmod_ctr(struct sim_mirror *m);		/* may this table be loaded? */
void sim_host_kmod(struct sim_mirror *m);		/* it has news */
void sim_host_kmod_gone(struct sim_mirror *m);

/* ---- sim_klog.c: dm-log-userspace ---- */
int sim_rpc(struct sim_th *th, struct sim_mirror *m, struct kabi_req *req,
	    struct kabi_reply *reply);
int sim_rpc_safe(struct sim_th *th, struct sim_mirror *m, struct kabi_req *req,
		 struct kabi_reply *reply);
void sim_klog_reply(struct sim_node *nd, const struct kabi_reply *reply);
void sim_klog_fill(const struct sim_mirror *m, struct kabi_req *req, uint32_t type);
int sim_log_in_sync(struct sim_th *th, struct sim_mirror *m, uint64_t region);
int sim_log_is_remote(struct sim_th *th, struct sim_mirror *m, uint64_t region);
int sim_log_flush(struct sim_th *th, struct sim_mirror *m);
int sim_log_get_work(struct sim_th *th, struct sim_mirror *m, uint64_t *region);
void sim_log_set_sync(struct sim_th *th, struct sim_mirror *m, uint64_t region, bool in_sync);
uint64_t sim_log_sync_count(struct sim_th *th, struct sim_mirror *m);
void sim_log_dmlogd(struct sim_th *th, void *arg);

/* ---- sim_kmod.c: dm-log-cmirror ---- */
bool sim_km_load(struct sim_mirror *m);
void sim_km_resume(struct sim_th *th, struct sim_mirror *m);
void sim_km_presuspend(struct sim_mirror *m);
void sim_km_postsuspend(struct sim_th *th, struct sim_mirror *m);
int sim_km_is_remote(struct sim_mirror *m, uint64_t region);
int sim_km_in_sync(struct sim_mirror *m, uint64_t region);
int sim_km_flush(struct sim_th *th, struct sim_mirror *m);
/* Between judging writes and marking them kmirrord may be preempted. */
void sim_km_preempted(struct sim_th *th, struct sim_mirror *m);
int sim_km_get_work(struct sim_mirror *m, uint64_t *region);
void sim_km_set_sync(struct sim_mirror *m, uint64_t region, bool ok);
uint64_t sim_km_sync_count(const struct sim_mirror *m);
void sim_km_written(struct sim_mirror *m, int result);
void sim_km_push(struct sim_node *nd, const struct kmod_push *push);
void sim_km_start(struct sim_node *nd, uint64_t luid, int error);
void sim_km_stop_done(struct sim_node *nd, uint64_t luid);
void sim_km_released(struct sim_node *nd);
void sim_km_news(struct sim_mirror *m);
void sim_km_look(const struct sim_mirror *m, struct kmod_look *look);

/* ---- sim_kern.c: dm-raid1, dm-region-hash ---- */
void sim_kern_kmirrord(struct sim_th *th, void *arg);
void sim_kern_wakeup(struct sim_mirror *m);
void sim_kern_queue(struct sim_mirror *m, uint32_t bio);
void sim_kern_leg_done(struct sim_mirror *m, const struct sim_legw *w);
void sim_kern_map(struct sim_node *nd, uint32_t bio);	/* from the application, through dm */
uint32_t sim_bio_new(struct sim_node *nd);

/* ---- sim_kctl.c: ioctls, played by clvmd ---- */
bool sim_ctl_activate(struct sim_node *nd);
bool sim_ctl_deactivate(struct sim_node *nd);
bool sim_ctl_suspend_resume(struct sim_node *nd, bool reload);
bool sim_ctl_status(struct sim_node *nd);
bool sim_ctl_has_leg_failure(struct sim_node *nd);
bool sim_ctl_refused(const struct sim_node *nd);

/* ---- sim_app.c ---- */
void sim_app_start(struct sim_node *nd);
void sim_app_stop(struct sim_node *nd);
bool sim_app_is_idle(const struct sim_node *nd);
void sim_app_done(struct sim_node *nd, uint32_t app, uint64_t ver);
/* In a small world nobody writes by himself. */
bool sim_app_can_write(const struct sim_node *nd, uint32_t block);
void sim_app_write(struct sim_node *nd, uint32_t block);
void sim_app_node_dead(struct sim_node *nd);
void sim_app_unlock(struct sim_node *nd);		/* fenced: its locks go to others */
void sim_app_power_loss(struct sim *s);

/* ---- sim_faults.c, sim_run.c ---- */
void sim_faults_start(struct sim *s);
void sim_faults_look(struct sim *s);	/* after every event */
void sim_faults_stop(struct sim *s);
void sim_operator_start(struct sim *s);
bool sim_run(const struct sim_opts *opts, struct sim_result *result);
/* NULL: all is active, in sync and idle; else what is not, and on which node (0 = all). */
const char *sim_lacks(const struct sim *s, uint32_t *nodeid);

/* ---- sim_rules.c ---- */
/* How many rules none of the runs has exercised; each is named on stdout. */
uint32_t sim_rules_missed(const struct sim_result *total);

/* ---- sim_arena.c ---- */
struct sim_snap;
void sim_arena_new(void);	/* what the last world had is gone */
void sim_arena_on(void);	/* from now on memory is part of the state */
void sim_arena_off(void);
struct sim_snap *sim_snap_new(const struct sim *s);
void sim_snap_back(struct sim *s, const struct sim_snap *snap);
void sim_snap_free(struct sim_snap *snap);

/* ---- sim_small.c, sim_small_hash.c ---- */
bool sim_small_run(const struct sim_opts *opts, struct sim_result *result);
uint32_t sim_small_pick(struct sim *s, uint32_t n);
void sim_small_timer_drop(struct sim_node *nd);
void sim_small_kicks_drop(struct sim_th *th);	/* it waits for none of them any more */
bool sim_small_has_leg_acts(const struct sim *s);
bool sim_small_has_ev(const struct sim *s, uint32_t chan);	/* one that is due */
bool sim_small_is_stale(const struct sim *s, const struct sim_ev *ev);
uint64_t sim_small_hash(const struct sim *s);
/* 0 if there is no small world. */
uint64_t sim_small_page_hash(const struct sim *s, uint64_t off);

/* ---- check_*.c ---- */
void check_truth_stale(struct sim *s);			/* the log device changed */
const struct sim_truth *check_truth(struct sim *s);
bool check_sb_is_good(struct sim *s, uint32_t copy);	/* it alone would do */
void check_reply(struct sim_node *nd, const struct kabi_req *req, const struct kabi_reply *reply);
/* Are all regions of a MARK or FLUSH durable in the node's slot? */
bool check_is_durable(struct sim_node *nd, const struct kabi_req *req);
void check_issue(struct sim_mirror *m, uint32_t block, bool is_copy);
void check_lineage_split(struct sim *s, uint32_t part);
void check_one_owner(struct sim_node *nd);		/* it is granted the oos lock */
void check_hash(struct sim_node *nd, struct sim_entry *e);
void check_all(struct sim *s);
void check_final(struct sim *s);

#endif
