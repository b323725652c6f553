/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clu.h - the cluster, as cmirrord and clvmd see it: a provider is a table of functions.
 *
 * Providers: corosync (cpg, quorum, cmap, cfg; DLM through libdlm), local (one node, no cluster
 * software). None is assumed whole: clu_caps() says what it can do, and clu_require() refuses by
 * name what is missing. The caller names the group. Above this header only views and ordered
 * messages exist; each message is delivered in a view, in the same order on every member of it.
 *
 * One thread: every function below, and every callback, runs in the thread that called
 * clu_create(); no callback may destroy the cluster object. Callbacks come out of clu_dispatch()
 * only: no other function calls back. No function blocks, except clu_create(), clu_destroy() and
 * clu_leave_clean(), for at most CLU_CREATE_MS and CLU_STOP_MS. No memory is allocated by us after
 * clu_create() (the libraries below may; they are not on the path of a mark). A provider may run a
 * helper thread of its own: no callback ever runs there. The end of a process waits for it, and the
 * DLM blocks it without a way to interrupt while a dead node is being fenced: a process killed in
 * this time ends, and leaves the group, only when the fencing has ended.
 */
#ifndef CM_CLUSTER_CLU_H
#define CM_CLUSTER_CLU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

#define CLU_NODES_MAX	128u
#define CLU_NAME_MAX	128u	/* group or resource name, without a NUL */
#define CLU_MSG_MAX	65536u
#define CLU_FDS_MAX	8u
#define CLU_OWN_NAME_MAX 60u	/* characters of a resource name given to clu_own() */
#define CLU_OWN_MAX	512u	/* resources asked for or held at a time */
#define CLU_CREATE_MS	10000u
#define CLU_STOP_MS	2000u

enum clu_cap {
	CLU_CAP_MULTICAST = 1 << 0,	/* ordered multicast and numbered views */
	CLU_CAP_QUORUM = 1 << 1,
	CLU_CAP_OWN = 1 << 2,	/* own(): exclusive, outlives the process, dies with the node */
	CLU_CAP_PROVE_DEAD = 1 << 3,
	CLU_CAP_KILL_NODE = 1 << 4,
	CLU_CAP_VETO_STOP = 1 << 5, /* can refuse a stop of the cluster software */
};

/*
 * A view. Two views with one nr have disjoint members (two sides of a partition).
 * A process that dies and returns, or a node that was away and is back, is never in two views in a
 * row: a view without it comes between, if need be at once before the next one, with usable false.
 * So whoever is a member before and after a view event has missed nothing in between.
 */
struct clu_view {
	uint64_t nr;		/* grows with every view; the same on all members; never 0 */
	uint32_t member_count;
	uint32_t member[CLU_NODES_MAX];	/* node ids, ascending; the own id is among them */
	bool usable;	/* quorate, quorum's ring is this ring, own node lock held */
	bool quorate;
};

struct clu_stats {			/* counts since clu_create() */
	uint64_t sent_msgs, sent_bytes, received_msgs, received_bytes, send_retries, views;
};

/* What happens. ctx is the caller's. */
struct clu_callbacks {
	/* A new view. The same nr again, with another `usable` or `quorate`, is a change of these
	 * only. */
	void (*view)(void *ctx, const struct clu_view *view);
	/* A message, own ones included, in order. buf is valid during the call. */
	void (*message)(void *ctx, uint32_t from_nodeid, const uint8_t *buf, size_t len_bytes);
	/* own(name) ended: 0 = held; negative = not held and no longer asked for (cm_strerror). */
	void (*owned)(void *ctx, const char *name, int result);
	/*
	 * prove_dead(nodeid) ended. 0: the node is fenced (or, without fencing, gone for 60 s) and
	 * its node lock is ours until clu_proof_release(). Else nothing is held, nothing proven:
	 *   -EALREADY            an alarm: its lock is free while it is a member of this view
	 *   CM_E_CLU_NO_FENCING  fencing is, or was since it left, switched off
	 *   CM_E_CLU_LOST        the DLM failed
	 */
	void (*dead)(void *ctx, uint32_t nodeid, int result);
	/* Own node lock gained (true), or found lost (false: somebody may have taken us for dead,
	 * so fence yourself). When gained, clu_node_lock_adopted() says if it was held all along.*/
	void (*node_lock)(void *ctx, bool held);
	/* The cluster software is gone: nothing will work again in this process. One line. */
	void (*lost)(void *ctx, const char *reason);
	/* The cluster software wants to stop; answer false to refuse (CLU_CAP_VETO_STOP). */
	bool (*may_stop)(void *ctx);
};

struct clu;

struct clu_config {
	const char *provider;		/* "corosync" or "local" */
	const char *group;	/* "cmirror", "clvmd": CPG group and DLM lockspace of that name */
	bool with_locks;	/* open the lockspace and hold the node lock (cmirrord: yes) */
	bool allow_no_fencing;	/* accept enable_fencing=0: proof is then departure + 60 s */
	const struct clu_callbacks *callbacks;
	void *ctx;
};

