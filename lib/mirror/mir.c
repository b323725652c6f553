/* SPDX-License-Identifier: GPL-2.0-only */
/* mir.c - what follows from a struct mir. */
#include "lib/mirror/mir.h"

#include <errno.h>

#include "base/hash.h"

uint64_t mir_legs_hash(const struct mir *mir)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < mir->leg_count; i++)
		hash = cm_hash64(hash, mir->leg[i].uuid, MIR_UUID_BYTES - 1);
	return hash ? hash : 1;		/* 0 is "no hash given" in a table line */
}

uint64_t mir_region_count(const struct mir *mir)
{
	return (mir->len_sect + mir->region_size_sect - 1) / mir->region_size_sect;
}

static int sub_check(const struct mir *mir, const struct mir_sub *sub, struct cm_errmsg *err)
{
	for (uint32_t s = 0; s < sub->seg_count; s++) {
		for (uint32_t a = 0; a < sub->seg[s].area_count; a++) {
			if (!sub->seg[s].area[a].is_missing)
				continue;
			cm_err_set(err, "physical volume %s of %s/%s is missing",
				   sub->seg[s].area[a].pv_uuid, mir->vg_name, sub->lv_name);
			return -ENODEV;
		}
	}
	return 0;
}

int mir_check_complete(const struct mir *mir, struct cm_errmsg *err)
{
	int r = mir->has_log ? sub_check(mir, &mir->log, err) : 0;

	for (uint32_t i = 0; !r && i < mir->leg_count; i++)
		r = sub_check(mir, &mir->leg[i], err);
	return r;
}
