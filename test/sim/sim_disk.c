/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_disk.c - the log device: pages of 4 KiB, each written whole or not at all.
 *
 * A write is durable when it lands, and its completion comes after that. Requests under way have
 * no order. Those of a dead node, unless it is fenced, may still land.
 */
#include "test/sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void dio_end(struct sim_dio *d)
{
	d->is_used = false;
	free(d->data);
	d->data = NULL;
}

static void kernel_done(struct sim_node *nd, const struct sim_dio *d)
{
	struct sim_mirror *m = &nd->mirror[d->mirror];

	if (nd->is_up && nd->boot == d->boot && m->is_used && m->gen == d->mirror_gen)
		sim_km_written(m, d->result);
}

static void done_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_dio *d = &s->dio[ev->a];
	struct sim_node *nd = &s->node[d->node];
	struct cmn_event out = { .type = CMN_EV_DISK_DONE };

	if (!d->is_used || d->gen != ev->gen)
		return;
	dio_end(d);
	if (d->is_kernel) {
		kernel_done(nd, d);
		return;
	}
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

/* Only what has changed since a small world began is part of a state that is kept. */
static uint8_t *page_copy(struct sim *s, const struct sim_dio *d)
{
	uint8_t *page = malloc(DISK_PAGE_BYTES), *old = s->dev[d->off / DISK_PAGE_BYTES];

	CM_ASSERT(page);
	memcpy(page, d->data, DISK_PAGE_BYTES);
	if (old < s->dev_mem || old >= s->dev_mem + SIM_DEV_BYTES)
		free(old);
	return page;
}

static void land(struct sim *s, struct sim_dio *d)
{
	struct sim_node *nd = &s->node[d->node];

	d->is_landed = true;
	if (!d->is_write || d->result)
		return;
	if (!d->is_kernel && nd->has_daemon && nd->daemon_gen == d->daemon_gen &&
	    memcmp(d->data, d->buf, DISK_PAGE_BYTES))
		sim_fail(s, "I9", "node %u changed page %u while its write was under way",
			 nd->nr + 1, (unsigned int)(d->off / DISK_PAGE_BYTES));
	if (!d->off && check_truth(s)->classic.kind == DISK_CLASSIC_VALID &&
	    sim_mutant(s, MUT_CLASSIC_VALID, 1))
		return;			/* the poison does not reach the disk */
	if (d->off == s->geom.sb_off[1] && sim_mutant(s, MUT_ONE_COPY, 2))
		return;
	s->dev_unread[d->off / DISK_PAGE_BYTES] = false;
	s->dev_sum -= sim_small_page_hash(s, d->off);
	if (s->small)
		s->dev[d->off / DISK_PAGE_BYTES] = page_copy(s, d);
	else
		memcpy(s->dev[d->off / DISK_PAGE_BYTES], d->data, DISK_PAGE_BYTES);
	s->dev_sum += sim_small_page_hash(s, d->off);
	sim_trace(s, nd, "page %u lands", (unsigned int)(d->off / DISK_PAGE_BYTES));
	check_truth_stale(s);
}

static void land_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_dio *d = &s->dio[ev->a];

	if (d->is_used && d->gen == ev->gen && !d->is_landed)
		land(s, d);
	if (s->small)		/* landed and not done is what a crash makes of it: sim_pick() */
		done_ev(s, ev);
}

static void at(struct sim *s, const struct sim_dio *d, uint64_t delay_us,
	       void (*fn)(struct sim *, const struct sim_ev *))
{
	struct sim_ev *ev = sim_after(s, delay_us, fn);

	/* Which write is on the disk before which matters; which read comes back first does not. */
	sim_chan(ev, CHAN_DISK, d->is_write ? (uint64_t)(d - s->dio) : SIM_DIOS + d->node);
	ev->a = (uint64_t)(d - s->dio);
	ev->gen = d->gen;
}

static struct sim_dio *dio_new(struct sim_node *nd)
{
	struct sim *s = nd->s;
	struct sim_dio *d;
	uint32_t i;

	for (i = 0; i < SIM_DIOS && s->dio[i].is_used; i++)
		;
	CM_ASSERT(i < SIM_DIOS);
	d = &s->dio[i];
	d->is_used = true;
	d->is_landed = d->is_kernel = false;
	d->data = malloc(DISK_PAGE_BYTES);
	CM_ASSERT(d->data);
	d->gen++;
	d->node = nd->nr;
	d->daemon_gen = nd->daemon_gen;
	d->boot = nd->boot;
	return d;
}

void sim_disk_submit(struct sim_node *nd, const struct cmn_effect *fx)
{
	struct sim *s = nd->s;
	uint64_t landing = sim_between(s, 100, 5000), late = 0;
	struct sim_dio *d = dio_new(nd);

	CM_ASSERT(fx->len_bytes == DISK_PAGE_BYTES && fx->off % DISK_PAGE_BYTES == 0);
	CM_ASSERT(fx->off + fx->len_bytes <= SIM_DEV_BYTES);
	d->is_write = fx->type == CMN_FX_DISK_WRITE;
	d->off = fx->off;
	d->id = fx->id;
	d->buf = fx->buf;
	d->result = sim_chance(s, 300) || (!d->is_write &&
					   s->dev_unread[d->off / DISK_PAGE_BYTES]) ? -EIO : 0;
	if (d->is_write)
		memcpy(d->data, fx->buf, DISK_PAGE_BYTES);
	if (sim_chance(s, 50))
		landing += sim_rand(s, 500 * US_MS);
	if (d->is_write && sim_mutant(s, MUT_EARLY_DISK_DONE, 8))
		late = 20 * US_MS;
	if (d->is_write && sim_mutant(s, MUT_BAD_PAGE, 8))
		d->data[40] ^= 1;	/* landed with a flipped bit */
	at(s, d, landing + late, land_ev);
	if (!s->small)
		at(s, d, landing + (late ? 0 : sim_between(s, 0, 2000)), done_ev);
	if (late) {			/* done_ev() frees the place: hold it for the landing */
		struct sim_dio *copy = &s->dio[SIM_DIOS - 1 - sim_rand(s, 32)];

		if (!copy->is_used) {
			uint32_t gen = copy->gen + 1;

			*copy = *d;
			copy->gen = gen;
			copy->id = UINT64_MAX;
			copy->data = copy->buf = malloc(DISK_PAGE_BYTES);
			CM_ASSERT(copy->data);
			memcpy(copy->data, d->data, DISK_PAGE_BYTES);
			at(s, copy, landing + late, land_ev);
		}
	}
}

