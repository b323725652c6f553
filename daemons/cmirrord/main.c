/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c - cmirrord: options, start in order, signals, end.
 *
 * Start: configuration; background; the offside process, while there is nothing to inherit; one per
 * host (pidfile); memory locked; then cluster, kernel and
 * control socket; ready. Nothing before the pidfile touches what a running daemon uses.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemons/cmirrord/conf.h"
#include "daemons/cmirrord/dmtab.h"
#include "daemons/cmirrord/host.h"
#include "lib/daemon/daemonise.h"
#include "lib/daemon/lg.h"
#include "lib/daemon/memlock.h"
#include "lib/daemon/paths.h"
#include "lib/daemon/pidfile.h"

#define NAME		"cmirrord"
#define COROSYNC_CONF	"/etc/corosync/corosync.conf"
#define STACK_BYTES	(256u << 10)
#define HEAP_BYTES	(8u << 20)

struct options {
	bool in_foreground;
	const char *provider;		/* NULL = by the machine's configuration */
	enum lg_level level;
};

static struct host *host;		/* for the signal handler of the loop */
static struct loop *loop;
static bool has_journal;

static int options_parse(int argc, char **argv, struct options *options);
static void help_print(void);
static int run(const struct options *options);
static int start(const struct options *options, const struct conf *conf, int offside_fd,
		 struct cm_errmsg *err);
static int run_dir_make(struct cm_errmsg *err);
static void signal_came(void *ctx, int signo);
static void ready_tell(void);

int main(int argc, char **argv)
{
	struct options options = {.level = LG_INFO};
	int r;

	r = options_parse(argc, argv, &options);
	if (r)
		return r < 0 ? 0 : r;
	return run(&options);
}

/* 0 = go on; < 0 = done, fine; > 0 = exit code. */
static int options_parse(int argc, char **argv, struct options *options)
{
	static const struct option longs[] = {
		{"foreground", no_argument, NULL, 'f'},
		{"cluster", required_argument, NULL, 'c'},
		{"log-level", required_argument, NULL, 'l'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "fhV", longs, NULL)) != -1) {
		switch (c) {
		case 'f':
			options->in_foreground = true;
			break;
		case 'c':
			options->provider = optarg;
			if (strcmp(optarg, "corosync") && strcmp(optarg, "local")) {
				fprintf(stderr, NAME ": --cluster %s: must be corosync or local\n",
					optarg);
				return 2;
			}
			break;
		case 'l':
			if (lg_level_parse(optarg, &options->level)) {
				fprintf(stderr, NAME ": --log-level %s: must be err, warn, info or "
					"debug\n", optarg);
				return 2;
			}
			break;
		case 'h':
			help_print();
			return -1;
		case 'V':
			printf(NAME " %s\n", CM_VERSION);
			return -1;
		default:
			fprintf(stderr, "Try '" NAME " --help'.\n");
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, NAME ": unexpected argument \"%s\"\nTry '" NAME " --help'.\n",
			argv[optind]);
		return 2;
	}
	return 0;
}

static void help_print(void)
{
	printf("Usage: " NAME " [OPTIONS]\n"
	       "Serves the dirty logs of clustered mirrors to the kernel.\n\n"
	       "  -f, --foreground               stay in the foreground, journal to stderr\n"
	       "      --cluster corosync|local   which cluster software (default: corosync when\n"
	       "                                 " COROSYNC_CONF " exists, else local)\n"
	       "      --log-level LEVEL          err, warn, info (default) or debug\n"
	       "  -h, --help                     this text\n"
	       "  -V, --version                  version\n\n"
	       "Configuration: " CM_CONF_FILE "; see cmirrord(8).\n");
}

