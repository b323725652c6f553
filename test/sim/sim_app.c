/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_app.c - applications that share the mirror as GFS2 does: a block belongs to one of them at a
 * time, and what a dead node had is free when the node is fenced.
 *
 * What a reader may find: exactly the last acknowledged version, or, after a write whose end nobody
 * saw, any version from there up to the newest given out; whatever was read once stays.
 */
#include "test/sim/sim.h"

#include <string.h>

static void go_ev(struct sim *s, const struct sim_ev *ev);

static void go_later(struct sim_node *nd, uint32_t app)
{
	struct sim *s = nd->s;
	uint64_t pause;
	struct sim_ev *ev;

	if (s->small)
		return;
	pause = sim_chance(s, 3) ? sim_between(s, 1, 10) : sim_between(s, 20, 700);
	ev = sim_after(s, pause * US_MS, go_ev);
	ev->node = nd->nr;
	ev->gen = nd->boot;
	ev->a = app;
}

static uint32_t block_draw(struct sim *s)
{
	if (sim_chance(s, 3))		/* a hot region */
		return (uint32_t)sim_rand(s, SIM_PER_REGION);
	return (uint32_t)sim_rand(s, s->block_count);
}

static void start_flush(struct sim_node *nd, struct sim_app *a)
{
	struct sim *s = nd->s;
	uint32_t i;

	a->op = OP_FLUSH;
	for (i = 0; i < s->block_count; i++)
		a->acked[i] = s->block[i].locked_by ? s->block[i].hard : s->block[i].min;
}

static bool start_block(struct sim_node *nd, struct sim_app *a, uint32_t block, bool is_write)
{
	struct sim_block *b = &nd->s->block[block];

	a->block = block;
	if (b->locked_by)
		return false;
	b->locked_by = nd->nr + 1;
	b->locked_boot = nd->boot;
	a->op = is_write ? OP_WRITE : OP_READ;
	if (is_write) {
		a->ver = ++b->last;
		b->max = a->ver;
	}
	return true;
}

static bool op_start(struct sim_node *nd, struct sim_app *a)
{
	struct sim *s = nd->s;
	uint32_t block;

	if (sim_chance(s, 12)) {
		start_flush(nd, a);
		return true;
	}
	block = block_draw(s);
	if (s->block[block].locked_by)
		return false;
	return start_block(nd, a, block, !sim_chance(s, 3));
}

static void submit(struct sim_node *nd, uint32_t app)
{
	struct sim_app *a = &nd->app[app];
	uint32_t bio = sim_bio_new(nd);
	struct sim_bio *b = &nd->bio[bio];

	b->app = app;
	b->is_write = a->op == OP_WRITE;
	b->is_flush = a->op == OP_FLUSH;
	b->block = a->op == OP_FLUSH ? 0 : a->block;
	b->ver = a->ver;
	a->since_us = nd->s->now_us;
	sim_trace(nd->s, nd, "app %u: %s block %u version %llu", app,
		  b->is_flush ? "flush" : b->is_write ? "write" : "read", b->block,
		  (unsigned long long)(b->is_write ? b->ver : 0));
	sim_kern_map(nd, bio);
}

static void go_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct sim_app *a = &nd->app[ev->a];

	if (!nd->is_up || nd->boot != ev->gen || a->op != OP_NONE)
		return;
	if (!nd->app_runs || s->app_stopped) {
		a->is_sleeping = false;
		return;
	}
	if (op_start(nd, a))
		submit(nd, (uint32_t)ev->a);
	else
		go_later(nd, (uint32_t)ev->a);
}

static struct sim_app *app_idle(struct sim_node *nd)
{
	uint32_t i;

	for (i = 0; i < SIM_APPS; i++)
		if (nd->app[i].op == OP_NONE)
			return &nd->app[i];
	return NULL;
}

bool sim_app_can_write(const struct sim_node *nd, uint32_t block)
{
	uint32_t i, idle = 0;

	for (i = 0; i < SIM_APPS; i++)
		idle += nd->app[i].op == OP_NONE;
	return idle && nd->app_runs && !nd->s->block[block].locked_by;
}

void sim_app_write(struct sim_node *nd, uint32_t block)
{
	struct sim_app *a = app_idle(nd);

	CM_ASSERT(a && start_block(nd, a, block, true));
	submit(nd, (uint32_t)(a - nd->app));
}

static void read_done(struct sim_node *nd, const struct sim_app *a, uint64_t ver)
{
	struct sim *s = nd->s;
	struct sim_block *b = &s->block[a->block];

	if (ver < b->min || ver > b->max)
		sim_fail(s, "I8", "node %u reads version %llu of block %u, not %llu to %llu",
			 nd->nr + 1, (unsigned long long)ver, a->block, (unsigned long long)b->min,
			 (unsigned long long)b->max);
	b->min = b->max = ver;
}

void sim_app_done(struct sim_node *nd, uint32_t app, uint64_t ver)
{
	struct sim *s = nd->s;
	struct sim_app *a = &nd->app[app];
	struct sim_block *b = &s->block[a->block];
	uint32_t i;

	CM_ASSERT(a->op != OP_NONE);
	if (a->op == OP_READ)
		read_done(nd, a, ver);
	if (a->op == OP_WRITE)
		b->min = b->max = a->ver;
	for (i = 0; a->op == OP_FLUSH && i < s->block_count; i++)
		if (s->block[i].hard < a->acked[i])
			s->block[i].hard = a->acked[i];
	if (a->op != OP_FLUSH)
		b->locked_by = 0;
	a->op = OP_NONE;
	go_later(nd, app);
}

void sim_app_start(struct sim_node *nd)
{
	uint32_t i;

	nd->app_runs = true;
	for (i = 0; i < SIM_APPS; i++) {
		if (nd->app[i].op != OP_NONE || nd->app[i].is_sleeping)
			continue;
		nd->app[i].is_sleeping = true;
		go_later(nd, i);
	}
}

void sim_app_stop(struct sim_node *nd)
{
	nd->app_runs = false;
}

bool sim_app_is_idle(const struct sim_node *nd)
{
	uint32_t i;

	for (i = 0; i < SIM_APPS; i++)
		if (nd->app[i].op != OP_NONE)
			return false;
	return true;
}

void sim_app_node_dead(struct sim_node *nd)
{
	memset(nd->app, 0, sizeof(nd->app));
	nd->app_runs = false;
}

/* Blocks of a former life of the node. */
void sim_app_unlock(struct sim_node *nd)
{
	struct sim *s = nd->s;
	uint32_t i;

	for (i = 0; i < s->block_count; i++)
		if (s->block[i].locked_by == nd->nr + 1 &&
		    (!nd->is_up || s->block[i].locked_boot != nd->boot))
			s->block[i].locked_by = 0;
}

/* What was not flushed may be gone. */
void sim_app_power_loss(struct sim *s)
{
	uint32_t i;

	for (i = 0; i < s->block_count; i++) {
		s->block[i].min = s->block[i].hard;
		s->block[i].max = s->block[i].last;
	}
}
