/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmq.h - questions to this node's cmirrord over its control socket.
 *
 * Blocks up to CMQ_TIMEOUT_S: for worker processes and the watcher. Errors of all: those of
 * ctl_client_call(), with a line in @err that names the cure; "cmirrord is not running" for
 * -ECONNREFUSED.
 */
#ifndef CM_CLVMD_CMQ_H
#define CM_CLVMD_CMQ_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/mirror/mir.h"
#include "lib/mirror/mir_line.h"

#define CMQ_TIMEOUT_S	20
#define CMQ_NODES_MAX	128u

struct cmq_status {
	uint32_t nodeid;
	bool is_quorate, is_usable;
	char fencing[64];		/* as cmirrord words it; "" = it does not say */
	uint32_t member_count;		/* nodes with a cmirrord */
	uint32_t member[CMQ_NODES_MAX];
	/* of the log asked for */
	bool has_log;
	char state[32], why[256];
	uint32_t log_member_count;	/* nodes where it runs */
	uint32_t log_member[CMQ_NODES_MAX];
	/* of our own node */
	bool needs_resume;		/* before recovery can go on (hazard L1) */
	bool has_failed_leg;		/* its kernel told of a leg that failed */
	bool needs_reload;		/* writes of its present table pass legs by: never resume it
					 * unchanged; false from a cmirrord that does not say */
};

/* @uuid of the log, or NULL for the node alone. */
int cmq_status(const char *uuid, struct cmq_status *status, struct cm_errmsg *err) CM_MUST_CHECK;

/* Would a table with this log be served? @log_dev: its device (ignored with a core log). *client:
 * what it shall be loaded with. */
int cmq_preflight(const struct mir *mir, struct mir_dev log_dev, uint32_t gen,
		  enum mir_client *client, struct cm_errmsg *err) CM_MUST_CHECK;
/* The legs to flush before marks are cleared. */
int cmq_legs(const char *uuid, const struct mir_dev *leg, uint32_t leg_count,
	     struct cm_errmsg *err) CM_MUST_CHECK;
/* @is_on: no wake-up reads of the mirror from now on. */
int cmq_quiesce(const char *uuid, bool is_on, struct cm_errmsg *err) CM_MUST_CHECK;

/* Call @fn with the log uuid of every log whose own member line says needs_resume. */
int cmq_needing_resume(void (*fn)(void *ctx, const char *uuid), void *ctx,
		       struct cm_errmsg *err) CM_MUST_CHECK;

/* Lines of a status reply, one by one, for cmq_status() and tests. @key "" between objects. */
struct cmq_reader {
	struct cmq_status *status;
	const char *uuid;		/* NULL = any */
	void (*on_needs_resume)(void *ctx, const char *uuid);
	void *ctx;
	enum { CMQ_AT_START, CMQ_IN_OTHER, CMQ_IN_NODE, CMQ_IN_LOG, CMQ_IN_MEMBER } in;
	char member_log[129];
	uint32_t member;
};
void cmq_reader_line(void *reader, const char *key, const char *value);

#endif
