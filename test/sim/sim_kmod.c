/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_kmod.c - the module dm-log-cmirror: kmod/cmk_*.c, with regions as bits of a mask, and one
 * page. Function for function as there, in the same order; what the daemon says holds when it has
 * been said, what the kernel says comes a moment later.
 */
#include "test/sim/sim.h"

#include <errno.h>
#include <string.h>

#define RETRY_US	(500 * US_MS)
#define TRIES		6u
#define TICK_US		(100 * US_MS)

static void tick_ev(struct sim *s, const struct sim_ev *ev);

static uint64_t bit(uint64_t region)
{
	return 1ull << region;
}

static uint64_t range(uint64_t lo, uint64_t hi)
{
	uint64_t mask = 0, r;

	for (r = lo; r < hi; r++)
		mask |= bit(r);
	return mask;
}

static struct sim_mirror *find(struct sim_node *nd, uint64_t luid)
{
	uint32_t i;

	for (i = 0; i < 2; i++)
		if (nd->mirror[i].is_used && nd->mirror[i].km.is_on &&
		    nd->mirror[i].luid == luid)
			return &nd->mirror[i];
	return NULL;
}

static bool is_live(const struct sim_kmod *km)
{
	return km->state == CMIRROR_RUNNING || km->state == CMIRROR_PRESUSPENDED;
}

static struct sim_ev *mirror_after(struct sim_mirror *m, uint64_t delay_us,
				   void (*fn)(struct sim *, const struct sim_ev *))
{
	struct sim_ev *ev = sim_after(m->nd->s, delay_us, fn);

	ev->node = m->nd->nr;
	ev->gen = m->gen;
	ev->a = m->nr;
	return ev;
}

/* The table that an event is about; NULL when it is gone. */
static struct sim_mirror *mirror_of(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = &s->node[ev->node].mirror[ev->a];

	return m->is_used && m->gen == ev->gen ? m : NULL;
}

/* ---- news ---- */

static void news_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = mirror_of(s, ev);

	if (!m)
		return;
	m->km.news_due = false;
	if (m->nd->has_daemon)
		sim_host_kmod(m);
}

static void ask(struct sim_mirror *m, uint32_t what)
{
	m->km.ask |= what;
	sim_km_news(m);
}

void sim_km_news(struct sim_mirror *m)
{
	if (m->km.news_due)
		return;
	m->km.news_due = true;
	mirror_after(m, sim_between(m->nd->s, 5, 200), news_ev);
}

static void bits_out(struct kmod_bits *out, uint64_t id, uint64_t mask, uint64_t lo)
{
	out->claim_id = id;
	out->bytes = 8;
	mask >>= lo;
	memcpy(out->bits, &mask, 8);
}

static uint32_t list_out(uint64_t *list, uint64_t mask)
{
	uint32_t n = 0, r;

	for (r = 0; r < SIM_REGIONS_MAX; r++)
		if (mask >> r & 1)
			list[n++] = r;
	return n;
}

void sim_km_look(const struct sim_mirror *m, struct kmod_look *look)
{
	const struct sim_kmod *km = &m->km;
	uint32_t i;

	memset(look, 0, sizeof(*look));
	look->luid = m->luid;
	look->state = km->state;
	look->mode = km->want_mode;
	look->ask = km->ask;
	look->stats.held = km->held;
	look->stats.writes = km->writes;
	for (i = 0; i < SIM_FREEZES; i++)
		if (km->freeze[i].id && km->freeze[i].is_told)
			bits_out(&look->frozen[look->frozen_count++], km->freeze[i].id,
				 km->freeze[i].written, km->freeze[i].lo);
	for (i = 0; i < CMIRROR_CLAIMS; i++) {
		struct kmod_bits *out = &look->copied[look->copied_count];

		if (!km->claim[i].id)
			continue;
		look->copied_count++;
		bits_out(out, km->claim[i].id, km->claim[i].copied, km->claim[i].lo);
		out->is_done = km->claim[i].is_done;
	}
	look->void_count = list_out(look->voids, km->voids);
	look->failed_count = list_out(look->failed, km->failed);
}

/* ---- what holds, and passes: cmk_map.c ---- */

static void wake_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = mirror_of(s, ev);

	if (m && m->km.wake_due && m->km.state == CMIRROR_RUNNING)
		sim_kern_wakeup(m);
	if (m)
		m->km.wake_due = false;
}

