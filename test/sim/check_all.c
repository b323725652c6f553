/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_all.c - the invariants, by their names in doc/invariants.md, after every event.
 */
#include "test/sim/sim.h"

#include <string.h>

static bool is_live(const struct sim_mirror *m)
{
	return m->is_used && m->nd && m->nd->is_up;
}

/* Do legs fail in this scenario? Then others hear of it a moment later. */
static bool legs_fail(const struct sim *s)
{
	return s->opts.class == CLASS_LEGS || s->opts.class >= CLASS_MIX ||
	       (s->small && sim_small_has_leg_acts(s));
}

/* ---- what the legs are like; masks of regions ---- */

struct legs_view {
	uint64_t differ;	/* blocks differ now */
	uint64_t at_risk;	/* they differ, or could after a loss of power */
};

static void legs_look(const struct sim *s, struct legs_view *v)
{
	uint32_t b;

	v->differ = 0;
	v->at_risk = sim_legs_inflight(s);
	for (b = 0; b < s->block_count; b++) {
		uint64_t bit = 1ull << b / SIM_PER_REGION;

		if (s->leg[0].cur[b] != s->leg[1].cur[b])
			v->differ |= bit;
		if (s->leg[0].cur_n[b] != s->leg[0].dur_n[b] ||
		    s->leg[1].cur_n[b] != s->leg[1].dur_n[b])
			v->at_risk |= bit;
	}
	v->at_risk |= v->differ;
}

/* I2: a region whose legs differ, or may after a loss of power, is dirty on disk. */
static void check_disk_truth(struct sim *s, const struct legs_view *v)
{
	const struct sim_truth *t;
	uint64_t bad;

	if (s->opts.is_core)
		return;
	t = check_truth(s);
	/* What no node could read may be copied though it was clean (check_issue()). */
	bad = (s->result->mark[MARK_pages_damaged] ? v->differ : v->at_risk) & ~t->dirty;
	if (bad)
		sim_fail(s, t->classic.kind == DISK_CLASSIC_VALID ? "I7" : "I2",
			 "region %d is clean on disk, but its legs %s", __builtin_ctzll(bad),
			 bad & v->differ ? "differ" : bad & sim_legs_inflight(s) ?
			 "are being written" : "were not flushed");
}

/* Regions that a slot on disk owns whose owner's kernel is dead. */
static uint64_t dead_slots(struct sim *s)
{
	const struct sim_truth *t = check_truth(s);
	uint64_t mask = 0;
	uint32_t i, boot;

	for (i = 0; i < DISK_SLOTS_MAX; i++) {
		const struct disk_slot *slot = &t->sb.slot[i];

		if (!t->has_sb || slot->state != DISK_SLOT_RUNNING || !slot->nodeid ||
		    slot->nodeid > s->node_count)
			continue;
		memcpy(&boot, slot->boot_id + 4, sizeof(boot));
		if (!s->node[slot->nodeid - 1].is_up || s->node[slot->nodeid - 1].boot != boot)
			mask |= t->slot[i];
	}
	return mask;
}

static bool is_whole(const struct sim_node *nd)
{
	return nd->is_up && nd->has_daemon && nd->log && cml_hash(nd->log);
}

/* Writes that failed on a leg, and are held: nobody has been told that they are done. */
static uint64_t held(const struct sim *s)
{
	uint64_t mask = 0;
	uint32_t i, k, r;

	for (i = 0; i < s->node_count; i++)
		for (k = 0; k < 2; k++)
			for (r = 0; r < s->region_count && is_live(&s->node[i].mirror[k]); r++)
				if (s->node[i].mirror[k].rh[r].pending)
					mask |= 1ull << r;
	return mask;
}

static bool knows(const struct sim_node *nd, uint32_t r)
{
	return !is_whole(nd) || cml_region_is_oos(nd->log, r);
}

