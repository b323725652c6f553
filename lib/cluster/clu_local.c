/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The provider for one node without cluster software: view 1 with ourselves, usable at once;
 * messages come back to us; every lock and every proof is granted. What another machine may have
 * left behind on a log device is not known here: whoever reads it decides (machine-id, boot_id).
 *
 * Nothing happens inside the calls: results come out of clu_dispatch(), as with a real cluster, so
 * that a caller that works here has the same order of events there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/cluster/clu_ops.h"
#include "lib/cluster/clu_sendq.h"

#define LOCAL_NODEID	1u
#define QUEUE_BYTES	(4u << 20)

struct local_own {
	char name[CLU_OWN_NAME_MAX + 1];	/* "" = free */
	bool is_due;				/* owned() is to be called */
};

struct local {
	struct clu base;
	int event_fd;
	bool has_started;		/* view and node lock were announced */
	struct clu_sendq queue;
	struct local_own own[CLU_OWN_MAX];
	uint32_t dead[CLU_NODES_MAX];	/* prove_dead() to be answered */
	uint32_t dead_count;
};

static struct local *local_of(const struct clu *clu)
{
	return CM_CONTAINER_OF((struct clu *)(uintptr_t)clu, struct local, base);
}

static void wake(struct local *local)
{
	uint64_t one = 1;

	/* Fails only when the counter is full, and then the fd is readable anyway. */
	if (write(local->event_fd, &one, sizeof(one)) < 0)
		return;
}

static int local_create(const struct clu_config *config, struct clu **out, struct cm_errmsg *err)
{
	struct local *local;
	int r = -ENOMEM;

	local = calloc(1, sizeof(*local));
	if (!local)
		goto out_err;
	clu_base_init(&local->base, &clu_local_ops, CLU_CAP_MULTICAST | CLU_CAP_QUORUM |
		      CLU_CAP_OWN | CLU_CAP_PROVE_DEAD, config);
	r = clu_sendq_create(&local->queue, QUEUE_BYTES);
	if (r)
		goto out_free;
	local->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (local->event_fd < 0) {
		r = -errno;
		goto out_queue;
	}
	wake(local);
	*out = &local->base;
	return 0;

out_queue:
	clu_sendq_destroy(&local->queue);
out_free:
	free(local);
out_err:
	cm_err_set(err, "cluster provider local: %s", cm_strerror(r));
	return r;
}

static void local_destroy(struct clu *clu, bool leave_clean)
{
	struct local *local = local_of(clu);

	(void)leave_clean;
	close(local->event_fd);
	clu_sendq_destroy(&local->queue);
	free(local);
}

static uint32_t local_nodeid(const struct clu *clu)
{
	(void)clu;
	return LOCAL_NODEID;
}

static bool local_fencing_on(const struct clu *clu)
{
	(void)clu;
	return true;
}

/* Nobody else can have taken it. */
static bool local_node_lock_adopted(const struct clu *clu)
{
	return local_of(clu)->has_started && clu->has_locks;
}

static uint32_t local_fds(const struct clu *clu, int fds[CLU_FDS_MAX])
{
	fds[0] = local_of(clu)->event_fd;
	return 1;
}

static int local_timeout_ms(const struct clu *clu)
{
	(void)clu;
	return -1;
}

static void dispatch_start(struct local *local)
{
	struct clu_view view = {
		.nr = 1, .member_count = 1, .member = { LOCAL_NODEID },
		.usable = true, .quorate = true,
	};

	if (local->has_started)
		return;
	local->has_started = true;
	clu_emit_view(&local->base, &view);
	if (local->base.has_locks)
		clu_emit_node_lock(&local->base, true);
}

/* What the callbacks send is delivered by the next dispatch: each one ends. */
static void dispatch_messages(struct local *local)
{
	size_t left = local->queue.count;
	const uint8_t *buf;
	size_t len_bytes;

	while (left-- > 0) {
		buf = clu_sendq_peek(&local->queue, &len_bytes);
		clu_emit_message(&local->base, LOCAL_NODEID, buf, len_bytes);
		clu_sendq_pop(&local->queue);
	}
}