static int run(const struct options *options)
{
	struct cm_errmsg err = {.text = ""};
	char text[sizeof(err.text) + 32];
	int pid_fd = -1, offside_fd, result;
	struct conf conf;

	conf_defaults(&conf);
	if (conf_read(CM_CONF_FILE, &conf, &err)) {
		fprintf(stderr, NAME ": %s\n", err.text);
		return 1;
	}
	if (!options->in_foreground && daemonise_fork()) {
		fprintf(stderr, NAME ": fork: %s\n", strerror(errno));
		return 1;
	}
	offside_fd = offside_fork();
	if (offside_fd < 0) {
		cm_err_set(&err, "fork: %s", cm_strerror(offside_fd));
		(void)snprintf(text, sizeof(text), NAME ": %s", err.text);
		daemonise_failed(text);
		return 1;
	}
	if (run_dir_make(&err) || pidfile_lock(CMIRRORD_PIDFILE, &pid_fd, &err) ||
	    start(options, &conf, offside_fd, &err)) {
		(void)snprintf(text, sizeof(text), NAME ": %s", err.text);
		if (has_journal && !options->in_foreground)
			lg_err("%s", err.text);
		lg_close();
		daemonise_failed(text);
		if (pid_fd >= 0)
			pidfile_unlock(CMIRRORD_PIDFILE, pid_fd);
		return 1;
	}
	ready_tell();
	result = loop_run(loop);

	daemonise_notify("STOPPING=1");
	if (host_has_live(host)) {
		/* The kernel's instances go on and wait for the next cmirrord: files and locks
		 * stay, the other nodes see a node without a daemon. */
		lg_warn("ending with active mirrors: their I/O waits for the next cmirrord");
		lg_close();
		(void)unlink(CMIRRORD_PIDFILE);
		_exit(result);
	}
	host_destroy(host);
	loop_destroy(loop);
	lg_info("end");
	lg_close();
	pidfile_unlock(CMIRRORD_PIDFILE, pid_fd);
	return result;
}

static int start(const struct options *options, const struct conf *conf, int offside_fd,
		 struct cm_errmsg *err)
{
	static const int signos[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, 0};
	struct host_config config = {
		.conf = conf,
		.provider = options->provider,
		.kch_ops = &kch_connector,
		.ctl_path = CMIRRORD_SOCKET,
		.run_dir = CM_RUN_DIR,
		.offside_fd = offside_fd,
	};
	int r;

	if (!config.provider)
		config.provider = access(COROSYNC_CONF, F_OK) ? "local" : "corosync";
	(void)signal(SIGPIPE, SIG_IGN);
	r = loop_create(&loop);
	if (!r)
		r = loop_signals(loop, signos, signal_came, NULL);
	if (r) {
		cm_err_set(err, "event loop: %s", cm_strerror(r));
		return r;
	}
	r = memlock_all(STACK_BYTES, HEAP_BYTES, err);
	if (r)
		return r;
	/* After loop_signals(): its thread must not take our signals. */
	r = lg_open(NAME, options->in_foreground, options->level);
	if (r) {
		cm_err_set(err, "journal thread: %s", cm_strerror(r));
		return r;
	}
	has_journal = true;
	lg_crash_file(CM_RUN_DIR "/cmirrord.crash");
	lg_info("version %s, provider %s", CM_VERSION, config.provider);
	if (err->text[0])
		lg_warn("not available:%s", err->text);
	dmtab_init();
	config.loop = loop;
	return host_create(&config, &host, err);
}

static int run_dir_make(struct cm_errmsg *err)
{
	struct stat st;
	int r;

	if (mkdir(CM_RUN_DIR, 0700) && errno != EEXIST) {
		r = -errno;
		cm_err_set(err, "%s: %s", CM_RUN_DIR, cm_strerror(r));
		return r;
	}
	if (lstat(CM_RUN_DIR, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_mode & 022) {
		cm_err_set(err, CM_RUN_DIR ": must be a folder that only root can write to");
		return -EPERM;
	}
	return 0;
}

static void ready_tell(void)
{
	char status[128];

	(void)snprintf(status, sizeof(status), "%s, node %u", clu_provider(host->clu),
		       clu_nodeid(host->clu));
	lg_info("ready: %s", status);
	daemonise_ready(status);
}

static void signal_came(void *ctx, int signo)
{
	(void)ctx;
	if (signo == SIGHUP)
		return;		/* nothing to read again */
	lg_info("%s", strsignal(signo));
	loop_stop(loop, 0);
}
