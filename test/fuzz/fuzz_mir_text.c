/* SPDX-License-Identifier: GPL-2.0-only */
/* LVM's metadata of a volume group, and the table lines that are made of it. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/mirror/mir.h"
#include "lib/mirror/mir_line.h"

static void sub_look(const struct mir_sub *sub)
{
	struct mir_dev dev[128] = { { 253, 1 } };
	char line[8192];

	CM_ASSERT(sub->seg_count && strlen(sub->uuid) == MIR_UUID_BYTES - 1);
	CM_ASSERT(*sub->dm_name && strlen(sub->dm_uuid) == 68);
	for (uint32_t i = 0; i < sub->seg_count; i++) {
		const struct mir_seg *seg = &sub->seg[i];

		CM_ASSERT(seg->area_count >= 1 && seg->area_count <= CM_ARRAY_COUNT(dev));
		CM_ASSERT(!mir_seg_line_build(seg, dev, line, sizeof(line)));
		CM_ASSERT(*mir_seg_target(seg));
		for (uint32_t a = 0; a < seg->area_count; a++)
			CM_ASSERT(strlen(seg->area[a].pv_uuid) == MIR_UUID_BYTES - 1);
	}
}

static void line_look(const struct mir *mir, const struct mir_devs *devs, enum mir_client client)
{
	char line[MIR_LINE_BYTES];
	struct mir_live live;

	mir_line_build(mir, devs, MIR_GEN_FIRST, client, line);
	CM_ASSERT(!mir_line_parse(line, &live));
	CM_ASSERT(live.is_ours && live.client == client && live.has_log == mir->has_log);
	CM_ASSERT(!strcmp(live.log_uuid, mir->log_uuid) && live.leg_count == mir->leg_count);
	for (uint32_t i = 0; i < live.leg_count; i++)
		CM_ASSERT(!memcmp(&live.leg[i], &devs->leg[i], sizeof(live.leg[i])));
	CM_ASSERT(!live.has_log || !memcmp(&live.log, &devs->log, sizeof(live.log)));
}

static void mirror(const char *text, const char *lv_name)
{
	struct mir_devs devs = { .leg = { { 253, 1 }, { 253, 2 }, { 8, 0 } }, .log = { 253, 9 } };
	struct cm_errmsg err = { .text = "" };
	struct mir *mir;

	if (mir_from_text(text, "v-g", lv_name, &mir, &err)) {
		CM_ASSERT(*err.text);
		return;
	}
	CM_ASSERT(mir->leg_count && mir->leg_count <= MIR_LEGS_MAX && mir_region_count(mir));
	CM_ASSERT(mir->region_size_sect >= 2 &&
		  !(mir->region_size_sect & (mir->region_size_sect - 1)));
	for (uint32_t i = 0; i < mir->leg_count; i++)
		sub_look(&mir->leg[i]);
	if (mir->has_log)
		sub_look(&mir->log);
	for (uint32_t i = 0; i < mir->tag_count; i++)
		CM_ASSERT(mir->tag[i]);
	line_look(mir, &devs, MIR_CLIENT_STOCK);
	line_look(mir, &devs, MIR_CLIENT_MODULE);
	if (mir_check_complete(mir, &err))
		CM_ASSERT(*err.text);
	mir_free(mir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	mirror(text, "m");
	mirror(text, "c-1");
	free(text);
	return 0;
}
