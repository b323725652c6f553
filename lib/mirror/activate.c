/* SPDX-License-Identifier: GPL-2.0-only */
/* activate.c - see activate.h. */
#include "lib/mirror/activate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mirror/pvdev.h"

#define SEG_PARAMS_BYTES	4096u		/* 128 stripes of at most 30 characters */
#define PART_RETRY_MS 10000u /* udev's probes, and cmirrord's last flush of a leg */
#define VG_PREFIX_BYTES		36u		/* "LVM-" and the VG's 32 characters */

static int part_up(struct act *act, const struct mir_sub *sub, struct mir_dev *dev,
		   struct cm_errmsg *err);

void act_init(struct act *act, const struct mir *mir)
{
	memset(act, 0, sizeof(*act));
	act->mir = mir;
}

int act_log_up(struct act *act, struct cm_errmsg *err)
{
	int r;

	if (!act->mir->has_log)
		return 0;
	r = part_up(act, &act->mir->log, &act->devs.log, err);
	act->is_log_up = !r;
	return r;
}

int act_legs_up(struct act *act, struct cm_errmsg *err)
{
	int r = 0;

	while (!r && act->legs_up < act->mir->leg_count) {
		r = part_up(act, &act->mir->leg[act->legs_up], &act->devs.leg[act->legs_up], err);
		if (!r)
			act->legs_up++;
	}
	return r;
}

int act_mirror_up(struct act *act, uint32_t gen, enum mir_client client, struct cm_errmsg *err)
{
	char params[MIR_LINE_BYTES];
	struct dmdev_target target = { .len_sect = act->mir->len_sect,
				       .type = "mirror",
				       .params = params };
	struct dmdev_create create = {
		.dm_name = act->mir->dm_name, .dm_uuid = act->mir->dm_uuid,
		.is_hidden = !act->mir->is_visible, .is_read_only = act->mir->is_read_only,
		.target_count = 1, .target = &target, .cookie = &act->cookie,
	};
	struct mir_dev dev;
	int r;

	mir_line_build(act->mir, &act->devs, gen, client, params);
	r = dmdev_create(&create, &dev, err);
	act->is_mirror_up = !r;
	return r;
}

void act_settle(struct act *act)
{
	dmdev_udev_wait(&act->cookie);
}

static void keep_first(int *first, int r)
{
	if (!*first)
		*first = r;
}

int act_undo(struct act *act, struct cm_errmsg *err)
{
	const struct mir *mir = act->mir;
	struct cm_errmsg ignored;
	int first = 0;

	act_settle(act);
	if (act->is_mirror_up)
		keep_first(&first, dmdev_remove(mir->dm_uuid, PART_RETRY_MS, &act->cookie, err));
	act->is_mirror_up = false;
	for (; act->legs_up; act->legs_up--)
		keep_first(&first, dmdev_remove(mir->leg[act->legs_up - 1].dm_uuid, PART_RETRY_MS,
						&act->cookie, first ? &ignored : err));
	if (act->is_log_up)
		keep_first(&first, dmdev_remove(mir->log.dm_uuid, PART_RETRY_MS, &act->cookie,
						first ? &ignored : err));
	act->is_log_up = false;
	act_settle(act);
	return first;
}

/* ---- one part ---- */

static int seg_resolve(const struct mir_seg *seg, char *params, struct cm_errmsg *err)
{
	struct mir_dev *dev = calloc(seg->area_count, sizeof(*dev));
	int r = dev ? 0 : -ENOMEM;

	for (uint32_t i = 0; !r && i < seg->area_count; i++)
		r = pvdev_find(seg->area[i].pv_device, seg->area[i].pv_uuid, &dev[i], err);
	if (!r)
		r = mir_seg_line_build(seg, dev, params, SEG_PARAMS_BYTES);
	free(dev);
	return r;
}

/* A part left by somebody who died half way is not trusted: its table may be of older metadata. */
static int part_remove_stale(struct act *act, const struct mir_sub *sub, struct cm_errmsg *err)
{
	struct dmdev_info info;
	int r = dmdev_info(sub->dm_uuid, &info, err);

	if (r || !info.exists)
		return r;
	return dmdev_remove(sub->dm_uuid, PART_RETRY_MS, &act->cookie, err);
}

static int part_up(struct act *act, const struct mir_sub *sub, struct mir_dev *dev,
		   struct cm_errmsg *err)
{
	struct dmdev_target *target = calloc(sub->seg_count, sizeof(*target));
	char *params = calloc(sub->seg_count, SEG_PARAMS_BYTES);
	struct dmdev_create create = {
		.dm_name = sub->dm_name, .dm_uuid = sub->dm_uuid, .is_hidden = true,
		.is_read_only = sub->is_read_only, .target_count = sub->seg_count, .target = target,
		.cookie = &act->cookie,
	};
	int r = target && params ? part_remove_stale(act, sub, err) : -ENOMEM;

	for (uint32_t i = 0; !r && i < sub->seg_count; i++) {
		char *p = params + (size_t)i * SEG_PARAMS_BYTES;

		target[i].start_sect = sub->seg[i].start_sect;
		target[i].len_sect = sub->seg[i].len_sect;
		target[i].type = mir_seg_target(&sub->seg[i]);
		target[i].params = p;
		r = seg_resolve(&sub->seg[i], p, err);
	}
	if (!r)
		r = dmdev_create(&create, dev, err);
	free(params);
	free(target);
	return r;
}

/* ---- down ---- */

int act_probe(const char *dm_uuid, struct dmdev_info *info, struct mir_live *live,
	      struct cm_errmsg *err)
{
	char type[32], params[DMDEV_PARAMS_BYTES];
	uint64_t len_sect;
	int r = dmdev_info(dm_uuid, info, err);

	memset(live, 0, sizeof(*live));
	if (r || !info->exists || !info->has_live_table)
		return r;
	r = dmdev_table(dm_uuid, type, params, &len_sect, err);
	if (r)
		return r;
	if (strcmp(type, "mirror") || mir_line_parse(params, live)) {
		cm_err_set(err, "device %s has no mirror table but: %s %.100s", info->name, type,
			   params);
		return -EBADMSG;
	}
	return 0;
}

static int part_down(struct mir_dev dev, const char *mirror_uuid, uint32_t *cookie,
		     struct cm_errmsg *err)
{
	char uuid[DMDEV_UUID_BYTES];
	struct dmdev_info info;
	int r = dmdev_info_by_dev(dev, &info, uuid, err);

	if (r || !info.exists || strncmp(uuid, mirror_uuid, VG_PREFIX_BYTES))
		return r;
	return dmdev_remove(uuid, PART_RETRY_MS, cookie, err);
}

int act_down(const char *dm_uuid, uint32_t retry_ms, struct cm_errmsg *err)
{
	struct dmdev_info info;
	struct cm_errmsg ignored;
	struct mir_live live;
	uint32_t cookie = 0;
	int first;

	first = act_probe(dm_uuid, &info, &live, err);
	if (first || !info.exists)
		return first;
	first = dmdev_remove(dm_uuid, retry_ms, &cookie, err);
	if (!first) {
		/* The parts' nodes must not be probed by udev any more when they go. */
		dmdev_udev_wait(&cookie);
		for (uint32_t i = 0; i < live.leg_count; i++)
			keep_first(&first, part_down(live.leg[i], dm_uuid, &cookie,
						     first ? &ignored : err));
		if (live.has_log)
			keep_first(&first,
				   part_down(live.log, dm_uuid, &cookie, first ? &ignored : err));
	}
	dmdev_udev_wait(&cookie);
	return first;
}
