/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kmc.h - the channel to the module dm-log-cmirror (kmod/cmirror.h says what is spoken): one
 * function per command, and what the kernel has to tell.
 *
 * Generic netlink, with libmnl, which allocates when the socket is opened and never again. Each
 * command is answered by the kernel before send() has returned, so none of these waits for anything
 * but the kernel's own short work. NEWS that come in between are kept.
 *
 * One thread. Errors are what the module says (kmod/cmirror.h), or what the socket does; the text
 * that came with the last one is kmc_why(). -ENOBUFS: so much news had come that there was no room
 * for the answer; whether the command was done is not known. Look at all, and say it again.
 */
#ifndef CM_KERNEL_KMC_H
#define CM_KERNEL_KMC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/format/kmod.h"

struct kmc;

/* An instance, as INSTANCES tells. */
struct kmc_instance {
	uint64_t luid;
	char uuid[CMIRROR_UUID_BYTES];
	char dev[32];		/* "major:minor" of the mirror */
	char args[CMIRROR_ARGS_BYTES];
	uint8_t type;		/* enum cmirror_type */
	uint8_t state;		/* enum cmirror_state */
	uint32_t region_size_sect;
	uint64_t region_count;
	uint32_t ask;		/* CMIRROR_ASK_* */
};

/* Where a slot is. */
struct kmc_slot {
	uint32_t slot;
	uint64_t sect;		/* of its first page, on the log device */
	uint64_t epoch, uuid_hash;
};

/*
 * Open a socket, find the family, bind to the module. Returns 0 and *out, or with @err:
 *   -ENOENT           the module is not loaded
 *   -EPROTONOSUPPORT  no common version
 *   -EBUSY            another cmirrord is bound
 *   -EPERM            not root
 *   another negative errno of the socket
 */
int kmc_open(struct kmc **out, struct cm_errmsg *err) CM_MUST_CHECK;
void kmc_close(struct kmc *kmc);
/* Readable when there are NEWS. */
int kmc_fd(const struct kmc *kmc);
/* Text of the last error, or "". Valid until the next call. */
const char *kmc_why(const struct kmc *kmc);

/*
 * The next instance that has something to tell: 1 = *luid, *ask; 0 = none now; -ENOBUFS: some were
 * lost, look at all; another negative errno of the socket.
 */
int kmc_news(struct kmc *kmc, uint64_t *luid, uint32_t *ask) CM_MUST_CHECK;
/* Are there some that came with the answer to a command? The socket is not readable for these. */
bool kmc_has_news(const struct kmc *kmc);

/* Each instance there is, through @found. Returns 0 or negative errno. */
int kmc_instances(struct kmc *kmc, void (*found)(void *ctx, const struct kmc_instance *inst),
		  void *ctx) CM_MUST_CHECK;
int kmc_look(struct kmc *kmc, uint64_t luid, struct kmod_look *look) CM_MUST_CHECK;

/* Commands: see enum cmirror_cmd. */
int kmc_ctr_done(struct kmc *kmc, uint64_t luid, int error) CM_MUST_CHECK;
/* @slot NULL: of a core log, or refused. @error 0 or negative errno. */
int kmc_start(struct kmc *kmc, uint64_t luid, const struct kmc_slot *slot, uint32_t sticky_ms,
	      int error) CM_MUST_CHECK;
int kmc_stop_done(struct kmc *kmc, uint64_t luid) CM_MUST_CHECK;
/* @first a multiple of 64; @bytes at most CMIRROR_BITS_MAX. */
int kmc_oos(struct kmc *kmc, uint64_t luid, uint8_t op, uint64_t first, const uint8_t *bits,
	    uint32_t bytes) CM_MUST_CHECK;
int kmc_mode(struct kmc *kmc, uint64_t luid, uint8_t mode, bool oos_durable) CM_MUST_CHECK;
int kmc_marks(struct kmc *kmc, uint64_t luid, uint64_t first, const uint8_t *bits,
	      uint32_t bytes) CM_MUST_CHECK;
/* The slot's bits from @first on: @count regions into @bits, zeroed behind the map's end. */
int kmc_marks_get(struct kmc *kmc, uint64_t luid, uint64_t first, uint64_t count,
		  uint8_t *bits) CM_MUST_CHECK;
int kmc_freeze(struct kmc *kmc, uint64_t luid, uint64_t claim_id, uint64_t lo, uint64_t hi,
	       uint32_t wait_ms, uint32_t patience_ms) CM_MUST_CHECK;
/* @region NULL: all of the claim. */
int kmc_thaw(struct kmc *kmc, uint64_t luid, uint64_t claim_id,
	     const uint64_t *region) CM_MUST_CHECK;
/* @out: one bit per region of the claim. */
int kmc_claim(struct kmc *kmc, uint64_t luid, uint64_t claim_id, uint64_t lo, uint64_t hi,
	      const uint8_t *out) CM_MUST_CHECK;
int kmc_claim_cut(struct kmc *kmc, uint64_t luid, uint64_t claim_id, uint64_t hi) CM_MUST_CHECK;
int kmc_claim_end(struct kmc *kmc, uint64_t luid, uint64_t claim_id) CM_MUST_CHECK;
/* One of the commands below that are in struct kmod_push. */
int kmc_push(struct kmc *kmc, const struct kmod_push *push) CM_MUST_CHECK;
int kmc_flush(struct kmc *kmc, uint64_t luid, uint64_t flush_id) CM_MUST_CHECK;
int kmc_failed_done(struct kmc *kmc, uint64_t luid, uint64_t region) CM_MUST_CHECK;

#endif
