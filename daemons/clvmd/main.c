/* SPDX-License-Identifier: GPL-2.0-only */
/* main.c - options, start, end. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <libdevmapper.h>

#include "daemons/clvmd/host.h"
#include "daemons/clvmd/leave.h"
#include "daemons/clvmd/work.h"
#include "lib/daemon/daemonise.h"
#include "lib/daemon/lg.h"
#include "lib/daemon/paths.h"
#include "lib/daemon/pidfile.h"
#include "lib/mirror/dmdev.h"

#define CLVMD_PIDFILE	CM_PID_DIR "/clvmd.pid"
#define COROSYNC_CONF	"/etc/corosync/corosync.conf"

struct options {
	bool is_foreground;
	const char *provider;
	enum lg_level level;
};

static struct host host;

static void usage(FILE *to)
{
	(void)fprintf(to,
		"usage: clvmd [options]\n"
		"  Activates clustered mirrors on all nodes. See clvmd(8).\n"
		"  -f, --foreground       stay in the foreground, log to stderr\n"
		"  --cluster PROVIDER     corosync or local; default: corosync when %s exists\n"
		"  --log-level LEVEL      err, warn, info or debug; default: info\n"
		"  --deactivate-all       have the running clvmd take down, on this node, every\n"
		"                         mirror that is active here; for the shutdown\n"
		"  -h, --help             this text\n"
		"  -V, --version          the version\n", COROSYNC_CONF);
}

static int try_help(void)
{
	(void)fprintf(stderr, "Try 'clvmd --help'.\n");
	return 2;
}

/* Returns -1 to go on, or the exit status. */
static int options_read(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "cluster", required_argument, NULL, 'c' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "deactivate-all", no_argument, NULL, 'd' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	o->provider = access(COROSYNC_CONF, F_OK) ? "local" : "corosync";
	o->level = LG_INFO;
	while ((c = getopt_long(argc, argv, "fhV", longs, NULL)) != -1) {
		if (c == 'f') {
			o->is_foreground = true;
		} else if (c == 'c') {
			o->provider = optarg;
		} else if (c == 'l' && !lg_level_parse(optarg, &o->level)) {
			continue;
		} else if (c == 'd') {
			return leave_all();
		} else if (c == 'h') {
			usage(stdout);
			return 0;
		} else if (c == 'V') {
			(void)printf("clvmd (cmirror) %s\n", CM_VERSION);
			return 0;
		} else {
			if (c == 'l')
				(void)fprintf(stderr, "clvmd: --log-level %s: must be err, warn, "
					      "info or debug\n", optarg);
			return try_help();
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, "clvmd: unexpected argument \"%s\"\n", argv[optind]);
		return try_help();
	}
	if (strcmp(o->provider, "corosync") && strcmp(o->provider, "local")) {
		(void)fprintf(stderr, "clvmd: --cluster %s: must be corosync or local\n",
			      o->provider);
		return try_help();
	}
	return -1;
}

/* The one key of the common configuration that matters here; cmirrord checks the file as a whole.
 */
static bool conf_allows_no_fencing(void)
{
	static char text[65536];
	struct dm_config_tree *tree;
	bool is_allowed = false;
	FILE *file = fopen(CM_CONF_FILE, "re");
	size_t len;

	if (!file)
		return false;
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	tree = dm_config_from_string(text);
	if (tree) {
		is_allowed = dm_config_find_int(tree->root, "allow_no_fencing", 0) == 1;
		dm_config_destroy(tree);
	}
	return is_allowed;
}

static void on_signal(void *ctx, int signo)
{
	struct host *h = ctx;

	if (signo == SIGCHLD)
		child_reap();
	else
		loop_stop(h->loop, 0);	/* mirrors stay active; workers end by themselves */
}

static int cluster_join(struct host *h, struct cm_errmsg *err)
{
	struct clu_config config = {
		.provider = h->provider,
		.group = "clvmd",
		.with_locks = true,
		/* What fencing allows is said per activation, with the cure, not by refusing to
		   start. */
		.allow_no_fencing = true,
		.callbacks = &host_callbacks,
		.ctx = h,
	};
	int r = clu_create(&config, &h->clu, err);

	if (r)
		return r;
	r = clu_require(h->clu, CLU_CAP_MULTICAST | CLU_CAP_QUORUM | CLU_CAP_OWN, err);
	if (r)
		clu_destroy(h->clu);
	return r;
}

static int start(struct host *h, struct cm_errmsg *err)
{
	static const int signos[] = { SIGTERM, SIGINT, SIGCHLD, 0 };
	static const char *const scan[] = { "scan", "alone=1", NULL };
	int r = record_dir_create(err);

	if (r)
		return r;
	/* Before the group sees us: what runs here is known when the first operation comes. */
	r = child_run(scan, host_scan_line, h);
	if (!r)
		r = loop_create(&h->loop);
	if (!r)
		r = loop_signals(h->loop, signos, on_signal, h);
	if (r) {
		cm_err_set(err, "cannot start: %s", cm_strerror(r));
		return r;
	}
	r = cluster_join(h, err);
	if (r)
		return r;
	r = ctl_server_create(h->loop, CLVMD_SOCKET, host_ctl, h, &h->ctl, err);
	if (r)
		return r;
	op_adopt_locks(h);
	host_cluster_watch(h);
	auto_watch_start(h);
	h->tick.fn = host_tick;
	h->tick.ctx = h;
	loop_timer_set(h->loop, &h->tick, 0);
	return 0;
}

static int daemon_run(struct options *o)
{
	struct cm_errmsg err = { .text = "" };
	int pid_fd, r;

	(void)umask(077);
	if (!o->is_foreground && daemonise_fork() < 0)
		return 1;
	r = pidfile_lock(CLVMD_PIDFILE, &pid_fd, &err);
	if (!r)
		r = lg_open("clvmd", o->is_foreground, o->level);
	if (r)
		goto fail;
	host.provider = o->provider;
	host.allow_no_fencing = conf_allows_no_fencing();
	r = start(&host, &err);
	if (r)
		goto fail_lg;
	daemonise_ready("ready");
	lg_info("clvmd %s: node %u (%s), provider %s", CM_VERSION, clu_nodeid(host.clu),
		clu_node_name(host.clu, clu_nodeid(host.clu)), host.provider);
	r = loop_run(host.loop);
	clu_destroy(host.clu);
	(void)unlink(CLVMD_SOCKET);
	lg_close();
	pidfile_unlock(CLVMD_PIDFILE, pid_fd);
	return r;

fail_lg:
	lg_err("%s", err.text);
	lg_close();
fail:
	daemonise_failed(err.text);
	return 1;
}

int main(int argc, char **argv)
{
	struct options options = { .is_foreground = false };
	int r;

	dmdev_log_to(NULL);	/* libdevmapper's own lines would go to the terminal */
	if (argc > 2 && !strcmp(argv[1], "--worker"))
		return work_main(argc - 2, argv + 2);
	r = options_read(argc, argv, &options);
	return r >= 0 ? r : daemon_run(&options);
}
