/* SPDX-License-Identifier: GPL-2.0-only */
/* mir_sub.c - segments of the hidden LVs: extents on physical volumes to sectors on devices. */
#include "lib/mirror/mir_sub.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SEGS_MAX	65536u	/* of one LV; far above what LVM makes */
#define STRIPES_MAX	128u	/* LVM's limit */

static int sub_seg(struct mir_src *src, const struct dm_config_node *node,
		   const struct mir_sub *sub, struct mir_seg *seg);
static int seg_areas(struct mir_src *src, const struct dm_config_node *node,
		     const struct mir_sub *sub, struct mir_seg *seg);
static int area_fill(struct mir_src *src, const char *pv_key, int64_t extent,
		     struct mir_area *area);

static int sub_segs(struct mir_src *src, const struct dm_config_node *lv, struct mir_sub *sub)
{
	const struct dm_config_node *node;
	char key[32];
	int r;

	for (uint32_t i = 0; i < sub->seg_count; i++) {
		(void)snprintf(key, sizeof(key), "segment%u", i + 1);
		node = mir_src_child(lv, key);
		if (!node) {
			cm_err_set(src->err, "%s/%s: %s is missing in the metadata", src->vg_name,
				   sub->lv_name, key);
			return -EBADMSG;
		}
		r = sub_seg(src, node, sub, &sub->seg[i]);
		if (r)
			return r;
		sub->len_sect += sub->seg[i].len_sect;
	}
	return 0;
}

int mir_src_sub(struct mir_src *src, const char *lv_name, struct mir_sub *sub)
{
	const struct dm_config_node *lv = mir_src_lv(src, lv_name);
	uint64_t seg_count;
	int r;

	memset(sub, 0, sizeof(*sub));
	if (!lv) {
		cm_err_set(src->err, "%s/%s, a part of the mirror, is missing in the metadata",
			   src->vg_name, lv_name);
		return -EBADMSG;
	}
	sub->lv_name = dm_pool_strdup(src->mem, lv_name);
	if (!sub->lv_name)
		return -ENOMEM;
	r = mir_src_uuid(src, lv, sub->uuid);
	if (!r)
		r = mir_src_dm_names(src, lv_name, sub->uuid, &sub->dm_name, &sub->dm_uuid);
	if (!r)
		r = mir_src_u64(src, lv, "segment_count", &seg_count);
	if (r)
		return r;
	if (!seg_count || seg_count > SEGS_MAX) {
		cm_err_set(src->err, "%s/%s: number of segments in the metadata is out of range",
			   src->vg_name, lv_name);
		return -EBADMSG;
	}
	sub->is_read_only = !mir_src_is_writable(lv);
	sub->seg_count = (uint32_t)seg_count;
	sub->seg = dm_pool_zalloc(src->mem, seg_count * sizeof(*sub->seg));
	return sub->seg ? sub_segs(src, lv, sub) : -ENOMEM;
}

static int sub_seg(struct mir_src *src, const struct dm_config_node *node,
		   const struct mir_sub *sub, struct mir_seg *seg)
{
	const char *type = dm_config_find_str(node->child, "type", "");
	uint64_t start, extents;
	int r;

	if (strcmp(type, "striped")) {
		cm_err_set(src->err,
			   "%s/%s is of type %s: parts of a clustered mirror are linear or striped",
			   src->vg_name, sub->lv_name, *type ? type : "unknown");
		return -ENOTSUP;
	}
	r = mir_src_u64(src, node, "start_extent", &start);
	if (!r)
		r = mir_src_u64(src, node, "extent_count", &extents);
	if (r)
		return r;
	if (!extents || extents > (UINT64_MAX >> 20) / src->extent_sect ||
	    start > (UINT64_MAX >> 20) / src->extent_sect ||
	    start * src->extent_sect != sub->len_sect) {
		cm_err_set(src->err, "%s/%s: segments in the metadata do not follow each other",
			   src->vg_name, sub->lv_name);
		return -EBADMSG;
	}
	seg->start_sect = start * src->extent_sect;
	seg->len_sect = extents * src->extent_sect;
	return seg_areas(src, node, sub, seg);
}

/* stripes = [ "pv0", first extent, ... ] */
static int seg_areas(struct mir_src *src, const struct dm_config_node *node,
		     const struct mir_sub *sub, struct mir_seg *seg)
{
	const struct dm_config_value *v = mir_src_list(node, "stripes");
	uint64_t count, stripe_sect = 0;
	int r = mir_src_u64(src, node, "stripe_count", &count);

	if (!r && count > 1)
		r = mir_src_u64(src, node, "stripe_size", &stripe_sect);
	if (r)
		return r;
	if (!count || count > STRIPES_MAX || stripe_sect > UINT32_MAX ||
	    (count > 1 && !stripe_sect) || seg->len_sect % count)
		goto malformed;
	seg->area = dm_pool_zalloc(src->mem, count * sizeof(*seg->area));
	if (!seg->area)
		return -ENOMEM;
	seg->stripe_sect = (uint32_t)stripe_sect;
	for (; v && v->next; v = v->next->next) {
		if (v->type != DM_CFG_STRING || v->next->type != DM_CFG_INT ||
		    seg->area_count == count)
			goto malformed;
		r = area_fill(src, v->v.str, v->next->v.i, &seg->area[seg->area_count++]);
		if (r)
			return r;
	}
	if (v || seg->area_count != count)
		goto malformed;
	return 0;
malformed:
	cm_err_set(src->err, "%s/%s: list of stripes in the metadata is malformed", src->vg_name,
		   sub->lv_name);
	return -EBADMSG;
}

static int area_fill(struct mir_src *src, const char *pv_key, int64_t extent, struct mir_area *area)
{
	const struct dm_config_node *pv = mir_src_child(src->pvs, pv_key);
	char uuid[MIR_UUID_BYTES];
	uint64_t pe_start, pe_count;
	int r;

	if (!pv) {
		cm_err_set(src->err, "volume group %s: no physical volume %s in the metadata",
			   src->vg_name, pv_key);
		return -EBADMSG;
	}
	r = mir_src_uuid(src, pv, uuid);
	if (!r)
		r = mir_src_u64(src, pv, "pe_start", &pe_start);
	if (!r)
		r = mir_src_u64(src, pv, "pe_count", &pe_count);
	if (r)
		return r;
	if (extent < 0 || (uint64_t)extent >= pe_count ||
	    pe_count > (UINT64_MAX >> 20) / src->extent_sect || pe_start > UINT64_MAX >> 20) {
		cm_err_set(src->err, "volume group %s: extent %lld lies outside physical volume %s",
			   src->vg_name, (long long)extent, pv_key);
		return -EBADMSG;
	}
	area->pv_uuid = dm_pool_strdup(src->mem, uuid);
	area->pv_device = dm_pool_strdup(src->mem, dm_config_find_str(pv->child, "device", ""));
	if (!area->pv_uuid || !area->pv_device)
		return -ENOMEM;
	area->is_missing = mir_src_has_word(pv, "flags", "MISSING") || area->pv_device[0] != '/';
	area->off_sect = pe_start + (uint64_t)extent * src->extent_sect;
	return 0;
}