/*
 * Connect, join the group, ask for the own node lock (adopting an orphan of a former process of
 * this boot). The first view and the lock come later, out of clu_dispatch(); the lock perhaps only
 * when the cluster is quorate and everybody who has to be is fenced.
 *
 * Returns 0 and *out, or with one line in @err that names the cure:
 *   CM_E_CLU_NO_COROSYNC  no corosync (not running, or not installed)
 *   CM_E_CLU_NO_FENCING   fencing is off and not allowed to be
 *   CM_E_CLU_LOST         the DLM is not there (dlm_controld not running, lockspace refused)
 *   -ENOMEM, -EINVAL      (unknown provider: names the known ones)
 */
int clu_create(const struct clu_config *config, struct clu **out,
	       struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * Leave the group and close. The node lock and what clu_own() holds stay held for the next process
 * of this boot (persistent); proofs are dropped. @clu may be NULL.
 */
void clu_destroy(struct clu *clu);
/*
 * The same, but the node lock is given up too: only when no mirror of this node is active, for from
 * then on this node's death proves itself. What clu_own() holds goes as well.
 * Waits up to CLU_STOP_MS for the DLM; a lock that could not be given up in time stays held.
 */
void clu_leave_clean(struct clu *clu);

uint32_t clu_caps(const struct clu *clu);
uint32_t clu_nodeid(const struct clu *clu);
const char *clu_provider(const struct clu *clu);
/*
 * Does the cluster fence dead nodes? The live configuration of dlm_controld (enable_fencing and
 * enable_startup_fencing both on), not older than 10 s; a proof (callbacks->dead) is judged by a
 * reading made after its lock was granted. local: true; without locks nobody asks: false.
 */
bool clu_fencing_on(const struct clu *clu);
/* The node lock is held, and a former process of this boot held it before us without a gap. A host
 * that finds kernel instances of a former process, but no adopted lock, must fence itself. */
bool clu_node_lock_adopted(const struct clu *clu);
void clu_stats(const struct clu *clu, struct clu_stats *stats);

/* 0, or -ENOTSUP with @err: "provider local cannot kill a node: ...". */
int clu_require(const struct clu *clu, uint32_t caps, struct cm_errmsg *err) CM_MUST_CHECK;

/* The fds to poll for reading; returns how many (<= CLU_FDS_MAX). They may change: ask again after
 * each dispatch. */
uint32_t clu_fds(const struct clu *clu, int fds[CLU_FDS_MAX]);
/* Milliseconds until clu_dispatch() must run even without input; -1 = never. */
int clu_timeout_ms(const struct clu *clu);
/* Handle whatever is ready; runs callbacks. Never blocks. */
void clu_dispatch(struct clu *clu);

/*
 * Multicast to the group, in the order of the calls, to ourselves too. Copies @buf into a
 * preallocated queue; flow control of the cluster is waited out there, and so is the first view. A
 * message may be delivered in a later view than the one it was sent in. A message whose sender
 * leaves the view first may reach nobody.
 * Returns 0, -EMSGSIZE (0 or over CLU_MSG_MAX), -ENOBUFS (queue full: the caller sends too much),
 * CM_E_CLU_LOST.
 */
int clu_send(struct clu *clu, const void *buf, size_t len_bytes) CM_MUST_CHECK;
/* Bytes free in the queue of clu_send(). */
size_t clu_send_room(const struct clu *clu);

/*
 * Ask for exclusive ownership of a named resource; ends in callbacks->owned. Held until
 * clu_disown(), also over the death of this process (a new process of the same boot that asks again
 * adopts it); freed by the death of the node, but only after it is fenced. Asking again for what is
 * held calls owned(0) again. Needs with_locks.
 * @name  1..CLU_OWN_NAME_MAX characters, not starting with "node:"
 * Returns 0, -EINVAL (name), -ENOTSUP, -ENOMEM (more than CLU_OWN_MAX).
 */
int clu_own(struct clu *clu, const char *name) CM_MUST_CHECK;
/*
 * Give it up, or take back a request that is still waiting. A name that this process never asked
 * for: what a former process of this boot held of it is given up.
 */
void clu_disown(struct clu *clu, const char *name);

/*
 * Ask for proof that a node is dead: ends in callbacks->dead, after fencing, maybe never. Asking
 * again for what is held or asked for changes nothing, but calls dead(0) again if held.
 * Returns 0, -EINVAL (0 or the own id), -ENOTSUP (without with_locks), -ENOMEM.
 */
int clu_prove_dead(struct clu *clu, uint32_t nodeid) CM_MUST_CHECK;
/* Done with the proof (or no longer wanted): lets the node come back. */
void clu_proof_release(struct clu *clu, uint32_t nodeid);

/* Have the cluster throw a node out (it is fenced then). @reason: one line for its log.
 * 0, -ENOTSUP, CM_E_CLU_LOST. */
int clu_kill_node(struct clu *clu, uint32_t nodeid, const char *reason) CM_MUST_CHECK;

/* Name of a node for messages to people: corosync's nodelist name, else "node <id>". Valid until
 * clu_destroy(), but for at most 4 unknown nodes at a time. */
const char *clu_node_name(const struct clu *clu, uint32_t nodeid);

#endif
