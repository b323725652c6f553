/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clu_msg.h - the bytes the corosync provider puts around and between its callers' messages.
 *
 *	off  size
 *	0    4     magic "CMcl"
 *	4    1     version, 1
 *	5    1     type: 1 a caller's message, 2 a proposal of a view
 *	6    2     zero
 *	8          type 1: the caller's bytes, as they are
 *
 *	8    8     type 2: ring seq
 *	16   4     node id of the ring's representative
 *	20   4     number of the view
 *	24   4     count of processes, 1..128
 *	28   9 * count   node id (4), pid (4), 1 if it waits, else 0 (1); ascending
 *
 * Numbers are little endian. Pure; any thread.
 */
#ifndef CM_CLUSTER_CLU_MSG_H
#define CM_CLUSTER_CLU_MSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "lib/cluster/clu_view.h"

#define CLU_MSG_HEAD_BYTES	8u
#define CLU_MSG_VERSION		1u
#define CLU_MSG_PROPOSAL_BYTES_MAX (28u + 9u * CLV_PROCS_MAX)

enum clu_msg_type {
	CLU_MSG_APP = 1,
	CLU_MSG_PROPOSAL = 2,
};

void clu_msg_head(uint8_t head[CLU_MSG_HEAD_BYTES], enum clu_msg_type type);

/* Returns the length in bytes, <= CLU_MSG_PROPOSAL_BYTES_MAX. */
size_t clu_msg_proposal(uint8_t buf[CLU_MSG_PROPOSAL_BYTES_MAX], const struct clv_proposal *prop);

/*
 * Bytes from another node.
 *
 * @type  written on success
 * @prop  written on success, if it is a proposal
 * Returns 0, CM_E_WIRE_SHORT, CM_E_WIRE_MAGIC, CM_E_WIRE_VERSION, CM_E_WIRE_TYPE, CM_E_WIRE_LEN
 * (longer than it says), CM_E_WIRE_FIELD.
 */
int clu_msg_decode(const uint8_t *buf, size_t len_bytes, enum clu_msg_type *type,
		   struct clv_proposal *prop) CM_MUST_CHECK;

#endif
