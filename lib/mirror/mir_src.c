/* SPDX-License-Identifier: GPL-2.0-only */
/* mir_src.c - small questions to a parsed metadata text. */
#include "lib/mirror/mir_sub.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* 6-4-4-4-4-4-6 characters, as LVM prints ids. */
static bool uuid_is_valid(const char *text)
{
	static const uint8_t group[] = { 6, 4, 4, 4, 4, 4, 6 };

	if (strlen(text) != MIR_UUID_BYTES - 1)
		return false;
	for (unsigned int g = 0; g < sizeof(group); g++) {
		for (unsigned int i = 0; i < group[g]; i++, text++)
			if (!isalnum((unsigned char)*text) && *text != '!' && *text != '#')
				return false;
		if (*text && *text++ != '-')
			return false;
	}
	return true;
}

int mir_src_open(struct mir_src *src, const struct dm_config_tree *tree)
{
	struct dm_config_node top = { .child = tree->root };
	uint64_t extent_sect;
	int r;

	src->vg = mir_src_child(&top, src->vg_name);
	if (!src->vg) {
		cm_err_set(src->err, "no volume group %s in the metadata read", src->vg_name);
		return -ENOENT;
	}
	src->lvs = mir_src_child(src->vg, "logical_volumes");
	src->pvs = mir_src_child(src->vg, "physical_volumes");
	if (!src->lvs) {
		cm_err_set(src->err, "no logical volumes in volume group %s", src->vg_name);
		return -ENOENT;
	}
	if (!src->pvs) {
		cm_err_set(src->err, "metadata of volume group %s lists no physical volumes",
			   src->vg_name);
		return -EBADMSG;
	}
	r = mir_src_u64(src, src->vg, "extent_size", &extent_sect);
	if (!r)
		r = mir_src_uuid(src, src->vg, src->vg_uuid);
	if (r)
		return r;
	if (!extent_sect || extent_sect > (uint64_t)1 << 40) {
		cm_err_set(src->err, "volume group %s: extent size in the metadata is out of range",
			   src->vg_name);
		return -EBADMSG;
	}
	src->extent_sect = extent_sect;
	return 0;
}

const struct dm_config_node *mir_src_child(const struct dm_config_node *node, const char *key)
{
	for (node = node->child; node; node = node->sib)
		if (!node->v && !strcmp(node->key, key))
			return node;
	return NULL;
}

const struct dm_config_node *mir_src_lv(const struct mir_src *src, const char *lv_name)
{
	return mir_src_child(src->lvs, lv_name);
}

static const struct dm_config_value *value_of(const struct dm_config_node *node, const char *key)
{
	for (node = node->child; node; node = node->sib)
		if (node->v && !strcmp(node->key, key))
			return node->v;
	return NULL;
}

const struct dm_config_value *mir_src_list(const struct dm_config_node *node, const char *key)
{
	const struct dm_config_value *v = value_of(node, key);

	return v && v->type != DM_CFG_EMPTY_ARRAY ? v : NULL;
}

bool mir_src_has_word(const struct dm_config_node *node, const char *key, const char *word)
{
	const struct dm_config_value *v;

	for (v = mir_src_list(node, key); v; v = v->next)
		if (v->type == DM_CFG_STRING && !strcmp(v->v.str, word))
			return true;
	return false;
}

bool mir_src_is_writable(const struct dm_config_node *lv)
{
	return mir_src_has_word(lv, "status", "WRITE") ||
	       mir_src_has_word(lv, "flags", "WRITE_LOCKED");
}

int mir_src_u64(struct mir_src *src, const struct dm_config_node *node, const char *key,
		uint64_t *value)
{
	const struct dm_config_value *v = value_of(node, key);

	if (!v || v->type != DM_CFG_INT || v->v.i < 0) {
		cm_err_set(src->err, "volume group %s: metadata of %s has no number %s",
			   src->vg_name, node->key, key);
		return -EBADMSG;
	}
	*value = (uint64_t)v->v.i;
	return 0;
}

int mir_src_uuid(struct mir_src *src, const struct dm_config_node *node, char uuid[MIR_UUID_BYTES])
{
	const struct dm_config_value *v = value_of(node, "id");

	if (!v || v->type != DM_CFG_STRING || !uuid_is_valid(v->v.str)) {
		cm_err_set(src->err, "volume group %s: metadata of %s has no valid id",
			   src->vg_name, node->key);
		return -EBADMSG;
	}
	memcpy(uuid, v->v.str, MIR_UUID_BYTES);
	return 0;
}

static void undash(const char *uuid, char *out)
{
	for (; *uuid; uuid++)
		if (*uuid != '-')
			*out++ = *uuid;
	*out = '\0';
}

int mir_src_dm_names(struct mir_src *src, const char *lv_name, const char *lv_uuid,
		     const char **dm_name, const char **dm_uuid)
{
	char lvid[2 * MIR_UUID_BYTES];

	undash(src->vg_uuid, lvid);
	undash(lv_uuid, lvid + strlen(lvid));
	*dm_name = dm_build_dm_name(src->mem, src->vg_name, lv_name, NULL);
	*dm_uuid = dm_build_dm_uuid(src->mem, "LVM-", lvid, NULL);
	return *dm_name && *dm_uuid ? 0 : -ENOMEM;
}
