/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_main.c - which seeds run, and what came of them.
 *
 *	sim [--seeds N [--start SEED] | --seed SEED] [--class NAME] [--nodes N] [--core|--disk]
 *	    [--client NAME] [--mutant NAME] [--steps N] [--trace] [--all-mutants]
 *	sim --world NAME|small|large [--path PATH] [--steps N] [--mutant NAME] [--trace]
 *	sim --list-worlds small|large
 *
 * One TAP test per class of scenarios, or per small world; without options, what "make check" runs:
 * seeds of every class and client, and all small worlds that are not large. Each seed runs in a
 * process of its own, so that a failed assertion of the core is a failed seed too. A failing seed
 * prints the command that repeats it.
 */
#include "test/sim/sim_small.h"

#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEDS_DEFAULT	40u		/* of each class */
#define SEEDS_OTHERS	16u		/* with other clients than the stock one */
#define SEED_MAX_S	60u
#define FAILURES_SHOWN	5u

struct plan {
	struct sim_opts opts;
	uint64_t first, count;
	int class;			/* -1 = all */
	bool all_mutants, has_worlds;
	uint32_t world_flags;		/* without opts.world: those with just these */
};

static struct sim_result *shared, total;
static uint32_t tests, failed_tests;

/* A line of TAP. */
static void tell(bool is_good, const char *fmt, ...) CM_PRINTF(2, 3);
static void tell(bool is_good, const char *fmt, ...)
{
	va_list ap;

	failed_tests += !is_good;
	printf("%sok %u - ", is_good ? "" : "not ", ++tests);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

static const char *const mutant_name[] = {
#define X(name, text) text,
	SIM_MUTANTS(X)
#undef X
};

static const char *const mark_name[] = {
#define X(name) #name,
	SIM_MARKS(X)
#undef X
};

static void usage(void)
{
	uint32_t i;

	fprintf(stderr, "usage: sim [--seeds N [--start SEED] | --seed SEED] [--class NAME] "
		"[--nodes 1..%u] [--core|--disk] [--client stock|module|mixed] [--mutant NAME] "
		"[--steps N] [--trace] [--all-mutants]\n       sim --world NAME|small|large "
		"[--path PATH] [--steps N] [--mutant NAME] [--trace]\nclasses:", SIM_NODES);
	for (i = 0; i < CLASS_END; i++)
		fprintf(stderr, " %s", sim_class_name(i));
	fprintf(stderr, "\nmutants:");
	for (i = 0; i < MUT_END; i++)
		fprintf(stderr, " %s", mutant_name[i]);
	fprintf(stderr, "\nworlds:");
	for (i = 0; sim_small_world(i); i++)
		fprintf(stderr, " %s", sim_small_world(i)->name);
	fprintf(stderr, "\n");
	exit(2);
}

/* Returns the index of @name, or leaves. */
static uint32_t find(const char *name, uint32_t count, const char *(*get)(uint32_t))
{
	uint32_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(name, get(i)))
			return i;
	usage();
	return 0;
}

static const char *get_class(uint32_t i)
{
	return sim_class_name((enum sim_class)i);
}

static const char *const client_name[] = {
	[SIM_STOCK] = "stock", [SIM_MODULE] = "module", [SIM_MIXED] = "mixed",
};

static const char *get_client(uint32_t i)
{
	return client_name[i];
}

static const char *get_mutant(uint32_t i)
{
	return mutant_name[i];
}

static uint32_t find_world(const char *name)
{
	uint32_t i;

	for (i = 0; sim_small_world(i); i++)
		if (!strcmp(name, sim_small_world(i)->name))
			return i;
	usage();
	return 0;
}

static void choose_worlds(struct plan *plan, const char *name)
{
	plan->has_worlds = true;
	plan->world_flags = !strcmp(name, "large") ? LARGE : 0;
	if (strcmp(name, "small") && strcmp(name, "large"))
		plan->opts.world = 1 + find_world(name);
}

static bool is_chosen(const struct plan *plan, uint32_t nr)
{
	if (plan->opts.world)
		return plan->opts.world == nr + 1;
	return (sim_small_world(nr)->flags & LARGE) == plan->world_flags;
}

static void list_worlds(const struct plan *plan)
{
	uint32_t nr;

	for (nr = 0; sim_small_world(nr); nr++)
		if (is_chosen(plan, nr))
			printf("%s\n", sim_small_world(nr)->name);
	exit(0);
}

