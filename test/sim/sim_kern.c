/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_kern.c - the mirror target and its region hash: dm-raid1.c and dm-region-hash.c of 6.1.
 *
 * One kmirrord per table; its pass: update states, recovery, reads, writes. Names are the kernel's
 * where that helps to compare. Leg errors do not happen here yet, so there are no failures but a
 * failed log.
 */
#include "test/sim/sim.h"

#include <stdlib.h>
#include <string.h>

static void bl_add(struct sim_bl *bl, uint32_t bio)
{
	CM_ASSERT(bl->n < SIM_BIOS);
	bl->v[bl->n++] = (uint8_t)bio;
}

static uint32_t bl_pop(struct sim_bl *bl)
{
	uint32_t bio = bl->v[0];

	CM_ASSERT(bl->n);
	memmove(bl->v, bl->v + 1, --bl->n);
	return bio;
}

static struct sim_bl bl_take(struct sim_bl *bl)
{
	struct sim_bl all = *bl;

	bl->n = 0;
	return all;
}

static uint32_t region_of(const struct sim_mirror *m, uint32_t bio)
{
	return m->nd->bio[bio].block / SIM_PER_REGION;
}

/* ---- waking ---- */

void sim_kern_wakeup(struct sim_mirror *m)
{
	m->is_queued = true;
	sim_th_kick(m->kmirrord);
}

static void timer_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = &s->node[ev->node].mirror[ev->a];

	if (!m->is_used || m->gen != ev->gen)
		return;
	m->has_timer = false;
	sim_kern_wakeup(m);
}

static void delayed_wake(struct sim_mirror *m)
{
	struct sim_ev *ev;

	if (m->has_timer)
		return;
	m->has_timer = true;
	ev = sim_after(m->nd->s, 200 * US_MS, timer_ev);
	ev->node = m->nd->nr;
	ev->gen = m->gen;
	ev->a = m->nr;
}

void sim_kern_queue(struct sim_mirror *m, uint32_t bio)
{
	struct sim_bl *bl = m->nd->bio[bio].is_write || m->nd->bio[bio].is_flush ? &m->writes
										 : &m->reads;

	bl_add(bl, bio);
	if (bl->n == 1)
		sim_kern_wakeup(m);
}

/* ---- bios ---- */

uint32_t sim_bio_new(struct sim_node *nd)
{
	uint32_t i;

	for (i = 0; i < SIM_BIOS && nd->bio[i].is_used; i++)
		;
	CM_ASSERT(i < SIM_BIOS);
	memset(&nd->bio[i], 0, sizeof(nd->bio[i]));
	nd->bio[i].is_used = true;
	nd->bio[i].app = SIM_APPS;
	return i;
}

/* dm: held back while the device is suspended. */
void sim_kern_map(struct sim_node *nd, uint32_t bio)
{
	if (nd->live < 0 || nd->is_suspended) {
		bl_add(&nd->deferred, bio);
		return;
	}
	nd->mirror[nd->live].io_count++;
	sim_kern_queue(&nd->mirror[nd->live], bio);
}

static void rh_dec(struct sim_mirror *m, uint32_t region)
{
	struct sim_rhe *e = &m->rh[region];

	CM_ASSERT(e->state != RH_ABSENT && e->pending);
	if (--e->pending)
		return;
	if (e->state == RH_RECOVERING) {
		e->list = RL_QUIESCED;
	} else if (e->state == RH_DIRTY) {
		e->state = RH_CLEAN;
		e->list = RL_CLEAN;
	}
	sim_kern_wakeup(m);
}

static void bio_end(struct sim_mirror *m, uint32_t bio)
{
	struct sim_bio *b = &m->nd->bio[bio];
	uint32_t app = b->app;
	uint64_t ver = b->ver;

	if (b->is_write)
		rh_dec(m, region_of(m, bio));
	b->is_used = false;
	CM_ASSERT(m->io_count);
	m->io_count--;
	if (app < SIM_APPS)
		sim_app_done(m->nd, app, ver);
}

/* ---- the region hash ---- */

static struct sim_rhe *rh_find(struct sim_th *th, struct sim_mirror *m, uint32_t region)
{
	struct sim_rhe *e = &m->rh[region];
	int in_sync;

	if (e->state != RH_ABSENT)
		return e;
	in_sync = sim_log_in_sync(th, m, region);
	memset(e, 0, sizeof(*e));
	e->state = in_sync ? RH_CLEAN : RH_NOSYNC;
	e->list = in_sync ? RL_CLEAN : RL_NONE;
	return e;
}

