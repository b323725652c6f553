/* SPDX-License-Identifier: GPL-2.0-only */
/* The line of a mirror's table as the kernel prints it, read by clvmd and by cmirrord. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemons/cmirrord/dmtab.h"
#include "lib/mirror/mir_line.h"

/* "MAJOR:MINOR", and nothing else that sscanf() would take. */
static bool is_dev(const char *word, const struct mir_dev *dev)
{
	char *end;

	return strspn(word, "0123456789:") == strlen(word) &&
	       strtoull(word, &end, 10) == dev->major && *end == ':' &&
	       strtoull(end + 1, &end, 10) == dev->minor && !*end;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dmtab tab = { .leg_count = 0 };
	char *line = fuzz_text(data, size);
	struct mir_live live;
	int r = mir_line_parse(line, &live), t = dmtab_parse(line, &tab);

	if (!r) {
		CM_ASSERT(live.leg_count <= MIR_LEGS_MAX);
		CM_ASSERT(memchr(live.log_uuid, 0, sizeof(live.log_uuid)));
		CM_ASSERT(!live.is_ours || *live.log_uuid);
	}
	if (!r && !t) {	/* both: then of the same log and legs */
		CM_ASSERT(!strcmp(live.log_uuid, tab.uuid) && live.leg_count == tab.leg_count);
		for (uint32_t i = 0; i < live.leg_count; i++)
			CM_ASSERT(is_dev(tab.leg[i], &live.leg[i]));
	}
	free(line);
	return 0;
}
