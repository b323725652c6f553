/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of providers, and what is the same for all of them: checks of arguments, counts.
 */
#include "lib/cluster/clu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cluster/clu_ops.h"

static const struct clu_ops *const providers[] = {
	&clu_corosync_ops,
	&clu_local_ops,
};

/* In the order of enum clu_cap; each completes "cannot ...". */
static const char *const cap_text[] = {
	"multicast",
	"tell quorum",
	"hold locks",
	"prove a node dead",
	"kill a node",
	"refuse to stop",
};

int clu_create(const struct clu_config *config, struct clu **out, struct cm_errmsg *err)
{
	size_t i;

	CM_ASSERT(config->callbacks && config->group);
	CM_ASSERT(config->group[0] && strlen(config->group) < CLU_NAME_MAX);
	for (i = 0; i < CM_ARRAY_COUNT(providers); i++)
		if (config->provider && strcmp(config->provider, providers[i]->name) == 0)
			return providers[i]->create(config, out, err);
	cm_err_set(err, "unknown cluster provider \"%s\": corosync and local are known",
		   config->provider ? config->provider : "");
	return -EINVAL;
}

void clu_base_init(struct clu *clu, const struct clu_ops *ops, uint32_t caps,
		   const struct clu_config *config)
{
	memset(clu, 0, sizeof(*clu));
	clu->ops = ops;
	clu->caps = caps;
	clu->callbacks = config->callbacks;
	clu->ctx = config->ctx;
	clu->has_locks = config->with_locks;
}

void clu_destroy(struct clu *clu)
{
	if (clu)
		clu->ops->destroy(clu, false);
}

void clu_leave_clean(struct clu *clu)
{
	clu->ops->destroy(clu, true);
}

uint32_t clu_caps(const struct clu *clu)
{
	return clu->caps;
}

uint32_t clu_nodeid(const struct clu *clu)
{
	return clu->ops->nodeid(clu);
}

const char *clu_provider(const struct clu *clu)
{
	return clu->ops->name;
}

bool clu_fencing_on(const struct clu *clu)
{
	return clu->ops->fencing_on(clu);
}

bool clu_node_lock_adopted(const struct clu *clu)
{
	return clu->ops->node_lock_adopted(clu);
}

void clu_stats(const struct clu *clu, struct clu_stats *stats)
{
	*stats = clu->stats;
}

int clu_require(const struct clu *clu, uint32_t caps, struct cm_errmsg *err)
{
	size_t i;

	for (i = 0; i < CM_ARRAY_COUNT(cap_text); i++) {
		if (!(caps & 1u << i) || clu->caps & 1u << i)
			continue;
		cm_err_set(err, "provider %s cannot %s: %s", clu->ops->name, cap_text[i],
			   clu->ops->why_not);
		return -ENOTSUP;
	}
	return 0;
}

uint32_t clu_fds(const struct clu *clu, int fds[CLU_FDS_MAX])
{
	return clu->ops->fds(clu, fds);
}

int clu_timeout_ms(const struct clu *clu)
{
	return clu->ops->timeout_ms(clu);
}

void clu_dispatch(struct clu *clu)
{
	CM_ASSERT(!clu->is_dispatching);
	clu->is_dispatching = true;
	clu->ops->dispatch(clu);
	clu->is_dispatching = false;
}

int clu_send(struct clu *clu, const void *buf, size_t len_bytes)
{
	int r;

	if (len_bytes == 0 || len_bytes > CLU_MSG_MAX)
		return -EMSGSIZE;
	r = clu->ops->send(clu, buf, len_bytes);
	if (r)
		return r;
	clu->stats.sent_msgs++;
	clu->stats.sent_bytes += len_bytes;
	return 0;
}

size_t clu_send_room(const struct clu *clu)
{
	return clu->ops->send_room(clu);
}

int clu_own(struct clu *clu, const char *name)
{
	size_t len = strlen(name);

	if (!clu->has_locks || !(clu->caps & CLU_CAP_OWN))
		return -ENOTSUP;
	if (len == 0 || len > CLU_OWN_NAME_MAX || strncmp(name, "node:", 5) == 0)
		return -EINVAL;
	return clu->ops->own(clu, name);
}

void clu_disown(struct clu *clu, const char *name)
{
	clu->ops->disown(clu, name);
}

int clu_prove_dead(struct clu *clu, uint32_t nodeid)
{
	if (!clu->has_locks || !(clu->caps & CLU_CAP_PROVE_DEAD))
		return -ENOTSUP;
	if (nodeid == 0 || nodeid == clu_nodeid(clu))
		return -EINVAL;
	return clu->ops->prove_dead(clu, nodeid);
}

void clu_proof_release(struct clu *clu, uint32_t nodeid)
{
	clu->ops->proof_release(clu, nodeid);
}

int clu_kill_node(struct clu *clu, uint32_t nodeid, const char *reason)
{
	if (!(clu->caps & CLU_CAP_KILL_NODE))
		return -ENOTSUP;
	return clu->ops->kill_node(clu, nodeid, reason);
}

const char *clu_node_name(const struct clu *clu, uint32_t nodeid)
{
	/* The spare names are scratch memory, not state: the caller's view stays const. */
	struct clu *scratch = (struct clu *)(uintptr_t)clu;
	const char *name = clu->ops->node_name(clu, nodeid);
	char *spare;

	if (name)
		return name;
	spare = scratch->spare_name[scratch->spare_next++ % CLU_NAMES_SPARE];
	snprintf(spare, sizeof(scratch->spare_name[0]), "node %u", nodeid);
	return spare;
}

/* ---- for the providers ---- */

/* Out of clu_dispatch() only: whoever calls another function may be in the middle of something. */
static const struct clu_callbacks *callbacks(const struct clu *clu)
{
	CM_ASSERT(clu->is_dispatching);
	return clu->callbacks;
}

void clu_emit_view(struct clu *clu, const struct clu_view *view)
{
	CM_ASSERT(view->nr != 0 && view->member_count > 0);
	clu->stats.views++;
	callbacks(clu)->view(clu->ctx, view);
}

void clu_emit_view_change(struct clu *clu, const struct clu_view *view)
{
	callbacks(clu)->view(clu->ctx, view);
}

void clu_emit_message(struct clu *clu, uint32_t from_nodeid, const uint8_t *buf, size_t len_bytes)
{
	clu->stats.received_msgs++;
	clu->stats.received_bytes += len_bytes;
	callbacks(clu)->message(clu->ctx, from_nodeid, buf, len_bytes);
}

void clu_emit_owned(struct clu *clu, const char *name, int result)
{
	callbacks(clu)->owned(clu->ctx, name, result);
}

void clu_emit_dead(struct clu *clu, uint32_t nodeid, int result)
{
	callbacks(clu)->dead(clu->ctx, nodeid, result);
}

void clu_emit_node_lock(struct clu *clu, bool held)
{
	callbacks(clu)->node_lock(clu->ctx, held);
}

void clu_emit_lost(struct clu *clu, const char *reason)
{
	callbacks(clu)->lost(clu->ctx, reason);
}

bool clu_emit_may_stop(struct clu *clu)
{
	return callbacks(clu)->may_stop(clu->ctx);
}
