/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemons/cmirrord/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <libdevmapper.h>
#include <string.h>
#include <unistd.h>

#define FILE_BYTES_MAX	65536u

static int text_read(const char *path, char *text, struct cm_errmsg *err);
static int text_parse(const char *path, const char *text, struct conf *conf, struct cm_errmsg *err);
static bool text_is_empty(const char *text);
static int node_apply(const struct dm_config_node *node, struct conf *conf, struct cm_errmsg *err);
static int fence_apply(const struct dm_config_value *value, struct conf *conf,
		       struct cm_errmsg *err);
static int client_apply(const struct dm_config_value *value, struct conf *conf,
			struct cm_errmsg *err);
static int number_apply(const struct dm_config_node *node, int64_t max, int64_t *number,
			struct cm_errmsg *err);

void conf_defaults(struct conf *conf)
{
	*conf = (struct conf){.daemon_return_timeout_s = 60,
			      .daemon_return_timeout_module_s = 300,
			      .self_fence = CONF_FENCE_REBOOT};
}

int conf_read(const char *path, struct conf *conf, struct cm_errmsg *err)
{
	static char text[FILE_BYTES_MAX + 1];
	struct conf got = *conf;
	int r;

	r = text_read(path, text, err);
	if (r == -ENOENT)
		return 0;
	if (!r)
		r = text_parse(path, text, &got, err);
	if (!r)
		*conf = got;
	return r;
}

static int text_read(const char *path, char *text, struct cm_errmsg *err)
{
	ssize_t got;
	int fd, r = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		cm_err_set(err, "%s: %s", path, cm_strerror(r));
		return r == -ENOENT ? r : -EIO;
	}
	got = read(fd, text, FILE_BYTES_MAX + 1);
	if (got < 0 || (size_t)got > FILE_BYTES_MAX || memchr(text, 0, (size_t)got)) {
		cm_err_set(err, "%s: must be a text of at most %u bytes", path, FILE_BYTES_MAX);
		r = -EIO;
	} else {
		text[got] = 0;
	}
	close(fd);
	return r;
}

static int text_parse(const char *path, const char *text, struct conf *conf, struct cm_errmsg *err)
{
	const struct dm_config_node *node;
	struct dm_config_tree *tree;
	int r = 0;

	if (text_is_empty(text))
		return 0;	/* libdevmapper takes a file of nothing but comments for an error */
	tree = dm_config_create();
	if (!tree) {
		cm_err_set(err, "%s: no memory", path);
		return -ENOMEM;
	}
	if (!dm_config_parse(tree, text, text + strlen(text))) {
		cm_err_set(err, "%s: not lines of key = value", path);
		r = -EINVAL;
	}
	for (node = r ? NULL : tree->root; node && !r; node = node->sib) {
		if (!node->key || !*node->key)
			continue;	/* nothing but comments */
		r = node_apply(node, conf, err);
		if (r)
			cm_err_wrap(err, "%s", path);
	}
	dm_config_destroy(tree);
	return r;
}

static bool text_is_empty(const char *text)
{
	for (;;) {
		text += strspn(text, " \t\r\n");
		if (*text != '#')
			return !*text;
		text += strcspn(text, "\n");
	}
}

static int node_apply(const struct dm_config_node *node, struct conf *conf, struct cm_errmsg *err)
{
	int64_t number = 0;
	int r;

	if (!strcmp(node->key, "allow_no_fencing")) {
		r = number_apply(node, 1, &number, err);
		if (!r)
			conf->allow_no_fencing = number == 1;
		return r;
	}
	if (!strcmp(node->key, "daemon_return_timeout")) {
		r = number_apply(node, 86400, &number, err);
		if (!r)
			conf->daemon_return_timeout_s = conf->daemon_return_timeout_module_s =
				(uint32_t)number;
		return r;
	}
	if (!strcmp(node->key, "self_fence"))
		return fence_apply(node->v, conf, err);
	if (!strcmp(node->key, "client"))
		return client_apply(node->v, conf, err);
	if (!strcmp(node->key, "clvmd"))
		return 0; /* a section of clvmd's own */
	cm_err_set(err,
		   "%s: unknown; known are allow_no_fencing, client, daemon_return_timeout, "
		   "self_fence",
		   node->key);
	return -EINVAL;
}

static int fence_apply(const struct dm_config_value *value, struct conf *conf,
		       struct cm_errmsg *err)
{
	const char *word = value && value->type == DM_CFG_STRING ? value->v.str : "";

	if (!strcmp(word, "reboot"))
		conf->self_fence = CONF_FENCE_REBOOT;
	else if (!strcmp(word, "panic"))
		conf->self_fence = CONF_FENCE_PANIC;
	else if (!strcmp(word, "log"))
		conf->self_fence = CONF_FENCE_LOG;
	else {
		cm_err_set(err, "self_fence: must be \"reboot\", \"panic\" or \"log\"");
		return -EINVAL;
	}
	return 0;
}

static int client_apply(const struct dm_config_value *value, struct conf *conf,
			struct cm_errmsg *err)
{
	const char *word = value && value->type == DM_CFG_STRING ? value->v.str : "";

	if (!strcmp(word, "auto"))
		conf->client = CONF_CLIENT_AUTO;
	else if (!strcmp(word, "module"))
		conf->client = CONF_CLIENT_MODULE;
	else if (!strcmp(word, "connector"))
		conf->client = CONF_CLIENT_CONNECTOR;
	else {
		cm_err_set(err, "client: must be \"auto\", \"module\" or \"connector\"");
		return -EINVAL;
	}
	return 0;
}

static int number_apply(const struct dm_config_node *node, int64_t max, int64_t *number,
			struct cm_errmsg *err)
{
	const struct dm_config_value *value = node->v;

	if (!value || value->type != DM_CFG_INT || value->v.i < 0 || value->v.i > max ||
	    value->next) {
		cm_err_set(err, "%s: must be a number from 0 to %lld", node->key, (long long)max);
		return -EINVAL;
	}
	*number = value->v.i;
	return 0;
}
