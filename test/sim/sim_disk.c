/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_disk.c - the log device: pages of 4 KiB, each written whole or not at all.
 *
 * A write is durable when it lands, and its completion comes after that. Requests under way have
 * no order. Those of a dead node, unless it is fenced, may still land.
 */
#include "test/sim/sim.h"

#include <errno.h>
#include <string.h>

static void done_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_dio *d = &s->dio[ev->a];
	struct sim_node *nd = &s->node[d->node];
	struct cmn_event out = { .type = CMN_EV_DISK_DONE };

	if (!d->is_used || d->gen != ev->gen)
		return;
	d->is_used = false;
	if (!nd->has_daemon || nd->daemon_gen != d->daemon_gen || nd->boot != d->boot)
		return;
	if (!d->is_write && !d->result)
		memcpy(d->buf, s->dev[d->off / DISK_PAGE_BYTES], DISK_PAGE_BYTES);
	out.log = nd->log;
	out.id = d->id;
	out.result = d->result;
	sim_trace(s, nd, "%s done, page %u", d->is_write ? "write" : "read",
		  (unsigned int)(d->off / DISK_PAGE_BYTES));
	if (out.log)
		sim_host_event(nd, &out);
}

static void land(struct sim *s, struct sim_dio *d)
{
	struct sim_node *nd = &s->node[d->node];

	d->is_landed = true;
	if (!d->is_write || d->result)
		return;
	if (nd->has_daemon && nd->daemon_gen == d->daemon_gen &&
	    memcmp(d->data, d->buf, DISK_PAGE_BYTES))
		sim_fail(s, "I9", "node %u changed page %u while its write was under way",
			 nd->nr + 1, (unsigned int)(d->off / DISK_PAGE_BYTES));
	if (!d->off && check_truth(s)->classic.kind == DISK_CLASSIC_VALID &&
	    sim_mutant(s, MUT_CLASSIC_VALID, 1))
		return;			/* the poison does not reach the disk */
	memcpy(s->dev[d->off / DISK_PAGE_BYTES], d->data, DISK_PAGE_BYTES);
	sim_trace(s, nd, "page %u lands", (unsigned int)(d->off / DISK_PAGE_BYTES));
	check_truth_stale(s);
}

static void land_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_dio *d = &s->dio[ev->a];

	if (d->is_used && d->gen == ev->gen && !d->is_landed)
		land(s, d);
}

static void at(struct sim *s, const struct sim_dio *d, uint64_t delay_us,
	       void (*fn)(struct sim *, const struct sim_ev *))
{
	struct sim_ev *ev = sim_after(s, delay_us, fn);

	ev->a = (uint64_t)(d - s->dio);
	ev->gen = d->gen;
}

void sim_disk_submit(struct sim_node *nd, const struct cmn_effect *fx)
{
	struct sim *s = nd->s;
	uint64_t landing = sim_between(s, 100, 5000), late = 0;
	struct sim_dio *d;
	uint32_t i;

	for (i = 0; i < SIM_DIOS && s->dio[i].is_used; i++)
		;
	CM_ASSERT(i < SIM_DIOS);
	d = &s->dio[i];
	CM_ASSERT(fx->len_bytes == DISK_PAGE_BYTES && fx->off % DISK_PAGE_BYTES == 0);
	CM_ASSERT(fx->off + fx->len_bytes <= SIM_DEV_BYTES);
	d->is_used = true;
	d->is_landed = false;
	d->is_write = fx->type == CMN_FX_DISK_WRITE;
	d->gen++;
	d->node = nd->nr;
	d->daemon_gen = nd->daemon_gen;
	d->boot = nd->boot;
	d->off = fx->off;
	d->id = fx->id;
	d->buf = fx->buf;
	d->result = sim_chance(s, 300) ? -EIO : 0;
	if (d->is_write)
		memcpy(d->data, fx->buf, DISK_PAGE_BYTES);
	if (sim_chance(s, 50))
		landing += sim_rand(s, 500 * US_MS);
	if (d->is_write && sim_mutant(s, MUT_EARLY_DISK_DONE, 8))
		late = 20 * US_MS;
	if (d->is_write && sim_mutant(s, MUT_BAD_PAGE, 8))
		d->data[40] ^= 1;	/* landed with a flipped bit */
	at(s, d, landing + late, land_ev);
	at(s, d, landing + (late ? 0 : sim_between(s, 0, 2000)), done_ev);
	if (late) {			/* done_ev() frees the place: hold it for the landing */
		struct sim_dio *copy = &s->dio[SIM_DIOS - 1 - sim_rand(s, 32)];

		if (!copy->is_used) {
			uint32_t gen = copy->gen + 1;

			*copy = *d;
			copy->gen = gen;
			copy->id = UINT64_MAX;
			copy->buf = copy->data;
			at(s, copy, landing + late, land_ev);
		}
	}
}

bool sim_disk_is_busy(const struct sim_node *nd)
{
	const struct sim_dio *d = nd->s->dio;
	uint32_t i;

	for (i = 0; i < SIM_DIOS; i++)
		if (d[i].is_used && d[i].is_write && !d[i].is_landed && d[i].node == nd->nr)
			return true;
	return false;
}

/* Requests of a dead node: landed now, later, or never; is_final: nothing lands from here on. */
void sim_disk_node_gone(struct sim_node *nd, bool is_final)
{
	struct sim *s = nd->s;
	uint32_t i;

	for (i = 0; i < SIM_DIOS; i++) {
		struct sim_dio *d = &s->dio[i];

		if (!d->is_used || d->node != nd->nr || d->boot != nd->boot)
			continue;
		if (is_final && s->opts.mutant == MUT_LATE_PAGE && d->is_write && !d->is_landed)
			continue;
		if (d->is_landed || !d->is_write || is_final || sim_chance(s, 3)) {
			if (!d->is_landed && d->is_write)
				sim_mark(s, MARK_lost_log_writes);
			d->is_used = false;
			continue;
		}
		sim_mark(s, MARK_late_landings);
		if (sim_chance(s, 2)) {
			land(s, d);
			d->is_used = false;
			continue;
		}
		d->gen++;		/* neither its time nor its completion are as planned */
		at(s, d, sim_rand(s, 6 * US_S) + (s->opts.mutant == MUT_LATE_PAGE ? 5 * US_S : 0),
		   land_ev);
	}
}
