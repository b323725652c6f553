/* SPDX-License-Identifier: GPL-2.0-only */
/* autoact.c - LVM's activation lists. */
#include "lib/mirror/autoact.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <libdevmapper.h>

#include "lib/mirror/lvm_cmd.h"

static int text_read(char **text, struct cm_errmsg *err)
{
	static const char *const key[2] = { "activation/" AUTOACT_LIST,
					    "activation/" AUTOACT_AUTO_LIST };
	char *one[2] = { NULL, NULL };

	/* One call per key: lvmconfig ends with an error when a key is not set, which is the usual
	 * case. */
	for (int i = 0; i < 2; i++) {
		char *argv[] = { (char *)"lvm", (char *)"lvmconfig", (char *)key[i], NULL };
		int r = lvm_cmd_run(argv, 30, &one[i], err);

		if (r && r != -EIO) {
			free(one[0]);
			return r;
		}
	}
	if (asprintf(text, "%s\n%s\n", one[0] ? one[0] : "", one[1] ? one[1] : "") < 0)
		*text = NULL;
	free(one[0]);
	free(one[1]);
	return *text ? 0 : -ENOMEM;
}

int autoact_read(struct autoact_lists *lists, struct cm_errmsg *err)
{
	struct utsname host;
	int r;

	if (uname(&host) < 0) {
		r = -errno;
		cm_err_set(err, "cannot read the name of this host: %s", cm_strerror(r));
		return r;
	}
	r = hosttags_read(hosttags_dir(), host.nodename, &lists->host, err);
	return r ? r : text_read(&lists->text, err);
}

void autoact_free(struct autoact_lists *lists)
{
	free(lists->text);
	lists->text = NULL;
}

static bool has_host_tag(const struct mir *mir, const struct hosttags *host)
{
	for (uint32_t i = 0; i < mir->tag_count; i++)
		if (hosttags_has(host, mir->tag[i]))
			return true;
	return false;
}

static bool item_matches(const char *item, const struct mir *mir, const struct hosttags *host)
{
	size_t vg_len = strlen(mir->vg_name);

	if (!strcmp(item, "@*"))
		return has_host_tag(mir, host);
	if (*item == '@') {
		for (uint32_t i = 0; i < mir->tag_count; i++)
			if (!strcmp(item + 1, mir->tag[i]))
				return true;
		return false;
	}
	if (strncmp(item, mir->vg_name, vg_len))
		return false;
	return !item[vg_len] || (item[vg_len] == '/' && !strcmp(item + vg_len + 1, mir->lv_name));
}

bool autoact_allows(const struct autoact_lists *lists, const char *key, const struct mir *mir,
		    struct cm_errmsg *err)
{
	struct dm_config_tree *tree = dm_config_from_string(lists->text);
	const struct dm_config_node *node = tree ? tree->root : NULL;
	const struct dm_config_value *v;
	bool is_allowed;

	/* lvmconfig prints "volume_list=[...]" without its section. */
	while (node && (strcmp(node->key, key) || !node->v))
		node = node->sib;
	is_allowed = !node;
	for (v = node ? node->v : NULL; v && !is_allowed; v = v->next)
		is_allowed = v->type == DM_CFG_STRING &&
			     item_matches(v->v.str, mir, &lists->host);
	if (!is_allowed)
		cm_err_set(err, "activation/%s in lvm.conf does not allow %s/%s here", key,
			   mir->vg_name, mir->lv_name);
	if (!node && lists->host.count && !strcmp(key, AUTOACT_LIST) &&
	    !has_host_tag(mir, &lists->host)) {
		is_allowed = false;
		cm_err_set(err,
			   "%s/%s has none of this host's tags, and there is no activation/%s",
			   mir->vg_name, mir->lv_name, key);
	}
	if (tree)
		dm_config_destroy(tree);
	return is_allowed;
}
