/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_small.c - small worlds: every order in which a handful of things can happen.
 *
 * Two nodes and two regions, or three and one, all in sync and idle. Then the acts of a world: of
 * each lane one after the other, each at any moment. The network, disks and the lock manager take
 * no time, but any order that the simulator allows; timers fire only when nothing else can happen,
 * or before the next act. Where the world itself has a choice (is the write of a dead node on the
 * disk?) each is taken: sim_pick().
 *
 * The search is by depth. A state is known by its hash (sim_small_hash.c): what was seen before
 * ends there. From a state with a choice, each is taken in turn, up to the next state with one; if
 * sim_pick() was asked on the way, the way is gone again for each of its answers. Two processes
 * search, from opposite ends. A path ends well when all acts are done and sim_lacks() says NULL.
 */
#include "test/sim/sim_small.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/lib/graph.h"

#define LANES		SIM_LANES
#define CHOICES		64u
#define PICKS		64u	/* from one state to the next */
#define WORKERS		2u
#define PATH_MAX_LEN	2048u	/* each is a frame of search() */
#define SETUP_MAX_US	(60 * US_S)
#define CALM_MAX_US	(600 * US_S)	/* after the last act */
#define ACT_MAX_US	(3 * US_S)	/* from one act to the next */

struct pick {
	uint32_t is, of;
};

struct sim_small {
	struct graph *graph;
	_Atomic bool *has_failed;	/* of all processes */
	bool is_searching, is_backwards;
	uint64_t target;		/* a state that is to be shown; 0 = none */
	/* answers to sim_pick() on the way that is being gone */
	uint32_t pick_count, pick_at;
	struct pick pick[PICKS];
	const char *replay;		/* the rest of the path to go; NULL = search */
	uint32_t path_len;
	uint8_t path[PATH_MAX_LEN];
};

/* ---- paths ---- */

static void path_add(struct sim *s, uint32_t choice)
{
	struct sim_small *sm = s->small;

	if (sm->path_len == PATH_MAX_LEN)
		sim_fail(s, "I13", "more than %u choices in one path", PATH_MAX_LEN);
	else
		sm->path[sm->path_len++] = (uint8_t)choice;
}

/* A letter for each choice, and "z" in front of those from 25 on. */
static void path_print(const struct sim_small *sm, FILE *out)
{
	uint32_t i, c;

	for (i = 0; i < sm->path_len; i++) {
		for (c = sm->path[i]; c >= 25; c -= 25)
			fputc('z', out);
		fputc('a' + (int)c, out);
	}
}

static uint32_t path_next(struct sim_small *sm)
{
	uint32_t c = 0;

	for (; *sm->replay == 'z'; sm->replay++)
		c += 25;
	if (*sm->replay >= 'a')
		c += (uint32_t)(*sm->replay++ - 'a');
	return c;
}

/* ---- the world's own choices ---- */

uint32_t sim_small_pick(struct sim *s, uint32_t n)
{
	struct sim_small *sm = s->small;
	struct pick *pick;
	uint32_t is;

	if (!sm->is_searching || n < 2)
		return 0;
	if (sm->replay) {
		is = path_next(sm);
		path_add(s, is);
		return is < n ? is : n - 1;
	}
	CM_ASSERT(sm->pick_at < PICKS);
	pick = &sm->pick[sm->pick_at++];
	if (sm->pick_at > sm->pick_count) {
		sm->pick_count = sm->pick_at;
		pick->is = 0;
	}
	pick->of = n;
	path_add(s, pick->is);
	return pick->is;
}

/* The next answers to all that was asked; false when there are none. */
static bool picks_next(struct sim_small *sm)
{
	sm->pick_count = sm->pick_at;
	while (sm->pick_count) {
		struct pick *pick = &sm->pick[sm->pick_count - 1];

		if (++pick->is < pick->of)
			return true;
		sm->pick_count--;
	}
	return false;
}

/* ---- states ---- */

