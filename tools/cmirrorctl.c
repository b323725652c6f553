/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmirrorctl.c - ask cmirrord: options, requests.
 */
#include "tools/cmirrorctl.h"

#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "lib/daemon/ctl.h"
#include "lib/daemon/paths.h"

#define NAME "cmirrorctl"
#define OPT_JSON 1	/* no letter: it has no short form */

enum exit_code { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct verb {
	const char *name;
	bool takes_names;
	void (*print)(FILE *out, const struct reply *reply);
};

static const struct verb verbs[] = {
	{"status", true, print_status},
	{"stats", true, print_raw},
	{"dump", true, print_raw},
	{"log", false, print_raw},
};

static int usage_error(const char *what, const char *word);
static int unknown_option(const char *word);
static void help_print(void);
static const struct verb *verb_find(const char *word);
static int run(const struct verb *verb, bool as_json, char **names);
static int ask_one(const char *verb, const char *name, struct reply *reply, struct cm_errmsg *err);

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{"json", no_argument, NULL, OPT_JSON},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	const struct verb *verb;
	bool as_json = false;
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, "hV", longs, NULL)) != -1) {
		switch (c) {
		case OPT_JSON:
			as_json = true;
			break;
		case 'h':
			help_print();
			return EXIT_OK;
		case 'V':
			printf(NAME " %s\n", CM_VERSION);
			return EXIT_OK;
		default:
			return unknown_option(argv[optind - 1]);
		}
	}
	if (optind == argc)
		return usage_error("which command", "status, stats, dump or log");
	verb = verb_find(argv[optind]);
	if (!verb)
		return usage_error("unknown command", argv[optind]);
	if (!verb->takes_names && argv[optind + 1])
		return usage_error("unexpected argument", argv[optind + 1]);
	return run(verb, as_json, argv + optind + 1);
}

static int usage_error(const char *what, const char *word)
{
	fprintf(stderr, NAME ": %s: %s\nUsage: " NAME " [--json] status|stats|dump|log "
		"[VG/LV|UUID ...]; more with --help\n", what, word);
	return EXIT_USAGE;
}

/* @word: the one getopt has left, which is not the culprit within a group of letters. */
static int unknown_option(const char *word)
{
	char letter[] = {'-', (char)optopt, '\0'};

	return usage_error("unknown option", optopt > OPT_JSON ? letter : word);
}

static void help_print(void)
{
	printf("Usage: " NAME " [--json] COMMAND [VG/LV|UUID ...]\n"
	       "Shows what cmirrord knows of the clustered mirrors that are active on this "
	       "node.\n\n"
	       "  status   state, sync and members of each mirror\n"
	       "  stats    counters since cmirrord started\n"
	       "  dump     everything, for developers\n"
	       "  log      the newest journal lines of cmirrord, also those below its log level\n\n"
	       "      --json       for programs\n"
	       "  -h, --help       this text\n"
	       "  -V, --version    version\n\n"
	       "Exit status: 0; 1 failed; 2 wrong arguments. See cmirrorctl(8).\n");
}

static const struct verb *verb_find(const char *word)
{
	size_t i;

	for (i = 0; i < CM_ARRAY_COUNT(verbs); i++)
		if (!strcmp(verbs[i].name, word))
			return &verbs[i];
	return NULL;
}

static int run(const struct verb *verb, bool as_json, char **names)
{
	struct reply reply = {.count = 0};
	struct cm_errmsg err = {.text = ""};
	int r = 0;

	if (!*names)
		r = ask_one(verb->name, NULL, &reply, &err);
	for (; *names && !r; names++)
		r = ask_one(verb->name, *names, &reply, &err);
	if (!r) {
		if (as_json)
			print_json(stdout, &reply);
		else
			verb->print(stdout, &reply);
		if (fflush(stdout) || ferror(stdout)) {
			cm_err_set(&err, "writing the answer: %s", cm_strerror(-errno));
			r = -EIO;
		}
	}
	reply_free(&reply);
	if (!r)
		return EXIT_OK;
	if (r == -ECONNREFUSED)
		fprintf(stderr, NAME ": cmirrord is not running on this node: "
			"systemctl start cmirrord\n");
	else if (r == -EACCES || r == -EPERM)
		fprintf(stderr, NAME ": only root may ask cmirrord\n");
	else
		fprintf(stderr, NAME ": %s\n", err.text);
	return EXIT_FAILED;
}

static int ask_one(const char *verb, const char *name, struct reply *reply, struct cm_errmsg *err)
{
	char request[1024], uuid[256];
	int r;

	(void)snprintf(request, sizeof(request), "%s", verb);
	if (name) {
		r = name_resolve(name, uuid, sizeof(uuid), err);
		if (!r)
			r = ctl_req_add(request, sizeof(request), "uuid", uuid);
		if (r)
			return r;
	}
	return reply_ask(reply, request, err);
}
