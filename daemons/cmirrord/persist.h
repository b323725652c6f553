/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * persist.h - what must survive the daemon but not the boot (hazard D8): one file per log in
 * CM_RUN_DIR, on tmpfs, mapped and locked, so that keeping it up to date costs no system call.
 *
 *	   0  struct persist_head: whose it is, the CTR line, the luids the kernel has
 *	4096  the core's memory, cml_persist_bytes()
 */
#ifndef CM_CMIRRORD_PERSIST_H
#define CM_CMIRRORD_PERSIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/core/cmn.h"
#include "lib/format/kabi.h"

#define PERSIST_HEAD_BYTES	4096u
#define PERSIST_PREFIX		"log-"	/* of the files' names; only they have it */

/* Fixed layout: read by the next process, of the same version of this daemon or a later one. */
struct persist_head {
	uint64_t magic;
	uint64_t core_bytes;
	char uuid[KABI_UUID_BYTES];
	char args[KABI_ARGS_MAX + 1];
	uint64_t luid[CML_LUIDS_MAX];	/* 0 = none */
	uint32_t is_running[CML_LUIDS_MAX];	/* RESUME was answered, POSTSUSPEND was not */
};

struct persist {
	struct persist_head *head;	/* mapped */
	void *core;
	size_t bytes;
	bool is_old; /* a former process of this boot wrote it, with a luid in it */
	char path[128];
};

/*
 * Open or create the file of @uuid in @dir. A file of another length (the mirror was resized while
 * it was inactive), or one without a luid, is made anew.
 * Returns 0 or negative errno with @err (-ENOSPC: names the folder and the bytes needed).
 */
int persist_open(const char *dir, const char *uuid, const char *args, size_t core_bytes,
		 struct persist *persist, struct cm_errmsg *err) CM_MUST_CHECK;

/* Unmap. @keep: leave the file for the next process. */
void persist_close(struct persist *persist, bool keep);

bool persist_has_luid(const struct persist *persist, uint64_t luid);
/* Returns 0 or -ENOSPC. Known ones are fine. */
int persist_luid_add(struct persist *persist, uint64_t luid) CM_MUST_CHECK;
void persist_luid_del(struct persist *persist, uint64_t luid);

void persist_running_set(struct persist *persist, uint64_t luid, bool running);
/* How many running instances it tells of. */
uint32_t persist_running_count(const struct persist_head *head);

/* The head of each file in @dir that holds a luid, copied. For the start of the daemon. */
void persist_scan(const char *dir,
		  void (*found)(void *ctx, const struct persist_head *head), void *ctx);
/* Forget @luid in the file of @uuid, which is not open here; without another luid the file goes. */
void persist_forget(const char *dir, const char *uuid, uint64_t luid);
/* Remove the file of @uuid: its tables are gone, what it holds is of no kernel any more. */
void persist_remove(const char *dir, const char *uuid);

#endif