static enum sim_rh rh_state(struct sim_th *th, struct sim_mirror *m, uint32_t region)
{
	if (m->rh[region].state != RH_ABSENT)
		return m->rh[region].state;
	return sim_log_in_sync(th, m, region) == 1 ? RH_CLEAN : RH_NOSYNC;
}

static void rh_inc(struct sim_th *th, struct sim_mirror *m, uint32_t region)
{
	struct sim_rhe *e = rh_find(th, m, region);

	e->pending++;
	if (e->state != RH_CLEAN)
		return;
	e->state = RH_DIRTY;
	e->list = RL_NONE;
	CM_ASSERT(m->mark_count < CM_ARRAY_COUNT(m->mark));
	m->mark[m->mark_count++] = region;
}

static void clear_region(struct sim_mirror *m, uint32_t region)
{
	CM_ASSERT(m->clear_count < CM_ARRAY_COUNT(m->clear));
	m->clear[m->clear_count++] = region;
}

static void complete_resync_work(struct sim_th *th, struct sim_mirror *m, uint32_t region,
				 struct sim_bl *delayed, bool success)
{
	sim_log_set_sync(th, m, region, success);
	while (delayed->n)
		sim_kern_queue(m, bl_pop(delayed));
	m->recovery_in_flight--;
	m->recovery_count++;
	sim_mark(m->nd->s, success ? MARK_copies_done : MARK_failed_copies);
}

static void update_states(struct sim_th *th, struct sim_mirror *m)
{
	uint32_t clean[SIM_REGIONS_MAX], recovered[SIM_REGIONS_MAX], n = 0, k = 0, r;
	struct sim_bl delayed;
	bool success = true;

	for (r = 0; r < m->nd->s->region_count; r++) {
		struct sim_rhe *e = &m->rh[r];

		if (e->state != RH_ABSENT && e->list == RL_CLEAN) {
			clean[n++] = r;
			e->state = RH_ABSENT;
		} else if (e->state != RH_ABSENT &&
			   (e->list == RL_RECOVERED || e->list == RL_FAILED)) {
			success = e->list == RL_RECOVERED;
			recovered[k++] = r;
			delayed = bl_take(&e->delayed);
			e->state = RH_ABSENT;
		}
	}
	CM_ASSERT(k <= 1);		/* MAX_RECOVERY */
	if (k) {
		if (success)
			clear_region(m, recovered[0]);
		complete_resync_work(th, m, recovered[0], &delayed, success);
	}
	while (n)
		clear_region(m, clean[--n]);
	(void)sim_log_flush(th, m);	/* its result is ignored there too */
}

/* ---- recovery ---- */

static int recovery_prepare(struct sim_th *th, struct sim_mirror *m)
{
	struct sim *s = m->nd->s;
	struct sim_rhe *e;
	uint64_t region = 0;
	int r = sim_log_get_work(th, m, &region);

	if (r <= 0)
		return r;
	if (region >= s->region_count) {
		sim_fail(s, "kernel", "node %u: work on region %llu", m->nd->nr + 1,
			 (unsigned long long)region);
		return 0;
	}
	e = rh_find(th, m, (uint32_t)region);
	e->state = RH_RECOVERING;
	e->list = e->pending ? RL_NONE : RL_QUIESCED;
	return 1;
}

struct copy_at {
	uint64_t ver;
};

static void copy_write_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = &s->node[ev->node].mirror[ev->b >> 32];

	if (m->is_used && m->gen == ev->gen)
		sim_leg_write(m, 1, (uint32_t)ev->b, ev->a, true, 0);
}

/* kcopyd reads now and writes later. */
static void copy_read_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = &s->node[ev->node].mirror[ev->b >> 32];
	struct sim_ev *next;

	if (!m->is_used || m->gen != ev->gen)
		return;
	next = sim_after(s, sim_between(s, 100, 5000), copy_write_ev);
	sim_chan(next, CHAN_COPY, (uint32_t)ev->b);
	next->node = ev->node;
	next->gen = ev->gen;
	next->a = s->leg[0].cur[(uint32_t)ev->b];
	next->b = ev->b;
}

