/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The corosync provider when corosync goes: whoever finds out, also in the middle of a clu_send(),
 * the caller hears of it from clu_dispatch(). The libraries' functions are our own here: one node.
 */
#include "lib/cluster/clu.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <corosync/cfg.h>
#include <corosync/cmap.h>
#include <corosync/corotypes.h>
#include <corosync/cpg.h>
#include <corosync/quorum.h>

#include "test/lib/tap.h"

#define NODE	1u
#define RING	5u

/* ---- corosync ---- */

static struct {
	void *cpg_ctx;
	cpg_model_v1_data_t cpg;
	const void *quorum_ctx;
	quorum_model_v1_data_t quorum;
	bool has_joined, has_told_quorum, has_told_ring, has_told_group;
	cs_error_t mcast, dispatch;	/* what they return from now on */
	uint32_t mcasts;
	char msg[8][256];
	size_t msg_bytes[8];
	uint32_t msg_first, msg_count;
} coro;

cs_error_t cpg_model_initialize(cpg_handle_t *handle, cpg_model_t model, cpg_model_data_t *data,
				void *context)
{
	(void)model;
	*handle = 1;
	memcpy(&coro.cpg, data, sizeof(coro.cpg));
	coro.cpg_ctx = context;
	return CS_OK;
}

cs_error_t cpg_context_get(cpg_handle_t handle, void **context)
{
	(void)handle;
	*context = coro.cpg_ctx;
	return CS_OK;
}

cs_error_t cpg_fd_get(cpg_handle_t handle, int *fd)
{
	(void)handle;
	*fd = 0;
	return CS_OK;
}

cs_error_t cpg_join(cpg_handle_t handle, const struct cpg_name *group)
{
	(void)handle;
	(void)group;
	coro.has_joined = true;
	return CS_OK;
}

cs_error_t cpg_leave(cpg_handle_t handle, const struct cpg_name *group)
{
	(void)handle;
	(void)group;
	return CS_OK;
}

cs_error_t cpg_finalize(cpg_handle_t handle)
{
	(void)handle;
	return CS_OK;
}

cs_error_t cpg_mcast_joined(cpg_handle_t handle, cpg_guarantee_t guarantee,
			    const struct iovec *iov, unsigned int count)
{
	uint32_t at = (coro.msg_first + coro.msg_count) % 8;

	(void)handle;
	(void)guarantee;
	(void)count;
	coro.mcasts++;
	if (coro.mcast != CS_OK)
		return coro.mcast;
	CM_ASSERT(coro.msg_count < 8 && iov->iov_len <= sizeof(coro.msg[0]));
	memcpy(coro.msg[at], iov->iov_base, iov->iov_len);
	coro.msg_bytes[at] = iov->iov_len;
	coro.msg_count++;
	return CS_OK;
}

/* One event: the ring, the group, a message. */
cs_error_t cpg_dispatch(cpg_handle_t handle, cs_dispatch_flags_t how)
{
	const struct cpg_address us = { .nodeid = NODE, .pid = (uint32_t)getpid() };
	const struct cpg_name group = { .length = 1, .value = "t" };
	const uint32_t node = NODE;
	uint32_t at = coro.msg_first;

	(void)how;
	if (coro.dispatch != CS_OK)
		return coro.dispatch;
	if (!coro.has_told_ring) {
		coro.has_told_ring = true;
		coro.cpg.cpg_totem_confchg_fn(handle, (struct cpg_ring_id){ NODE, RING }, 1, &node);
	} else if (coro.has_joined && !coro.has_told_group) {
		coro.has_told_group = true;
		coro.cpg.cpg_confchg_fn(handle, &group, &us, 1, NULL, 0, &us, 1);
	} else if (coro.msg_count) {
		coro.msg_first = (at + 1) % 8;
		coro.msg_count--;
		coro.cpg.cpg_deliver_fn(handle, &group, NODE, us.pid, coro.msg[at],
					coro.msg_bytes[at]);
	} else {
		return CS_ERR_TRY_AGAIN;
	}
	return CS_OK;
}

cs_error_t quorum_model_initialize(quorum_handle_t *handle, quorum_model_t model,
				   quorum_model_data_t *data, uint32_t *type, void *context)
{
	(void)model;
	*handle = 2;
	*type = QUORUM_SET;
	memcpy(&coro.quorum, data, sizeof(coro.quorum));
	coro.quorum_ctx = context;
	return CS_OK;
}

cs_error_t quorum_context_get(quorum_handle_t handle, const void **context)
{
	(void)handle;
	*context = coro.quorum_ctx;
	return CS_OK;
}

cs_error_t quorum_fd_get(quorum_handle_t handle, int *fd)
{
	(void)handle;
	*fd = 0;
	return CS_OK;
}

cs_error_t quorum_trackstart(quorum_handle_t handle, unsigned int flags)
{
	(void)handle;
	(void)flags;
	return CS_OK;
}

cs_error_t quorum_dispatch(quorum_handle_t handle, cs_dispatch_flags_t how)
{
	(void)how;
	if (!coro.has_told_quorum)
		coro.quorum.quorum_notify_fn(handle, 1, (struct quorum_ring_id){ NODE, RING }, 0,
					     NULL);
	coro.has_told_quorum = true;
	return CS_OK;
}

cs_error_t quorum_finalize(quorum_handle_t handle)
{
	(void)handle;
	return CS_OK;
}

cs_error_t corosync_cfg_initialize(corosync_cfg_handle_t *handle,
				   const corosync_cfg_callbacks_t *callbacks)
{
	(void)callbacks;
	*handle = 3;
	return CS_OK;
}