/* One that is not due any more would be a choice without a difference: never to be got past. */
void sim_small_timer_drop(struct sim_node *nd)
{
	struct sim *s = nd->s;
	uint32_t i;

	for (i = 0; s->small && i < s->heap_count; i++)
		if (s->heap[i].chan >> 24 == CHAN_TIMER && s->heap[i].node == nd->nr) {
			sim_drop(s, i);
			return;
		}
}

bool sim_small_has_ev(const struct sim *s, uint32_t chan)
{
	uint32_t i;

	for (i = 0; s->small && i < s->heap_count; i++)
		if (s->heap[i].chan == chan && s->heap[i].at_us <= s->now_us)
			return true;
	return false;
}

void sim_small_kicks_drop(struct sim_th *th)
{
	struct sim_node *nd = sim_th_node(th);
	struct sim *s = nd->s;
	uint32_t i, chan = (uint32_t)CHAN_THREAD << 24 | (nd->nr * SIM_THREADS + sim_th_place(th));

	for (i = 0; s->small && i < s->heap_count; i++)
		if (s->heap[i].chan == chan && s->heap[i].at_us > s->now_us)
			sim_drop(s, i--);
}

static uint64_t state_of(const struct sim *s)
{
	uint64_t hash = sim_small_hash(s);
	uint32_t lane;

	for (lane = 0; lane < LANES; lane++)
		hash = (hash ^ s->acts_done[lane]) * 0x9E3779B97F4A7C15ull;
	return hash | 1;
}

static bool is_seen(struct sim *s, uint64_t state)
{
	struct graph *g = s->small->graph;
	bool is_new = false;

	if (!graph_add(g, state, &is_new) ||
	    (s->opts.steps_max && graph_states(g) > s->opts.steps_max))
		sim_fail(s, "setup", "too many states");
	if (state == s->small->target)
		sim_fail(s, "I13", "whatever happens from here on, it comes to no end");
	return !is_new;
}

/* ---- the search ---- */

struct choice {
	bool is_act;
	uint32_t i;			/* lane, or place in the heap */
};

static bool is_oldest(const struct sim *s, uint32_t i)
{
	const struct sim_ev *ev = &s->heap[i], *k;

	for (k = s->heap; ev->chan && k < s->heap + s->heap_count; k++)
		if (k->chan == ev->chan && (k->at_us < ev->at_us ||
		    (k->at_us == ev->at_us && k->order < ev->order)))
			return false;
	return true;
}

/* In an order that depends on the state alone: by the events' age. */
static void choice_add(const struct sim *s, struct choice *list, uint32_t *n, uint32_t i)
{
	uint32_t k = (*n)++;

	CM_ASSERT(*n < CHOICES);
	for (; k && s->heap[list[k - 1].i].order > s->heap[i].order; k--)
		list[k] = list[k - 1];
	list[k].is_act = false;
	list[k].i = i;
}

/* It does nothing: who asked for it is gone, or has it. */
bool sim_small_is_stale(const struct sim *s, const struct sim_ev *ev)
{
	switch (ev->chan >> 24) {
	case CHAN_REQUEST:
		return !s->node[ev->node].has_daemon || s->node[ev->node].daemon_gen != ev->gen;
	case CHAN_POLL:
		return sim_locks_can_wait(s);
	case CHAN_ORDER:
		return s->node[ev->node].boot != ev->gen;
	case CHAN_DISK:
		return !s->dio[ev->a].is_used || s->dio[ev->a].gen != ev->gen;
	case CHAN_LEG:
		return !s->legw[ev->a].is_used || s->legw[ev->a].gen != ev->gen;
	default:
		return false;
	}
}

/* A founder writes the page of every slot, most of which nobody will ever have here. */
static bool is_of_no_slot(const struct sim *s, const struct sim_ev *ev)
{
	uint64_t off;
	uint32_t i;

	if (ev->chan >> 24 != CHAN_DISK || !s->dio[ev->a].is_write)
		return false;
	off = s->dio[ev->a].off;
	for (i = s->node_count + 1; i < s->geom.slot_count; i++)
		if (off == disk_slot_off(&s->geom, i, 0))
			return true;
	return false;
}

