/* SPDX-License-Identifier: GPL-2.0-only */
/* A reply of ours to the stock kernel client, which tests and the simulator read. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "lib/format/kabi.h"

static void one(const uint8_t *data, size_t size)
{
	struct kabi_reply reply, again;
	uint8_t bytes[KABI_REPLY_MAX];
	size_t len;

	if (kabi_reply_decode(data, size, &reply))
		return;
	len = kabi_reply_encode(&reply, bytes);
	CM_ASSERT(len <= sizeof(bytes) && !kabi_reply_decode(bytes, len, &again));
	CM_ASSERT(again.seq == reply.seq && again.error == reply.error &&
		  again.data_bytes == reply.data_bytes &&
		  !memcmp(again.data, reply.data, reply.data_bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_kabi(data, size, one);
	return 0;
}
