/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A record is a length and the message, rounded up to 8 bytes. One that does not fit before the
 * end of the ring starts at its beginning; SKIP at the old place says so. read_at == write_at means
 * empty, so 8 bytes always stay free.
 */
#include "lib/cluster/clu_sendq.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN	8u
#define SKIP	UINT64_MAX

static size_t record_bytes(size_t len_bytes)
{
	return ALIGN + (len_bytes + ALIGN - 1) / ALIGN * ALIGN;
}

static uint64_t len_at(const struct clu_sendq *q, size_t at)
{
	uint64_t len;

	memcpy(&len, q->ring + at, sizeof(len));
	return len;
}

static void len_put(struct clu_sendq *q, size_t at, uint64_t len)
{
	memcpy(q->ring + at, &len, sizeof(len));
}

int clu_sendq_create(struct clu_sendq *q, size_t size_bytes)
{
	CM_ASSERT(size_bytes % ALIGN == 0 && size_bytes > 2 * ALIGN);
	memset(q, 0, sizeof(*q));
	q->ring = malloc(size_bytes);
	if (!q->ring)
		return -ENOMEM;
	/* Touched here, so that no page is missing later. */
	memset(q->ring, 0, size_bytes);
	q->size_bytes = size_bytes;
	return 0;
}

void clu_sendq_destroy(struct clu_sendq *q)
{
	free(q->ring);
	memset(q, 0, sizeof(*q));
}

/* Bytes of the two free stretches: up to the end of the ring, and from its beginning. */
static void free_parts(const struct clu_sendq *q, size_t *at_end, size_t *at_start)
{
	if (q->write_at >= q->read_at) {
		*at_end = q->size_bytes - q->write_at;
		*at_start = q->read_at;
		/* write_at may not come round to read_at */
		if (q->read_at == 0)
			*at_end -= ALIGN;
		else
			*at_start -= ALIGN;
	} else {
		*at_end = q->read_at - q->write_at - ALIGN;
		*at_start = 0;
	}
}

size_t clu_sendq_room(const struct clu_sendq *q)
{
	size_t at_end, at_start, best;

	free_parts(q, &at_end, &at_start);
	best = at_end > at_start ? at_end : at_start;
	return best > ALIGN ? best - ALIGN : 0;
}

int clu_sendq_push(struct clu_sendq *q, const void *head, size_t head_bytes,
		   const void *body, size_t body_bytes)
{
	size_t need = record_bytes(head_bytes + body_bytes);
	size_t at_end, at_start;

	free_parts(q, &at_end, &at_start);
	if (need > at_end && need > at_start)
		return -ENOBUFS;
	if (need > at_end) {
		len_put(q, q->write_at, SKIP);
		q->write_at = 0;
	}
	len_put(q, q->write_at, head_bytes + body_bytes);
	if (head_bytes > 0)
		memcpy(q->ring + q->write_at + ALIGN, head, head_bytes);
	memcpy(q->ring + q->write_at + ALIGN + head_bytes, body, body_bytes);
	q->write_at += need;
	if (q->write_at == q->size_bytes)
		q->write_at = 0;
	q->count++;
	return 0;
}

const uint8_t *clu_sendq_peek(const struct clu_sendq *q, size_t *len_bytes)
{
	size_t at = q->read_at;

	if (q->count == 0)
		return NULL;
	if (len_at(q, at) == SKIP)
		at = 0;
	*len_bytes = (size_t)len_at(q, at);
	return q->ring + at + ALIGN;
}

void clu_sendq_pop(struct clu_sendq *q)
{
	CM_ASSERT(q->count > 0);
	if (len_at(q, q->read_at) == SKIP)
		q->read_at = 0;
	q->read_at += record_bytes((size_t)len_at(q, q->read_at));
	if (q->read_at == q->size_bytes)
		q->read_at = 0;
	q->count--;
	if (q->count == 0) {
		q->read_at = 0;
		q->write_at = 0;
	}
}
