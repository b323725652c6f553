/* SPDX-License-Identifier: GPL-2.0-only */
/* A message of another clvmd. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "daemons/clvmd/cvw.h"

#define VERSION_OFF	4u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[CVW_MSG_MAX];
	struct cvw_msg msg;

	if (cvw_decode(data, size, &msg))
		return 0;
	CM_ASSERT(*cvw_type_name(msg.type) && *cvw_verb_name(msg.verb));
	if (data[VERSION_OFF] != CVW_VERSION)
		CM_ASSERT(msg.type == CVW_HELLO);
	else
		CM_ASSERT(cvw_encode(&msg, again) == size && !memcmp(again, data, size));
	return 0;
}
