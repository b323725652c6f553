/* SPDX-License-Identifier: GPL-2.0-only */
/* lvmlockd_msg.c - requests and replies of lvmlockd as text. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <libdevmapper.h>

#include "lib/locking/lvmlockd.h"

struct msg {
	char *at, *end;
	int error;
};

static void add(struct msg *m, const char *key, const char *value)
{
	int n;

	if (m->error)
		return;
	if (strpbrk(value, "\"\\\n")) {
		m->error = -EINVAL;
		return;
	}
	n = snprintf(m->at, (size_t)(m->end - m->at), "%s=\"%s\"\n", key, *value ? value : "none");
	if (n < 0 || n >= m->end - m->at)
		m->error = -ENAMETOOLONG;
	else
		m->at += n;
}

static const char *or_none(const char *value)
{
	return value ? value : "none";
}

int lvmlockd_request_build(const char *request, const char *mode, const char *opts,
			   const struct lvmlockd_lv *lv, int pid, char out[LVMLOCKD_MSG_MAX])
{
	struct msg m = { .at = out, .end = out + LVMLOCKD_MSG_MAX - sizeof(LVMLOCKD_END) };
	char number[16];

	add(&m, "request", request);
	if (lv) {
		(void)snprintf(number, sizeof(number), "%d", pid);
		add(&m, "cmd", "clvmd");
		add(&m, "pid", number);
		if (mode)
			add(&m, "mode", mode);
		add(&m, "opts", or_none(opts));
		add(&m, "vg_name", or_none(lv->vg_name));
		if (lv->lv_uuid) {
			add(&m, "lv_name", or_none(lv->lv_name));
			add(&m, "lv_uuid", lv->lv_uuid);
			add(&m, "lv_lock_args", or_none(lv->lv_lock_args));
		}
		add(&m, "vg_lock_type", "dlm");
		add(&m, "vg_lock_args", or_none(lv->vg_lock_args));
	}
	if (m.error)
		return m.error;
	/* The last line's newline is the terminator's first byte. */
	memcpy(m.at - 1, LVMLOCKD_END, sizeof(LVMLOCKD_END));
	return (int)(m.at - 1 - out) + (int)sizeof(LVMLOCKD_END) - 1;
}

int lvmlockd_reply_parse(const char *text, struct lvmlockd_reply *reply)
{
	struct dm_config_tree *tree = dm_config_from_string(text);
	const char *response;

	if (!tree)
		return -EPROTO;
	response = dm_config_find_str(tree->root, "response", NULL);
	if (!response) {
		dm_config_destroy(tree);
		return -EPROTO;
	}
	memset(reply, 0, sizeof(*reply));
	reply->is_ok = !strcmp(response, "OK");
	reply->op_result = (long)dm_config_find_int64(tree->root, "op_result", 0);
	(void)snprintf(reply->mode, sizeof(reply->mode), "%.7s",
		       dm_config_find_str(tree->root, "mode", ""));
	(void)snprintf(reply->flags, sizeof(reply->flags), "%.127s",
		       dm_config_find_str(tree->root, "result_flags", ""));
	dm_config_destroy(tree);
	return 0;
}
