/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.c - the core's host: life, steps, cluster.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/daemon/lg.h"

#define GROUP	"cmirror"

static int cluster_open(struct host *host, const struct host_config *config,
			const struct identity *id, struct cm_errmsg *err);
static void core_config(const struct host *host, const struct identity *id,
			struct cmn_config *config);
static int cluster_fds_watch(struct host *host);
static void cluster_ready(void *ctx, int fd, uint32_t events);
static void cluster_dispatch(struct host *host);
static void cluster_timer(void *ctx, uint64_t now_ms);
static void core_timer(void *ctx, uint64_t now_ms);
static void late_run(struct host *host);
static const struct clu_callbacks cluster_callbacks;

int host_create(const struct host_config *config, struct host **out, struct cm_errmsg *err)
{
	struct identity id;
	struct host *host;
	int r;

	r = identity_read(&id, err);
	if (r)
		return r;
	host = calloc(1, sizeof(*host));
	if (!host) {
		cm_err_set(err, "no memory");
		return -ENOMEM;
	}
	host->loop = config->loop;
	host->conf = *config->conf;
	host->is_local = !strcmp(config->provider, "local");
	host->kch_ops = config->kch_ops;
	host->core_timer = (struct loop_timer){.fn = core_timer, .ctx = host};
	host->clu_timer = (struct loop_timer){.fn = cluster_timer, .ctx = host};
	host->orphan_timer = (struct loop_timer){.fn = orphan_tick, .ctx = host};
	(void)snprintf(host->run_dir, sizeof(host->run_dir), "%s", config->run_dir);
	mlog_types_init(host);

	r = registry_create(&host->registry);
	if (!r)
		r = helpers_create(host->loop, &host->helpers);
	if (!r)
		r = offside_create(host->loop, config->offside_fd, &host->off);
	if (!r)
		r = hold_create(host->loop, host->off, config->holder_path, config->hold_fd,
				&host->hold);
	if (!r)
		r = outside_hub_create(host->loop, host->helpers, host->off, &host->outside_hub);
	if (r) {
		cm_err_set(err, "start: %s", cm_strerror(r));
		goto out;
	}
	registry_type_add(host->registry, &host->type_disk);
	registry_type_add(host->registry, &host->type_core);
	r = host_kmod_open(host, err);
	if (!r)
		r = cluster_open(host, config, &id, err);
	if (!r)
		orphan_scan(host);
	if (!r && host->kch_ops->open(config->channel, &host->kch)) {
		cm_err_set(err, "no memory");
		r = -ENOMEM;
	}
	if (!r)
		r = loop_fd_add(host->loop, host->kch_ops->fd(host->kch), EPOLLIN,
				host_kernel_ready, host);
	if (!r)
		r = ctl_server_create(host->loop, config->ctl_path, host_ctl, host, &host->ctl,
				      err);
	if (r)
		goto out;
	host_orphans_changed(host);
	host_kmod_start(host);
	orphan_wake(host);
	*out = host;
	return 0;

out:
	/* The process ends now; what was opened goes with it. Only the cluster shall see us leave.
	 * */
	clu_destroy(host->clu);
	return r;
}

void host_destroy(struct host *host)
{
	ctl_server_destroy(host->ctl);
	loop_fd_del(host->loop, host->kch_ops->fd(host->kch));
	host->kch_ops->close(host->kch);
	host_kmod_close(host);
	hold_destroy(host->hold, true);
	mlog_drop_all(host);
	orphan_destroy(host);
	clu_leave_clean(host->clu);
	cmn_destroy(host->cmn);
	outside_hub_destroy(host->outside_hub);
	offside_destroy(host->off);
	helpers_destroy(host->helpers);
	registry_destroy(host->registry);
	loop_timer_del(host->loop, &host->core_timer);
	loop_timer_del(host->loop, &host->clu_timer);
	loop_timer_del(host->loop, &host->orphan_timer);
	free(host);
}

bool host_has_live(const struct host *host)
{
	return cmn_has_live(host->cmn) || host->orphan_left;
}

