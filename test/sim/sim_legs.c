/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_legs.c - the mirror's legs: blocks with a version instead of data, behind a volatile cache.
 */
#include "test/sim/sim.h"

#include <stdlib.h>
#include <string.h>

static struct sim_mirror *writer(struct sim *s, const struct sim_legw *w)
{
	struct sim_node *nd = &s->node[w->node];
	struct sim_mirror *m = &nd->mirror[w->mirror];

	if (!nd->is_up || nd->boot != w->boot || !m->is_used || m->gen != w->mirror_gen)
		return NULL;
	return m;
}

static void land(struct sim *s, struct sim_legw *w)
{
	struct sim_leg *leg = &s->leg[w->leg];

	w->is_landed = true;
	if (w->is_error)
		return;
	if (w->leg && sim_mutant(s, MUT_LOST_LEG_WRITE, 20))
		return;
	leg->cur[w->block] = w->ver;
	leg->cur_n[w->block]++;
	if (sim_chance(s, 4)) {		/* the cache wrote it back by itself */
		leg->dur[w->block] = w->ver;
		leg->dur_n[w->block] = leg->cur_n[w->block];
	}
}

static void done_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_legw *w = &s->legw[ev->a];
	struct sim_mirror *m;

	if (!w->is_used || w->gen != ev->gen)
		return;
	m = writer(s, w);
	w->is_used = false;
	if (m)
		sim_kern_leg_done(m, w);
}

static void land_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_legw *w = &s->legw[ev->a];

	if (!w->is_used || w->gen != ev->gen || w->is_landed)
		return;
	land(s, w);
	if (!writer(s, w))
		w->is_used = false;
	if (s->small)		/* as for the log device */
		done_ev(s, ev);
}

static void at(struct sim *s, const struct sim_legw *w, uint64_t delay_us,
	       void (*fn)(struct sim *, const struct sim_ev *))
{
	struct sim_ev *ev = sim_after(s, delay_us, fn);

	sim_chan(ev, CHAN_LEG, (uint64_t)(w - s->legw));
	ev->a = (uint64_t)(w - s->legw);
	ev->gen = w->gen;
}

void sim_leg_write(struct sim_mirror *m, uint32_t leg, uint32_t block, uint64_t ver, bool is_copy,
		   uint32_t bio)
{
	struct sim *s = m->nd->s;
	uint64_t landing = sim_between(s, 100, 8000);
	struct sim_legw *w;
	uint32_t i;

	check_issue(m, block, is_copy);
	for (i = 0; i < SIM_LEGW && s->legw[i].is_used; i++)
		;
	CM_ASSERT(i < SIM_LEGW);
	w = &s->legw[i];
	w->is_used = true;
	w->is_landed = false;
	w->gen++;
	w->is_copy = is_copy;
	w->leg = leg;
	w->block = block;
	w->ver = ver;
	w->node = m->nd->nr;
	w->boot = m->nd->boot;
	w->mirror = m->nr;
	w->mirror_gen = m->gen;
	w->bio = bio;
	w->is_error = leg && s->now_us < m->nd->leg_fails_until_us;
	if (sim_chance(s, 40))
		landing += sim_rand(s, 1500 * US_MS);
	if (sim_rare(s, 150))		/* a path that hangs */
		landing += sim_rand(s, 30 * US_S);
	at(s, w, landing, land_ev);
	if (!s->small)
		at(s, w, landing + sim_rand(s, 1000), done_ev);
}

void sim_legs_node_gone(struct sim_node *nd, bool is_final)
{
	struct sim *s = nd->s;
	uint32_t i;

	for (i = 0; i < SIM_LEGW; i++) {
		struct sim_legw *w = &s->legw[i];

		if (!w->is_used || w->node != nd->nr || w->boot != nd->boot)
			continue;
		if (w->is_landed || is_final || !sim_pick(s, 3)) {
			w->is_used = false;
			continue;
		}
		if (!sim_pick(s, 2)) {
			land(s, w);
			w->is_used = false;
			continue;
		}
		w->gen++;
		at(s, w, sim_rand(s, 6 * US_S), land_ev);
	}
}

uint64_t sim_legs_inflight(const struct sim *s)
{
	uint64_t mask = 0;
	uint32_t i;

	for (i = 0; i < SIM_LEGW; i++)
		if (s->legw[i].is_used)
			mask |= 1ull << s->legw[i].block / SIM_PER_REGION;
	return mask;
}

/* ---- flushes ---- */

struct snap {
	void (*done)(struct sim *, const struct sim_ev *);
	uint64_t cur[SIM_LEGS][SIM_BLOCKS_MAX], n[SIM_LEGS][SIM_BLOCKS_MAX];
};

/* What lay in the caches when the flush began is on the media now; later writes perhaps. */
static void flushed_ev(struct sim *s, const struct sim_ev *ev)
{
	struct snap *snap = ev->p;
	uint32_t leg, b;

	for (leg = 0; leg < SIM_LEGS; leg++) {
		for (b = 0; b < s->block_count; b++) {
			if (snap->n[leg][b] <= s->leg[leg].dur_n[b])
				continue;
			s->leg[leg].dur[b] = snap->cur[leg][b];
			s->leg[leg].dur_n[b] = snap->n[leg][b];
		}
	}
	snap->done(s, ev);
	free(snap);
}

void sim_legs_flush_start(struct sim_node *nd, uint32_t gen, uint64_t a, uint64_t b,
			  void (*done)(struct sim *, const struct sim_ev *))
{
	struct sim *s = nd->s;
	struct snap *snap = calloc(1, sizeof(*snap));
	uint64_t delay = sim_between(s, 1, 30) * US_MS;
	struct sim_ev *ev;
	uint32_t leg;

	CM_ASSERT(snap);
	snap->done = done;
	if (!sim_mutant(s, MUT_NO_LEG_FLUSH, 2)) {
		for (leg = 0; leg < SIM_LEGS; leg++) {
			memcpy(snap->cur[leg], s->leg[leg].cur, sizeof(snap->cur[leg]));
			memcpy(snap->n[leg], s->leg[leg].cur_n, sizeof(snap->n[leg]));
		}
	}
	if (!s->is_closing && sim_chance(s, 20))
		delay += sim_rand(s, 7 * US_S);
	ev = sim_after(s, delay, flushed_ev);
	ev->node = nd->nr;
	ev->gen = gen;
	ev->a = a;
	ev->b = b;
	ev->p = snap;
	ev->p_bytes = sizeof(*snap);
}

/* Each block holds what was durable, or what was in the cache: both happen. */
void sim_legs_power_loss(struct sim *s)
{
	uint32_t leg, b;

	for (leg = 0; leg < SIM_LEGS; leg++) {
		for (b = 0; b < s->block_count; b++) {
			struct sim_leg *l = &s->leg[leg];

			if (l->cur_n[b] != l->dur_n[b] && !sim_pick(s, 2))
				l->cur[b] = l->dur[b];
			l->dur[b] = l->cur[b];
			l->dur_n[b] = ++l->cur_n[b];
		}
	}
}