/* A block that nobody writes: only that the copy of its region is done is seen by others. */
static bool is_of_idle_block(const struct sim *s, const struct sim_ev *ev)
{
	const struct sim_legw *w = &s->legw[ev->a];

	if (ev->chan >> 24 == CHAN_COPY)
		return !sim_small_has_writes(s, (uint32_t)ev->b);
	return ev->chan >> 24 == CHAN_LEG && w->is_copy && !sim_small_has_writes(s, w->block) &&
	       s->node[w->node].mirror[w->mirror].copies_left > 1;
}

/*
 * What only goes on inside of one kernel is done at once: nobody else sees when. The next request
 * to the daemon, or I/O, is a choice again. What clvmd has to say of the legs, it says at once.
 */
static bool is_inner(const struct sim *s, const struct sim_ev *ev)
{
	uint32_t chan = ev->chan >> 24;

	return chan == CHAN_THREAD || chan == CHAN_REPLY || chan == CHAN_CLVMD ||
	       sim_small_is_stale(s, ev) || is_of_no_slot(s, ev) || is_of_idle_block(s, ev);
}

static bool is_runnable(const struct sim *s)
{
	return s->heap_count && s->heap[0].at_us <= s->now_us;
}

/* Is there something to wait for, with an act still to come? What the operator does is not it. */
static bool is_worth_waiting(const struct sim *s)
{
	uint32_t i, nodeid;

	if (sim_acts_are_done(s))
		return true;
	if (s->now_us > s->last_act_us + ACT_MAX_US)
		return false;
	if (sim_lacks(s, &nodeid))
		return true;
	for (i = 0; i < s->heap_count; i++)
		if (s->heap[i].chan >> 24 == CHAN_TIMER)
			return true;
	return false;
}

static uint32_t inner_choice(const struct sim *s, struct choice *list)
{
	uint32_t i;

	for (i = 0; i < s->heap_count; i++) {
		if (s->heap[i].at_us > s->now_us || !is_inner(s, &s->heap[i]) || !is_oldest(s, i))
			continue;
		list[0] = (struct choice){ .i = i };
		return 1;
	}
	return 0;
}

static uint32_t event_choices(const struct sim *s, struct choice *list)
{
	uint32_t n = 0, i;

	for (i = 0; i < s->heap_count; i++)
		if (s->heap[i].at_us <= s->now_us && is_oldest(s, i))
			choice_add(s, list, &n, i);
	if (!n && s->heap_count && is_worth_waiting(s))
		choice_add(s, list, &n, 0);
	return n;
}

static uint32_t choices(struct sim *s, struct choice *list)
{
	uint32_t n = inner_choice(s, list), i;

	if (n)
		return n;
	n = event_choices(s, list);
	/* An act between two looks of the operator is as good as one before them. */
	if (n && s->has_ticked && !is_runnable(s))
		return n;
	for (i = 0; i < LANES; i++) {
		const struct act *act = sim_act_next(s, i);

		if (!act || !sim_act_is_possible(s, act))
			continue;
		CM_ASSERT(n < CHOICES);
		list[n].is_act = true;
		list[n++].i = i;
	}
	return n;
}

static bool is_calm(const struct sim *s)
{
	uint32_t nodeid, i;

	for (i = 0; i < s->heap_count; i++)
		if (s->heap[i].chan >> 24 == CHAN_REFORM || s->heap[i].chan >> 24 == CHAN_FENCE)
			return false;
	return sim_acts_are_done(s) && !is_runnable(s) && !sim_lacks(s, &nodeid);
}

static void late(struct sim *s)
{
	const char *what;
	uint32_t nodeid;

	if (!sim_acts_are_done(s) || s->now_us < s->last_act_us + CALM_MAX_US)
		return;
	what = sim_lacks(s, &nodeid);
	sim_fail(s, "I13", "node %u %s, %llu s after the last act", nodeid, what ? what : "?",
		 (unsigned long long)(CALM_MAX_US / US_S));
}