static int cluster_open(struct host *host, const struct host_config *config,
			const struct identity *id, struct cm_errmsg *err)
{
	struct clu_config clu = {
		.provider = config->provider,
		.group = GROUP,
		.with_locks = true,
		.allow_no_fencing = host->conf.allow_no_fencing,
		.callbacks = &cluster_callbacks,
		.ctx = host,
	};
	struct cmn_config cmn;
	int r;

	r = clu_create(&clu, &host->clu, err);
	if (r)
		return r;
	r = clu_require(host->clu, CLU_CAP_MULTICAST | CLU_CAP_QUORUM | CLU_CAP_OWN |
			CLU_CAP_PROVE_DEAD, err);
	if (r)
		return r;
	core_config(host, id, &cmn);
	r = cmn_create(&cmn, &host->cmn);
	if (!r)
		r = cluster_fds_watch(host);
	if (r) {
		cm_err_set(err, "start: %s", cm_strerror(r));
		return r;
	}
	loop_timer_set(host->loop, &host->clu_timer, loop_now_ms(host->loop));
	return 0;
}

static void core_config(const struct host *host, const struct identity *id,
			struct cmn_config *config)
{
	cmn_config_defaults(config);
	config->nodeid = clu_nodeid(host->clu);
	memcpy(config->boot_id, id->boot_id, sizeof(config->boot_id));
	memcpy(config->machine_id, id->machine_id, sizeof(config->machine_id));
	config->client = host->kmc ? WIRE_CLIENT_KMOD : WIRE_CLIENT_CONNECTOR;
	config->fencing = clu_fencing_on(host->clu) ? WIRE_FENCING_ON : WIRE_FENCING_OFF_ALLOWED;
	config->daemon_return_ms = host->conf.daemon_return_timeout_s * 1000;
	config->daemon_return_kmod_ms = host->conf.daemon_return_timeout_module_s * 1000;
}

/* ---- steps ---- */

void host_step(struct host *host, struct cmn_event *ev)
{
	CM_ASSERT(!host->is_stepping);
	if (host->is_fenced)
		return;
	ev->now_ms = loop_now_ms(host->loop);
	host->is_stepping = true;
	cmn_step(host->cmn, ev, host_emit, host);
	host->is_stepping = false;
}

void host_settle(struct host *host)
{
	int wait_ms;

	do {
		late_run(host);
		if (host->has_chores) {
			mlog_chores(host);
			late_run(host);
		}
	} while (host_kmod_settle(host));
	loop_timer_set(host->loop, &host->core_timer, cmn_deadline_ms(host->cmn));
	wait_ms = clu_timeout_ms(host->clu);
	loop_timer_set(host->loop, &host->clu_timer,
		       wait_ms < 0 ? LOOP_NEVER : loop_now_ms(host->loop) + (uint64_t)wait_ms);
	if (host->is_lost && !host->is_fenced) {
		if (host_has_live(host))
			host_self_fence(host, host->lost_reason);
		lg_err("%s; ending", host->lost_reason);
		loop_stop(host->loop, 1);
		host->is_lost = false;
	}
}

void host_late(struct host *host, const struct late *late)
{
	CM_ASSERT(host->late_count < HOST_LATE_MAX);
	host->late[(host->late_first + host->late_count++) % HOST_LATE_MAX] = *late;
	/* Whoever is not inside a round of events now: one comes. */
	loop_timer_set(host->loop, &host->core_timer, 0);
}

/* Also what the steps in here add. It ends: an effect is late only once per request of the core. */
static void late_run(struct host *host)
{
	struct late late;

	while (host->late_count) {
		late = host->late[host->late_first];
		host->late_first = (host->late_first + 1) % HOST_LATE_MAX;
		host->late_count--;
		if (late.type == CMN_EV_KMOD) {
			host_kmod_look(host, late.id);
			continue;
		}
		struct cmn_event ev = {
			.type = late.type, .log = late.mlog ? late.mlog->cml : NULL,
			.nodeid = late.nodeid, .id = late.id, .result = late.result,
		};

		host_step(host, &ev);
	}
}

static void core_timer(void *ctx, uint64_t now_ms)
{
	struct cmn_event ev = {.type = CMN_EV_TIMER};

	(void)now_ms;
	host_step(ctx, &ev);
	host_settle(ctx);
}

/* ---- cluster ---- */

static int cluster_fds_watch(struct host *host)
{
	int fds[CLU_FDS_MAX];
	uint32_t count = clu_fds(host->clu, fds), i;
	int r;

	if (count == host->clu_fd_count && !memcmp(fds, host->clu_fd, count * sizeof(fds[0])))
		return 0;
	for (i = 0; i < host->clu_fd_count; i++)
		loop_fd_del(host->loop, host->clu_fd[i]);
	host->clu_fd_count = 0;
	for (i = 0; i < count; i++) {
		r = loop_fd_add(host->loop, fds[i], EPOLLIN, cluster_ready, host);
		if (r)
			return r;
		host->clu_fd[host->clu_fd_count++] = fds[i];
	}
	return 0;
}

