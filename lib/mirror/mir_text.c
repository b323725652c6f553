/* SPDX-License-Identifier: GPL-2.0-only */
/* mir_text.c - from metadata text to struct mir; libdevmapper's dm_config parses. */
#include "lib/mirror/mir.h"

#include <errno.h>
#include <string.h>

#include <libdevmapper.h>

#include "lib/mirror/mir_sub.h"

static int fill_identity(struct mir_src *src, const struct dm_config_node *lv, struct mir *mir);
static int fill_tags(struct mir_src *src, const struct dm_config_node *lv, struct mir *mir);
static int fill_segment(struct mir_src *src, const struct dm_config_node *lv, struct mir *mir);
static int fill_legs(struct mir_src *src, const struct dm_config_node *seg, struct mir *mir);
static int refuse_origin(struct mir_src *src, const char *lv_name);

static int fill(struct mir_src *src, const char *lv_name, struct mir *mir)
{
	const struct dm_config_node *lv = mir_src_lv(src, lv_name);
	int r;

	if (!lv) {
		cm_err_set(src->err, "no logical volume %s in volume group %s", lv_name,
			   src->vg_name);
		return -ENOENT;
	}
	mir->lv_name = dm_pool_strdup(src->mem, lv_name);
	if (!mir->lv_name)
		return -ENOMEM;
	r = fill_identity(src, lv, mir);
	if (!r)
		r = fill_tags(src, lv, mir);
	if (!r)
		r = fill_segment(src, lv, mir);
	if (!r)
		r = refuse_origin(src, lv_name);
	return r;
}

int mir_from_text(const char *text, const char *vg_name, const char *lv_name, struct mir **out,
		  struct cm_errmsg *err)
{
	struct mir_src src = { .vg_name = vg_name, .err = err };
	struct dm_config_tree *tree;
	struct mir *mir;
	int r = -ENOMEM;

	cm_err_set(err, "out of memory");
	src.mem = dm_pool_create("mir", 4096);
	if (!src.mem)
		return -ENOMEM;
	mir = dm_pool_zalloc(src.mem, sizeof(*mir));
	tree = dm_config_from_string(text);
	if (!mir || !tree) {
		if (!tree) {
			r = -EBADMSG;
			cm_err_set(err, "the metadata of volume group %s cannot be parsed",
				   vg_name);
		}
		goto out;
	}
	r = mir_src_open(&src, tree);
	if (!r)
		r = fill(&src, lv_name, mir);
out:
	if (tree)
		dm_config_destroy(tree);
	if (r) {
		dm_pool_destroy(src.mem);
		return r;
	}
	mir->mem = src.mem;
	*out = mir;
	return 0;
}

void mir_free(struct mir *mir)
{
	if (mir)
		dm_pool_destroy(mir->mem);
}

static int fill_identity(struct mir_src *src, const struct dm_config_node *lv, struct mir *mir)
{
	int r;

	mir->vg_name = dm_pool_strdup(src->mem, src->vg_name);
	mir->lock_type =
		dm_pool_strdup(src->mem, dm_config_find_str(src->vg->child, "lock_type", "none"));
	mir->vg_lock_args =
		dm_pool_strdup(src->mem, dm_config_find_str(src->vg->child, "lock_args", ""));
	mir->lv_lock_args =
		dm_pool_strdup(src->mem, dm_config_find_str(lv->child, "lock_args", ""));
	if (!mir->vg_name || !mir->lock_type || !mir->vg_lock_args || !mir->lv_lock_args)
		return -ENOMEM;
	memcpy(mir->vg_uuid, src->vg_uuid, sizeof(mir->vg_uuid));
	r = mir_src_u64(src, src->vg, "seqno", &mir->seqno);
	if (!r)
		r = mir_src_uuid(src, lv, mir->lv_uuid);
	if (!r)
		r = mir_src_dm_names(src, mir->lv_name, mir->lv_uuid, &mir->dm_name, &mir->dm_uuid);
	if (r)
		return r;
	mir->is_read_only = !mir_src_is_writable(lv);
	mir->is_visible = mir_src_has_word(lv, "status", "VISIBLE");
	mir->may_autoactivate = !mir_src_has_word(lv, "flags", "NOAUTOACTIVATE") &&
				!mir_src_has_word(src->vg, "flags", "NOAUTOACTIVATE");
	return 0;
}

/* Tags of the LV, then those of the VG: volume lists match either. */
static int fill_tags(struct mir_src *src, const struct dm_config_node *lv, struct mir *mir)
{
	const struct dm_config_node *from[2] = { lv, src->vg };
	const struct dm_config_value *v;
	uint32_t count = 0;

	for (unsigned int i = 0; i < 2; i++)
		for (v = mir_src_list(from[i], "tags"); v; v = v->next)
			count += v->type == DM_CFG_STRING;
	mir->tag = dm_pool_zalloc(src->mem, (count + 1) * sizeof(*mir->tag));
	if (!mir->tag)
		return -ENOMEM;
	for (unsigned int i = 0; i < 2; i++) {
		for (v = mir_src_list(from[i], "tags"); v; v = v->next) {
			if (v->type != DM_CFG_STRING)
				continue;
			mir->tag[mir->tag_count] = dm_pool_strdup(src->mem, v->v.str);
			if (!mir->tag[mir->tag_count++])
				return -ENOMEM;
		}
	}
	mir->is_new = mir_src_has_word(lv, "tags", MIR_TAG_NEW);
	return 0;
}

