/* SPDX-License-Identifier: GPL-2.0-only */
/* A request of the stock kernel client, as it is and with its lengths mended. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "lib/format/kabi.h"

static void one(const uint8_t *data, size_t size)
{
	uint8_t bytes[KABI_DGRAM_MAX];
	struct kabi_req req, again;
	size_t len;

	if (kabi_req_decode(data, size, &req))
		return;
	CM_ASSERT(*req.uuid && memchr(req.uuid, 0, sizeof(req.uuid)));
	CM_ASSERT(memchr(req.args, 0, sizeof(req.args)) && req.region_count <= KABI_REGIONS_MAX);
	len = kabi_req_encode(&req, bytes);
	CM_ASSERT(len <= sizeof(bytes) && !kabi_req_decode(bytes, len, &again));
	CM_ASSERT(!memcmp(&req, &again, sizeof(req)));
	CM_ASSERT(*kabi_type_name(req.type));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_kabi(data, size, one);
	return 0;
}