static void recover(struct sim_mirror *m, uint32_t region)
{
	struct sim *s = m->nd->s;
	uint32_t i;

	sim_trace(s, m->nd, "copies region %u", region);
	sim_mark(s, MARK_copies);
	m->rh[region].list = RL_NONE;
	m->rh[region].is_copying = true;
	m->copy_region = region;
	m->copies_left = SIM_PER_REGION;
	m->copy_failed = false;
	for (i = 0; i < SIM_PER_REGION; i++) {
		struct sim_ev *ev = sim_after(s, sim_between(s, 100, 5000), copy_read_ev);

		sim_chan(ev, CHAN_COPY, region * SIM_PER_REGION + i);
		ev->node = m->nd->nr;
		ev->gen = m->gen;
		ev->b = (uint64_t)m->nr << 32 | (region * SIM_PER_REGION + i);
	}
}

static void do_recovery(struct sim_th *th, struct sim_mirror *m)
{
	struct sim *s = m->nd->s;
	uint32_t r;

	m->recovery_in_flight++;
	while (m->recovery_count > 0) {
		m->recovery_count--;
		m->recovery_in_flight++;
		if (recovery_prepare(th, m) <= 0) {
			m->recovery_in_flight--;
			m->recovery_count++;
			break;
		}
	}
	m->recovery_in_flight--;
	for (r = 0; r < s->region_count; r++)
		if (m->rh[r].state == RH_RECOVERING && m->rh[r].list == RL_QUIESCED)
			recover(m, r);
	if (!m->is_in_sync && sim_log_sync_count(th, m) == s->region_count) {
		m->is_in_sync = true;
		m->leg_failure = false;		/* reset_ms_flags() */
	}
}

/* ---- reads ---- */

static void read_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = &s->node[ev->node].mirror[ev->b >> 32];
	uint32_t bio = (uint32_t)ev->b;
	struct sim_bio *b;

	if (!m->is_used || m->gen != ev->gen)
		return;
	b = &m->nd->bio[bio];
	b->ver = s->leg[0].cur[b->block];
	if (b->app < SIM_APPS && sim_mutant(s, MUT_STALE_READ, 50))
		b->ver--;
	bio_end(m, bio);
}

static void do_reads(struct sim_th *th, struct sim_mirror *m, struct sim_bl *reads)
{
	struct sim *s = m->nd->s;

	while (reads->n) {
		uint32_t bio = bl_pop(reads);
		struct sim_ev *ev;

		(void)rh_state(th, m, region_of(m, bio));
		sim_mark(s, MARK_reads);
		ev = sim_after(s, sim_between(s, 100, 3000), read_ev);
		ev->node = m->nd->nr;
		ev->gen = m->gen;
		ev->b = (uint64_t)m->nr << 32 | bio;
	}
}

/* ---- writes ---- */

void sim_kern_leg_done(struct sim_mirror *m, const struct sim_legw *w)
{
	if (w->is_copy) {
		struct sim_rhe *e = &m->rh[m->copy_region];

		m->copy_failed |= w->is_error;
		m->leg_failure |= w->is_error;
		if (--m->copies_left)
			return;
		e->is_copying = false;
		e->list = m->copy_failed ? RL_FAILED : RL_RECOVERED;
		sim_kern_wakeup(m);
		return;
	}
	m->nd->bio[w->bio].has_failed |= w->is_error;
	if (--m->nd->bio[w->bio].legs_left)
		return;
	if (!m->nd->bio[w->bio].has_failed) {
		bio_end(m, w->bio);
		return;
	}
	sim_mark(m->nd->s, MARK_leg_errors);	/* write_callback(), fail_mirror() */
	m->leg_failure = true;
	bl_add(&m->failures, w->bio);
	sim_kern_wakeup(m);
}

static void flushed(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = &s->node[ev->node].mirror[ev->b];

	if (m->is_used && m->gen == ev->gen)
		bio_end(m, (uint32_t)ev->a);
}

static void do_write(struct sim_mirror *m, uint32_t bio)
{
	struct sim_bio *b = &m->nd->bio[bio];
	uint32_t leg;

	if (b->is_flush) {
		sim_mark(m->nd->s, MARK_flushes);
		sim_legs_flush_start(m->nd, m->gen, bio, m->nr, flushed);
		return;
	}
	sim_mark(m->nd->s, MARK_writes);
	b->legs_left = SIM_LEGS;
	for (leg = 0; leg < SIM_LEGS; leg++)
		sim_leg_write(m, leg, b->block, b->ver, false, bio);
}

static void do_write_nosync(struct sim_mirror *m, uint32_t bio)
{
	sim_mark(m->nd->s, MARK_nosync_writes);
	m->nd->bio[bio].legs_left = 1;
	sim_leg_write(m, 0, m->nd->bio[bio].block, m->nd->bio[bio].ver, false, bio);
}

