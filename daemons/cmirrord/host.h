/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h - cmirrord's inside: the core's host. Everything outside becomes an event for the core,
 * the core's effects are done here.
 *
 *	host.c		create, destroy, steps, timers, cluster callbacks
 *	host_fx.c	effects
 *	host_kernel.c	requests of the kernel: which instance, what the host answers itself
 *	host_kmod.c	instances of the module dm-log-cmirror
 *	host_ctl.c	control socket; host_show.c what status, stats and dump print
 *	mlog.c		the log types clustered-disk and clustered-core: CTR to DTR
 *	orphan.c	instances that a former process of this boot left running
 *	preflight.c	would an activation be served?
 *
 * Order: the core emits effects inside a step; nothing that an effect starts may reach the core
 * before the step has ended. What fails at once therefore goes into host->late and is a step of its
 * own.
 *
 * One thread, the loop's.
 */
#ifndef CM_CMIRRORD_HOST_H
#define CM_CMIRRORD_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "daemons/cmirrord/conf.h"
#include "daemons/cmirrord/holder.h"
#include "daemons/cmirrord/identity.h"
#include "daemons/cmirrord/outside.h"
#include "daemons/cmirrord/persist.h"
#include "daemons/cmirrord/registry.h"
#include "lib/cluster/clu.h"
#include "lib/core/cmn.h"
#include "lib/daemon/ctl.h"
#include "lib/daemon/helper.h"
#include "lib/daemon/loop.h"
#include "lib/kernel/kch.h"
#include "lib/kernel/kmc.h"
#include "lib/store/store.h"

#define HOST_LATE_MAX		2048u
#define HOST_OWN_NAME_BYTES	24u
#define HOST_KMOD_FOUND		REGISTRY_INSTS_MAX
#define HOST_STICKY_MS		5000u	/* of the module's marks */

struct host;

/* A clustered mirror's log: the core's part and the machine around it. */
struct mlog {
	struct host *host;
	struct cml *cml;
	char uuid[KABI_UUID_BYTES];
	char subject[64]; /* of its journal lines: name, uuid's tail as the kernel shows it */
	struct kabi_ctr ctr;
	struct store *store;		/* NULL: core log */
	struct outside *outside;
	struct persist persist;
	char own_name[HOST_OWN_NAME_BYTES];
	uint32_t inst_count;
	bool must_rescan;		/* a RESUME was answered: the legs may be others */
};

/* What came of an effect at once, kept until the step has ended. */
struct late {
	enum cmn_ev_type type;
	struct mlog *mlog;
	uint32_t nodeid;
	uint64_t id;
	int result;
};

struct orphan;

struct host {
	struct loop *loop;
	struct conf conf;
	bool is_local;			/* provider local: a self-fence is only a journal line */
	const struct kch_ops *kch_ops;
	struct kch *kch;
	struct kmc *kmc;		/* to the module; NULL: not loaded, or not wanted */
	struct reg_inst *kmod[REGISTRY_INSTS_MAX];	/* its instances */
	uint32_t kmod_count;
	struct kmc_instance kmod_found[HOST_KMOD_FOUND];	/* of the question under way */
	uint32_t kmod_found_count;
	struct clu *clu;
	struct cmn *cmn;
	struct registry *registry;
	struct helpers *helpers;
	struct offside *off;
	struct hold *hold;
	uint64_t batch;			/* counts how often the channel was read until empty */
	struct outside_hub *outside_hub;
	struct ctl_server *ctl;
	struct log_type type_disk, type_core;

	struct mlog *mlog[CML_LOGS_MAX];
	uint32_t mlog_count;
	bool has_chores;		/* a log waits for mlog_chores() */

	struct loop_timer core_timer, clu_timer, orphan_timer;
	int clu_fd[CLU_FDS_MAX];
	uint32_t clu_fd_count;
	struct clu_view view;		/* nr 0 = none yet */
	bool has_node_lock;
	bool is_stepping;
	bool is_fenced;			/* self_fence = log: nothing is answered any more */
	bool is_lost;			/* the cluster software is gone */
	char lost_reason[160];

	struct late late[HOST_LATE_MAX];
	uint32_t late_first, late_count;

	struct orphan *orphan;		/* list */
	uint32_t orphan_left;		/* running instances that have not come back */
	char run_dir[128];
	uint32_t preflight_count;
};

struct host_config {
	struct loop *loop;
	const struct conf *conf;
	const char *provider;
	const struct kch_ops *kch_ops;
	const char *ctl_path;
	const char *run_dir;
	int offside_fd;			/* of offside_fork(); taken over */
	int channel;			/* to the kernel; taken over */
	int hold_fd;			/* to its holder (holder.h), taken over; -1: none */
	const char *holder_path;
};

/* ---- host.c ---- */

/* Everything but memory locking and readiness. Returns 0 or a code with @err, one line with the
 * cure. */