static void wake(struct sim_mirror *m)
{
	if (m->km.wake_due || m->km.state != CMIRROR_RUNNING)
		return;
	m->km.wake_due = true;
	sim_mark(m->nd->s, MARK_wakes);
	mirror_after(m, sim_between(m->nd->s, 50, 500), wake_ev);
}

static void freezes_look(struct sim_mirror *m);

static void apply(struct sim_mirror *m)
{
	struct sim_kmod *km = &m->km;
	bool is_changed = km->oos != km->want_oos || km->frozen != km->want_frozen ||
			  km->mode != km->want_mode;
	uint32_t i;

	km->in_pass = false;
	km->mode = km->want_mode;
	km->oos = km->want_oos;
	km->frozen = km->want_frozen;
	for (i = 0; i < SIM_FREEZES; i++) {
		struct sim_freeze *freeze = &km->freeze[i];

		if (!freeze->id || freeze->is_effective)
			continue;
		freeze->is_effective = true;
		freeze->deadline_us = m->nd->s->now_us + freeze->wait_us;
	}
	freezes_look(m);
	if (is_changed && km->has_held) {
		km->has_held = false;
		wake(m);
	}
}

static void changed(struct sim_mirror *m)
{
	if (!m->km.in_pass || sim_mutant(m->nd->s, MUT_NO_PASS, 1))
		apply(m);
}

static bool is_durable(const struct sim_kmod *km, uint64_t region)
{
	return km->marks & bit(region) && (km->is_core || km->durable_gen >= km->set_gen);
}

static const struct sim_freeze *freeze_of(const struct sim_kmod *km, uint64_t region)
{
	uint32_t i;

	for (i = 0; i < SIM_FREEZES; i++)
		if (km->freeze[i].id && region >= km->freeze[i].lo && region < km->freeze[i].hi)
			return &km->freeze[i];
	return NULL;
}

static bool mode_holds(const struct sim_kmod *km, uint64_t region)
{
	if (km->mode == CMIRROR_MODE_ALL)
		return false;
	if (km->mode == CMIRROR_MODE_IN_SYNC)
		return km->oos & bit(region);
	return km->oos & bit(region) || !is_durable(km, region);
}

int sim_km_is_remote(struct sim_mirror *m, uint64_t region)
{
	struct sim_kmod *km = &m->km;
	const struct sim_freeze *freeze = freeze_of(km, region);
	bool is_held;

	km->in_pass = true;
	if (!is_live(km))
		return 0;
	if (km->frozen & bit(region)) {
		is_held = true;
		if (freeze && m->nd->s->now_us >= freeze->void_at_us &&
		    !(km->voids & bit(region))) {
			km->voids |= bit(region);
			ask(m, CMIRROR_ASK_VOID);
		}
	} else {
		is_held = mode_holds(km, region);
	}
	km->has_held |= is_held;
	km->held += is_held;
	km->writes += !is_held;
	if (is_held)
		sim_mark(m->nd->s, MARK_remote_recovering);
	if (is_held && m->nd->s->opts.mutant == MUT_NOT_REMOTE) {
		m->nd->s->mutant_count++;
		return 0;
	}
	return is_held;
}

void sim_km_preempted(struct sim_th *th, struct sim_mirror *m)
{
	if (m->km.is_on && sim_chance(m->nd->s, 4))
		sim_th_sleep(th, sim_between(m->nd->s, 10, 5000));
}

int sim_km_in_sync(struct sim_mirror *m, uint64_t region)
{
	if (m->km.in_pass)
		return !sim_mutant(m->nd->s, MUT_IN_SYNC_ZERO, 50);
	return !(m->km.oos & bit(region));
}

/* ---- marks and the page: cmk_slot.c ---- */

static void page_encode(struct sim_mirror *m)
{
	struct sim *s = m->nd->s;
	struct sim_kmod *km = &m->km;
	struct disk_page_id id = { .epoch = km->where.epoch, .uuid_hash = km->where.uuid_hash,
				   .area = km->where.slot };
	uint64_t word;
	struct bits map;

	bits_init(&map, &word, s->region_count);
	word = km->marks;
	disk_page_encode(&s->geom, &id, &map, km->page);
}

static void page_write(struct sim_mirror *m)
{
	struct sim_kmod *km = &m->km;

	if (km->is_core || !km->is_wanted || km->is_inflight || km->log_failed || !is_live(km) ||
	    (km->tries && m->nd->s->now_us < km->retry_us))
		return;
	km->is_wanted = false;
	km->is_inflight = true;
	km->inflight_gen = km->set_gen;
	page_encode(m);
	sim_trace(m->nd->s, m->nd, "module writes its page: 0x%llx",
		  (unsigned long long)km->marks);
	sim_disk_submit_kernel(m, km->where.off, km->page);
}

