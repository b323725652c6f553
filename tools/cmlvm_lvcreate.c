/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_lvcreate.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/cmlvm_act.h"
#include "tools/cmlvm_clvmd.h"
#include "tools/cmlvm_opts.h"
#include "tools/cmlvm_stock.h"
#include "tools/cmlvm_vg.h"
#include "tools/cmlvm_wipe.h"

struct create {
	struct opts opts;
	struct vg_lv lv; /* vg is known at once, the rest when it exists */
	enum opt_activation activation;
	bool is_core_log;
	bool is_nosync;
	bool zeroes;
	bool wipes;
};

static volatile sig_atomic_t is_interrupted;

static void interrupt_note(int signum)
{
	(void)signum;
	is_interrupted = 1;
}

/* A ^C between two steps undoes them; within a step it waits: what clvmd has begun on other nodes
 * must end. */
static void interrupts_defer(void)
{
	struct sigaction action = { .sa_handler = interrupt_note, .sa_flags = SA_RESTART };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

/* Options that say the LV is something else than a mirror, whatever -m says. */
#define OTHER_KINDS                                                                         \
	"cache snapshot thin thinpool vdo vdopool virtualsize virtualoriginsize cachepool " \
	"cachevol cachedevice raidintegrity"

static bool asks_for_mirror(const struct opts *opts)
{
	const char *type = opts_value(opts, "type"), *mirrors = opts_value(opts, "mirrors");

	if (opts_has_any(opts, "help longhelp version " OTHER_KINDS))
		return false;
	if (type)
		return !strcmp(type, "mirror");
	return mirrors && strtol(mirrors, NULL, 10) >= 1;
}

/* "/dev/vg", "vg" -> "vg"; "vg/lv" when @may_have_lv. Returns false when it is no VG name. */
static bool vg_name_read(const char *word, bool may_have_lv, char *vg)
{
	size_t len;

	if (!strncmp(word, "/dev/", 5))
		word += 5;
	len = strcspn(word, "/");
	if ((word[len] && !may_have_lv) || !len || len >= VG_NAME_MAX)
		return false;
	memcpy(vg, word, len);
	vg[len] = '\0';
	return true;
}

/* Where lvcreate(8) looks: first argument, -n VG/LV, the environment. */
static bool vg_name_find(const struct opts *opts, char *vg)
{
	const char *name = opts_value(opts, "name"), *env = getenv("LVM_VG_NAME");

	if (opts->positional_count)
		return vg_name_read(opts->positional[0], false, vg);
	if (name && strchr(name, '/'))
		return vg_name_read(name, true, vg);
	return env && vg_name_read(env, false, vg);
}

static bool yes_value(const struct opts *opts, const char *name, bool otherwise)
{
	const char *value = opts_value(opts, name);

	return value ? *value == 'y' : otherwise;
}

/* What cannot be had for a clustered mirror. Prints why and returns false. */
static bool is_possible(const struct create *create)
{
	const char *mirrorlog = opts_value(&create->opts, "mirrorlog");

	if (mirrorlog && strcmp(mirrorlog, "core") != 0 && strcmp(mirrorlog, "disk") != 0) {
		fprintf(stderr,
			"  --mirrorlog %s: a clustered mirror has a log of type disk or core.\n",
			mirrorlog);
		return false;
	}
	if (opts_has_any(&create->opts, "major minor") ||
	    yes_value(&create->opts, "persistent", false)) {
		fputs("  --persistent, --major, --minor: a clustered mirror has no fixed device "
		      "number.\n",
		      stderr);
		return false;
	}
	if (opts_has(&create->opts, "nolocking")) {
		fputs("  --nolocking: a clustered mirror is created under the locks of lvmlockd "
		      "only.\n",
		      stderr);
		return false;
	}
	return true;
}

/* Where would "in sync" be written down? Each new activation of a core log copies everything. */
static bool nosync_has_a_place(const struct create *create)
{
	if (create->is_core_log && create->is_nosync)
		fputs("  --nosync with a core log: a core log keeps nothing; use a disk log.\n",
		      stderr);
	return !create->is_core_log || !create->is_nosync;
}

static bool create_read(struct create *create)
{
	const struct opts *opts = &create->opts;
	const char *mirrorlog = opts_value(opts, "mirrorlog"),
		   *permission = opts_value(opts, "permission");
	bool is_read_only = permission && *permission == 'r' && strcmp(permission, "rw") != 0;

	create->activation = OPT_ACT_SHARED;
	if (opts_has(opts, "activate") &&
	    opts_activation(opts_value(opts, "activate"), &create->activation)) {
		fprintf(stderr, "  Invalid argument for --activate: %s\n",
			opts_value(opts, "activate"));
		return false;
	}
	create->is_core_log =
		opts_has(opts, "corelog") || (mirrorlog && !strcmp(mirrorlog, "core"));
	create->is_nosync = opts_has(opts, "nosync");
	create->zeroes = yes_value(opts, "zero", !is_read_only) &&
			 !opt_activation_is_off(create->activation);
	create->wipes = yes_value(opts, "wipesignatures", create->zeroes) &&
			!opt_activation_is_off(create->activation);
	return is_possible(create) && nosync_has_a_place(create);
}

/* Stock lvm says on which name it settled; there is no other way to learn it in the same moment. */
static void name_row(void *ctx, const char *line)
{
	struct create *create = ctx;
	const char *name = strstr(line, "Logical volume \""), *end;

	if (!name || !strstr(line, "\" created."))
		return;
	name += strlen("Logical volume \"");
	end = strchr(name, '"');
	if (end && (size_t)(end - name) < sizeof(create->lv.lv))
		snprintf(create->lv.lv, sizeof(create->lv.lv), "%.*s", (int)(end - name), name);
}

/* Not passed on: we decide these, or do them ourselves. */
#define DECIDED_HERE                                                                           \
	"type activate available zero wipesignatures nosync yes ignoreactivationskip monitor " \
	"ignoremonitoring verbose debug quiet reportformat"

/* What stock lvm only hints at: its words give way to one line with the node and the cure. */
static void stock_failure_print(const char *vg)
{
	static const char *const vague[] = { "due to failed lock", "lvmlockd process is not" };
	char here[128] = "";

	(void)gethostname(here, sizeof(here) - 1);
	stock_messages_print_except(vague, 2);
	if (stock_messages_hold(vague[1]))
		fprintf(stderr,
			"  %s: lvmlockd is not running: start it (systemctl start lvmlockd), then "
			"vgchange --lock-start %s\n",
			here, vg);
	else if (stock_messages_hold(vague[0]))
		fprintf(stderr,
			"  %s: the locks of VG %s are not started: vgchange --lock-start %s\n",
			here, vg, vg);
}

static int stock_create(struct create *create)
{
	static const char *const noise[] = { " not zeroed.", "\" created." };
	struct args words = ARGS_EMPTY;
	int code;

	args_add(&words, "lvcreate");
	opts_emit_without(&create->opts, DECIDED_HERE, &words);
	args_add(&words, "--type=mirror");
	args_add(&words, "--activate=n");
	args_add(&words, "--zero=n");
	args_add(&words, "--wipesignatures=n");
	args_add(&words, "--yes");
	args_addf(&words, "--addtag=%s", VG_TAG_HALF_MADE);
	for (size_t i = 0; i < create->opts.positional_count; i++)
		args_add(&words, create->opts.positional[i]);
	code = stock_run(&words, name_row, create);
	args_free(&words);
	if (code != STOCK_OK)
		stock_failure_print(create->lv.vg);
	else
		stock_messages_print_except(noise, opts_has(&create->opts, "quiet") ? 1 : 2);
	if (code == STOCK_OK && !create->lv.lv[0] && !opts_has(&create->opts, "test")) {
		fputs("  Stock lvcreate did not say the name of the new LV; look with lvs "
		      "-o+tags.\n",
		      stderr);
		code = STOCK_FAILED;
	}
	return code;
}

static int interrupted(const struct create *create)
{
	if (!is_interrupted)
		return STOCK_OK;
	fprintf(stderr, "  Interrupted: %s/%s is not created.\n", create->lv.vg, create->lv.lv);
	return STOCK_FAILED;
}

/* From hidden to a mirror that may be activated. */
static int log_init_and_show(const struct create *create)
{
	const struct vg_lv *lv = &create->lv;
	int code;

	if ((!create->is_core_log || create->is_nosync) &&
	    clvmd_initlog(lv->vg, lv->lv, create->is_nosync))
		return STOCK_FAILED;
	code = interrupted(create);
	if (code == STOCK_OK)
		code = act_stock("lvchange", "--deltag=" VG_TAG_HALF_MADE, lv, &create->opts);
	return code;
}

/* clvmd obeys this node's lists, and activating nothing then is no error. Here it is one. */
static bool is_kept_off(const struct create *create)
{
	const struct vg_lv *lv = &create->lv;

	if ((!create->wipes && !create->zeroes) || vg_lv_mode_here(lv) != VG_LV_INACTIVE)
		return false;
	fprintf(stderr,
		"  activation/volume_list or the host tags in lvm.conf do not allow %s/%s on this "
		"node, so it cannot be wiped; change them, or create it inactive (-an).\n",
		lv->vg, lv->lv);
	return true;
}

/* Wiped: now as far as asked for. */
static int activate_rest(const struct create *create)
{
	const struct vg_lv *lv = &create->lv;

	if (create->activation == OPT_ACT_LOCAL)
		return STOCK_OK;
	if (create->activation == OPT_ACT_AUTO)
		return clvmd_deactivate(lv->vg, lv->lv, CLVMD_LOCAL) ||
				       clvmd_activate(lv->vg, lv->lv, CLVMD_LOCAL_AUTO) ?
			       STOCK_FAILED :
			       STOCK_OK;
	return clvmd_activate(lv->vg, lv->lv, CLVMD_ALL) ? STOCK_FAILED : STOCK_OK;
}

/*
 * This node first: old signatures are gone before another node's udev looks at the device.
 */
static int activate_and_wipe(const struct create *create)
{
	const struct vg_lv *lv = &create->lv;
	char path[sizeof(lv->dm_name) + 16], shown[sizeof(lv->vg) + sizeof(lv->lv) + 8];
	int code;

	if (opt_activation_is_off(create->activation))
		return STOCK_OK;
	snprintf(path, sizeof(path), "/dev/mapper/%s", lv->dm_name);
	snprintf(shown, sizeof(shown), "/dev/%s/%s", lv->vg, lv->lv);
	if (clvmd_activate(lv->vg, lv->lv, CLVMD_LOCAL) || is_kept_off(create))
		return STOCK_FAILED;
	if (create->wipes && wipe_signatures(path, shown, opts_has(&create->opts, "yes")))
		return STOCK_FAILED;
	if (create->zeroes && wipe_start(path, shown))
		return STOCK_FAILED;
	code = interrupted(create);
	if (code == STOCK_OK)
		code = activate_rest(create);
	return code == STOCK_OK ? interrupted(create) : code;
}

/* Leave nothing behind. The reason was printed already. */
static void create_undo(const struct create *create)
{
	const struct vg_lv *lv = &create->lv;

	/* An LV still behind its tag was never active anywhere; clvmd says so itself, at no cost.
	 */
	if (vg_lv_mode_here(lv) != VG_LV_INACTIVE &&
	    clvmd_deactivate(lv->vg, lv->lv, CLVMD_ALL) &&
	    clvmd_deactivate(lv->vg, lv->lv, CLVMD_LOCAL))
		goto left;	/* what failed on all nodes left it active here alone */
	if (act_stock("lvremove", "--force", lv, &create->opts) == STOCK_OK)
		return;
left:
	fprintf(stderr, "  The new mirror is still there; remove it: lvremove %s/%s\n", lv->vg,
		lv->lv);
}

static void success_print(const struct create *create)
{
	if (create->is_nosync)
		fputs("  WARNING: New mirror won't be synchronised. Don't read what you didn't "
		      "write!\n",
		      stderr);
	if (!create->zeroes)
		fprintf(stderr, "  WARNING: Logical volume %s/%s not zeroed.\n", create->lv.vg,
			create->lv.lv);
	if (opts_has(&create->opts, "quiet"))
		return;
	printf("  Logical volume \"%s\" created.\n", create->lv.lv);
	if (!create->is_nosync && !opt_activation_is_off(create->activation) &&
	    vg_lv_asks_daemon(&create->lv))
		puts("  The first synchronisation crawls while nodes write (stock kernel log "
		     "client), see cmirror(7).");
}

static int create_run(struct create *create)
{
	int code;

	if (opts_has(&create->opts, "test")) {
		code = stock_create(create);
		if (code == STOCK_OK)
			printf("  Logical volume \"%s\" created.\n", create->lv.lv);
		return code;
	}
	if (clvmd_ping())
		return STOCK_FAILED;
	interrupts_defer();
	code = stock_create(create);
	if (code != STOCK_OK)
		return code;
	vg_dm_name(&create->lv);
	code = interrupted(create);
	if (code == STOCK_OK)
		code = log_init_and_show(create);
	if (code == STOCK_OK)
		code = activate_and_wipe(create);
	if (code == STOCK_OK)
		success_print(create);
	else
		create_undo(create);
	return code;
}

/* Active on one node only is stock lvm's own way; the word mirror has to be said, -m alone is raid1
 * there. */
static int exec_exclusive(const struct create *create, int argc, char **argv)
{
	struct args words = ARGS_EMPTY;

	for (int i = 0; i < argc; i++) {
		args_add(&words, argv[i]);
		if (i == 0 && !opts_has(&create->opts, "type"))
			args_add(&words, "--type=mirror");
	}
	return stock_exec(words.word);
}

static int in_vg(struct create *create, int argc, char **argv)
{
	enum vg_lock lock;
	char lock_name[32];
	int code = vg_lock_type(create->lv.vg, &create->opts, &lock, lock_name);

	if (code != STOCK_OK) {
		stock_messages_print(STOCK_SHOW_ALL);
		return code;
	}
	if (lock == VG_LOCK_NONE)
		return stock_exec(argv);
	if (lock == VG_LOCK_OTHER) {
		vg_lock_refusal_print(create->lv.vg, lock_name,
				      "for an LV of one node give --type raid1");
		return STOCK_FAILED;
	}
	if (!create_read(create))
		return STOCK_INVALID;
	if (create->activation == OPT_ACT_EXCLUSIVE)
		return exec_exclusive(create, argc, argv);
	return create_run(create);
}

int cmd_lvcreate(int argc, char **argv)
{
	char **copy = cmlvm_alloc((size_t)argc + 1, sizeof(*copy));
	struct create create = { 0 };
	int code;

	memcpy(copy, argv, (size_t)argc * sizeof(*copy));
	if (opts_parse(opt_defs_lvcreate, argc, copy, &create.opts)) {
		free(copy);
		return stock_exec(argv);
	}
	stock_set_verbose(opts_count(&create.opts, "verbose"));
	if (asks_for_mirror(&create.opts) && vg_name_find(&create.opts, create.lv.vg))
		code = in_vg(&create, argc, argv);
	else
		code = stock_exec(argv);
	opts_free(&create.opts);
	free(copy);
	return code;
}
