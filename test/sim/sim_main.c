/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_main.c - which seeds run, and what came of them.
 *
 *	sim [--seeds A-B] [--class NAME] [--nodes N] [--core|--disk] [--client NAME]
 *	    [--mutant NAME] [--steps N] [--trace] [--all-mutants]
 *	sim --world NAME|all [--path PATH] [--mutant NAME] [--trace]
 *
 * One TAP test per class of scenarios. Each seed runs in a process of its own, so that a failed
 * assertion of the core is a failed seed too. A failing seed prints the command that repeats it.
 */
#include "test/sim/sim.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SEEDS_DEFAULT	34u		/* of each class */
#define SEEDS_OTHERS	12u		/* with other clients than the stock one */
#define SEED_MAX_S	60u
#define FAILURES_SHOWN	5u

struct plan {
	struct sim_opts opts;
	uint64_t first, last;
	int class;			/* -1 = all */
	bool has_seeds;
	bool all_mutants, all_worlds;
};

static struct sim_result *shared, total;

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

	fprintf(stderr, "usage: sim [--seeds A-B] [--class NAME] [--nodes 1..%u] [--core|--disk] "
		"[--client stock|module|mixed] [--mutant NAME] [--steps N] [--trace] "
		"[--all-mutants]\n       sim --world NAME|all [--path PATH] [--mutant NAME] "
		"[--trace]\nclasses:", SIM_NODES);
	for (i = 0; i < CLASS_END; i++)
		fprintf(stderr, " %s", sim_class_name(i));
	fprintf(stderr, "\nmutants:");
	for (i = 0; i < MUT_END; i++)
		fprintf(stderr, " %s", mutant_name[i]);
	fprintf(stderr, "\nworlds:");
	for (i = 0; sim_small_name(i); i++)
		fprintf(stderr, " %s", sim_small_name(i));
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

	for (i = 0; sim_small_name(i); i++)
		if (!strcmp(name, sim_small_name(i)))
			return i;
	usage();
	return 0;
}

static void options(int argc, char **argv, struct plan *plan)
{
	static const struct option longs[] = {
		{ "seeds", 1, NULL, 's' }, { "class", 1, NULL, 'c' }, { "nodes", 1, NULL, 'n' },
		{ "core", 0, NULL, 'C' }, { "disk", 0, NULL, 'D' }, { "client", 1, NULL, 'k' },
		{ "mutant", 1, NULL, 'm' },
		{ "steps", 1, NULL, 'x' }, { "trace", 0, NULL, 't' },
		{ "all-mutants", 0, NULL, 'a' }, { "world", 1, NULL, 'w' },
		{ "path", 1, NULL, 'p' }, { NULL, 0, NULL, 0 },
	};
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		switch (c) {
		case 's':
			plan->has_seeds = true;
			plan->first = plan->last = strtoull(optarg, &end, 10);
			if (*end == '-')
				plan->last = strtoull(end + 1, NULL, 10);
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
			plan->all_worlds = !strcmp(optarg, "all");
			if (!plan->all_worlds)
				plan->opts.world = 1 + find_world(optarg);
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
	       "#   repeat: test/sim/sim --class %s --seeds %llu%s%s --client %s%s%s --trace\n",
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
	for (o.seed = plan->first; o.seed <= plan->last; o.seed++) {
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

static uint32_t run_found_by(const struct plan *plan)
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
	return failures;
}

static bool is_default(const struct plan *plan)
{
	return plan->class < 0 && !plan->has_seeds && !plan->opts.mutant && !plan->opts.client;
}

/* Returns how many classes had failures. */
static uint32_t run_client(const struct plan *plan, uint32_t *tests)
{
	uint32_t bad = 0, class, failures;

	for (class = 0; class < CLASS_END; class++) {
		if (plan->class >= 0 && plan->class != (int)class)
			continue;
		failures = run_class(plan, class);
		bad += failures != 0;
		printf("%sok %u - %s, %s: seeds %llu to %llu", failures ? "not " : "", ++*tests,
		       client_name[plan->opts.client], sim_class_name(class),
		       (unsigned long long)plan->first, (unsigned long long)plan->last);
		printf(failures ? ", %u failed\n" : "\n", failures);
		fflush(stdout);
	}
	return bad;
}

static int run_classes(const struct plan *plan)
{
	struct plan others = *plan;
	uint32_t tests = 0, bad = run_client(plan, &tests), failures;

	if (is_default(plan)) {
		others.last = SEEDS_OTHERS;
		others.opts.client = SIM_MODULE;
		bad += run_client(&others, &tests);
		others.opts.client = SIM_MIXED;
		bad += run_client(&others, &tests);
		failures = run_found_by(plan);
		bad += failures != 0;
		printf("%sok %u - seeds that have found something\n", failures ? "not " : "",
		       ++tests);
	}
	printf("1..%u\n", tests);
	return bad != 0;
}

/* Each mutant must be caught by some seed: else the check that should see it is blind. */
static int run_mutants(struct plan *plan)
{
	uint32_t m, class, tests = 0, bad = 0;

	for (m = 1; m < MUT_END; m++) {
		struct sim_opts o = plan->opts;
		bool caught = false;

		o.mutant = m;
		if (m >= MUT_NO_PASS)
			o.client = SIM_MODULE;
		for (o.seed = plan->first; o.seed <= plan->last && !caught; o.seed++) {
			for (class = 0; class < CLASS_END && !caught; class++) {
				o.class = CLASS_END - 1 - class;
				caught = !run_one(&o, true);
			}
		}
		bad += !caught;
		printf("%sok %u - %s is caught: %s\n", caught ? "" : "not ", ++tests,
		       mutant_name[m],
		       !caught ? "no" : shared->failed ? shared->text : "by an assertion");
		fflush(stdout);
	}
	printf("1..%u\n", tests);
	return bad != 0;
}

static bool run_world(const struct plan *plan, uint32_t world)
{
	struct sim_opts o = plan->opts;

	o.world = world;
	memset(shared, 0, sizeof(*shared));
	return sim_small_run(&o, shared);
}

/* The worlds asked for: each is one test. */
static int run_worlds(const struct plan *plan)
{
	uint32_t world, tests = 0, bad = 0;

	for (world = 1; sim_small_name(world - 1); world++) {
		if (plan->opts.world && plan->opts.world != world)
			continue;
		if (run_world(plan, world)) {
			printf("ok %u - world %s\n", ++tests, sim_small_name(world - 1));
		} else {
			printf("not ok %u - world %s\n", ++tests, sim_small_name(world - 1));
			bad++;
		}
	}
	printf("1..%u\n", tests);
	return bad != 0;
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

int main(int argc, char **argv)
{
	struct plan plan = { .first = 1, .last = SEEDS_DEFAULT, .class = -1 };
	int r;

	options(argc, argv, &plan);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED) {
		perror("sim: mmap");
		return 2;
	}
	if (plan.opts.world || plan.all_worlds)
		return run_worlds(&plan);
	r = plan.all_mutants ? run_mutants(&plan) : run_classes(&plan);
	if (!plan.all_mutants)
		print_marks();
	return r;
}
