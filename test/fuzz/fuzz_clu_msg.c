/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes out of the process group: a caller's message, or the proposal of a view. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "lib/cluster/clu_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[CLU_MSG_PROPOSAL_BYTES_MAX];
	struct clv_proposal prop;
	enum clu_msg_type type;

	if (clu_msg_decode(data, size, &type, &prop))
		return 0;
	CM_ASSERT(type == CLU_MSG_APP || type == CLU_MSG_PROPOSAL);
	if (type == CLU_MSG_APP)
		CM_ASSERT(size > CLU_MSG_HEAD_BYTES);
	else
		CM_ASSERT(clu_msg_proposal(again, &prop) == size && !memcmp(again, data, size));
	return 0;
}
