/* SPDX-License-Identifier: GPL-2.0-only */
/* The line of a mirror's table, as cmirrord reads it. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemons/cmirrord/dmtab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dmtab tab = { .leg_count = 0 };
	char *line = fuzz_text(data, size);

	if (!dmtab_parse(line, &tab)) {
		CM_ASSERT(tab.leg_count && tab.leg_count <= DMTAB_LEGS_MAX);
		CM_ASSERT(*tab.uuid && memchr(tab.uuid, 0, sizeof(tab.uuid)));
		CM_ASSERT(strstr(line, tab.uuid));
		for (uint32_t i = 0; i < tab.leg_count; i++)
			CM_ASSERT(*tab.leg[i] && memchr(tab.leg[i], 0, sizeof(tab.leg[i])));
	}
	free(line);
	return 0;
}
