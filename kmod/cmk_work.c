// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_work.c - claims: ranges of regions that one node copies while the others keep away.
 *
 * Those of others are freezes here. t0: the daemon freezes. t1: a boundary; every write from now on
 * waits. t2: what was under way before t1 has ended (nothing in the range is dirty), or wait_ms are
 * over: the result is told, and regions still dirty are out of the claim and no longer frozen. So a
 * region that two nodes never stop writing is quiet at t2 all the same, and can be copied.
 */
#include "cmk.h"

static struct cmk_claim *claim_find(struct cmk_log *log, u64 id)
{
	int i;

	for (i = 0; i < CMIRROR_CLAIMS; i++)
		if (log->claim[i].id == id)
			return &log->claim[i];
	return NULL;
}

/* ---- freezes ---- */

static struct cmk_freeze *freeze_find(struct cmk_log *log, u64 id)
{
	int i;

	for (i = 0; i < CMIRROR_FREEZES; i++)
		if (log->freeze[i].id == id)
			return &log->freeze[i];
	return NULL;
}

static bool freezes(const struct cmk_freeze *freeze, u64 region)
{
	return freeze->id && region >= freeze->lo && region < freeze->hi &&
	       !cmk_bit_get(freeze->out, region - freeze->lo);
}

const struct cmk_freeze *cmk_freeze_of(const struct cmk_log *log, u64 region)
{
	int i;

	for (i = 0; i < CMIRROR_FREEZES; i++)
		if (freezes(&log->freeze[i], region))
			return &log->freeze[i];
	return NULL;
}

static bool any_told(const struct cmk_log *log)
{
	int i;

	for (i = 0; i < CMIRROR_FREEZES; i++)
		if (log->freeze[i].id && log->freeze[i].is_told)
			return true;
	return false;
}

int cmk_freeze(struct cmk_log *log, const struct cmk_freeze *what)
{
	struct cmk_freeze *freeze = freeze_find(log, what->id);

	if (freeze) {
		if (freeze->is_told)
			cmk_ask(log, CMIRROR_ASK_FROZEN);
		return 0;
	}
	freeze = freeze_find(log, 0);
	if (!freeze)
		return -ENOSPC;
	*freeze = *what;
	log->freezes_open++;
	cmk_frozen_change(log, what->lo, what->hi, true);
	cmk_changed(log);
	return 0;
}

static void voids_look(struct cmk_log *log)
{
	if (log->ask & CMIRROR_ASK_VOID &&
	    find_first_bit(log->voids, log->region_count) >= log->region_count)
		cmk_ask_over(log, CMIRROR_ASK_VOID);
}

/* One claim may follow another before that one is thawed: what both have stays frozen. */
static void region_thaw(struct cmk_log *log, struct cmk_freeze *freeze, u64 region)
{
	if (!freezes(freeze, region))
		return;
	cmk_bit_put(freeze->out, region - freeze->lo);
	__clear_bit(region, log->voids); /* another freeze has a patience of its own */
	if (!cmk_freeze_of(log, region))
		cmk_frozen_change(log, region, region + 1, false);
}

/* Of a claim of this node: it is copied in vain from now on. */
static void claim_region_out(struct cmk_log *log, u64 id, u64 region)
{
	struct cmk_claim *claim = claim_find(log, id);

	if (!claim || region < claim->lo || region >= claim->hi)
		return;
	cmk_bit_put(claim->out, region - claim->lo);
	cmk_claims_look(log);
}

void cmk_thaw(struct cmk_log *log, u64 id, const u64 *region)
{
	struct cmk_freeze *freeze = freeze_find(log, id);
	u64 r;

	if (region)
		claim_region_out(log, id, *region);

	if (!freeze)
		return;
	if (region) {
		region_thaw(log, freeze, *region);
	} else {
		for (r = freeze->lo; r < freeze->hi; r++)
			region_thaw(log, freeze, r);
		log->freezes_open -= !freeze->is_told;
		memset(freeze, 0, sizeof(*freeze));
		if (!any_told(log))
			cmk_ask_over(log, CMIRROR_ASK_FROZEN);
	}
	voids_look(log);
	cmk_changed(log);
}

static bool is_quiet(const struct cmk_log *log, const struct cmk_freeze *freeze)
{
	return find_next_bit(log->dirty, freeze->hi, freeze->lo) >= freeze->hi;
}

static void freeze_tell(struct cmk_log *log, struct cmk_freeze *freeze)
{
	u64 r;

	for (r = find_next_bit(log->dirty, freeze->hi, freeze->lo); r < freeze->hi;
	     r = find_next_bit(log->dirty, freeze->hi, r + 1)) {
		cmk_bit_put(freeze->written, r - freeze->lo);
		region_thaw(log, freeze, r);
	}
	voids_look(log);
	cmk_changed(log);
	freeze->is_told = true;
	log->freezes_open--;
	cmk_ask(log, CMIRROR_ASK_FROZEN);
}

