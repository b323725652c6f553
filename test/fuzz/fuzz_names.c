/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a person calls a mirror, to device-mapper's name for it and back. The static reader is
 * reached by including its file.
 */
#include "tools/cmirrorctl_name.c"

#include <stdlib.h>

#include "test/fuzz/fuzz.h"

#define DM_NAME_BYTES	256u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = fuzz_text(data, size), *dm_name = malloc(DM_NAME_BYTES), uuid[129];
	struct cm_errmsg err = { .text = "" };
	const char *slash = strchr(name, '/'), *shown;
	int r = dm_name_from(name, dm_name, DM_NAME_BYTES, &err);

	CM_ASSERT(!r == !*err.text);
	if (!r) {
		CM_ASSERT(*dm_name && memchr(dm_name, 0, DM_NAME_BYTES));
		shown = name_show(dm_name, "LVM-u");
		/* No name of LVM's begins with a dash. */
		if (strncmp(name, "/dev/", 5) && strncmp(name, "mapper/", 7) && slash &&
		    slash[1] != '-' && strlen(dm_name) < DM_NAME_BYTES - 4)
			CM_ASSERT(!strcmp(shown, name));
	}
	if (params_uuid(name, uuid, sizeof(uuid)))
		CM_ASSERT(*uuid && memchr(uuid, 0, sizeof(uuid)));
	free(dm_name);
	free(name);
	return 0;
}