static void do_one(struct sim *s, const struct choice *choice)
{
	s->has_ticked = !choice->is_act && s->heap[choice->i].chan >> 24 == CHAN_OPERATOR;
	if (choice->is_act)
		sim_act_do(s, choice->i);
	else
		(void)sim_step_of(s, choice->i);
	late(s);
}

static bool is_over(const struct sim *s)
{
	return s->failed || *s->small->has_failed;
}

/* To the next state with a choice, whose choices are in @list; 0: the path has ended. */
static uint32_t go_on(struct sim *s, struct choice *list)
{
	uint32_t n;

	while (!is_over(s)) {
		if (is_calm(s)) {
			check_final(s);
			return 0;
		}
		n = choices(s, list);
		if (!n)
			sim_fail(s, "I13", "nothing can happen any more");
		if (n != 1)
			return n;
		do_one(s, list);
	}
	return 0;
}

static void search(struct sim *s, uint64_t state, const struct choice *list, uint32_t n);

/* A state that a way begins at. */
struct start {
	uint64_t state;
	struct sim_snap *snap;
	bool is_left;			/* it is not the state at hand any more */
};

/* One way: the choice, and the world's answers as they stand. */
static void way_go(struct sim *s, struct start *from, const struct choice *choice, uint32_t c)
{
	struct sim_small *sm = s->small;
	uint32_t n, picks, path_len = sm->path_len;
	struct choice list[CHOICES];
	struct pick pick[PICKS];
	uint64_t to = GRAPH_END;

	if (from->is_left)
		sim_snap_back(s, from->snap);
	from->is_left = true;
	sm->pick_at = 0;
	path_add(s, c);
	do_one(s, choice);
	n = go_on(s, list);
	picks = sm->pick_at;
	memcpy(pick, sm->pick, sizeof(pick));
	if (n)
		to = state_of(s);
	if (!is_over(s) && !graph_way(sm->graph, from->state, to))
		sim_fail(s, "setup", "too many ways");
	if (n)
		search(s, to, list, n);
	if (is_over(s))
		return;			/* the path is to be shown */
	memcpy(sm->pick, pick, sizeof(pick));
	sm->pick_at = picks;
	sm->path_len = path_len;
}

static void search(struct sim *s, uint64_t state, const struct choice *list, uint32_t n)
{
	struct start from = { .state = state };
	struct sim_small *sm = s->small;
	uint32_t i, c;

	if (is_seen(s, state) || s->failed)
		return;
	from.snap = sim_snap_new(s);
	for (i = 0; i < n && !is_over(s); i++) {
		c = sm->is_backwards ? n - 1 - i : i;
		sm->pick_count = 0;
		do
			way_go(s, &from, &list[c], c);
		while (!is_over(s) && picks_next(sm));
	}
	sim_snap_free(from.snap);
}

static void replay(struct sim *s)
{
	struct choice list[CHOICES];
	uint32_t n, c;

	while ((n = go_on(s, list))) {
		c = path_next(s->small);
		path_add(s, c);
		do_one(s, &list[c < n ? c : n - 1]);
	}
}

/* ---- a run ---- */

/* Everybody is active, and in sync if that is wanted. */
static bool is_ready(const struct sim *s)
{
	struct cml_status st;
	uint32_t i, nodeid;

	if (!(s->world->flags & DIRTY))
		return !is_runnable(s) && !sim_lacks(s, &nodeid);
	for (i = 0; i < s->node_count; i++) {
		if (s->node[i].live < 0 || s->node[i].is_ctl_busy || !s->node[i].log)
			return false;
		cml_status(s->node[i].log, &st);
		if (st.state != CML_ST_ACTIVE)
			return false;
	}
	return true;
}