void sim_km_written(struct sim_mirror *m, int result)
{
	struct sim_kmod *km = &m->km;

	km->is_inflight = false;
	if (!result) {
		km->tries = 0;
		km->durable_gen = km->inflight_gen;
	} else {
		km->is_wanted = true;
		km->retry_us = m->nd->s->now_us + RETRY_US;
		if (++km->tries >= TRIES && !km->log_failed) {
			km->log_failed = true;
			ask(m, CMIRROR_ASK_LOG_FAILED);
		}
	}
	page_write(m);
	sim_th_kick(m->kmirrord);
	sim_th_kick(km->waiter);
}

static void mark(struct sim_kmod *km, uint64_t region)
{
	km->dirty |= bit(region);
	km->recent |= bit(region);
	if (km->marks & bit(region))
		return;
	km->marks |= bit(region);
	km->set_gen++;
	km->is_wanted = true;
}

int sim_km_flush(struct sim_th *th, struct sim_mirror *m)
{
	struct sim_kmod *km = &m->km;
	uint64_t set_gen;
	bool is_refused = false;
	uint32_t i;

	for (i = 0; i < m->clear_count; i++) {
		km->dirty &= ~bit(m->clear[i]);
		km->recent |= bit(m->clear[i]);
	}
	for (i = 0; i < m->mark_count; i++) {
		if (is_live(km))
			mark(km, m->mark[i]);
		else
			is_refused = true;
	}
	m->mark_count = m->clear_count = 0;
	freezes_look(m);
	set_gen = km->set_gen;
	while (!km->is_core && !km->log_failed && km->flushed_gen != set_gen &&
	       km->durable_gen < km->set_gen) {
		if (sim_mutant(m->nd->s, MUT_EARLY_REPLY, 20))
			break;
		page_write(m);
		if (!km->is_inflight)
			sim_th_sleep(th, RETRY_US / 4);
		else
			sim_th_block(th);
	}
	if (!km->log_failed)
		km->flushed_gen = set_gen;
	apply(m);
	return is_refused || (km->log_failed && km->flushed_gen != set_gen) ? -EIO : 0;
}

/* ---- lazy clears: cmk_clerk.c ---- */

static uint64_t idle(const struct sim_kmod *km)
{
	uint64_t stays = km->dirty | km->recent | km->failed;

	if (!km->oos_durable)
		stays |= km->oos;
	return km->marks & ~stays;
}

static void batch_next(struct sim_mirror *m)
{
	m->km.recent = 0;
	m->km.batch_due_us = m->nd->s->now_us + m->nd->s->cfg.sticky_ms * US_MS;
}

static void batch_flushed(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = mirror_of(s, ev);

	if (!m || !m->km.is_batching)
		return;
	m->km.is_batching = false;
	if (idle(&m->km)) {
		m->km.marks &= ~idle(&m->km);
		m->km.is_wanted = true;
	}
	batch_next(m);
	page_write(m);
}

static void batch(struct sim_mirror *m)
{
	struct sim_kmod *km = &m->km;

	if (km->is_batching || !is_live(km) || km->log_failed || !km->marks ||
	    m->nd->s->now_us < km->batch_due_us)
		return;
	if (!idle(km)) {
		batch_next(m);
		return;
	}
	km->is_batching = true;
	sim_legs_flush_start(m->nd, m->gen, m->nr, 0, batch_flushed);
}

/* ---- freezes and claims: cmk_work.c ---- */

static void freezes_look(struct sim_mirror *m)
{
	struct sim_kmod *km = &m->km;
	uint32_t i;

	for (i = 0; i < SIM_FREEZES; i++) {
		struct sim_freeze *freeze = &km->freeze[i];
		uint64_t written = km->dirty & range(freeze->lo, freeze->hi);

		if (!freeze->id || !freeze->is_effective || freeze->is_told ||
		    (written && m->nd->s->now_us < freeze->deadline_us &&
		     m->nd->s->opts.mutant != MUT_EARLY_FREEZE))
			continue;
		if (written && sim_mutant(m->nd->s, MUT_EARLY_FREEZE, 1))
			written = 0;
		freeze->written = written;
		freeze->is_told = true;
		km->want_frozen &= ~written;
		km->voids &= ~written;
		changed(m);
		ask(m, CMIRROR_ASK_FROZEN);
	}
}

