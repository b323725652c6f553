/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clu_corosync.h - the inside of the corosync provider: one struct, four files. For
 * clu_corosync*.c only; they alone include headers of corosync.
 *
 *  clu_corosync.c         the provider: puts it together, decides when a view is usable
 *  clu_corosync_cpg.c     group, messages, views (by clu_view.h)
 *  clu_corosync_quorum.c  quorum and its ring
 *  clu_corosync_cfg.c     node id and names, killing a node, the veto against a stop
 *  clu_corosync_lock.c    node lock, own(), proofs (by clu_dlm.h)
 *
 * A failed call of a corosync library means that corosync is gone: coro_lost(), once, and from then
 * on nothing is called any more. The caller hears of it at the end of clu_dispatch().
 */
#ifndef CM_CLUSTER_CLU_COROSYNC_H
#define CM_CLUSTER_CLU_COROSYNC_H

#include "lib/cluster/clu_dlm.h"
#include "lib/cluster/clu_ops.h"
#include "lib/cluster/clu_sendq.h"
#include "lib/cluster/clu_view.h"

#define CORO_NAME_BYTES	64u

/* What is known of a node by its id. */
struct coro_node {
	uint32_t nodeid;		/* 0 = free */
	char name[CORO_NAME_BYTES];	/* "" = unknown */
	uint64_t departed_ms;		/* when it last left a view; 0 = never */
	bool is_proof_asked;		/* the PASSING lock on its node lock is wished */
	bool is_proof_granted;		/* and held */
	bool is_proof_fenced;		/* fencing was on from its departure to the grant */
	bool is_proof_told;		/* and said to be good */
};

struct coro {
	struct clu base;
	uint32_t nodeid;
	bool is_lost, is_lost_told;
	char lost_reason[160];
	bool allow_no_fencing;
	uint64_t create_until_ms;	/* clu_create() may take till then */

	/* clu_corosync_cpg.c */
	uint64_t cpg_handle;
	int cpg_fd;
	char group[CLU_NAME_MAX];
	bool has_asked_join;
	struct clv clv;
	uint64_t changed_ms;		/* last sign that a pending view may yet come */
	uint64_t retry_ms;		/* next clv_retry() */
	uint64_t send_blocked_ms;	/* no send before; 0 = go on */
	uint32_t send_quota;		/* messages that may be sent until the next dispatch */
	struct clu_sendq queue;

	/* clu_corosync_quorum.c */
	uint64_t quorum_handle;
	int quorum_fd;
	bool is_quorate;
	struct clv_ring quorum_ring;

	/* clu_corosync_cfg.c */
	uint64_t cfg_handle;
	int cfg_fd;

	/* clu_corosync_lock.c */
	struct clu_dlm *dlm;		/* NULL without locks */
	char node_lock[24];
	bool has_node_lock, is_node_lock_adopted;

	struct clu_view view;		/* as last announced; nr 0 = none yet */
	uint64_t first_view_ms;
	struct coro_node node[2 * CLU_NODES_MAX];
};

uint64_t coro_now_ms(void);

/*
 * For clu_create(): repeat a call of a corosync library while it answers TRY_AGAIN, as it does for
 * seconds while rings change, at most till @deadline_ms. @call is an expression; the result is its
 * last value, a cs_error_t.
 */
#define CORO_RETRY(deadline_ms, call) __extension__({ \
	cs_error_t result_; \
	while ((result_ = (call)) == CS_ERR_TRY_AGAIN && coro_now_ms() < (deadline_ms)) \
		coro_pause(); \
	result_; })
void coro_pause(void);

/* The entry of a node; made when missing. NULL when there is no room (more ids than ever sane). */
struct coro_node *coro_node(struct coro *coro, uint32_t nodeid);
void coro_lost(struct coro *coro, const char *fmt, ...) CM_PRINTF(2, 3);
/* Announce a view that the group agreed on. */
void coro_announce(struct coro *coro, const struct clv_view *view, bool is_last);
/* Something that usable or quorate hang on may have changed. */
void coro_update(struct coro *coro);
/* Is the node in the view? */
bool coro_is_member(const struct coro *coro, uint32_t nodeid);

/* Each: 0, or a code with @err. close is safe after a failed open. */
int coro_cpg_open(struct coro *coro, struct cm_errmsg *err) CM_MUST_CHECK;
void coro_cpg_close(struct coro *coro);
void coro_cpg_dispatch(struct coro *coro);
/* Send what can be sent, propose what is due. */
void coro_cpg_flush(struct coro *coro);
int coro_cpg_timeout_ms(const struct coro *coro);

int coro_quorum_open(struct coro *coro, struct cm_errmsg *err) CM_MUST_CHECK;
void coro_quorum_close(struct coro *coro);
void coro_quorum_dispatch(struct coro *coro);

int coro_cfg_open(struct coro *coro, struct cm_errmsg *err) CM_MUST_CHECK;
void coro_cfg_close(struct coro *coro);
void coro_cfg_dispatch(struct coro *coro);
int coro_cfg_kill(struct coro *coro, uint32_t nodeid, const char *reason) CM_MUST_CHECK;

int coro_lock_open(struct coro *coro, struct cm_errmsg *err) CM_MUST_CHECK;
void coro_lock_close(struct coro *coro, bool leave_clean);
void coro_lock_dispatch(struct coro *coro);
int coro_lock_timeout_ms(const struct coro *coro);
int coro_lock_prove(struct coro *coro, uint32_t nodeid) CM_MUST_CHECK;
void coro_lock_release(struct coro *coro, uint32_t nodeid);

#endif