/*
 * I6: of a region whose legs differ while nobody writes it, every whole member knows so; or its
 * dead writer's slot says it, or for a moment the out-of-sync bitmap on disk alone: a MERGE is on
 * its way, or a new coordinator is about to read it.
 */
static void check_known(struct sim *s, const struct legs_view *v)
{
	uint64_t left = v->differ & ~sim_legs_inflight(s) & ~held(s), slots, oos;
	uint32_t i, r;

	slots = s->opts.is_core || !left ? 0 : dead_slots(s);
	/* A core log has nothing on disk: give its members the time to find out. */
	oos = s->opts.is_core ? ~(uint64_t)0 : !left ? 0 : check_truth(s)->oos;
	if (legs_fail(s) && left)
		oos |= check_truth(s)->dirty;	/* marked; OOS_SET is on its way */
	for (r = 0; r < s->region_count; r++) {
		for (i = 0; i < s->node_count; i++)
			if ((left & ~slots) >> r & 1 && !knows(&s->node[i], r))
				break;
		if (i == s->node_count) {
			s->unknown_since_us[r] = 0;
			continue;
		}
		if (!s->unknown_since_us[r])
			s->unknown_since_us[r] = s->now_us;
		if (!(oos >> r & 1) || s->now_us > s->unknown_since_us[r] + 20 * US_S)
			sim_fail(s, "I6", "node %u takes region %u as in sync: its legs differ",
				 i + 1, r);
	}
}

/* ---- kernels ---- */

/* I4: a region in sync for the members has no NOSYNC entry in a running kernel. */
static void check_nosync(struct sim *s, struct sim_mirror *m)
{
	uint32_t r, i;

	for (r = 0; r < s->region_count; r++) {
		if (m->rh[r].state != RH_NOSYNC) {
			m->nosync_since_us[r] = 0;
			continue;
		}
		if (!m->nosync_since_us[r])
			m->nosync_since_us[r] = s->now_us;
		/* A leg error: the others hear of it a moment later. */
		if (legs_fail(s) && s->now_us < m->nosync_since_us[r] + 20 * US_S)
			continue;
		for (i = 0; i < s->node_count; i++)
			if (is_whole(&s->node[i]) && !cml_region_is_oos(s->node[i].log, r))
				sim_fail(s, "I4",
					 "region %u is in sync on node %u, NOSYNC in kernel %u",
					 r, i + 1, m->nd->nr + 1);
	}
}

static void check_kernels(struct sim *s)
{
	uint64_t seen = 0;
	uint32_t i, k, r;

	for (i = 0; i < s->node_count; i++) {
		for (k = 0; k < 2; k++) {
			struct sim_mirror *m = &s->node[i].mirror[k];

			if (!is_live(m) || !m->is_resumed)
				continue;
			check_nosync(s, m);
			for (r = 0; r < s->region_count; r++) {
				if (m->rh[r].state != RH_RECOVERING)
					continue;
				if (seen >> r & 1 && !s->opts.is_core)
					sim_fail(s, "I5", "region %u has two claimants", r);
				seen |= 1ull << r;
			}
		}
	}
}

/* May this node write R while another copies it? Yes, when R has left the claim (VOID, MERGE). */
static bool has_left_claim(const struct sim_node *nd, uint32_t r)
{
	const struct sim *s = nd->s;
	uint32_t i;

	/* Its daemon may have died since: then what the others know counts. */
	for (i = 0; !is_whole(nd) && i < s->node_count; i++)
		if (is_whole(&s->node[i]))
			nd = &s->node[i];
	return nd->log && cml_region_is_oos(nd->log, r) && !cml_region_is_claimed(nd->log, r);
}

/*
 * I3: while a node copies R nobody else writes R; only if R has left the claim meanwhile, for then
 * it stays out of sync. (The founder of a core log cannot know of a running kernel without a
 * daemon.)
 */
