/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Corosync's cfg service (own node id, killing a node, its wish to stop) and its map (node names).
 */
#include "lib/cluster/clu_corosync.h"

#include <stdio.h>
#include <stdlib.h>

#include <corosync/cfg.h>
#include <corosync/cmap.h>
#include <corosync/corotypes.h>

/* The service's callback carries no context: one provider per process. */
static struct coro *asked;

static int read_names(struct coro *coro);

/*
 * Corosync wants to stop ("corosync-cfgtool -H", systemctl stop). A stop that is forced asks too,
 * but does not mind the answer.
 */
static void on_shutdown(corosync_cfg_handle_t handle, corosync_cfg_shutdown_flags_t flags)
{
	corosync_cfg_shutdown_reply_flags_t reply;

	(void)flags;
	reply = clu_emit_may_stop(&asked->base) ? COROSYNC_CFG_SHUTDOWN_FLAG_YES :
		COROSYNC_CFG_SHUTDOWN_FLAG_NO;
	/* When it is gone already, dispatch says so. */
	corosync_cfg_replyto_shutdown(handle, reply);
}

int coro_cfg_open(struct coro *coro, struct cm_errmsg *err)
{
	const corosync_cfg_callbacks_t callbacks = {
		.corosync_cfg_shutdown_callback = on_shutdown,
	};
	corosync_cfg_handle_t handle;
	cs_error_t r;

	CM_ASSERT(!asked);
	r = CORO_RETRY(coro->create_until_ms, corosync_cfg_initialize(&handle, &callbacks));
	if (r != CS_OK) {
		cm_err_set(err, "corosync is not running on this node (%s): start "
			   "corosync.service, or use --cluster local", cs_strerror(r));
		return CM_E_CLU_NO_COROSYNC;
	}
	coro->cfg_handle = handle;
	asked = coro;
	r = corosync_cfg_fd_get(handle, &coro->cfg_fd);
	if (r == CS_OK)
		r = CORO_RETRY(coro->create_until_ms,
			       corosync_cfg_local_get(handle, &coro->nodeid));
	if (r == CS_OK)
		r = CORO_RETRY(coro->create_until_ms, corosync_cfg_trackstart(handle, 0));
	if (r != CS_OK) {
		cm_err_set(err, "corosync's configuration service does not answer: %s",
			   cs_strerror(r));
		return CM_E_CLU_NO_COROSYNC;
	}
	if (coro->nodeid == 0) {
		cm_err_set(err, "corosync gave this node the id 0: set nodeid in corosync.conf");
		return CM_E_CLU_NO_COROSYNC;
	}
	if (read_names(coro)) {
		cm_err_set(err, "corosync's map service does not answer");
		return CM_E_CLU_NO_COROSYNC;
	}
	return 0;
}

void coro_cfg_close(struct coro *coro)
{
	if (asked != coro)
		return;
	corosync_cfg_finalize(coro->cfg_handle);
	asked = NULL;
}

void coro_cfg_dispatch(struct coro *coro)
{
	cs_error_t r = corosync_cfg_dispatch(coro->cfg_handle, CS_DISPATCH_ALL);

	if (r != CS_OK && r != CS_ERR_TRY_AGAIN)
		coro_lost(coro, "corosync is gone (cfg: %s)", cs_strerror(r));
}

int coro_cfg_kill(struct coro *coro, uint32_t nodeid, const char *reason)
{
	return corosync_cfg_kill_node(coro->cfg_handle, nodeid, reason) == CS_OK ? 0 :
		CM_E_CLU_LOST;
}

/* nodelist.node.N.{nodeid,name}; names are for people, a node without one is no error. */
static int read_names(struct coro *coro)
{
	char key[CMAP_KEYNAME_MAXLEN + 1];
	struct coro_node *node;
	cmap_handle_t map;
	uint32_t i, nodeid;
	char *name;

	if (CORO_RETRY(coro->create_until_ms, cmap_initialize(&map)) != CS_OK)
		return CM_E_CLU_NO_COROSYNC;
	for (i = 0; i < CLU_NODES_MAX; i++) {
		snprintf(key, sizeof(key), "nodelist.node.%u.nodeid", i);
		if (CORO_RETRY(coro->create_until_ms, cmap_get_uint32(map, key, &nodeid)) != CS_OK)
			break;
		node = coro_node(coro, nodeid);
		snprintf(key, sizeof(key), "nodelist.node.%u.name", i);
		if (!node || cmap_get_string(map, key, &name) != CS_OK)
			continue;
		snprintf(node->name, sizeof(node->name), "%s", name);
		free(name);
	}
	cmap_finalize(map);
	return 0;
}
