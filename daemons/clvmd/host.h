/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h - the running clvmd: cluster, requests, operations, workers, in one thread.
 *
 *	host.c       views, messages in, who is active where
 *	host_op.c    operations that this node leads: lock, prepare, go or undo, reply
 *	host_part.c  this node's part in an operation, led here or elsewhere
 *	host_auto.c  what this node should have active and has not; what needs a resume
 *	host_alone.c a mirror taken down here while there is no quorum
 *	host_ctl.c   the control socket
 *
 * An operation, seen from above:
 *
 *	leader: own(op:<hash>) ... OP to all -> each: worker prepares -> READY
 *	        all READY 0: GO -> each: worker does it -> DONE      all done: END
 *	        one not 0:  UNDO -> those that were prepared -> UNDONE        END
 *	        activate on all nodes and one DONE not 0: UNDO likewise
 *
 * A node that leaves the view counts as failed; a leader that leaves lets its operation end: what
 *waits for GO is undone, what got GO stays. GO reaches all members of a view or none, so they
 *agree.
 */
#ifndef CM_CLVMD_HOST_H
#define CM_CLVMD_HOST_H

#include "base/err.h"
#include "daemons/clvmd/child.h"
#include "daemons/clvmd/cvw.h"
#include "daemons/clvmd/record.h"
#include "lib/cluster/clu.h"
#include "lib/daemon/ctl.h"
#include "lib/daemon/loop.h"

#define HOST_OPS_MAX		32u	/* led at a time */
#define HOST_PARTS_MAX		64u	/* worked on at a time */
#define HOST_ALONE_MAX		8u	/* taken down without quorum at a time */
#define HOST_MIRRORS_MAX	512u	/* known in the cluster */
#define HOST_NODES_MAX		32u	/* of one mirror, of one operation */
#define HOST_TIMEOUT_S 90u /* of one stage of an operation, when the caller names none */
#define HOST_LOCK_TIMEOUT_S	60u
#define HOST_TICK_MS		500u

enum op_state {
	OP_FREE, OP_RESOLVE, OP_QUEUED, OP_LOCK, OP_SENT, OP_PREPARE, OP_GO, OP_UNDO,
};

enum op_node_state { NODE_PREPARING, NODE_READY, NODE_GOING, NODE_DONE, NODE_UNDOING, NODE_OVER };

struct op_node {
	uint32_t nodeid;
	enum op_node_state state;
	int code;
	char text[CVW_TEXT_BYTES];
};

struct op {
	enum op_state state;
	uint64_t id;
	uint8_t verb, flags;
	uint32_t timeout_s, target;	/* node id, 0 = all */
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES], dm_uuid[CVW_DM_UUID_BYTES];
	struct ctl_conn *conn;		/* NULL: our own idea */
	uint64_t deadline_ms;
	struct child resolve;
	uint32_t serial_at;		/* refresh on all: nodes that had their turn */
	uint32_t node_count;
	struct op_node node[HOST_NODES_MAX];
};

enum part_state { PART_FREE, PART_PREPARING, PART_READY, PART_GOING, PART_DONE, PART_ENDING };

struct part {
	enum part_state state;
	struct host *host;
	uint64_t op;
	uint32_t leader;
	uint8_t verb;
	bool is_undo_asked, was_skipped;
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES], dm_uuid[CVW_DM_UUID_BYTES];
	struct child child;
};

struct alone {			/* free when it has no host */
	struct host *host;
	struct ctl_conn *conn;		/* NULL: answered */
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES], dm_uuid[CVW_DM_UUID_BYTES];
	uint64_t deadline_ms;		/* of the answer; the worker may take longer */
	struct child child;
};

struct mirror {			/* known in the cluster; free when it is nobody's */
	char vg[CVW_NAME_BYTES], lv[CVW_NAME_BYTES], dm_uuid[CVW_DM_UUID_BYTES];
	char log_uuid[RECORD_LOG_UUID_BYTES];	/* "" when not active here */
	bool is_mine, is_mine_all;	/* active here; joiners shall have it */
	bool is_declined; /* the lists do not want it here, or it was taken down here alone */
	uint32_t node_count;		/* others that have it */
	struct {
		uint32_t nodeid;
		bool is_all;
	} node[HOST_NODES_MAX];
	uint64_t retry_at_ms;		/* wanted here: try then; 0 = not wanted */
	bool was_retry_told;
};

