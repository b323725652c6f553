/* SPDX-License-Identifier: GPL-2.0-only */
/* The state that a joiner is given. */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "lib/format/wire_tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t again[WIRE_BLOB_MAX];
	static struct wire_tables tables;

	memset(&tables, 0x5a, sizeof(tables));
	if (!wire_tables_decode(data, size, &tables))
		CM_ASSERT(wire_tables_encode(&tables, again) == size &&
			  !memcmp(again, data, size));
	return 0;
}
