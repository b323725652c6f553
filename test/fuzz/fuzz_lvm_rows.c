/* SPDX-License-Identifier: GPL-2.0-only */
/* Rows that stock vgs and lvs report. The static readers are reached by including their file. */
#include "tools/cmlvm_vg.c"

#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), type_name[32] = "", *line, *at;
	struct lock_answer answer = { type_name, false };
	struct vg_lvs lvs = { NULL, 0 };

	for (line = strtok_r(text, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		lock_row(&answer, line);
		lv_row(&lvs, line);
	}
	CM_ASSERT(memchr(type_name, 0, sizeof(type_name)));
	for (size_t i = 0; i < lvs.count; i++) {
		const struct vg_lv *lv = &lvs.lv[i];

		CM_ASSERT(memchr(lv->vg, 0, sizeof(lv->vg)) && memchr(lv->lv, 0, sizeof(lv->lv)));
		CM_ASSERT(memchr(lv->dm_name, 0, sizeof(lv->dm_name)) &&
			  memchr(lv->lock_name, 0, sizeof(lv->lock_name)));
		CM_ASSERT(!vg_lv_is_ours(lv) || vg_lvs_hold_ours(&lvs));
	}
	vg_lvs_free(&lvs);
	free(text);
	return 0;
}
