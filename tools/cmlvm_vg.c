/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_vg.h"

#include <libdevmapper.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mirror/mir_line.h"
#include "tools/cmlvm_stock.h"

/* No name or value lvm prints holds it. */
#define SEPARATOR '|'

static enum vg_lock lock_from_word(const char *word)
{
	if (!strcmp(word, "dlm"))
		return VG_LOCK_DLM;
	return !*word || !strcmp(word, "none") ? VG_LOCK_NONE : VG_LOCK_OTHER;
}

/* Split a copy of a report line in place; exactly @want fields, or it is a message and no report
 * line. */
static bool fields_split(char *line, char **field, unsigned int want)
{
	unsigned int got = 0;

	while (*line == ' ')
		line++;
	for (field[got++] = line; *line; line++) {
		if (*line != SEPARATOR)
			continue;
		*line = '\0';
		if (got == want)
			return false;
		field[got++] = line + 1;
	}
	return got == want;
}

struct lock_answer {
	char *type_name;
	bool is_found;
};

static void lock_row(void *ctx, const char *line)
{
	struct lock_answer *answer = ctx;
	char copy[512], *field[2];

	snprintf(copy, sizeof(copy), "%s", line);
	if (!fields_split(copy, field, 2))
		return;
	snprintf(answer->type_name, 32, "%s", field[1]);
	answer->is_found = true;
}

static void report_words(struct args *words, const char *fields, const struct opts *opts)
{
	args_add(words, "--noheadings");
	args_addf(words, "--separator=%c", SEPARATOR);
	args_addf(words, "--options=%s", fields);
	opts_emit_only(opts, OPTS_EVERYWHERE, words);
}

/* No lock makes a name right that is not there. */
static bool is_name_wrong(void)
{
	return stock_messages_hold(" not found") ||
	       stock_messages_hold("Failed to find logical volume");
}

/*
 * Reports read without locks first: a node without quorum would wait for the DLM here, and it must
 * be able to deactivate its mirrors. A commit of another node in the same moment can make such a
 * reading fail; then it is made again under the VG lock.
 */
static int report_run(const char *command, const char *fields, const struct opts *opts,
		      const struct args *targets, void (*row)(void *ctx, const char *line),
		      void *ctx)
{
	int code = STOCK_FAILED;

	for (int locking = 0; locking <= 1 && code != STOCK_OK && !(locking && is_name_wrong());
	     locking++) {
		struct args words = ARGS_EMPTY;

		args_add(&words, command);
		if (!locking)
			args_add(&words, "--nolocking");
		report_words(&words, fields, opts);
		for (size_t i = 0; i < targets->count; i++)
			args_add(&words, targets->word[i]);
		code = stock_run(&words, row, ctx);
		args_free(&words);
	}
	return code;
}

int vg_lock_type(const char *vg, const struct opts *opts, enum vg_lock *lock, char *type_name)
{
	struct lock_answer answer = { type_name, false };
	struct args targets = ARGS_EMPTY;
	int code;

	args_add(&targets, vg);
	code = report_run("vgs", "vg_name,vg_lock_type", opts, &targets, lock_row, &answer);
	args_free(&targets);
	if (code == STOCK_OK && !answer.is_found)
		code = STOCK_FAILED;
	if (code == STOCK_OK)
		*lock = lock_from_word(type_name);
	return code;
}

void vg_lock_refusal_print(const char *vg, const char *lock_name, const char *instead)
{
	fprintf(stderr,
		"  VG %s has %s locks: a clustered mirror needs dlm locks (vgchange --lock-type "
		"none %s, then --lock-type dlm); %s.\n",
		vg, lock_name, vg, instead);
}

enum lv_field {
	F_VG,
	F_LV,
	F_LAYOUT,
	F_LOCK,
	F_ACTIVE,
	F_SKIP,
	F_AUTO,
	F_PATH,
	F_TAGS,
	F_LOG,
	F_COUNT
};
#define LV_FIELDS                                                                      \
	"vg_name,lv_name,lv_layout,vg_lock_type,lv_active_locally,lv_skip_activation," \
	"lv_autoactivation,lv_dm_path,lv_tags,mirror_log"

static bool tags_hold(const char *tags, const char *tag)
{
	size_t len = strlen(tag);

	for (const char *at = tags; (at = strstr(at, tag)) != NULL; at += len)
		if ((at == tags || at[-1] == ',') && (at[len] == ',' || !at[len]))
			return true;
	return false;
}