int host_create(const struct host_config *config, struct host **out,
		struct cm_errmsg *err) CM_MUST_CHECK;
/* Clean end: no log is live. Leaves the cluster. */
void host_destroy(struct host *host);
/* Some log has a running instance: then the process ends like a killed one, locks and files stay.
 * */
bool host_has_live(const struct host *host);

/* One event through the core; effects are done before it returns. Not from inside an effect
 * (asserted). */
void host_step(struct host *host, struct cmn_event *ev);
/* After the last step of a round: late events, logs that are done, timers. */
void host_settle(struct host *host);
void host_late(struct host *host, const struct late *late);
void host_view_changed(struct host *host);
void host_orphans_changed(struct host *host);

/* ---- host_fx.c ---- */
void host_emit(void *ctx, const struct cmn_effect *fx);
/* The node's state is stale while its kernel writes: never to be answered from again. */
void host_self_fence(struct host *host, const char *why);

/* ---- host_kernel.c ---- */
void host_kernel_ready(void *ctx, int fd, uint32_t events);
void host_request(struct host *host, const struct kabi_req *req);
void host_reply(struct host *host, const struct kabi_req *req, int error);

/* ---- host_kmod.c ---- */
/* Bind to the module, if it is there and wanted. Also later: it may have been loaded since.
 * Returns 0, or negative errno with @err. */
int host_kmod_open(struct host *host, struct cm_errmsg *err) CM_MUST_CHECK;
/* Its instances that are there already. After the cluster was opened. */
void host_kmod_start(struct host *host);
void host_kmod_close(struct host *host);
/* This node is stopped: no write goes on but of what is marked and in sync. */
void host_kmod_hold(struct host *host);
bool host_kmod_knows(const struct host *host, uint64_t luid);
/* The counters of a log's instances of it, added up; all 0 when there are none. Returns how many
 * marks they have. */
uint64_t host_kmod_stats(struct host *host, const struct mlog *mlog, struct cmirror_stats *stats);
/* News that came with the answers to commands: nothing else would wake us for them. Between steps.
 * Returns whether there were any. */
bool host_kmod_settle(struct host *host);
/* What does it want now? Between steps. */
void host_kmod_look(struct host *host, uint64_t luid);
/* Effects, of an instance of it: inside a step. */
void host_kmod_push(struct host *host, const struct cmn_effect *fx);
void host_kmod_reply(struct host *host, const struct cmn_effect *fx);

/* ---- host_ctl.c, host_show.c ---- */
void host_ctl(void *ctx, struct ctl_conn *conn, const struct ctl_req *req);
/* Not @asks_kernel: the module is not asked how many marks it has. */
void host_show_status(struct host *host, struct ctl_conn *conn, const char *uuid,
		      bool asks_kernel);
void host_show_stats(struct host *host, struct ctl_conn *conn, const char *uuid);
void host_show_dump(struct host *host, struct ctl_conn *conn, const char *uuid);

/* ---- mlog.c ---- */
void mlog_types_init(struct host *host);
struct mlog *mlog_find(struct host *host, const char *uuid);
struct mlog *mlog_of(struct host *host, const struct cml *cml);	/* never NULL */
/* CTR of an instance of the module; @req as the stock client's would be. Returns 0 or negative
 * errno with @err. */
int mlog_ctr_kmod(struct host *host, const struct kabi_req *req, struct mlog **out,
		  struct cm_errmsg *err) CM_MUST_CHECK;
/* What steps left to do: new tables to look at, logs without instances to free once they are at
 * rest. */
void mlog_chores(struct host *host);
/* The name of the lock over the out-of-sync area of log @uuid. */
void mlog_own_name(const char *uuid, char name[HOST_OWN_NAME_BYTES]);
/* How many instances of it run that this process knows. */
uint32_t mlog_known_running(const struct mlog *mlog);
/* Before the answer to RESUME (running) and POSTSUSPEND (not): for the next process. */
void mlog_note_running(struct mlog *mlog, uint64_t luid, bool running);
/* All of them, at the clean end. */
void mlog_drop_all(struct host *host);

/* ---- orphan.c ---- */
/* What a former process of this boot left running, and its locks that nobody needs any more. After
 * clu_create(), before the first view. */
void orphan_scan(struct host *host);
/* Does any file in @run_dir tell of running instances? Their tables are not looked for. */
bool orphan_any(const char *run_dir);
/* Have the kernels of the orphans ask, so that they get to know us. */
void orphan_wake(struct host *host);
/* An instance came back, or ended. Nothing happens for others. */
void orphan_luid_gone(struct host *host, const char *uuid, uint64_t luid);
/* DTR of an instance that has not come back. */
void orphan_dtr(struct host *host, const char *uuid, uint64_t luid);
void orphan_tick(void *ctx, uint64_t now_ms);
void orphan_destroy(struct host *host);

/* ---- preflight.c ---- */
void preflight_start(struct host *host, struct ctl_conn *conn, const struct ctl_req *req);

#endif