static void options(int argc, char **argv, struct plan *plan)
{
	static const struct option longs[] = {
		{ "seeds", 1, NULL, 's' }, { "start", 1, NULL, 'f' }, { "seed", 1, NULL, 'S' },
		{ "class", 1, NULL, 'c' }, { "nodes", 1, NULL, 'n' },
		{ "core", 0, NULL, 'C' }, { "disk", 0, NULL, 'D' }, { "client", 1, NULL, 'k' },
		{ "mutant", 1, NULL, 'm' },
		{ "steps", 1, NULL, 'x' }, { "trace", 0, NULL, 't' },
		{ "all-mutants", 0, NULL, 'a' }, { "world", 1, NULL, 'w' },
		{ "path", 1, NULL, 'p' }, { "list-worlds", 1, NULL, 'l' }, { NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (c) {
		case 's':
			plan->count = strtoull(optarg, NULL, 10);
			break;
		case 'S':
			plan->count = 1;
			plan->first = strtoull(optarg, NULL, 10);
			break;
		case 'f':
			plan->first = strtoull(optarg, NULL, 10);
			break;
		case 'c':
			plan->class = (int)find(optarg, CLASS_END, get_class);
			break;
		case 'n':
			plan->opts.node_count = (uint32_t)strtoul(optarg, NULL, 10);
			if (plan->opts.node_count < 1 || plan->opts.node_count > SIM_NODES)
				usage();
			break;
		case 'C':
		case 'D':
			plan->opts.is_core = c == 'C';
			break;
		case 'k':
			plan->opts.client = find(optarg, CM_ARRAY_COUNT(client_name), get_client);
			break;
		case 'm':
			plan->opts.mutant = find(optarg, MUT_END, get_mutant);
			break;
		case 'x':
			plan->opts.steps_max = strtoull(optarg, NULL, 10);
			break;
		case 't':
			plan->opts.trace = true;
			break;
		case 'a':
			plan->all_mutants = true;
			break;
		case 'w':
			choose_worlds(plan, optarg);
			break;
		case 'l':
			choose_worlds(plan, optarg);
			list_worlds(plan);
			break;
		case 'p':
			plan->opts.path = optarg;
			break;
		default:
			usage();
		}
	}
}

static void tell_failure(const struct sim_opts *o, int status)
{
	char nodes[32] = "";

	if (o->node_count)
		snprintf(nodes, sizeof(nodes), " --nodes %u", o->node_count);
	if (!shared->failed)
		snprintf(shared->text, sizeof(shared->text), "the run ended with %s %d",
			 WIFSIGNALED(status) ? "signal" : "status",
			 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	printf("# %s\n"
	       "#   repeat: test/sim/sim --class %s --seed %llu%s%s --client %s%s%s --trace\n",
	       shared->text, sim_class_name(o->class), (unsigned long long)o->seed, nodes,
	       o->is_core ? " --core" : "", client_name[o->client], o->mutant ? " --mutant " : "",
	       o->mutant ? mutant_name[o->mutant] : "");
}

/* Returns whether all was well. */
static bool run_one(const struct sim_opts *o, bool is_quiet)
{
	int status = 0;
	uint32_t i;
	pid_t pid;

	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
	if (o->trace)
		setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	pid = fork();
	if (!pid) {
		alarm(SEED_MAX_S);
		if (is_quiet && !freopen("/dev/null", "w", stderr))
			_exit(3);
		status = !sim_run(o, shared);
		fflush(stdout);
		_exit(status);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("sim: fork");
		exit(2);
	}
	for (i = 0; i < MARK_END; i++)
		total.mark[i] += shared->mark[i];
	if (!status && !shared->failed)
		return true;
	if (!is_quiet)
		tell_failure(o, status);
	return false;
}

static uint32_t run_class(const struct plan *plan, enum sim_class class)
{
	struct sim_opts o = plan->opts;
	uint32_t failures = 0;

	o.class = class;
	for (o.seed = plan->first; o.seed - plan->first < plan->count; o.seed++) {
		if (run_one(&o, failures >= FAILURES_SHOWN))
			continue;
		failures++;
	}
	return failures;
}

/* Seeds beyond the default ones that have found something. */
static const struct {
	enum sim_class class;
	uint64_t seed;
	enum sim_client client;
	bool is_core;
} found_by[] = {
	/* a merge that waited for a joiner without tables */
	{ CLASS_MIX, 11, SIM_MIXED, true },
	/* legs called healthy while a failed write is held: nobody reloaded */
	{ CLASS_LEGS, 444, SIM_STOCK, false },
	/* a joiner in the tables whose LEAVE is on the disk */
	{ CLASS_PARTITION, 263, SIM_STOCK, false },
	/* a merge that waited for one who had left and joined again */
	{ CLASS_DAEMON, 109, SIM_MIXED, false },
	/* a log opened, while one came back that had it open without quorum */
	{ CLASS_PARTITION, 183, SIM_MODULE, false },
	/* a region of two claims, of which one could not be ended */
	{ CLASS_DAEMON, 299, SIM_MODULE, false },
};

static void run_found_by(const struct plan *plan)
{
	struct sim_opts o = plan->opts;
	uint32_t i, failures = 0;

	for (i = 0; i < CM_ARRAY_COUNT(found_by); i++) {
		o.class = found_by[i].class;
		o.seed = found_by[i].seed;
		o.client = found_by[i].client;
		o.is_core = found_by[i].is_core;
		failures += !run_one(&o, false);
	}
	tell(!failures, "seeds that have found something");
}

static void run_client(const struct plan *plan)
{
	uint32_t class, failures;

	for (class = 0; class < CLASS_END; class++) {
		if (plan->class >= 0 && plan->class != (int)class)
			continue;
		failures = run_class(plan, class);
		tell(!failures, "%s, %s: seeds %llu to %llu, %u failed",
		     client_name[plan->opts.client], sim_class_name(class),
		     (unsigned long long)plan->first,
		     (unsigned long long)(plan->first + plan->count - 1), failures);
	}
}

/* Each mutant must be caught by some seed: else the check that should see it is blind. */
static bool is_caught(const struct plan *plan, uint32_t mutant)
{
	struct sim_opts o = plan->opts;
	uint32_t class;

	o.mutant = mutant;
	if (mutant >= MUT_NO_PASS)
		o.client = SIM_MODULE;
	for (o.seed = plan->first; o.seed - plan->first < plan->count; o.seed++) {
		for (class = 0; class < CLASS_END; class++) {
			o.class = CLASS_END - 1 - class;
			if (!run_one(&o, true))
				return true;
		}
	}
	return false;
}

static void run_mutants(const struct plan *plan)
{
	uint32_t m;

	for (m = 1; m < MUT_END; m++) {
		bool caught = is_caught(plan, m);

		tell(caught, "%s is caught: %s", mutant_name[m],
		     !caught ? "no" : shared->failed ? shared->text : "by an assertion");
	}
}

static bool run_world(const struct plan *plan, uint32_t world)
{
	struct sim_opts o = plan->opts;

	o.world = world;
	memset(shared, 0, sizeof(*shared));
	return sim_small_run(&o, shared);
}

/* The worlds asked for: each is one test. */
static void run_worlds(const struct plan *plan)
{
	uint32_t nr;

	for (nr = 0; sim_small_world(nr); nr++)
		if (is_chosen(plan, nr))
			tell(run_world(plan, nr + 1), "world %s", sim_small_world(nr)->name);
}

static void print_marks(void)
{
	uint32_t i;

	printf("# paths taken:");
	for (i = 0; i < MARK_END; i++)
		printf("%s%s %llu", i % 8 ? ", " : "\n#   ", mark_name[i],
		       (unsigned long long)total.mark[i]);
	printf("\n");
}

static void run_seeds(const struct plan *plan, bool is_default)
{
	struct plan others = *plan;

	run_client(plan);
	if (is_default) {
		others.count = SEEDS_OTHERS;
		others.opts.client = SIM_MODULE;
		run_client(&others);
		others.opts.client = SIM_MIXED;
		run_client(&others);
		run_found_by(plan);
		tell(!sim_rules_missed(&total), "every rule was exercised");
	}
	print_marks();
}

int main(int argc, char **argv)
{
	struct plan plan = { .first = 1, .count = SEEDS_DEFAULT, .class = -1 };
	bool is_default = argc == 1;

	options(argc, argv, &plan);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED) {
		perror("sim: mmap");
		return 2;
	}
	if (plan.all_mutants)
		run_mutants(&plan);
	else if (!plan.has_worlds)
		run_seeds(&plan, is_default);
	if (plan.has_worlds || is_default)
		run_worlds(&plan);
	printf("1..%u\n", tests);
	return failed_tests != 0;
}
