/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clu_ops.h - a provider, as clu.c sees it. For lib/cluster only.
 *
 * A provider embeds struct clu as the first member of its own struct and hands everything that
 * happens to the clu_emit_*() functions. The meaning of each operation is that of the function of
 * the same name in clu.h; names and ids are checked before (clu.c), capabilities too.
 */
#ifndef CM_CLUSTER_CLU_OPS_H
#define CM_CLUSTER_CLU_OPS_H

#include "lib/cluster/clu.h"

struct clu_ops {
	const char *name;
	/* Completes "provider local cannot ...: <why_not>". */
	const char *why_not;
	int (*create)(const struct clu_config *config, struct clu **out, struct cm_errmsg *err);
	void (*destroy)(struct clu *clu, bool leave_clean);
	uint32_t (*nodeid)(const struct clu *clu);
	bool (*fencing_on)(const struct clu *clu);
	bool (*node_lock_adopted)(const struct clu *clu);
	uint32_t (*fds)(const struct clu *clu, int fds[CLU_FDS_MAX]);
	int (*timeout_ms)(const struct clu *clu);
	void (*dispatch)(struct clu *clu);
	int (*send)(struct clu *clu, const void *buf, size_t len_bytes);
	size_t (*send_room)(const struct clu *clu);
	int (*own)(struct clu *clu, const char *name);
	void (*disown)(struct clu *clu, const char *name);
	int (*prove_dead)(struct clu *clu, uint32_t nodeid);
	void (*proof_release)(struct clu *clu, uint32_t nodeid);
	int (*kill_node)(struct clu *clu, uint32_t nodeid, const char *reason);
	/* NULL: unknown. */
	const char *(*node_name)(const struct clu *clu, uint32_t nodeid);
};

#define CLU_NAMES_SPARE	4u

struct clu {
	const struct clu_ops *ops;
	const struct clu_callbacks *callbacks;
	void *ctx;
	uint32_t caps;
	bool has_locks;			/* config->with_locks */
	bool is_dispatching;		/* callbacks may come */
	struct clu_stats stats;
	char spare_name[CLU_NAMES_SPARE][24];	/* clu_node_name() of nodes without a name */
	uint32_t spare_next;
};

extern const struct clu_ops clu_local_ops;
extern const struct clu_ops clu_corosync_ops;

/* What every provider's create() does first: @clu is zeroed but for these. */
void clu_base_init(struct clu *clu, const struct clu_ops *ops, uint32_t caps,
		   const struct clu_config *config);

void clu_emit_view(struct clu *clu, const struct clu_view *view);
/* As clu_emit_view(), for another usable or quorate of the view announced last. */
void clu_emit_view_change(struct clu *clu, const struct clu_view *view);
void clu_emit_message(struct clu *clu, uint32_t from_nodeid, const uint8_t *buf, size_t len_bytes);
void clu_emit_owned(struct clu *clu, const char *name, int result);
void clu_emit_dead(struct clu *clu, uint32_t nodeid, int result);
void clu_emit_node_lock(struct clu *clu, bool held);
void clu_emit_lost(struct clu *clu, const char *reason);
bool clu_emit_may_stop(struct clu *clu);

#endif