static void freeze(struct sim_mirror *m, const struct kmod_push *push)
{
	struct sim_kmod *km = &m->km;
	struct sim_freeze *free_one = NULL;
	uint32_t i;

	for (i = 0; i < SIM_FREEZES; i++) {
		if (km->freeze[i].id == push->claim_id) {
			ask(m, CMIRROR_ASK_FROZEN);
			return;
		}
		if (!km->freeze[i].id)
			free_one = &km->freeze[i];
	}
	CM_ASSERT(free_one);
	*free_one = (struct sim_freeze){ .id = push->claim_id, .lo = push->lo, .hi = push->hi,
					 .void_at_us = m->nd->s->now_us +
						       push->patience_ms * US_MS,
					 .wait_us = push->wait_ms * US_MS };
	km->want_frozen |= range(push->lo, push->hi);
	changed(m);
}

static void thaw(struct sim_mirror *m, uint64_t id, bool is_all, uint64_t region)
{
	struct sim_kmod *km = &m->km;
	uint64_t mask;
	uint32_t i;

	for (i = 0; i < SIM_FREEZES; i++) {
		if (km->freeze[i].id != id)
			continue;
		mask = range(km->freeze[i].lo, km->freeze[i].hi);
		if (!is_all)
			mask &= bit(region);
		km->want_frozen &= ~mask;
		km->voids &= ~mask;
		if (is_all)
			km->freeze[i].id = 0;
		changed(m);
	}
}

static bool is_assigned(const struct sim_kmod *km, const struct sim_claim *claim)
{
	return km->assigned && km->assigned_claim == claim->id;
}

static uint64_t next_of(const struct sim_kmod *km, const struct sim_claim *claim)
{
	uint64_t r;

	if (km->state != CMIRROR_RUNNING)
		return claim->cut;
	for (r = claim->next; r < claim->cut; r++)
		if (!(claim->out & bit(r)) && km->oos & bit(r))
			return r;
	return claim->cut;
}

static void claims_look(struct sim_mirror *m)
{
	struct sim_kmod *km = &m->km;
	uint32_t i;

	for (i = 0; i < CMIRROR_CLAIMS; i++) {
		struct sim_claim *claim = &km->claim[i];

		if (!claim->id || claim->is_done || is_assigned(km, claim) ||
		    next_of(km, claim) < claim->cut)
			continue;
		claim->is_done = true;
		ask(m, CMIRROR_ASK_COPIED);
	}
}

static void claim_new(struct sim_mirror *m, const struct kmod_push *push)
{
	struct sim_claim *free_one = NULL;
	uint64_t out = 0;
	uint32_t i;

	for (i = 0; i < CMIRROR_CLAIMS; i++) {
		if (m->km.claim[i].id == push->claim_id)
			return;
		if (!m->km.claim[i].id)
			free_one = &m->km.claim[i];
	}
	if (!free_one) {
		sim_fail(m->nd->s, "kernel", "node %u: more claims than there is room for",
			 m->nd->nr + 1);
		return;
	}
	memcpy(&out, push->bits, push->bytes < 8 ? push->bytes : 8);
	*free_one = (struct sim_claim){ .id = push->claim_id, .lo = push->lo, .hi = push->hi,
					.cut = push->hi, .next = push->lo, .out = out << push->lo };
	claims_look(m);
	wake(m);
}

static void claim_cut(struct sim_mirror *m, uint64_t id, uint64_t hi)
{
	uint32_t i;

	for (i = 0; i < CMIRROR_CLAIMS; i++)
		if (m->km.claim[i].id == id && m->km.claim[i].cut > hi)
			m->km.claim[i].cut = hi;
	claims_look(m);
}

static void claim_region_out(struct sim_mirror *m, uint64_t id, uint64_t region)
{
	uint32_t i;

	for (i = 0; i < CMIRROR_CLAIMS; i++)
		if (m->km.claim[i].id == id)
			m->km.claim[i].out |= bit(region);
	claims_look(m);
}

static void claim_end(struct sim_mirror *m, uint64_t id)
{
	uint32_t i;

	for (i = 0; i < CMIRROR_CLAIMS; i++) {
		if (m->km.claim[i].id != id)
			continue;
		if (is_assigned(&m->km, &m->km.claim[i]))
			sim_fail(m->nd->s, "kernel", "node %u: a claim ends while it is copied",
				 m->nd->nr + 1);
		memset(&m->km.claim[i], 0, sizeof(m->km.claim[i]));
	}
}

