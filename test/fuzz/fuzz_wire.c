/* SPDX-License-Identifier: GPL-2.0-only */
/* A message of another cmirrord, as it is and with the length of its body mended. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/le.h"
#include "lib/format/wire.h"

#define BODY_BYTES_OFF	12u
#define UUID_BYTES_OFF	6u

static void one(const uint8_t *data, size_t size)
{
	static uint8_t again[WIRE_MSG_MAX];
	struct wire_msg msg;

	if (wire_decode(data, size, &msg))
		return;
	CM_ASSERT(memchr(msg.uuid, 0, sizeof(msg.uuid)));
	if (msg.version < WIRE_VERSION_MIN || msg.version > WIRE_VERSION) {
		CM_ASSERT(msg.type == WIRE_HELLO && !msg.blob && !*msg.uuid);
		return;
	}
	CM_ASSERT(wire_encode(&msg, again) == size && !memcmp(again, data, size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy;

	one(data, size);
	if (size < WIRE_HDR_BYTES || size - WIRE_HDR_BYTES < data[UUID_BYTES_OFF])
		return 0;
	copy = malloc(size);
	CM_ASSERT(copy);
	memcpy(copy, data, size);
	le32_set((struct le32 *)(copy + BODY_BYTES_OFF),
		 (uint32_t)(size - WIRE_HDR_BYTES - data[UUID_BYTES_OFF]));
	one(copy, size);
	free(copy);
	return 0;
}