/* Ends the waiting of those that may end; *next is the earliest end of the others. True: any. */
bool cmk_freezes_look(struct cmk_log *log, unsigned long *next)
{
	bool is_any = false;
	int i;

	for (i = 0; i < CMIRROR_FREEZES; i++) {
		struct cmk_freeze *freeze = &log->freeze[i];

		if (!freeze->id || !freeze->is_effective || freeze->is_told)
			continue;
		if (is_quiet(log, freeze) || time_after_eq(jiffies, freeze->deadline)) {
			freeze_tell(log, freeze);
			continue;
		}
		if (!is_any || time_before(freeze->deadline, *next))
			*next = freeze->deadline;
		is_any = true;
	}
	return is_any;
}

/* ---- claims of this node ---- */

int cmk_claim(struct cmk_log *log, const struct cmk_claim *what)
{
	struct cmk_claim *claim = claim_find(log, what->id);

	if (claim)
		return 0;
	claim = claim_find(log, 0);
	if (!claim)
		return -ENOSPC;
	*claim = *what;
	claim->next = claim->lo;
	claim->cut = claim->hi;
	cmk_claims_look(log);	/* maybe there is nothing to do */
	cmk_wake(log);
	return 0;
}

void cmk_claim_cut(struct cmk_log *log, u64 id, u64 hi)
{
	struct cmk_claim *claim = claim_find(log, id);

	if (!claim)
		return;
	claim->cut = min(claim->cut, hi);
	cmk_claims_look(log);
}

static bool is_assigned(const struct cmk_log *log, const struct cmk_claim *claim)
{
	return log->assigned && log->assigned_claim == claim->id;
}

static bool any_done(const struct cmk_log *log)
{
	int i;

	for (i = 0; i < CMIRROR_CLAIMS; i++)
		if (log->claim[i].id && log->claim[i].is_done)
			return true;
	return false;
}

int cmk_claim_end(struct cmk_log *log, u64 id)
{
	struct cmk_claim *claim = claim_find(log, id);

	if (!claim)
		return 0;
	if (is_assigned(log, claim))
		return -EBUSY;
	memset(claim, 0, sizeof(*claim));
	if (!any_done(log))
		cmk_ask_over(log, CMIRROR_ASK_COPIED);
	return 0;
}

/*
 * The first region left in a claim; claim->cut when there is none. A claim may come in a pass, and
 * with it what is out of sync there: it is begun between two, so what is wanted counts.
 */
static u64 next_of(const struct cmk_log *log, const struct cmk_claim *claim)
{
	u64 r;

	if (log->state != CMIRROR_RUNNING)
		return claim->cut;
	for (r = claim->next; r < claim->cut; r++)
		if (!cmk_bit_get(claim->out, r - claim->lo) && test_bit(r, log->want_oos))
			return r;
	return claim->cut;
}

bool cmk_work_next(struct cmk_log *log, u64 *region)
{
	int i;

	if (log->assigned)
		return false;
	for (i = 0; i < CMIRROR_CLAIMS; i++) {
		struct cmk_claim *claim = &log->claim[i];
		u64 r = next_of(log, claim);

		if (!claim->id || claim->is_done || r >= claim->cut)
			continue;
		claim->next = r + 1;
		log->assigned = r + 1;
		log->assigned_claim = claim->id;
		*region = r;
		return true;
	}
	return false;
}

bool cmk_work_done(struct cmk_log *log, u64 region, bool ok)
{
	int i;

	if (log->assigned != region + 1)
		return false;
	for (i = 0; i < CMIRROR_CLAIMS; i++) {
		struct cmk_claim *claim = &log->claim[i];

		if (!claim->id || !is_assigned(log, claim) || !ok)
			continue;
		cmk_bit_put(claim->copied, region - claim->lo);
		log->stats.copied++;
	}
	log->assigned = 0;
	cmk_claims_look(log);
	return true;
}

void cmk_claims_spoil(struct cmk_log *log, u64 region)
{
	int i;

	for (i = 0; i < CMIRROR_CLAIMS; i++) {
		struct cmk_claim *claim = &log->claim[i];
		u64 at = region - claim->lo;

		if (!claim->id || region < claim->lo || region >= claim->hi)
			continue;
		cmk_bit_put(claim->out, at);
		claim->copied[at / 8] &= ~(1 << at % 8);
	}
	cmk_claims_look(log);
}

/* Tells of each claim of which nothing is left. */
void cmk_claims_look(struct cmk_log *log)
{
	int i;

	for (i = 0; i < CMIRROR_CLAIMS; i++) {
		struct cmk_claim *claim = &log->claim[i];

		if (!claim->id || claim->is_done || is_assigned(log, claim) ||
		    next_of(log, claim) < claim->cut)
			continue;
		claim->is_done = true;
		cmk_ask(log, CMIRROR_ASK_COPIED);
	}
}