int sim_km_get_work(struct sim_mirror *m, uint64_t *region)
{
	struct sim_kmod *km = &m->km;
	uint32_t i;

	for (i = 0; !km->assigned && i < CMIRROR_CLAIMS; i++) {
		struct sim_claim *claim = &km->claim[i];
		uint64_t r = next_of(km, claim);

		if (!claim->id || claim->is_done || r >= claim->cut)
			continue;
		claim->next = r + 1;
		km->assigned = r + 1;
		km->assigned_claim = claim->id;
		*region = r;
		return 1;
	}
	return 0;
}

void sim_km_set_sync(struct sim_mirror *m, uint64_t region, bool ok)
{
	struct sim_kmod *km = &m->km;
	uint32_t i;

	if (km->assigned == region + 1) {
		for (i = 0; i < CMIRROR_CLAIMS; i++)
			if (km->claim[i].id && is_assigned(km, &km->claim[i]) && ok)
				km->claim[i].copied |= bit(region);
		km->assigned = 0;
		claims_look(m);
	}
	if (ok)
		return;
	km->oos |= bit(region);
	km->want_oos |= bit(region);
	km->failed |= bit(region);
	km->oos_durable = false;
	ask(m, CMIRROR_ASK_FAILED);
}

uint64_t sim_km_sync_count(const struct sim_mirror *m)
{
	const struct sim *s = m->nd->s;

	if (!is_live(&m->km))
		return 0;
	return s->region_count - (uint32_t)__builtin_popcountll(m->km.oos);
}

/* ---- commands: cmk_nl.c ---- */

static void oos_load(struct sim_mirror *m, const struct kmod_push *push)
{
	uint64_t bits = 0;

	CM_ASSERT(!push->first && push->op == CMIRROR_OP_LOAD);
	memcpy(&bits, push->bits, push->bytes < 8 ? push->bytes : 8);
	/* What is behind the bytes stays; so does what failed, until the daemon says it knows. */
	if (push->bytes < 8)
		bits |= m->km.want_oos & ~(bit(push->bytes * 8) - 1);
	m->km.want_oos = (bits | m->km.failed) & range(0, m->nd->s->region_count);
	m->km.oos_durable = false;
	changed(m);
}

static void marks_put(struct sim_mirror *m, const struct kmod_push *push)
{
	uint64_t bits = 0;

	CM_ASSERT(m->km.state == CMIRROR_RESUMING && !push->first);
	memcpy(&bits, push->bits, push->bytes < 8 ? push->bytes : 8);
	m->km.marks |= bits;
	m->km.recent |= bits;
}

void sim_km_push(struct sim_node *nd, const struct kmod_push *push)
{
	struct sim_mirror *m = find(nd, push->luid);

	if (!m)
		return;
	switch (push->type) {
	case KMOD_PUSH_OOS:
		oos_load(m, push);
		break;
	case KMOD_PUSH_MARKS:
		marks_put(m, push);
		break;
	case KMOD_PUSH_MODE:
		m->km.want_mode = push->mode;
		m->km.oos_durable = push->oos_durable;
		changed(m);
		break;
	case KMOD_PUSH_FREEZE:
		freeze(m, push);
		break;
	case KMOD_PUSH_THAW:
		thaw(m, push->claim_id, true, 0);
		break;
	case KMOD_PUSH_REGION_OUT:
		thaw(m, push->claim_id, false, push->region_nr);
		claim_region_out(m, push->claim_id, push->region_nr);
		break;
	case KMOD_PUSH_CLAIM:
		claim_new(m, push);
		break;
	case KMOD_PUSH_CLAIM_CUT:
		claim_cut(m, push->claim_id, push->hi);
		break;
	case KMOD_PUSH_CLAIM_END:
		claim_end(m, push->claim_id);
		break;
	case KMOD_PUSH_FAILED_DONE:
		m->km.failed &= ~bit(push->region_nr);
		if (!m->km.failed)
			m->km.ask &= ~CMIRROR_ASK_FAILED;
		break;
	}
}

static void answered(struct sim_mirror *m, uint32_t what, int error)
{
	if (!(m->km.ask & what))
		return;
	m->km.ask &= ~what;
	m->km.is_answered = true;
	m->km.answer = error;
	sim_th_kick(m->km.waiter);
}

