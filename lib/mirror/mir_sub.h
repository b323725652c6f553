/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mir_sub.h - private to lib/mirror: the metadata text being read, and the hidden LVs in it.
 *
 * One thread. Nothing here outlives mir_from_text(), except what is allocated from src->mem.
 */
#ifndef CM_MIRROR_MIR_SUB_H
#define CM_MIRROR_MIR_SUB_H

#include <libdevmapper.h>

#include "lib/mirror/mir.h"

struct mir_src {
	const char *vg_name;
	struct cm_errmsg *err;
	struct dm_pool *mem;
	const struct dm_config_node *vg, *lvs, *pvs;
	char vg_uuid[MIR_UUID_BYTES];
	uint64_t extent_sect;		/* 1..2^40 */
};

/* Find the VG and its sections. 0, -ENOENT, -EBADMSG, with src->err. */
int mir_src_open(struct mir_src *src, const struct dm_config_tree *tree) CM_MUST_CHECK;

/* A child section; NULL when there is none, or it is no section. Names are compared whole: dots,
 * slashes and dashes in LV names mean nothing. */
const struct dm_config_node *mir_src_child(const struct dm_config_node *node, const char *key);
const struct dm_config_node *mir_src_lv(const struct mir_src *src, const char *lv_name);

/* First value of the list @key directly under @node; NULL for none and for the empty list. */
const struct dm_config_value *mir_src_list(const struct dm_config_node *node, const char *key);
bool mir_src_has_word(const struct dm_config_node *node, const char *key, const char *word);
/* WRITE in status; in a shared VG LVM writes WRITE_LOCKED in flags instead, to keep old versions
 * out. */
bool mir_src_is_writable(const struct dm_config_node *lv);

/* A number >= 0 that must be there. 0 or -EBADMSG with src->err. */
int mir_src_u64(struct mir_src *src, const struct dm_config_node *node, const char *key,
		uint64_t *value) CM_MUST_CHECK;
/* `id` of a node, checked. 0 or -EBADMSG. */
int mir_src_uuid(struct mir_src *src, const struct dm_config_node *node, char uuid[MIR_UUID_BYTES])
	CM_MUST_CHECK;
/* dm name and dm uuid of an LV. 0 or -ENOMEM. */
int mir_src_dm_names(struct mir_src *src, const char *lv_name, const char *lv_uuid,
		     const char **dm_name, const char **dm_uuid) CM_MUST_CHECK;

/* Read hidden LV @lv_name. 0, -EBADMSG, -ENOTSUP (its segments are not linear or striped), -ENOMEM.
 */
int mir_src_sub(struct mir_src *src, const char *lv_name, struct mir_sub *sub) CM_MUST_CHECK;

#endif