struct host {
	struct loop *loop;
	struct clu *clu;
	struct ctl_server *ctl;
	const char *provider;
	bool allow_no_fencing;
	int exit_code;
	struct clu_view view;
	bool has_view;
	uint32_t announced;		/* mirrors announced in this view; HOST_MIRRORS_MAX = all */
	bool is_hello_due;
	char refused[320];	/* why this node can do nothing together with the others; "" */
	struct op op[HOST_OPS_MAX];
	struct part part[HOST_PARTS_MAX];
	struct alone alone[HOST_ALONE_MAX];
	struct mirror mirror[HOST_MIRRORS_MAX];
	struct child watch, scan;
	bool was_cmirrord_up;
	bool is_scan_due;		/* another one when the running one ends */
	bool is_rescan_due;		/* what a scan could not do without the cluster's locks */
	uint64_t rescan_at_ms;		/* not before */
	char later[256];		/* the last reason told for that */
	struct loop_timer tick;
	uint64_t watch_at_ms;
	int cluster_fd[CLU_FDS_MAX];
	uint32_t cluster_fd_count;
	struct loop_timer cluster_timer;
};

/* ---- host.c ---- */
extern const struct clu_callbacks host_callbacks;
/* Send a message of ours; a failure ends in the log and, for lack of an answer, in a time-out. */
void host_send(struct host *h, const struct cvw_msg *msg);
struct mirror *host_mirror_find(struct host *h, const char *dm_uuid);
struct mirror *host_mirror_by_name(struct host *h, const char *vg, const char *lv);
/* Find or make; NULL when the table is full. */
struct mirror *host_mirror_get(struct host *h, const char *vg, const char *lv, const char *dm_uuid);
/* Read the record of a mirror again; tells the others when something changed. */
void host_mirror_update(struct host *h, const char *dm_uuid);
bool host_in_view(const struct host *h, uint32_t nodeid);
/* Is there a view yet, and has it quorum? */
bool host_is_quorate(const struct host *h);
/* Watch clu's fds and its timer as they are now; after every call of clu_dispatch() and at start.
 */
void host_cluster_watch(struct host *h);
void host_tick(void *ctx, uint64_t now_ms);
/* Start a scan: finds what runs, takes back what is half done. */
void host_scan(struct host *h);
/* A line "mirror ..." or "log ..." of a scan. */
void host_scan_line(void *ctx, char *line);

/* ---- host_op.c ---- */
struct op_ask {
	uint8_t verb, flags;
	uint32_t timeout_s;		/* 0 = HOST_TIMEOUT_S */
	const char *vg, *lv;
	const char *dm_uuid;		/* NULL: read the metadata */
	struct ctl_conn *conn;		/* NULL: none */
};
/* Start; the answer goes to the connection. 0, -EBUSY (too many), or negative errno with @err,
 * connection untouched. */
int op_start(struct host *h, const struct op_ask *ask, struct cm_errmsg *err) CM_MUST_CHECK;
bool op_is_on(const struct host *h, const char *dm_uuid);
void op_owned(struct host *h, const char *name, int result);
void op_message(struct host *h, uint32_t from, const struct cvw_msg *msg);
void op_view(struct host *h);
/* A member says HELLO in a protocol version that is not ours. */
void op_node_refused(struct host *h, uint32_t nodeid, const char *text);
void op_tick(struct host *h, uint64_t now_ms);
/* Locks a former clvmd of this boot died with: take them over and let them go. */
void op_adopt_locks(struct host *h);

/* ---- host_part.c ---- */
void part_message(struct host *h, uint32_t from, const struct cvw_msg *msg);
void part_view(struct host *h);
bool part_is_on(const struct host *h, const char *dm_uuid);

/* ---- host_auto.c ---- */
void auto_wish(struct host *h, struct mirror *m);	/* others have it: should we? */
void auto_tick(struct host *h, uint64_t now_ms);
void auto_op_ended(struct host *h, const struct op *op, int code, const char *text);
void auto_watch_start(struct host *h);

/* ---- host_alone.c ---- */
/* Is it a deactivation here alone, and nobody to ask? */
bool alone_is_for(const struct host *h, const struct op_ask *ask);
/* Take it down; the answer goes to the connection, within the time-out. 0, or -EBUSY or another
 * negative errno with @err, connection untouched. */
int alone_start(struct host *h, const struct op_ask *ask, struct cm_errmsg *err) CM_MUST_CHECK;
void alone_tick(struct host *h, uint64_t now_ms);

/* ---- host_ctl.c ---- */
void host_ctl(void *ctx, struct ctl_conn *conn, const struct ctl_req *req);

#endif
