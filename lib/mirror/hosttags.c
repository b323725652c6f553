/* SPDX-License-Identifier: GPL-2.0-only */
/* hosttags.c - see hosttags.h. */
#include "lib/mirror/hosttags.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libdevmapper.h>

#define FILE_BYTES_MAX	(1u << 20)
#define PATH_BYTES	512

const char *hosttags_dir(void)
{
	const char *dir = getenv("LVM_SYSTEM_DIR");

	return dir ? dir : "/etc/lvm";
}

bool hosttags_has(const struct hosttags *tags, const char *tag)
{
	for (uint32_t i = 0; i < tags->count; i++)
		if (!strcmp(tags->tag[i], tag))
			return true;
	return false;
}

static int tag_add(struct hosttags *tags, const char *tag, struct cm_errmsg *err)
{
	if (hosttags_has(tags, tag))
		return 0;
	if (tags->count == HOSTTAGS_MAX || strlen(tag) >= HOSTTAGS_BYTES) {
		cm_err_set(err, "lvm.conf gives this host too many tags, or too long ones");
		return -EFBIG;
	}
	memcpy(tags->tag[tags->count++], tag, strlen(tag) + 1);
	return 0;
}

/* With a host_list, only the hosts in it; an empty one means none. */
static bool is_for_host(const struct dm_config_node *section, const char *hostname)
{
	const struct dm_config_node *node = section->child;
	const struct dm_config_value *v;

	while (node && (strcmp(node->key, "host_list") || !node->v))
		node = node->sib;
	for (v = node ? node->v : NULL; v; v = v->next)
		if (v->type == DM_CFG_STRING && !strcmp(v->v.str, hostname))
			return true;
	return !node;
}

static int tags_take(const struct dm_config_tree *tree, const char *hostname,
		     struct hosttags *tags, struct cm_errmsg *err)
{
	const struct dm_config_node *node = dm_config_find_node(tree->root, "tags");
	int r = 0;

	node = node ? node->child : NULL;
	if (node && dm_config_find_int(node, "hosttags", 0))
		r = tag_add(tags, hostname, err);
	for (; node && !r; node = node->sib)
		if (!node->v && is_for_host(node, hostname))
			r = tag_add(tags, node->key + (*node->key == '@'), err);
	return r;
}

static int file_read(const char *path, char **text, struct cm_errmsg *err)
{
	FILE *file = fopen(path, "re");
	int r = 0;
	size_t len;

	if (!file && errno == ENOENT)
		return -ENOENT;
	*text = file ? malloc(FILE_BYTES_MAX) : NULL;
	if (!*text) {
		r = file ? -ENOMEM : -errno;
		goto out;
	}
	len = fread(*text, 1, FILE_BYTES_MAX, file);
	if (ferror(file))
		r = -EIO;
	else if (len == FILE_BYTES_MAX)
		r = -EFBIG;
	else
		(*text)[len] = '\0';
out:
	if (file)
		(void)fclose(file);
	if (r) {
		free(*text);
		cm_err_set(err, "cannot read %s: %s", path, cm_strerror(r));
	}
	return r;
}

static int file_take(const char *path, const char *hostname, struct hosttags *tags,
		     struct cm_errmsg *err)
{
	struct dm_config_tree *tree;
	char *text;
	int r = file_read(path, &text, err);

	if (r)
		return r == -ENOENT ? 0 : r;
	tree = dm_config_from_string(text);
	free(text);
	if (!tree) {
		cm_err_set(err, "%s cannot be parsed", path);
		return -EBADMSG;
	}
	r = tags_take(tree, hostname, tags, err);
	dm_config_destroy(tree);
	return r;
}

int hosttags_read(const char *dir, const char *hostname, struct hosttags *tags,
		  struct cm_errmsg *err)
{
	struct hosttags got = { .count = 0 };
	char path[PATH_BYTES];
	int r;

	(void)snprintf(path, sizeof(path), "%.300s/lvm.conf", dir);
	r = *dir ? file_take(path, hostname, &got, err) : 0;
	(void)snprintf(path, sizeof(path), "%.300s/lvmlocal.conf", dir);
	if (!r && *dir)
		r = file_take(path, hostname, &got, err);
	/* The list grows while it is gone through. */
	for (uint32_t i = 0; !r && i < got.count; i++) {
		(void)snprintf(path, sizeof(path), "%.300s/lvm_%s.conf", dir, got.tag[i]);
		r = file_take(path, hostname, &got, err);
	}
	if (!r)
		*tags = got;
	return r;
}