static struct sim_bl *classify(struct sim_th *th, struct sim_mirror *m, uint32_t bio,
			       struct sim_bl *sync, struct sim_bl *nosync, struct sim_bl *recover_,
			       struct sim_bl *requeue)
{
	uint32_t region = region_of(m, bio);

	if (m->nd->bio[bio].is_flush)
		return sync;
	if (sim_log_is_remote(th, m, region))
		return requeue;
	switch (rh_state(th, m, region)) {
	case RH_CLEAN:
	case RH_DIRTY:
		return sync;
	case RH_RECOVERING:
		return recover_;
	default:
		return nosync;
	}
}

static void dispatch(struct sim_th *th, struct sim_mirror *m, struct sim_bl *sync,
		     struct sim_bl *nosync, struct sim_bl *recover_)
{
	while (sync->n) {
		uint32_t bio = bl_pop(sync);

		if (m->log_failure)
			bl_add(&m->failures, bio);
		else
			do_write(m, bio);
	}
	while (recover_->n) {
		uint32_t bio = bl_pop(recover_);

		sim_mark(m->nd->s, MARK_delayed_bios);
		bl_add(&rh_find(th, m, region_of(m, bio))->delayed, bio);
	}
	while (nosync->n) {
		uint32_t bio = bl_pop(nosync);

		if (m->leg_failure) {
			bl_add(&m->failures, bio);
			sim_kern_wakeup(m);
		} else {
			do_write_nosync(m, bio);
		}
	}
}

static void do_writes(struct sim_th *th, struct sim_mirror *m, struct sim_bl *writes)
{
	struct sim_bl sync = { 0 }, nosync = { 0 }, recover_ = { 0 }, requeue = { 0 };
	uint32_t i;

	if (!writes->n)
		return;
	while (writes->n) {
		uint32_t bio = bl_pop(writes);

		bl_add(classify(th, m, bio, &sync, &nosync, &recover_, &requeue), bio);
	}
	if (requeue.n) {
		while (requeue.n)
			bl_add(&m->writes, bl_pop(&requeue));
		delayed_wake(m);
	}
	sim_km_preempted(th, m);
	for (i = 0; i < sync.n; i++)
		if (!m->nd->bio[sync.v[i]].is_flush)
			rh_inc(th, m, region_of(m, sync.v[i]));
	for (i = 0; i < nosync.n; i++)
		rh_inc(th, m, region_of(m, nosync.v[i]));
	if (sim_log_flush(th, m))
		m->log_failure = true;
	dispatch(th, m, &sync, &nosync, &recover_);
}

/* dm_rh_mark_nosync() */
static void mark_nosync(struct sim_th *th, struct sim_mirror *m, uint32_t region)
{
	struct sim_rhe *e;
	bool was_recovering;

	sim_log_set_sync(th, m, region, false);
	e = rh_find(th, m, region);
	was_recovering = e->state == RH_RECOVERING;
	e->state = RH_NOSYNC;
	if (was_recovering)
		complete_resync_work(th, m, region, &e->delayed, false);
}

/* hold_bio(): held until suspended; then, noflush, back to dm. */
static void do_failures(struct sim_th *th, struct sim_mirror *m)
{
	struct sim_bl failures = bl_take(&m->failures);

	while (failures.n) {
		uint32_t bio = bl_pop(&failures);

		if (!m->log_failure && !m->has_held[bio]) {
			m->is_in_sync = false;
			if (m->nd->bio[bio].is_write)
				mark_nosync(th, m, region_of(m, bio));
		}
		m->has_held[bio] = true;
		sim_mark(m->nd->s, MARK_held_bios);

		if (!m->has_suspend) {
			bl_add(&m->holds, bio);
			continue;
		}
		if (m->nd->bio[bio].is_write)
			rh_dec(m, region_of(m, bio));
		m->io_count--;
		m->nd->bio[bio].has_failed = false;
		m->has_held[bio] = false;
		bl_add(&m->nd->deferred, bio);
	}
}

void sim_kern_kmirrord(struct sim_th *th, void *arg)
{
	struct sim_mirror *m = arg;
	struct sim_bl reads, writes;

	while (!m->is_dying) {
		if (!m->is_queued) {
			sim_th_block(th);
			continue;
		}
		m->is_queued = false;
		m->is_in_pass = true;
		reads = bl_take(&m->reads);
		writes = bl_take(&m->writes);
		update_states(th, m);
		do_recovery(th, m);
		do_reads(th, m, &reads);
		do_writes(th, m, &writes);
		do_failures(th, m);
		m->is_in_pass = false;
	}
	m->kmirrord = NULL;
}