void sim_disk_submit_kernel(struct sim_mirror *m, uint64_t off, uint8_t *page)
{
	struct sim *s = m->nd->s;
	uint64_t landing = sim_between(s, 100, 5000);
	struct sim_dio *d = dio_new(m->nd);

	d->is_write = d->is_kernel = true;
	d->mirror = m->nr;
	d->mirror_gen = m->gen;
	d->off = off;
	d->id = 0;
	d->buf = page;
	d->result = sim_chance(s, 300) ? -EIO : 0;
	memcpy(d->data, page, DISK_PAGE_BYTES);
	if (sim_chance(s, 50))
		landing += sim_rand(s, 500 * US_MS);
	at(s, d, landing, land_ev);
	if (!s->small)
		at(s, d, landing + sim_between(s, 0, 2000), done_ev);
}

bool sim_disk_daemon_is_busy(const struct sim_node *nd)
{
	const struct sim_dio *d = nd->s->dio;
	uint32_t i;

	for (i = 0; i < SIM_DIOS; i++)
		if (d[i].is_used && d[i].is_write && !d[i].is_landed && !d[i].is_kernel &&
		    d[i].node == nd->nr)
			return true;
	return false;
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

bool sim_disk_writes_sb(const struct sim_node *nd)
{
	const struct sim *s = nd->s;
	uint32_t i;

	for (i = 0; i < SIM_DIOS; i++)
		if (s->dio[i].is_used && s->dio[i].is_write && !s->dio[i].is_landed &&
		    s->dio[i].node == nd->nr && (s->dio[i].off == s->geom.sb_off[0] ||
						 s->dio[i].off == s->geom.sb_off[1]))
			return true;
	return false;
}

/* ---- damage: never to both copies of the superblock at a time ---- */

static uint8_t *sb_page(struct sim *s, uint32_t copy)
{
	return s->dev[s->geom.sb_off[copy] / DISK_PAGE_BYTES];
}

static void page_damage(struct sim *s, uint32_t page_nr)
{
	uint8_t *page = s->dev[page_nr];

	switch (sim_rand(s, 3)) {
	case 0:
		page[sim_rand(s, DISK_PAGE_BYTES)] ^= (uint8_t)sim_between(s, 1, 255);
		break;
	case 1:
		memset(page, 0, DISK_PAGE_BYTES);
		break;
	default:
		s->dev_unread[page_nr] = true;
	}
}

/* A page of a bitmap that cannot be read says that all is dirty, or out of sync. */
static void map_damage(struct sim *s)
{
	uint32_t slot = (uint32_t)sim_rand(s, s->node_count + 2);
	uint64_t off = slot == s->node_count + 1 ? s->geom.oos_off
						 : disk_slot_off(&s->geom, slot, 0);

	page_damage(s, (uint32_t)(off / DISK_PAGE_BYTES));
	sim_mark(s, MARK_pages_damaged);
	sim_trace(s, NULL, "page %u is DAMAGED", (uint32_t)(off / DISK_PAGE_BYTES));
	check_truth_stale(s);
}

void sim_disk_damage(struct sim *s)
{
	uint32_t copy = (uint32_t)sim_rand(s, 2);

	if (sim_rare(s, 2)) {
		map_damage(s);
		return;
	}
	if (!check_sb_is_good(s, !copy))
		return;
	page_damage(s, (uint32_t)(s->geom.sb_off[copy] / DISK_PAGE_BYTES));
	sim_mark(s, MARK_sb_damaged);
	sim_trace(s, NULL, "superblock copy %u is DAMAGED", copy);
	check_truth_stale(s);
}

/* Power went while it was written. Returns whether it was a superblock that may be torn. */
static bool tear(struct sim *s, const struct sim_dio *d)
{
	uint32_t copy = d->off == s->geom.sb_off[1];

	if (d->off != s->geom.sb_off[copy] || !check_sb_is_good(s, !copy))
		return false;
	memcpy(sb_page(s, copy), d->data, 512 * sim_between(s, 1, 7));
	sim_mark(s, MARK_sb_torn);
	sim_trace(s, NULL, "superblock copy %u is TORN", copy);
	check_truth_stale(s);
	return true;
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
		if (d->is_landed || !d->is_write || is_final || !sim_pick(s, 3)) {
			if (!d->is_landed && d->is_write && !(sim_chance(s, 2) && tear(s, d)))
				sim_mark(s, MARK_lost_log_writes);
			dio_end(d);
			continue;
		}
		sim_mark(s, MARK_late_landings);
		if (!sim_pick(s, 2)) {
			land(s, d);
			dio_end(d);
			continue;
		}
		d->gen++;		/* neither its time nor its completion are as planned */
		at(s, d, sim_rand(s, 6 * US_S) + (s->opts.mutant == MUT_LATE_PAGE ? 5 * US_S : 0),
		   land_ev);
	}
}