static int unsupported(struct mir_src *src, const struct mir *mir, const char *why)
{
	cm_err_set(src->err, "%s/%s %s", mir->vg_name, mir->lv_name, why);
	return -ENOTSUP;
}

static int check_geometry(struct mir_src *src, const struct mir *mir)
{
	uint32_t size = mir->region_size_sect;

	if (size < 2 || size & (size - 1)) {
		cm_err_set(src->err,
			   "%s/%s: region size of %u sectors in the metadata is no power of two",
			   mir->vg_name, mir->lv_name, size);
		return -EBADMSG;
	}
	for (uint32_t i = 0; i < mir->leg_count; i++) {
		if (mir->leg[i].len_sect == mir->len_sect)
			continue;
		cm_err_set(src->err, "%s/%s: leg %s has another size than the mirror", mir->vg_name,
			   mir->lv_name, mir->leg[i].lv_name);
		return -EBADMSG;
	}
	return 0;
}

static int fill_segment(struct mir_src *src, const struct dm_config_node *lv, struct mir *mir)
{
	const struct dm_config_node *seg = mir_src_child(lv, "segment1");
	uint64_t extents, region_size;
	const char *log;
	int r;

	if (!seg || strcmp(dm_config_find_str(seg->child, "type", ""), "mirror"))
		return unsupported(src, mir, "is not a mirror");
	if (dm_config_find_int64(lv->child, "segment_count", 0) != 1)
		return unsupported(src, mir,
				   "has more than one mirror segment: it is being converted");
	r = mir_src_u64(src, seg, "extent_count", &extents);
	if (!r)
		r = mir_src_u64(src, seg, "region_size", &region_size);
	if (r)
		return r;
	if (!extents || extents > (UINT64_MAX >> 20) / src->extent_sect || region_size > 1u << 30) {
		cm_err_set(src->err, "%s/%s: size or region size in the metadata is out of range",
			   mir->vg_name, mir->lv_name);
		return -EBADMSG;
	}
	mir->len_sect = extents * src->extent_sect;
	mir->region_size_sect = (uint32_t)region_size;
	r = fill_legs(src, seg, mir);
	if (r)
		return r;
	log = dm_config_find_str(seg->child, "mirror_log", NULL);
	mir->has_log = log != NULL;
	if (log) {
		r = mir_src_sub(src, log, &mir->log);
		if (r)
			return r;
	}
	mir->log_uuid = log ? mir->log.dm_uuid : mir->dm_uuid;
	return check_geometry(src, mir);
}

/* mirrors = [ "leg", first extent, "leg", first extent, ... ] */
static int fill_legs(struct mir_src *src, const struct dm_config_node *seg, struct mir *mir)
{
	const struct dm_config_value *v = mir_src_list(seg, "mirrors");
	int r;

	for (; v && v->next; v = v->next->next) {
		if (v->type != DM_CFG_STRING || v->next->type != DM_CFG_INT)
			break;
		if (v->next->v.i)
			return unsupported(src, mir,
					   "has a leg that does not begin at its first extent");
		if (mir->leg_count == MIR_LEGS_MAX)
			return unsupported(src, mir, "has more legs than are supported (8)");
		r = mir_src_sub(src, v->v.str, &mir->leg[mir->leg_count]);
		if (r)
			return r;
		mir->leg_count++;
	}
	if (v || !mir->leg_count ||
	    dm_config_find_int64(seg->child, "mirror_count", 0) != (int64_t)mir->leg_count) {
		cm_err_set(src->err, "%s/%s: list of legs in the metadata is malformed",
			   mir->vg_name, mir->lv_name);
		return -EBADMSG;
	}
	return 0;
}

/* A snapshot puts a layer between the mirror's name and its table; that is not ours to build. */
static int refuse_origin(struct mir_src *src, const char *lv_name)
{
	const struct dm_config_node *lv, *seg;
	const char *origin;

	for (lv = src->lvs->child; lv; lv = lv->sib) {
		seg = mir_src_child(lv, "segment1");
		origin = seg ? dm_config_find_str(seg->child, "origin", NULL) : NULL;
		if (origin && !strcmp(origin, lv_name)) {
			cm_err_set(src->err,
				   "%s/%s has snapshots: remove them before it is activated shared",
				   src->vg_name, lv_name);
			return -ENOTSUP;
		}
	}
	return 0;
}