static void cluster_ready(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	cluster_dispatch(ctx);
}

static void cluster_timer(void *ctx, uint64_t now_ms)
{
	(void)now_ms;
	cluster_dispatch(ctx);
}

static void cluster_dispatch(struct host *host)
{
	int r;

	clu_dispatch(host->clu);
	r = cluster_fds_watch(host);
	if (r)
		lg_err("cluster connection cannot be watched: %s", cm_strerror(r));
	host_settle(host);
}

void host_view_changed(struct host *host)
{
	struct cmn_event ev = {.type = CMN_EV_VIEW};

	if (!host->view.nr)
		return;
	ev.view.nr = host->view.nr;
	ev.view.member = host->view.member;
	ev.view.member_count = host->view.member_count;
	ev.view.usable = host->view.usable;
	ev.view.quorate = host->view.quorate;
	ev.view.has_node_lock = host->has_node_lock;
	host_step(host, &ev);
}

void host_orphans_changed(struct host *host)
{
	struct cmn_event ev = {.type = CMN_EV_ORPHANS, .id = host->orphan_left};

	host_step(host, &ev);
}

static void view_came(void *ctx, const struct clu_view *view)
{
	struct host *host = ctx;

	if (view->nr != host->view.nr || view->quorate != host->view.quorate ||
	    view->usable != host->view.usable)
		lg_info("view %llu: %u members, %s, %s", (unsigned long long)view->nr,
			view->member_count, view->quorate ? "quorate" : "no quorum",
			view->usable ? "usable" : "not usable");
	host->view = *view;
	host_view_changed(host);
}

static void message_came(void *ctx, uint32_t from_nodeid, const uint8_t *buf, size_t len_bytes)
{
	struct cmn_event ev = {
		.type = CMN_EV_MSG, .nodeid = from_nodeid, .buf = buf, .len_bytes = len_bytes,
	};

	host_step(ctx, &ev);
}

static void own_ended(void *ctx, const char *name, int result)
{
	struct host *host = ctx;
	uint32_t i;

	for (i = 0; i < host->mlog_count; i++) {
		struct cmn_event ev = {
			.type = CMN_EV_OWNED, .log = host->mlog[i]->cml, .result = result,
		};

		if (strcmp(host->mlog[i]->own_name, name))
			continue;
		host_step(host, &ev);
		return;
	}
	clu_disown(host->clu, name);	/* its log has gone meanwhile */
}

static void death_ended(void *ctx, uint32_t nodeid, int result)
{
	struct host *host = ctx;
	struct cmn_event ev = {.type = CMN_EV_DEAD, .nodeid = nodeid, .result = result};

	if (result)
		lg_err("death of %s cannot be proven: %s", clu_node_name(host->clu, nodeid),
		       cm_strerror(result));
	else
		lg_info("%s is proven dead", clu_node_name(host->clu, nodeid));
	host_step(host, &ev);
}

/*
 * Hazard L10. A gap in our holding of the node lock means that somebody may have merged our slots
 * while our kernel wrote. That is harmless only when no kernel instance was there.
 */
static void node_lock_changed(void *ctx, bool held)
{
	struct host *host = ctx;

	if (!held && host->has_node_lock && host_has_live(host))
		host_self_fence(host, "the lock that says this node lives was lost");
	if (held && host->orphan_left && !clu_node_lock_adopted(host->clu))
		host_self_fence(host, "mirrors of a former cmirrord are active, but the lock that "
				"says this node lives was not held without a gap");
	host->has_node_lock = held;
	host_view_changed(host);
}

/* Not here: the cluster's dispatch is under way. host_settle() acts. */
static void cluster_lost(void *ctx, const char *reason)
{
	struct host *host = ctx;
	size_t len = strnlen(reason, sizeof(host->lost_reason) - 1);

	memcpy(host->lost_reason, reason, len);
	host->lost_reason[len] = 0;
	host->is_lost = true;
}

static bool cluster_may_stop(void *ctx)
{
	struct host *host = ctx;

	if (!host_has_live(host))
		return true;
	lg_warn("the cluster software wants to stop: refused, mirrors are active on this node; "
		"deactivate them first");
	return false;
}

static const struct clu_callbacks cluster_callbacks = {
	.view = view_came,
	.message = message_came,
	.owned = own_ended,
	.dead = death_ended,
	.node_lock = node_lock_changed,
	.lost = cluster_lost,
	.may_stop = cluster_may_stop,
};
