/* SPDX-License-Identifier: GPL-2.0-only */
/* boot_id and machine-id. */
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/cmirrord/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), again[33];
	uint8_t id[16], got[16];

	if (!identity_parse(text, id)) {
		for (unsigned int i = 0; i < sizeof(id); i++)
			(void)snprintf(again + 2 * i, 3, "%02x", id[i]);
		CM_ASSERT(!identity_parse(again, got) && !memcmp(id, got, sizeof(id)));
	}
	free(text);
	return 0;
}