static void setup(struct sim *s)
{
	uint32_t i;

	for (i = 0; i < s->node_count; i++) {
		s->node[i].wants_active = true;
		sim_node_boot(&s->node[i]);
	}
	sim_operator_start(s);
	while (!s->failed && !is_ready(s)) {
		(void)sim_step(s);
		if (s->now_us > SETUP_MAX_US)
			sim_fail(s, "setup", "the nodes do not get ready");
	}
}

static void tell_failure(struct sim *s)
{
	struct sim_small *sm = s->small;
	bool is_told = atomic_exchange(sm->has_failed, true);

	if (is_told)
		return;			/* one is enough */
	printf("# %s\n#   repeat: test/sim/sim --world %s --path ", s->result->text,
	       s->world->name);
	path_print(sm, stdout);
	printf(" --trace\n");
	fflush(stdout);
}

static struct sim *the_sim;		/* for the handler of an abort */

static void aborted(int sig)
{
	signal(sig, SIG_DFL);
	snprintf(the_sim->result->text, sizeof(the_sim->result->text), "signal %d", sig);
	the_sim->result->failed = true;
	tell_failure(the_sim);
	raise(sig);
}

/* In a process of its own. */
static void work(struct sim *s, uint32_t worker)
{
	struct choice list[CHOICES];
	uint32_t n;

	sim_arena_on();
	s->small->is_backwards = worker % 2;
	if (s->small->replay)
		replay(s);
	else if ((n = go_on(s, list)))
		search(s, state_of(s), list, n);
	if (s->failed)
		tell_failure(s);
	fflush(stdout);
	_exit(s->failed);
}

/* Returns whether all was well. */
static bool workers_run(struct sim *s)
{
	uint32_t i, count = s->small->replay ? 1 : WORKERS;
	bool is_good = true;
	int status;

	fflush(stdout);
	for (i = 0; i < count; i++) {
		pid_t pid = fork();

		CM_ASSERT(pid >= 0);
		if (!pid)
			work(s, i);
	}
	for (i = 0; i < count; i++)
		is_good &= wait(&status) > 0 && !status;
	return is_good && !*s->small->has_failed;
}

static struct sim *world_new(const struct sim_opts *opts, struct sim_result *result,
			     struct sim_small *sm)
{
	const struct world *w = sim_small_world(opts->world - 1);
	struct sim_opts o = *opts;
	struct sim *s;

	o.node_count = w->nodes;
	o.region_count = w->regions;
	o.client = w->client;
	o.is_dirty = w->flags & DIRTY;
	s = sim_new(&o, result, sm);
	s->world = w;
	return s;
}

/* Is there a state without an end? Then once more, to see how it comes to that. */
static bool ends_check(struct sim *s)
{
	struct sim_small *sm = s->small;

	sm->target = graph_stuck(sm->graph);
	if (!sm->target)
		return true;
	graph_free(sm->graph);
	sm->graph = graph_new();
	(void)workers_run(s);
	return false;
}

bool sim_small_run(const struct sim_opts *opts, struct sim_result *result)
{
	static struct sim_small sm;	/* not part of a state */
	struct sim *s;
	bool is_good;

	memset(&sm, 0, sizeof(sm));
	sm.graph = graph_new();
	sm.has_failed = mmap(NULL, sizeof(*sm.has_failed), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CM_ASSERT(sm.has_failed != MAP_FAILED);
	sm.replay = opts->path;
	s = the_sim = world_new(opts, result, &sm);
	signal(SIGABRT, aborted);
	signal(SIGSEGV, aborted);
	setup(s);
	sim_trace(s, NULL, "THE ACTS BEGIN");
	sm.is_searching = true;
	if (s->failed)
		tell_failure(s);
	sim_arena_off();
	is_good = !s->failed && workers_run(s);
	printf("# %s: %llu states, %llu ways\n", s->world->name,
	       (unsigned long long)graph_states(sm.graph),
	       (unsigned long long)graph_ways(sm.graph));
	is_good = is_good && (sm.replay || ends_check(s));
	graph_free(sm.graph);
	return is_good;
}