void sim_km_start(struct sim_node *nd, uint64_t luid, int error)
{
	struct sim_mirror *m = find(nd, luid);

	if (!m || m->km.state != CMIRROR_RESUMING)
		return;
	if (!error)
		cml_slot_where(nd->log, &m->km.where);
	m->km.state = error ? CMIRROR_REFUSED : CMIRROR_RUNNING;
	batch_next(m);
	m->km.recent = m->km.marks;
	answered(m, CMIRROR_ASK_RESUME, error);
}

void sim_km_stop_done(struct sim_node *nd, uint64_t luid)
{
	struct sim_mirror *m = find(nd, luid);

	if (!m || !(m->km.ask & CMIRROR_ASK_STOP))
		return;
	m->km.state = CMIRROR_STOPPED;
	answered(m, CMIRROR_ASK_STOP, 0);
}

/* The daemon's socket is closed. */
void sim_km_released(struct sim_node *nd)
{
	uint32_t i;

	for (i = 0; i < 2; i++) {
		struct sim_mirror *m = &nd->mirror[i];

		if (!m->is_used || !m->km.is_on)
			continue;
		if (m->km.want_mode == CMIRROR_MODE_ALL)
			m->km.want_mode = CMIRROR_MODE_IN_SYNC;
		changed(m);
	}
}

/* ---- ioctls: cmk_life.c ---- */

static int ask_and_wait(struct sim_th *th, struct sim_mirror *m, uint32_t what, uint64_t wait_us,
			bool keeps)
{
	m->km.is_answered = false;
	m->km.waiter = th;
	ask(m, what);
	if (wait_us != UINT64_MAX)
		sim_th_alarm(th, wait_us);
	while (!m->km.is_answered && !sim_th_is_late(th))
		sim_th_block(th);
	sim_th_alarm_off(th);
	m->km.waiter = NULL;
	if (m->km.is_answered)
		return m->km.answer;
	if (!keeps)
		m->km.ask &= ~what;
	return -ETIMEDOUT;
}

bool sim_km_load(struct sim_mirror *m)
{
	struct sim *s = m->nd->s;

	m->km.is_on = true;
	m->km.is_core = s->opts.is_core;
	m->km.state = CMIRROR_NEW;
	m->luid = 1000 + ++m->nd->luid_last;	/* no other has ever had it */
	if (!m->nd->has_daemon || !sim_host_kmod_ctr(m))
		return false;
	mirror_after(m, TICK_US, tick_ev);
	return true;
}

static void stop_wait(struct sim_th *th, struct sim_mirror *m, uint64_t killed_after_us)
{
	m->km.state = CMIRROR_STOPPING;
	m->km.dirty = 0;
	m->km.waiter = th;
	while (m->km.is_inflight)
		sim_th_block(th);
	(void)ask_and_wait(th, m, CMIRROR_ASK_STOP, killed_after_us, true);
}

void sim_km_resume(struct sim_th *th, struct sim_mirror *m)
{
	struct sim_kmod fresh = { .is_on = true, .is_core = m->km.is_core,
				  .state = CMIRROR_RESUMING, .news_due = m->km.news_due };

	/* Killed here, too, the ioctl would fail, and with it the table: not modelled. */
	if (m->km.state == CMIRROR_STOPPING)
		stop_wait(th, m, UINT64_MAX);
	m->km = fresh;
	m->km.oos = m->km.want_oos = range(0, m->nd->s->region_count);
	if (ask_and_wait(th, m, CMIRROR_ASK_RESUME, 60 * US_S, false))
		m->km.state = CMIRROR_REFUSED;
}

void sim_km_presuspend(struct sim_mirror *m)
{
	if (m->km.state != CMIRROR_RUNNING)
		return;
	m->km.state = CMIRROR_PRESUSPENDED;
	m->km.wake_due = false;
	claims_look(m);
	ask(m, CMIRROR_ASK_PRESUSPEND);
}

void sim_km_postsuspend(struct sim_th *th, struct sim_mirror *m)
{
	bool is_killed = sim_chance(m->nd->s, 8);

	if (is_live(&m->km) || m->km.state == CMIRROR_STOPPING)
		stop_wait(th, m, is_killed ? sim_rand(m->nd->s, 20 * US_MS) : UINT64_MAX);
}

static void tick_ev(struct sim *s, const struct sim_ev *ev)
{
	struct sim_mirror *m = mirror_of(s, ev);

	if (!m)
		return;
	batch(m);
	page_write(m);
	freezes_look(m);
	mirror_after(m, TICK_US, tick_ev);
}