static void check_exclusion(struct sim_mirror *m, uint32_t r, bool is_copy)
{
	struct sim *s = m->nd->s;
	uint32_t i, k;

	for (i = 0; i < SIM_LEGW; i++) {
		const struct sim_legw *w = &s->legw[i];
		const struct sim_node *writer = is_copy ? &s->node[w->node] : m->nd;

		if (!w->is_used || w->block / SIM_PER_REGION != r || w->is_copy == is_copy ||
		    (w->node == m->nd->nr && w->boot == m->nd->boot) || has_left_claim(writer, r))
			continue;
		sim_fail(s, "I3", "region %u: node %u %s it while node %u %s it", r, m->nd->nr + 1,
			 is_copy ? "copies" : "writes", w->node + 1,
			 w->is_copy ? "copies" : "writes");
	}
	for (i = 0; i < s->node_count && !is_copy && !has_left_claim(m->nd, r); i++)
		for (k = 0; k < 2; k++)
			if (i != m->nd->nr && is_live(&s->node[i].mirror[k]) &&
			    s->node[i].mirror[k].rh[r].is_copying)
				sim_fail(s, "I3", "node %u writes region %u, node %u copies it",
					 m->nd->nr + 1, r, i + 1);
}

/* I1 and I3, at the moment a kernel issues data. */
void check_issue(struct sim_mirror *m, uint32_t block, bool is_copy)
{
	struct sim *s = m->nd->s;
	uint32_t r = block / SIM_PER_REGION;
	const struct sim_truth *t;

	if (s->opts.is_core)
		return;
	check_exclusion(m, r, is_copy);
	t = check_truth(s);
	/* What no node could read may have called it clean: then the copy changes nothing. */
	if (is_copy && s->result->mark[MARK_pages_damaged])
		return;
	if (!(t->dirty >> r & 1))
		sim_fail(s, t->classic.kind == DISK_CLASSIC_VALID ? "I7" : "I1",
			 "node %u %s region %u, which is clean on disk", m->nd->nr + 1,
			 is_copy ? "copies" : "writes", r);
}

/* ---- replies ---- */

static uint64_t own_slot(struct sim_node *nd)
{
	const struct sim_truth *t = check_truth(nd->s);
	uint32_t i, boot;

	for (i = 0; t->has_sb && i < DISK_SLOTS_MAX; i++) {
		memcpy(&boot, t->sb.slot[i].boot_id + 4, sizeof(boot));
		if (t->sb.slot[i].state == DISK_SLOT_RUNNING &&
		    t->sb.slot[i].nodeid == nd->nr + 1 && boot == nd->boot)
			return t->slot[i];
	}
	return 0;
}

bool check_is_durable(struct sim_node *nd, const struct kabi_req *req)
{
	uint32_t i;

	for (i = 0; i < req->region_count; i++)
		if (!(own_slot(nd) >> req->region_nr[i] & 1))
			return false;
	return true;
}

/* @req NULL: nobody waits for this reply any more. */
void check_reply(struct sim_node *nd, const struct kabi_req *req, const struct kabi_reply *reply)
{
	struct sim *s = nd->s;
	uint32_t i;

	for (i = 0; i < CM_ARRAY_COUNT(nd->answered); i++)
		if (nd->answered[i] == reply->seq + 1ull)
			sim_fail(s, "I10", "node %u: seq %u is answered twice", nd->nr + 1,
				 reply->seq);
	nd->answered[nd->answered_next++ % CM_ARRAY_COUNT(nd->answered)] = reply->seq + 1ull;
	if (!req || reply->error || s->opts.is_core ||
	    (req->type != KABI_MARK_REGION && req->type != KABI_FLUSH))
		return;
	for (i = 0; i < req->region_count; i++)
		if (!(own_slot(nd) >> req->region_nr[i] & 1))
			sim_fail(s, "I1", "node %u: %s of region %llu is answered, not durable",
				 nd->nr + 1, kabi_type_name(req->type),
				 (unsigned long long)req->region_nr[i]);
}

/* ---- the replicated state ---- */

