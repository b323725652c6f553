/* SPDX-License-Identifier: GPL-2.0-only */
/* dlm_controld's configuration as it tells it. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/cluster/clu_dlmcontrol.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	bool is_on = false;

	if (!clu_dlmcontrol_parse(text, &is_on) && is_on)
		CM_ASSERT(strstr(text, "enable_fencing=1") &&
			  strstr(text, "enable_startup_fencing=1"));
	free(text);
	return 0;
}
