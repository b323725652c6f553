/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c - cmirrord: options, start in order, signals, end.
 *
 * Start: configuration; background; one per host (pidfile); the channel to the kernel, from a
 * former process's holder or a new one; the offside process; memory locked; then cluster, kernel
 * and control socket; ready. Nothing before the pidfile touches what a running daemon uses, and
 * nothing is forked after memory is locked.
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
#include "daemons/cmirrord/holder.h"
#include "lib/daemon/daemonise.h"
#include "lib/daemon/lg.h"
#include "lib/daemon/memlock.h"
#include "lib/daemon/paths.h"
#include "lib/daemon/pidfile.h"

#define NAME		"cmirrord"
#define HOLDER_PATH	CM_RUN_DIR "/holder.sock"
#define COROSYNC_CONF	"/etc/corosync/corosync.conf"
#define STACK_BYTES	(256u << 10)
#define HEAP_BYTES	(8u << 20)

struct options {
	bool in_foreground;
	const char *provider;		/* NULL = by the machine's configuration */
	enum lg_level level;
};

/* What was made before memory is locked. */
struct early {
	int pid_fd;			/* -1 = not yet; likewise the others */
	int channel;			/* to the kernel */
	int hold_fd;			/* to its holder */
	int offside_fd;
	bool is_taken_over;		/* a former process's holder had the channel */
};

static struct host *host;		/* for the signal handler of the loop */
static struct loop *loop;
static bool has_journal;

static int options_parse(int argc, char **argv, struct options *options);
static void help_print(void);
static int run(const struct options *options);
static int early_start(struct early *early, struct cm_errmsg *err);
static int channel_get(struct early *early, struct cm_errmsg *err);
static int start(const struct options *options, const struct conf *conf,
		 const struct early *early, struct cm_errmsg *err);
static void start_failed(const struct options *options, const struct early *early,
			 const char *text);
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
	struct early early = {.pid_fd = -1, .channel = -1, .hold_fd = -1, .offside_fd = -1};
	struct cm_errmsg err = {.text = ""};
	struct conf conf;
	int result;

	conf_defaults(&conf);
	if (conf_read(CM_CONF_FILE, &conf, &err)) {
		fprintf(stderr, NAME ": %s\n", err.text);
		return 1;
	}
	if (!options->in_foreground && daemonise_fork()) {
		fprintf(stderr, NAME ": fork: %s\n", strerror(errno));
		return 1;
	}
	if (early_start(&early, &err) || start(options, &conf, &early, &err)) {
		start_failed(options, &early, err.text);
		return 1;
	}
	ready_tell();
	result = loop_run(loop);

	daemonise_notify("STOPPING=1");
	if (host_has_live(host)) {
		/* The kernel's instances go on and wait for the next cmirrord: files, locks and the
		 * channel stay, the other nodes see a node without a daemon. */
		lg_warn("ending with active mirrors: their I/O waits for the next cmirrord");
		lg_close();
		(void)unlink(CMIRRORD_PIDFILE);
		_exit(result);
	}
	host_destroy(host);
	loop_destroy(loop);
	lg_info("end");
	lg_close();
	pidfile_unlock(CMIRRORD_PIDFILE, early.pid_fd);
	return result;
}

static int early_start(struct early *early, struct cm_errmsg *err)
{
	int r;

	r = run_dir_make(err);
	if (!r)
		r = pidfile_lock(CMIRRORD_PIDFILE, &early->pid_fd, err);
	if (!r)
		r = channel_get(early, err);
	if (r)
		return r;
	early->offside_fd = offside_fork(early->channel, HOLDER_PATH);
	if (early->offside_fd >= 0)
		return 0;
	cm_err_set(err, "fork: %s", cm_strerror(early->offside_fd));
	return early->offside_fd;
}

static int channel_get(struct early *early, struct cm_errmsg *err)
{
	if (!holder_take(HOLDER_PATH, &early->hold_fd, &early->channel)) {
		if (kch_connector.channel_ok(early->channel)) {
			early->is_taken_over = true;
			return 0;
		}
		close(early->channel);
		close(early->hold_fd);
		early->hold_fd = -1;
	}
	early->channel = kch_connector.channel_open(err);
	if (early->channel < 0)
		return early->channel;
	return holder_fork(HOLDER_PATH, early->channel, &early->hold_fd, err);
}

static void start_failed(const struct options *options, const struct early *early,
			 const char *why)
{
	char text[sizeof(struct cm_errmsg) + 32];

	(void)snprintf(text, sizeof(text), NAME ": %s", why);
	if (has_journal && !options->in_foreground)
		lg_err("%s", why);
	lg_close();
	/* With nothing active a new table shall be refused at once, not wait for a daemon. */
	if (early->hold_fd >= 0 && !early->is_taken_over && !orphan_any(CM_RUN_DIR))
		holder_end(early->hold_fd);
	daemonise_failed(text);
	if (early->pid_fd >= 0)
		pidfile_unlock(CMIRRORD_PIDFILE, early->pid_fd);
}

static int start(const struct options *options, const struct conf *conf,
		 const struct early *early, struct cm_errmsg *err)
{
	static const int signos[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, 0};
	struct host_config config = {
		.conf = conf,
		.provider = options->provider,
		.kch_ops = &kch_connector,
		.ctl_path = CMIRRORD_SOCKET,
		.run_dir = CM_RUN_DIR,
		.offside_fd = early->offside_fd,
		.channel = early->channel,
		.hold_fd = early->hold_fd,
		.holder_path = HOLDER_PATH,
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
	if (early->is_taken_over)
		lg_info("the kernel's requests have waited for this process");
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