/*
 * Whose state it is: nodes that were together since the state began have one lineage. A partition
 * splits it, for each side goes on by itself; a founder begins a new one.
 */
void check_lineage_split(struct sim *s, uint32_t part)
{
	uint32_t fresh = 0, i, k, lineage;

	for (i = 0; i < s->node_count; i++) {
		lineage = s->node[i].lineage;
		if (!(part >> i & 1) || !lineage)
			continue;
		for (k = 0; k < s->node_count; k++)
			if (!(part >> k & 1) && s->node[k].lineage == lineage)
				break;
		if (k == s->node_count)
			continue;	/* nobody of it is elsewhere */
		if (!fresh)
			fresh = ++s->lineage_last;
		s->node[i].lineage = fresh;
	}
}

static void lineage_take(struct sim_node *nd, const struct sim_entry *e, uint64_t hash)
{
	struct sim *s = nd->s;
	struct cml_status st;
	uint32_t i;

	for (i = 0; i < s->node_count; i++) {
		if (i == nd->nr || e->hash[i] != hash)
			continue;
		nd->lineage = e->lineage[i];
		return;
	}
	cml_status(nd->log, &st);
	if (st.coordinator && st.coordinator != nd->nr + 1)
		nd->lineage = s->node[st.coordinator - 1].lineage;
	else if (!nd->lineage)
		nd->lineage = ++s->lineage_last;
}

/* I11: the same deliveries give the same state. */
void check_hash(struct sim_node *nd, struct sim_entry *e)
{
	struct sim *s = nd->s;
	uint64_t hash = nd->log ? cml_hash(nd->log) : 0;
	uint32_t i;

	if (!hash) {
		nd->lineage = 0;
		return;
	}
	if (!nd->lineage)
		lineage_take(nd, e, hash);
	e->hash[nd->nr] = hash;
	e->lineage[nd->nr] = nd->lineage;
	for (i = 0; i < s->node_count; i++) {
		if (i == nd->nr || !e->hash[i] || e->lineage[i] != nd->lineage)
			continue;
		sim_mark(s, MARK_hash_compared);
		if (e->hash[i] != hash)
			sim_fail(s, "I11", "nodes %u and %u differ after the same delivery (%s)",
				 i + 1, nd->nr + 1, sim_entry_name(e));
	}
}

/* I16: nobody else alive believes that it may write the superblock and the out-of-sync bitmap. */
void check_one_owner(struct sim_node *nd)
{
	struct sim *s = nd->s;
	struct cml_status st;
	uint32_t i;

	for (i = 0; i < s->node_count; i++) {
		if (i == nd->nr || !s->node[i].is_up || !s->node[i].has_daemon || !s->node[i].log)
			continue;
		cml_status(s->node[i].log, &st);
		if (st.owns_oos)
			sim_fail(s, "I16", "nodes %u and %u own the out-of-sync bitmap", i + 1,
				 nd->nr + 1);
	}
}

/* I15: nodes that serve in one view share one state: who merged with an old one has dropped it. */
static void check_one_state(struct sim *s)
{
	const struct sim_node *first = NULL;
	uint32_t i;

	for (i = 0; i < s->node_count; i++) {
		const struct sim_node *nd = &s->node[i];

		if (!is_whole(nd) || !nd->lineage || !nd->is_settled ||
		    s->now_us < nd->settled_at_us + 3 * US_S || nd->q_count)
			continue;
		if (first && first->ring == nd->ring && first->view_nr == nd->view_nr &&
		    first->lineage != nd->lineage)
			sim_fail(s, "I15", "nodes %u and %u are in one view with different states",
				 first->nr + 1, i + 1);
		if (!first)
			first = nd;
	}
}

void check_all(struct sim *s)
{
	struct legs_view v;

	legs_look(s, &v);
	check_disk_truth(s, &v);
	if (!s->failed)
		check_known(s, &v);
	if (!s->failed)
		check_kernels(s);
	if (!s->failed)
		check_one_state(s);
}
