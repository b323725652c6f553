/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * store.h - the log device: asynchronous reads and writes, one I/O thread per device (hazard D11),
 * so that a dead path stops this log and no other.
 *
 * O_DIRECT and O_DSYNC through Linux AIO: a write is durable when it completes, as one FUA write
 * where the device has FUA.
 *
 * All functions are called in one thread, the owner's. Buffers belong to the caller and stay
 * untouched until the completion. At most STORE_DEPTH requests are under way; nothing is allocated
 * after open.
 */
#ifndef CM_STORE_STORE_H
#define CM_STORE_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

#define STORE_DEPTH	64u

struct store;

struct store_done {
	uint64_t id;
	int result;		/* 0 or negative errno; a short transfer is -EIO */
};

struct store_stats {
	uint64_t reads, read_bytes, writes, write_bytes, errors;
};

/* Open a block device (or a regular file, in tests) by path or "major:minor". Checked with fstat
 * against a change of name. Returns 0 or negative errno with @err. */
int store_open(const char *dev, struct store **out, struct cm_errmsg *err) CM_MUST_CHECK;
/* Waits for what is under way (a helper thread may hang with the device: then the thread and its
 * memory are left behind, and 1 line is logged by the caller: returns false). */
bool store_close(struct store *store);
uint64_t store_size_bytes(const struct store *store);
/* Submit. Offset, length and buffer are multiples of 4096. Returns 0 or -EBUSY (STORE_DEPTH under
 * way). */
int store_read(struct store *store, uint64_t id, uint64_t off, uint32_t len_bytes,
	       void *buf) CM_MUST_CHECK;
int store_write(struct store *store, uint64_t id, uint64_t off, uint32_t len_bytes,
		const void *buf) CM_MUST_CHECK;
/* eventfd: readable when completions wait. */
int store_fd(const struct store *store);
/* Next completion: 1 = *done filled, 0 = none now. */
int store_reap(struct store *store, struct store_done *done) CM_MUST_CHECK;
void store_stats(const struct store *store, struct store_stats *stats);

#endif
