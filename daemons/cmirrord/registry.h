/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * registry.h - what kinds of log this daemon serves, and which kernel instances it knows.
 *
 * Only one process per host can own the kernel's channel. So another kind of log (a snapshot
 * service's, say) is one more struct log_type, found by the type word of its CTR line, and
 * everything below is common to all.
 *
 * The main loop's thread. No allocation after registry_create().
 */
#ifndef CM_CMIRRORD_REGISTRY_H
#define CM_CMIRRORD_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/core/cmn.h"
#include "lib/format/kabi.h"

#define REGISTRY_INSTS_MAX	(CML_LOGS_MAX * CML_LUIDS_MAX)
#define REGISTRY_TYPES_MAX	8u

/* A kernel instance: one loaded table. */
struct reg_inst {
	bool is_used;
	char uuid[KABI_UUID_BYTES];
	uint64_t luid;
	const struct log_type *type;
	void *log;			/* the type's */
	const char *dev;		/* CTR's device word, or NULL */
	uint64_t batch;			/* of requests, in which CTR came */
	uint32_t next;			/* in its hash chain, + 1; 0 = last */
};

struct log_type {
	const char *word;		/* second word of the CTR line */
	void *ctx;

	/*
	 * CTR of an instance that is not known. Must not wait for I/O.
	 * @log_out   what inst->log shall be
	 * @dev_out   device word for the kernel (static as long as the log), or NULL
	 * Returns 0 or negative errno with @err, one line with the cure.
	 */
	int (*ctr)(void *ctx, const struct kabi_req *req, void **log_out, const char **dev_out,
		   struct cm_errmsg *err);
	/* CTR once more, though it was answered: its kernel runs, and tells again what it told a
	 * former process. The reply is the caller's. May be NULL. */
	void (*ctr_again)(struct reg_inst *inst);
	/* DTR. The instance leaves the registry right after it; the reply is the caller's. */
	void (*dtr)(void *ctx, struct reg_inst *inst);
	/* Any other request of the instance; the type replies, now or later. */
	void (*request)(void *ctx, struct reg_inst *inst, const struct kabi_req *req);
	uint32_t (*region_size_sect)(void *ctx, const struct reg_inst *inst);
};

struct registry;

/* Returns 0 or -ENOMEM. */
int registry_create(struct registry **out) CM_MUST_CHECK;
void registry_destroy(struct registry *reg);

/* @type stays the caller's and must outlive the registry. At most REGISTRY_TYPES_MAX (asserted). */
void registry_type_add(struct registry *reg, const struct log_type *type);
/* The type of that word, or NULL with @err naming the words there are. */
const struct log_type *registry_type_find(const struct registry *reg, const char *word,
					  struct cm_errmsg *err);

/* NULL when not known. Constant time. */
struct reg_inst *registry_find(struct registry *reg, const char *uuid, uint64_t luid);

/* Add what registry_find() does not find (asserted). Returns 0 or -ENOSPC. */
int registry_add(struct registry *reg, const char *uuid, uint64_t luid, const struct log_type *type,
		 void *log, struct reg_inst **out) CM_MUST_CHECK;
void registry_del(struct registry *reg, struct reg_inst *inst);
uint32_t registry_count(const struct registry *reg);

#endif