static void lv_row(void *ctx, const char *line)
{
	struct vg_lvs *lvs = ctx;
	char *copy = cmlvm_strdup(line), *field[F_COUNT];
	struct vg_lv *grown, *lv;
	const char *dm_name;

	if (!fields_split(copy, field, F_COUNT))
		goto out;
	grown = realloc(lvs->lv, (lvs->count + 1) * sizeof(*grown));
	if (!grown)
		goto out;
	lvs->lv = grown;
	lv = &grown[lvs->count++];
	memset(lv, 0, sizeof(*lv));
	dm_name = strrchr(field[F_PATH], '/');
	snprintf(lv->vg, sizeof(lv->vg), "%s", field[F_VG]);
	snprintf(lv->lv, sizeof(lv->lv), "%s", field[F_LV]);
	snprintf(lv->dm_name, sizeof(lv->dm_name), "%s", dm_name ? dm_name + 1 : "");
	lv->lock = lock_from_word(field[F_LOCK]);
	snprintf(lv->lock_name, sizeof(lv->lock_name), "%s", field[F_LOCK]);
	lv->is_mirror = !strcmp(field[F_LAYOUT], "mirror");
	lv->is_active_here = *field[F_ACTIVE] != '\0';
	lv->skips_activation = *field[F_SKIP] != '\0';
	lv->autoactivates = *field[F_AUTO] != '\0';
	lv->is_half_made = tags_hold(field[F_TAGS], VG_TAG_HALF_MADE);
	lv->is_core_log = *field[F_LOG] == '\0';
out:
	free(copy);
}

int vg_lvs_find(const struct opts *opts, struct vg_lvs *lvs)
{
	struct vg_lvs found = { NULL, 0 };
	struct args targets = ARGS_EMPTY;
	int code;

	opts_emit_only(opts, "select", &targets);
	for (size_t i = 0; i < opts->positional_count; i++)
		args_add(&targets, opts->positional[i]);
	code = report_run("lvs", LV_FIELDS, opts, &targets, lv_row, &found);
	args_free(&targets);
	if (code != STOCK_OK)
		stock_rows(lv_row, &found);
	*lvs = found;
	return code;
}

void vg_lvs_free(struct vg_lvs *lvs)
{
	free(lvs->lv);
	lvs->lv = NULL;
	lvs->count = 0;
}

bool vg_lv_is_ours(const struct vg_lv *lv)
{
	return lv->is_mirror && lv->lock == VG_LOCK_DLM;
}

bool vg_lvs_hold_ours(const struct vg_lvs *lvs)
{
	for (size_t i = 0; i < lvs->count; i++)
		if (vg_lv_is_ours(&lvs->lv[i]))
			return true;
	return false;
}

/* That a device is not there is an answer, not an error to print. */
static void dm_log_nothing(int level, const char *file, int line, int dm_errno, const char *fmt,
			   ...)
{
	(void)level;
	(void)file;
	(void)line;
	(void)dm_errno;
	(void)fmt;
}

/* Run a dm task by name; NULL when the device does not exist or device-mapper does not answer. */
static struct dm_task *dm_ask(int type, const char *dm_name, struct dm_info *info)
{
	struct dm_task *task;

	dm_log_with_errno_init(dm_log_nothing);
	task = dm_task_create(type);
	if (!task)
		return NULL;
	if (dm_task_set_name(task, dm_name) && dm_task_no_open_count(task) && dm_task_run(task) &&
	    dm_task_get_info(task, info) && info->exists)
		return task;
	dm_task_destroy(task);
	return NULL;
}

static enum vg_lv_mode live_look(const struct vg_lv *lv, struct mir_live *live)
{
	enum vg_lv_mode mode = VG_LV_INACTIVE;
	char *type = NULL, *params = NULL;
	uint64_t start, length;
	struct dm_info info;
	struct dm_task *task = dm_ask(DM_DEVICE_TABLE, lv->dm_name, &info);
	bool is_ours;

	if (!task)
		return VG_LV_INACTIVE;
	if (info.live_table) {
		dm_get_next_target(task, NULL, &start, &length, &type, &params);
		is_ours = type && params && !strcmp(type, "mirror") &&
			  !mir_line_parse(params, live) && live->is_ours;
		mode = is_ours ? VG_LV_CLUSTERED : VG_LV_STOCK;
	}
	dm_task_destroy(task);
	return mode;
}

enum vg_lv_mode vg_lv_mode_here(const struct vg_lv *lv)
{
	struct mir_live live;

	return live_look(lv, &live);
}

bool vg_lv_asks_daemon(const struct vg_lv *lv)
{
	struct mir_live live;

	return live_look(lv, &live) == VG_LV_CLUSTERED && live.client == MIR_CLIENT_STOCK;
}

void vg_dm_name(struct vg_lv *lv)
{
	struct dm_pool *mem = dm_pool_create("vg_dm_name", 1024);
	char *name = mem ? dm_build_dm_name(mem, lv->vg, lv->lv, "") : NULL;

	snprintf(lv->dm_name, sizeof(lv->dm_name), "%s", name ? name : "");
	if (mem)
		dm_pool_destroy(mem);
}
