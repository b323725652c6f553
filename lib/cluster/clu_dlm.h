/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clu_dlm.h - exclusive locks of one DLM lockspace, asked for and given up without blocking.
 *
 * The kernel blocks every request to a lockspace, without a way to interrupt it, while the
 * lockspace recovers, and that includes the wait for fencing; creating the lockspace waits for
 * dlm_controld and quorum. So all of it happens in one helper thread. It works on a table of
 * wishes; the main loop states wishes and collects what came of them, woken by an eventfd.
 *
 * Two kinds of lock:
 *  KEPT   outlives this process as an orphan, which the next process of this boot that wishes it
 *         adopts. Asked for as an ordinary lock, made persistent when granted: the kernel keeps a
 *         persistent request that dies while waiting as a dead orphan, which would then be in the
 *         way of adoption. As long as the lock is waited for, adoption is tried again every second,
 *         for the former process may have been still dying at the first try, and then we would
 *         wait for our own node's lock for ever.
 *  PASSING goes with this process. (After a process's death its disk writes are done before its
 *         files are closed, so a merger that dies does not write after its proof is gone.)
 *
 * Main thread only, but for what clu_dlm.c's own thread does.
 */
#ifndef CM_CLUSTER_CLU_DLM_H
#define CM_CLUSTER_CLU_DLM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

#define CLU_DLM_NAME_MAX	64u	/* bytes of a resource name, without a NUL */
#define CLU_DLM_LOCKS_MAX	704u	/* CLU_OWN_MAX, a proof per node, the node lock, spare */

enum clu_dlm_kind { CLU_DLM_KEPT, CLU_DLM_PASSING };

struct clu_dlm;

struct clu_dlm_event {
	bool is_lost;		/* the lockspace is gone, with all locks; @reason; the last event */
	const char *reason;
	char name[CLU_DLM_NAME_MAX + 1];
	int result;		/* 0 = held; negative = not, and not wished any more */
	bool is_adopted;	/* a former process held it all along */
	bool fencing_on;	/* a PASSING lock: read after its grant; false if unknown */
};

/*
 * Start; the lockspace is opened, or created, by the thread. Blocks for a round trip to
 * dlm_controld.
 *
 * Returns 0, or with @err
 *   CM_E_CLU_LOST        dlm_controld does not answer
 *   CM_E_CLU_NO_FENCING  @need_fencing, and it is off
 *   -ENOMEM, -EAGAIN     no memory, no thread
 */
int clu_dlm_create(const char *lockspace, bool need_fencing, struct clu_dlm **out,
		   struct cm_errmsg *err) CM_MUST_CHECK;

/*
 * Stop. KEPT locks stay held in the kernel, unless @drop: then they are given up first, and the
 * lockspace is left if nobody else uses it (else dlm_controld could not be stopped).
 * Waits up to @wait_ms; a thread that is blocked in the kernel is left behind, with its memory.
 */
void clu_dlm_destroy(struct clu_dlm *dlm, bool drop, int wait_ms);

/* Readable when clu_dlm_event() has something. */
int clu_dlm_fd(const struct clu_dlm *dlm);
/* The next event, or false. Clears the fd when there is none. */
bool clu_dlm_next(struct clu_dlm *dlm, struct clu_dlm_event *event);

/*
 * A node has just left: ask the kernel for no further lock during the next @ms. dlm_controld first
 * closes the connection to it, then stops the lockspace. A request in between, for a resource whose
 * directory is there, gets no answer and no error (kernel 6.1, set_master() drops what
 * send_lookup() says), and taking it back later ends in a panic (is_remote()). Wishes wait so long.
 */
void clu_dlm_hold(struct clu_dlm *dlm, unsigned int ms);

/* Wish a lock; ends in an event, maybe never. Wished already: the event comes (again) when held.
 * Returns 0 or -ENOMEM. */
int clu_dlm_want(struct clu_dlm *dlm, const char *name, enum clu_dlm_kind kind) CM_MUST_CHECK;
/*
 * Give it up or stop waiting; no event of this name comes until it is wished again. A name that was
 * not wished: an orphan of a former process of this boot, if there is one, is given up.
 */
void clu_dlm_unwant(struct clu_dlm *dlm, const char *name);

/* The last reading (every 10 s). */
bool clu_dlm_fencing_on(const struct clu_dlm *dlm);
/* When a reading last said off or failed: CLOCK_MONOTONIC ms, 0 = never. */
uint64_t clu_dlm_fencing_off_ms(const struct clu_dlm *dlm);

#endif