cs_error_t corosync_cfg_fd_get(corosync_cfg_handle_t handle, int32_t *fd)
{
	(void)handle;
	*fd = 0;
	return CS_OK;
}

cs_error_t corosync_cfg_local_get(corosync_cfg_handle_t handle, unsigned int *nodeid)
{
	(void)handle;
	*nodeid = NODE;
	return CS_OK;
}

cs_error_t corosync_cfg_trackstart(corosync_cfg_handle_t handle, uint8_t flags)
{
	(void)handle;
	(void)flags;
	return CS_OK;
}

cs_error_t corosync_cfg_dispatch(corosync_cfg_handle_t handle, cs_dispatch_flags_t how)
{
	(void)handle;
	(void)how;
	return CS_OK;
}

cs_error_t corosync_cfg_finalize(corosync_cfg_handle_t handle)
{
	(void)handle;
	return CS_OK;
}

cs_error_t cmap_initialize(cmap_handle_t *handle)
{
	*handle = 4;
	return CS_OK;
}

cs_error_t cmap_get_uint32(cmap_handle_t handle, const char *key, uint32_t *value)
{
	(void)handle;
	(void)key;
	(void)value;
	return CS_ERR_NOT_EXIST;
}

cs_error_t cmap_finalize(cmap_handle_t handle)
{
	(void)handle;
	return CS_OK;
}

/* ---- the caller ---- */

static char seen[1024];
static struct clu *clu;
static bool is_inside;		/* of a call that must not call back */
static int answer;		/* of the clu_send() in on_message() */

static void note(const char *what, const char *more)
{
	size_t at = strlen(seen);

	snprintf(seen + at, sizeof(seen) - at, "%s%s%s;", is_inside ? "INSIDE " : "", what, more);
}

static void on_view(void *ctx, const struct clu_view *view)
{
	(void)ctx;
	note("view", view->usable ? " usable" : "");
}

static int send_inside(const char *text)
{
	int r;

	is_inside = true;
	r = clu_send(clu, text, strlen(text));
	is_inside = false;
	return r;
}

static void on_message(void *ctx, uint32_t from, const uint8_t *buf, size_t len_bytes)
{
	char text[16];

	(void)ctx;
	(void)from;
	snprintf(text, sizeof(text), " %.*s", (int)len_bytes, (const char *)buf);
	note("msg", text);
	if (!strcmp(text, " last")) {
		coro.mcast = CS_ERR_LIBRARY;
		answer = send_inside("after it");
	}
}

static void on_lost(void *ctx, const char *reason)
{
	(void)ctx;
	note("lost ", reason);
}

static const struct clu_callbacks callbacks = {
	.view = on_view, .message = on_message, .lost = on_lost,
};

static void connect_anew(void)
{
	const struct clu_config config = { .provider = "corosync", .group = "t",
					   .callbacks = &callbacks };
	struct cm_errmsg err = { .text = "" };
	uint32_t i;

	memset(&coro, 0, sizeof(coro));
	coro.mcast = coro.dispatch = CS_OK;
	seen[0] = '\0';
	IS_INT(clu_create(&config, &clu, &err), 0, "connected %s", err.text);
	for (i = 0; i < 3; i++)
		clu_dispatch(clu);
	IS_STR(seen, "view usable;", "alone, and quorate");
	seen[0] = '\0';
}

static void test_well(void)
{
	connect_anew();
	IS_INT(send_inside("a"), 0, "send");
	IS_STR(seen, "", "nothing comes of it at once");
	clu_dispatch(clu);
	IS_STR(seen, "msg a;", "it is delivered");
	clu_destroy(clu);
}

static void test_send_fails(void)
{
	int fds[CLU_FDS_MAX];

	connect_anew();
	coro.mcast = CS_ERR_LIBRARY;
	(void)send_inside("a");
	IS_STR(seen, "", "a send that finds corosync gone calls nobody");
	IS_INT(clu_timeout_ms(clu), 0, "but wants a dispatch at once");
	IS_INT(send_inside("b"), CM_E_CLU_LOST, "the next one is refused");
	clu_dispatch(clu);
	IS_STR(seen, "view;lost corosync is gone (cpg: CS_ERR_LIBRARY);", "which tells it");
	IS_INT(clu_timeout_ms(clu), -1, "then it wants nothing any more");
	IS_INT((int)clu_fds(clu, fds), 0, "and watches nothing");
	clu_dispatch(clu);
	IS_STR(seen, "view;lost corosync is gone (cpg: CS_ERR_LIBRARY);", "it is told once");
	IS_U64(coro.mcasts, 2, "nobody was asked again");
	clu_destroy(clu);
}

/* The caller answers a message with another: in the middle of its step. */
static void test_send_in_message_fails(void)
{
	connect_anew();
	IS_INT(send_inside("last"), 0, "send");
	IS_INT(send_inside("unread"), 0, "and once more");
	clu_dispatch(clu);
	IS_STR(seen, "msg last;view;lost corosync is gone (cpg: CS_ERR_LIBRARY);",
	       "nothing is delivered behind the end");
	IS_INT(answer, 0, "the answer was taken");
	clu_destroy(clu);
}

static void test_dispatch_fails(void)
{
	connect_anew();
	coro.dispatch = CS_ERR_BAD_HANDLE;
	clu_dispatch(clu);
	IS_STR(seen, "view;lost corosync is gone (cpg: CS_ERR_BAD_HANDLE);", "a dispatch tells it");
	clu_destroy(clu);
}

int main(void)
{
	test_well();
	test_send_fails();
	test_send_in_message_fails();
	test_dispatch_fails();
	return tap_done();
}
