/* SPDX-License-Identifier: GPL-2.0-only */
/* activation/volume_list and its like, as lvmconfig prints them. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>

#include "lib/mirror/autoact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { AUTOACT_LIST, AUTOACT_AUTO_LIST };
	const char *tags[] = { "fast", "cluster" };
	struct mir m = { .vg_name = "vg", .lv_name = "m", .tag_count = 2, .tag = tags };
	struct autoact_lists lists = { .text = fuzz_text(data, size),
				       .host = { .count = 2, .tag = { "n1", "fast" } } };

	for (size_t i = 0; i < CM_ARRAY_COUNT(keys); i++) {
		struct cm_errmsg err = { .text = "" };

		CM_ASSERT(autoact_allows(&lists, keys[i], &m, &err) == !*err.text);
	}
	autoact_free(&lists);
	return 0;
}
