/* SPDX-License-Identifier: GPL-2.0-only */
/* work.c - the stages of a worker, and what several verbs share. */
#include "daemons/clvmd/work.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lib/locking/lvmlockd.h"
#include "lib/mirror/dmdev.h"
#include "lib/mirror/lvm_cmd.h"

static const struct work_ops *const ops_table[] = {
	&work_up_ops, &work_down_ops, &work_refresh_ops, &work_initlog_ops,
	&work_resolve_ops, &work_scan_ops, &work_watch_ops,
};

void work_say(const char *fmt, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line, sizeof(line) - 1, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	for (int i = 0; i < n; i++)
		if (line[i] == '\n')
			line[i] = ' ';
	line[n] = '\n';
	/* One write: lines of different sources do not mix. A dead clvmd is seen when we read. */
	if (write(STDOUT_FILENO, line, (size_t)n + 1) < 0)
		return;
}

static void on_dm_line(const char *line)
{
	work_say("log %s", line);
}

static const struct work_ops *ops_find(const char *verb)
{
	for (size_t i = 0; i < CM_ARRAY_COUNT(ops_table); i++)
		if (!strcmp(ops_table[i]->verb, verb))
			return ops_table[i];
	return NULL;
}

static bool copy(char *to, size_t size, const char *value)
{
	return (size_t)snprintf(to, size, "%s", value) < size;
}

static bool arg_take(struct work *w, const char *key, const char *value)
{
	if (!strcmp(key, "vg"))
		return copy(w->vg, sizeof(w->vg), value);
	if (!strcmp(key, "lv"))
		return copy(w->lv, sizeof(w->lv), value);
	if (!strcmp(key, "dm_uuid"))
		return copy(w->dm_uuid, sizeof(w->dm_uuid), value) && cvw_dm_uuid_is_valid(value);
	if (!strcmp(key, "auto"))
		w->is_auto = *value == '1';
	else if (!strcmp(key, "all"))
		w->is_all = *value == '1';
	else if (!strcmp(key, "sync"))
		w->is_sync = *value == '1';
	else if (!strcmp(key, "alone"))
		w->is_alone = *value == '1';
	else if (!strcmp(key, "provider"))
		w->is_local_provider = !strcmp(value, "local");
	else if (!strcmp(key, "view"))
		for (char *end; *value && w->view_count < CMQ_NODES_MAX;
		     value = *end ? end + 1 : end)
			w->view[w->view_count++] = (uint32_t)strtoul(value, &end, 10);
	else
		return false;
	return true;
}

static int args_take(struct work *w, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (!value)
			return -EINVAL;
		*value++ = '\0';
		if (!arg_take(w, argv[i], value))
			return -EINVAL;
	}
	return 0;
}

/* The next order: its first letter, or 0 at the end of file. */
static char order_read(void)
{
	char first = 0, c;
	ssize_t n;

	for (;;) {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return 0;
		if (c == '\n')
			return first;
		if (!first)
			first = c;
	}
}

static void say_result(const char *stage, int r, const struct work *w, const struct cm_errmsg *err)
{
	if (r)
		work_say("%s %d %s", stage, r, err->text);
	else
		work_say("%s 0 %s", stage, w->note);
}

static int take_back(const struct work_ops *ops, struct work *w)
{
	struct cm_errmsg err = { .text = "" };
	int r = ops->undo ? ops->undo(w, &err) : 0;

	say_result("undone", r, w, &err);
	return r;
}

static int stages_run(const struct work_ops *ops, struct work *w)
{
	struct cm_errmsg err = { .text = "" };
	int r = ops->prepare(w, &err);

	if (!ops->go || r) {
		say_result(ops->go ? "ready" : "done", r, w, &err);
		return r;
	}
	say_result("ready", 0, w, &err);
	if (order_read() != 'g')
		return take_back(ops, w);
	r = ops->go(w, &err);
	say_result("done", r, w, &err);
	if (!r && order_read() == 'u')
		return take_back(ops, w);
	return r;
}

int work_main(int argc, char **argv)
{
	const struct work_ops *ops = argc ? ops_find(argv[0]) : NULL;
	static struct work w;
	int r;

	(void)prctl(PR_SET_NAME, "clvmd-worker");
	w.verb = argc ? argv[0] : "";
	(void)sigaction(SIGPIPE, &(struct sigaction){ .sa_handler = SIG_IGN }, NULL);
	if (!ops || args_take(&w, argc, argv)) {
		work_say("done %d malformed order to a worker", -EINVAL);
		return 1;
	}
	dmdev_log_to(on_dm_line);
	r = stages_run(ops, &w);
	mir_free(w.mir);
	return r ? 1 : 0;
}

/* ---- shared ---- */

int work_read_mir(struct work *w, struct cm_errmsg *err)
{
	struct mir *got;
	char *text;
	int r = record_dir_create(err);

	if (!r)
		r = lvm_cmd_vg_text(RECORD_DIR, w->vg, WORK_TEXT_WAIT_S, &text, err);
	if (r)
		return r;
	r = mir_from_text(text, w->vg, w->lv, &got, err);
	free(text);
	if (r)
		return r;
	if (*w->dm_uuid && strcmp(w->dm_uuid, got->dm_uuid)) {
		cm_err_set(err, "%s/%s is another LV here than on the asking node: try again",
			   w->vg, w->lv);
		mir_free(got);
		return -ESTALE;
	}
	mir_free(w->mir);
	w->mir = got;
	return 0;
}

int work_unlock(const struct record *record, struct cm_errmsg *err)
{
	char lv_uuid[39];
	struct lvmlockd_lv lv = {
		.vg_name = record->vg, .vg_lock_args = record->vg_lock_args, .lv_name = record->lv,
		.lv_uuid = lv_uuid, .lv_lock_args = record->lv_lock_args,
	};

	if (!*record->lv_lock_args)
		return 0;
	record_lv_uuid(record->dm_uuid, lv_uuid);
	return lvmlockd_lock_lv(&lv, LVMLOCKD_UN, err);
}

void work_unlock_later(const struct record *record, bool is_all)
{
	struct record later = *record;
	struct cm_errmsg err;

	later.phase = RECORD_UNLOCKING;
	later.is_all = is_all;
	if (record_write(&later, &err))
		work_say("log %s", err.text);
}

void work_forget(const struct record *record, bool stays_down)
{
	struct record down = *record;
	struct cm_errmsg err;

	down.phase = RECORD_DOWN;
	/* Without the word it would only be activated again by itself. */
	if (!stays_down || record_write(&down, &err))
		record_remove(record->dm_uuid);
}