static void dispatch_locks(struct local *local)
{
	uint32_t dead[CLU_NODES_MAX];
	uint32_t i, count = local->dead_count;
	char name[CLU_OWN_NAME_MAX + 1];

	for (i = 0; i < CLU_OWN_MAX; i++) {
		if (!local->own[i].is_due)
			continue;
		local->own[i].is_due = false;
		/* A copy: the callback may give it up. */
		memcpy(name, local->own[i].name, sizeof(name));
		clu_emit_owned(&local->base, name, 0);
	}
	memcpy(dead, local->dead, count * sizeof(dead[0]));
	local->dead_count = 0;
	for (i = 0; i < count; i++)
		clu_emit_dead(&local->base, dead[i], 0);
}

static void local_dispatch(struct clu *clu)
{
	struct local *local = local_of(clu);
	uint64_t count;

	/* Cleared first: what wakes us from now on is for the next dispatch. */
	if (read(local->event_fd, &count, sizeof(count)) < 0 && local->has_started)
		return;
	dispatch_start(local);
	dispatch_messages(local);
	dispatch_locks(local);
}

static int local_send(struct clu *clu, const void *buf, size_t len_bytes)
{
	struct local *local = local_of(clu);
	int r = clu_sendq_push(&local->queue, NULL, 0, buf, len_bytes);

	if (r == 0)
		wake(local);
	return r;
}

static size_t local_send_room(const struct clu *clu)
{
	return clu_sendq_room(&local_of(clu)->queue);
}

static struct local_own *own_find(struct local *local, const char *name)
{
	uint32_t i;

	for (i = 0; i < CLU_OWN_MAX; i++)
		if (strcmp(local->own[i].name, name) == 0)
			return &local->own[i];
	return NULL;
}

static int local_own(struct clu *clu, const char *name)
{
	struct local *local = local_of(clu);
	struct local_own *own = own_find(local, name);

	if (!own) {
		own = own_find(local, "");
		if (!own)
			return -ENOMEM;
		memcpy(own->name, name, strlen(name) + 1);
	}
	own->is_due = true;
	wake(local);
	return 0;
}

static void local_disown(struct clu *clu, const char *name)
{
	struct local_own *own = own_find(local_of(clu), name);

	if (own)
		memset(own, 0, sizeof(*own));
}

static int local_prove_dead(struct clu *clu, uint32_t nodeid)
{
	struct local *local = local_of(clu);

	clu_proof_release(clu, nodeid);
	if (local->dead_count == CLU_NODES_MAX)
		return -ENOMEM;
	local->dead[local->dead_count++] = nodeid;
	wake(local);
	return 0;
}

static void local_proof_release(struct clu *clu, uint32_t nodeid)
{
	struct local *local = local_of(clu);
	uint32_t i;

	for (i = 0; i < local->dead_count; i++)
		if (local->dead[i] == nodeid)
			local->dead[i] = local->dead[--local->dead_count];
}

static int local_kill_node(struct clu *clu, uint32_t nodeid, const char *reason)
{
	(void)clu;
	(void)nodeid;
	(void)reason;
	return -ENOTSUP;
}

static const char *local_node_name(const struct clu *clu, uint32_t nodeid)
{
	(void)clu;
	return nodeid == LOCAL_NODEID ? "this node" : NULL;
}

const struct clu_ops clu_local_ops = {
	.name = "local",
	.why_not = "there is no cluster software; use --cluster corosync",
	.create = local_create,
	.destroy = local_destroy,
	.nodeid = local_nodeid,
	.fencing_on = local_fencing_on,
	.node_lock_adopted = local_node_lock_adopted,
	.fds = local_fds,
	.timeout_ms = local_timeout_ms,
	.dispatch = local_dispatch,
	.send = local_send,
	.send_room = local_send_room,
	.own = local_own,
	.disown = local_disown,
	.prove_dead = local_prove_dead,
	.proof_release = local_proof_release,
	.kill_node = local_kill_node,
	.node_name = local_node_name,
};
