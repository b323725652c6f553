/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_run.c - one run: faults; then none, and everything must come right in bounded time; then
 * everybody leaves, and the classic area must say what a stock kernel may believe.
 */
#include "test/sim/sim.h"

#include <stdio.h>

#define REQUEST_MAX_US	(90 * US_S)	/* without faults, no request waits longer */
#define CALM_MAX_US	(600 * US_S)
#define CLOSE_MAX_US	(120 * US_S)

static bool legs_are_equal(const struct sim *s)
{
	uint32_t b;

	for (b = 0; b < s->block_count; b++)
		if (s->leg[0].cur[b] != s->leg[1].cur[b])
			return false;
	return true;
}

/* NULL when all is well on the node, else what is not. */
static const char *node_lacks(const struct sim_node *nd)
{
	struct cml_status st;

	if (nd->s->small && nd->is_up && !nd->wants_active)
		return nd->live >= 0 || nd->is_ctl_busy ? "has not left" : NULL;
	if (!nd->is_up)		/* in a small world only an act boots a node */
		return nd->s->small && nd->is_fenced ? NULL : "is down";
	if (!nd->has_daemon)
		return "has no daemon";
	if (nd->is_ctl_busy)
		return "is in an ioctl";
	if (nd->live < 0 || !nd->log)
		return "is not active";
	if (!sim_app_is_idle(nd))
		return "has application I/O without an end";
	cml_status(nd->log, &st);
	if (st.state != CML_ST_ACTIVE)
		return "has a log that is not active";
	if (st.unproven_count)
		return "knows of slots that are not merged";
	if (st.in_sync_count != st.region_count)
		return "has regions out of sync";
	return NULL;
}

const char *sim_lacks(const struct sim *s, uint32_t *nodeid)
{
	const char *what;
	uint32_t i;

	for (i = 0; i < s->node_count; i++) {
		what = node_lacks(&s->node[i]);
		if (!what)
			continue;
		*nodeid = i + 1;
		return what;
	}
	*nodeid = 0;
	return legs_are_equal(s) ? NULL : "legs differ";
}

/* I12: without faults no request of a kernel waits for ever. */
static void check_waiters(struct sim *s, uint64_t since_us)
{
	uint32_t i, k;

	for (i = 0; i < s->node_count; i++) {
		for (k = 0; k < SIM_WAITERS; k++) {
			const struct sim_waiter *w = &s->node[i].waiter[k];
			uint64_t from_us = w->since_us > since_us ? w->since_us : since_us;

			if (!s->node[i].is_up || !w->is_used ||
			    s->now_us < from_us + REQUEST_MAX_US)
				continue;
			sim_fail(s, "I12", "node %u: %s waits for an answer since %llu s", i + 1,
				 kabi_type_name(w->req.type),
				 (unsigned long long)((s->now_us - w->since_us) / US_S));
		}
	}
}

static bool run_until(struct sim *s, uint64_t until_us)
{
	while (s->heap_count && s->heap[0].at_us <= until_us) {
		if (!sim_step(s))
			return false;
		if (s->opts.steps_max && s->steps >= s->opts.steps_max)
			return false;
	}
	s->now_us = until_us > s->now_us ? until_us : s->now_us;
	return true;
}

/* I13: then everything is active, in sync, and the legs are equal. */
static bool calm_down(struct sim *s)
{
	uint64_t from_us = s->now_us;
	const char *what;
	uint32_t nr;

	sim_faults_stop(s);
	if (!run_until(s, s->now_us + 8 * US_S))
		return false;
	s->app_stopped = true;
	while ((what = sim_lacks(s, &nr))) {
		if (!run_until(s, s->now_us + 500 * US_MS))
			return false;
		check_waiters(s, from_us);
		if (s->now_us > from_us + CALM_MAX_US)
			sim_fail(s, "I13", "node %u %s, %llu s after the last fault", nr, what,
				 (unsigned long long)(CALM_MAX_US / US_S));
	}
	return !s->failed;
}

static bool is_closed(const struct sim *s)
{
	uint32_t i;

	for (i = 0; i < s->node_count; i++)
		if (s->node[i].live >= 0 || s->node[i].is_ctl_busy || s->node[i].log)
			return false;
	return true;
}

/* I14: everybody has left: a stock kernel may take the classic area as it is, all in sync. */
static bool close_down(struct sim *s)
{
	const struct sim_truth *t;
	uint64_t from_us;
	uint32_t i;

	if (!run_until(s, s->now_us + 3 * US_S))	/* who came last knows its legs now */
		return false;
	from_us = s->now_us;
	sim_trace(s, NULL, "EVERYBODY LEAVES");
	s->is_closing = true;
	s->closes_in_turn = sim_chance(s, 2);
	for (i = 0; i < s->node_count; i++)
		s->node[i].wants_active = false;
	while (!is_closed(s)) {
		if (!run_until(s, s->now_us + 200 * US_MS))
			return false;
		if (s->now_us > from_us + CLOSE_MAX_US)
			sim_fail(s, "I14", "not everybody has left after %llu s",
				 (unsigned long long)(CLOSE_MAX_US / US_S));
	}
	if (s->failed || s->opts.is_core)
		return !s->failed;
	t = check_truth(s);
	if (t->classic.kind != DISK_CLASSIC_VALID)
		sim_fail(s, "I14", "everybody has left, but the classic area is not valid");
	else if (t->dirty && !s->result->mark[MARK_pages_damaged])	/* unread: out of sync */
		sim_fail(s, "I14", "everybody has left in sync; the classic area calls %d dirty",
			 __builtin_ctzll(t->dirty));
	return !s->failed;
}

/* The application's last look: every block, on both legs. */
void check_final(struct sim *s)
{
	uint32_t b, leg;

	for (b = 0; b < s->block_count; b++)
		for (leg = 0; leg < SIM_LEGS; leg++)
			if (s->block[b].min == s->block[b].max &&
			    s->leg[leg].cur[b] != s->block[b].min)
				sim_fail(s, "I8", "block %u on leg %u: version %llu, not %llu",
					 b, leg, (unsigned long long)s->leg[leg].cur[b],
					 (unsigned long long)s->block[b].min);
}

bool sim_run(const struct sim_opts *opts, struct sim_result *result)
{
	struct sim *s = sim_new(opts, result, NULL);
	bool ok;

	sim_trace(s, NULL, "seed %llu class %s: %u nodes, %u regions, %s",
		  (unsigned long long)opts->seed, sim_class_name(opts->class), s->node_count,
		  s->region_count,
		  s->is_integrated ? "integrated_flush" : "MARK and FLUSH");
	sim_operator_start(s);
	sim_faults_start(s);
	ok = run_until(s, sim_between(s, 15, 50) * US_S);
	ok = ok && calm_down(s);
	if (ok)
		check_final(s);
	ok = ok && !s->failed && close_down(s);
	if (ok)
		check_final(s);
	sim_trace(s, NULL, "end: %llu events, %u strikes of the mutant",
		  (unsigned long long)s->steps, (unsigned int)s->mutant_count);
	return !result->failed;
}
