/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quorum: whether this part of the cluster may act, and in which ring that was said.
 */
#include "lib/cluster/clu_corosync.h"

#include <corosync/corotypes.h>
#include <corosync/quorum.h>

static void on_quorum(quorum_handle_t handle, uint32_t quorate, struct quorum_ring_id ring_id,
		      uint32_t member_count, const uint32_t *members)
{
	const void *context;
	struct coro *coro;

	(void)member_count;
	(void)members;
	if (quorum_context_get(handle, &context) != CS_OK)
		return;
	coro = (struct coro *)(uintptr_t)context;
	coro->is_quorate = quorate != 0;
	coro->quorum_ring.nodeid = ring_id.nodeid;
	coro->quorum_ring.seq = ring_id.seq;
	coro_update(coro);
}

int coro_quorum_open(struct coro *coro, struct cm_errmsg *err)
{
	quorum_model_v1_data_t model = { .quorum_notify_fn = on_quorum };
	uint32_t type = QUORUM_FREE;
	quorum_handle_t handle;
	cs_error_t r;

	r = CORO_RETRY(coro->create_until_ms,
		       quorum_model_initialize(&handle, QUORUM_MODEL_V1,
					       (quorum_model_data_t *)&model, &type, coro));
	if (r != CS_OK) {
		cm_err_set(err, "corosync's quorum service does not answer: %s", cs_strerror(r));
		return CM_E_CLU_NO_COROSYNC;
	}
	coro->quorum_handle = handle;
	if (type != QUORUM_SET) {
		cm_err_set(err, "corosync has no quorum: set \"provider: corosync_votequorum\" "
			   "in the section quorum of corosync.conf");
		return CM_E_CLU_NO_QUORUM;
	}
	r = quorum_fd_get(handle, &coro->quorum_fd);
	if (r == CS_OK)
		r = CORO_RETRY(coro->create_until_ms,
			       quorum_trackstart(handle, CS_TRACK_CURRENT | CS_TRACK_CHANGES));
	if (r != CS_OK) {
		cm_err_set(err, "corosync's quorum service does not answer: %s", cs_strerror(r));
		return CM_E_CLU_NO_COROSYNC;
	}
	return 0;
}

void coro_quorum_close(struct coro *coro)
{
	if (coro->quorum_handle)
		quorum_finalize(coro->quorum_handle);
	coro->quorum_handle = 0;
}

void coro_quorum_dispatch(struct coro *coro)
{
	cs_error_t r = quorum_dispatch(coro->quorum_handle, CS_DISPATCH_ALL);

	if (r != CS_OK && r != CS_ERR_TRY_AGAIN)
		coro_lost(coro, "corosync is gone (quorum: %s)", cs_strerror(r));
}
