/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clu_sendq.h - a queue of messages in one preallocated ring of bytes. Pure but for create.
 *
 * One thread at a time. Each message lies in one piece, so that it can be handed on without a copy.
 */
#ifndef CM_CLUSTER_CLU_SENDQ_H
#define CM_CLUSTER_CLU_SENDQ_H

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"

struct clu_sendq {
	uint8_t *ring;
	size_t size_bytes;	/* of the ring */
	size_t read_at, write_at;
	size_t count;		/* messages */
};

/* @size_bytes: a multiple of 8, more than 16. Returns 0 or -ENOMEM. */
int clu_sendq_create(struct clu_sendq *q, size_t size_bytes) CM_MUST_CHECK;
void clu_sendq_destroy(struct clu_sendq *q);

/* The longest message that is sure to fit now, in bytes; 0: none. */
size_t clu_sendq_room(const struct clu_sendq *q);

/* Append head and body as one message. Returns 0 or -ENOBUFS. */
int clu_sendq_push(struct clu_sendq *q, const void *head, size_t head_bytes,
		   const void *body, size_t body_bytes) CM_MUST_CHECK;

/* The oldest message, or NULL. Valid until it is popped, also over pushes. */
const uint8_t *clu_sendq_peek(const struct clu_sendq *q, size_t *len_bytes);
void clu_sendq_pop(struct clu_sendq *q);

#endif
