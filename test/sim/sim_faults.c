/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_faults.c - what goes wrong (faults), and who puts it right (the operator, who plays clvmd,
 * systemd and the people).
 */
#include "test/sim/sim.h"

/* ---- the operator ---- */

static void tend_power(struct sim_node *nd)
{
	struct sim *s = nd->s;

	if (!nd->is_up && s->now_us >= nd->boot_at_us)
		sim_node_boot(nd);
	if (nd->is_up && !nd->has_daemon && s->now_us >= nd->daemon_at_us)
		sim_daemon_start(nd);
}

/* At the end: one after the other, or all at once. */
static bool may_leave(const struct sim *s)
{
	uint32_t i;

	for (i = 0; s->closes_in_turn && i < s->node_count; i++)
		if (s->node[i].is_ctl_busy)
			return false;
	return true;
}

static void tend_mirror(struct sim_node *nd)
{
	struct sim *s = nd->s;
	struct cm_errmsg err;

	if (!nd->is_up || !nd->has_daemon || nd->is_ctl_busy || s->now_us < nd->retry_at_us)
		return;
	nd->retry_at_us = s->now_us + sim_between(s, 200, 1500) * US_MS;
	if (sim_ctl_has_leg_failure(nd) && s->now_us >= nd->leg_fails_until_us) {
		sim_ctl_suspend_resume(nd, true);	/* its path to the leg is back */
		return;
	}
	if (nd->wants_active && nd->live < 0 && !cmn_check(nd->cmn, &err))
		sim_ctl_activate(nd);
	else if (nd->live >= 0 && (sim_ctl_refused(nd) || (!nd->wants_active && may_leave(s))))
		sim_ctl_deactivate(nd);
}

/* clvmd: after a merge every stock kernel must suspend and resume, one node at a time (L1). */
static void tend_resumes(struct sim *s)
{
	struct cml_status st;
	uint32_t i, k;

	for (i = 0; i < s->node_count; i++)
		if (s->node[i].is_ctl_busy)
			return;
	for (i = 0; i < s->node_count; i++) {
		struct sim_node *nd = &s->node[i];

		if (!nd->is_up || !nd->has_daemon || !nd->log)
			continue;
		cml_status(nd->log, &st);
		for (k = 0; k < st.member_count; k++) {
			struct sim_node *to = &s->node[st.member[k].nodeid - 1];

			if (!st.member[k].needs_resume || to->live < 0 || !to->has_daemon)
				continue;
			/* It would fail again at once, and a small world see a thousand tries. */
			if (s->small && s->now_us < to->leg_fails_until_us)
				continue;
			sim_mark(s, MARK_resumes_for_merge);
			sim_ctl_suspend_resume(to, sim_chance(s, 4));
			return;
		}
	}
}

static void operator_ev(struct sim *s, const struct sim_ev *ev)
{
	uint32_t i;

	(void)ev;
	for (i = 0; i < s->node_count; i++) {
		tend_power(&s->node[i]);
		tend_mirror(&s->node[i]);
		sim_host_orphans(&s->node[i]);
	}
	if (s->small || sim_chance(s, 3))
		tend_resumes(s);
	sim_chan(sim_after(s, sim_between(s, 50, 400) * US_MS, operator_ev), CHAN_OPERATOR, 0);
}

void sim_operator_start(struct sim *s)
{
	uint32_t i;

	for (i = 0; i < s->node_count; i++) {
		s->node[i].boot_at_us = sim_rand(s, 2 * US_S);
		s->node[i].wants_active = sim_chance(s, 3) ? sim_chance(s, 2) : true;
	}
	sim_after(s, 0, operator_ev);
}

/* ---- faults ---- */

static void fault_mirror(struct sim *s)
{
	struct sim_node *nd = &s->node[sim_rand(s, s->node_count)];

	switch (sim_rand(s, 4)) {
	case 0:
		nd->wants_active = !nd->wants_active;
		break;
	case 1:
		sim_ctl_suspend_resume(nd, sim_chance(s, 3));
		break;
	default:
		sim_ctl_status(nd);
	}
}

/* Is the node in the middle of what it shall die in? */
static bool is_busy(const struct sim *s, uint32_t nr)
{
	uint32_t i;

	if (s->armed_for == 0)
		return sim_disk_is_busy(&s->node[nr]);
	if (s->armed_for == 1)
		return s->node[nr].out_head;
	for (i = 0; s->armed_for == 2 && i < SIM_LEGW; i++)
		if (s->legw[i].is_used && s->legw[i].node == nr)
			return true;
	for (i = 0; s->armed_for == 3 && i < s->region_count; i++)
		if (s->node[nr].mirror[0].rh[i].state == RH_RECOVERING)
			return true;
	if (s->armed_for == 5)
		return sim_disk_writes_sb(&s->node[nr]);
	for (i = 0; s->armed_for == 4 && i < s->node_count; i++)
		if (s->node[i].q_count)
			return true;
	return false;
}

static void armed_crash_ev(struct sim *s, const struct sim_ev *ev)
{
	sim_node_crash(&s->node[ev->node], "fault, at a bad moment");
}

void sim_faults_look(struct sim *s)
{
	if (!s->armed || s->is_healing || !is_busy(s, s->armed - 1) || !sim_chance(s, 6))
		return;
	sim_after(s, 0, armed_crash_ev)->node = s->armed - 1;
	s->armed = 0;
}

static void fault_crash(struct sim *s)
{
	uint32_t nr = (uint32_t)sim_rand(s, s->node_count);

	if (sim_chance(s, 4)) {
		sim_node_crash(&s->node[nr], "fault");
		return;
	}
	s->armed = nr + 1;
	s->armed_for = (uint32_t)sim_rand(s, 6);
}

static void fault_daemon(struct sim *s)
{
	struct sim_node *nd = &s->node[sim_rand(s, s->node_count)];

	if (nd->has_daemon)
		sim_mark(s, MARK_daemon_crashes);
	sim_daemon_kill(nd);
}

static void heal_ev(struct sim *s, const struct sim_ev *ev)
{
	(void)ev;
	if (!s->is_partitioned)
		return;
	s->is_partitioned = false;
	sim_mark(s, MARK_merges);
	sim_trace(s, NULL, "PARTITION ends");
	sim_net_changed(s, sim_between(s, 100, 2000) * US_MS);
}

static void fault_partition(struct sim *s)
{
	uint32_t i;

	if (s->is_partitioned)
		return;
	s->is_partitioned = true;
	sim_mark(s, MARK_partitions);
	for (i = 0; i < s->node_count; i++) {
		s->node[i].side = (uint32_t)sim_rand(s, 2);
		sim_trace(s, &s->node[i], "PARTITION: side %u", s->node[i].side);
	}
	sim_net_changed(s, sim_between(s, 1000, 3000) * US_MS);
	sim_after(s, sim_between(s, 200, 12000) * US_MS, heal_ev);
}

static void fault_leg(struct sim *s)
{
	struct sim_node *nd = &s->node[sim_rand(s, s->node_count)];

	nd->leg_fails_until_us = s->now_us + sim_between(s, 20, 3000) * US_MS;
	sim_trace(s, nd, "loses its path to leg 1 for a while");
}

static void fault(struct sim *s)
{
	uint64_t dice = sim_rand(s, 12);

	if (s->opts.class != CLASS_STEADY && !s->opts.is_core && sim_chance(s, 5))
		sim_disk_damage(s);
	switch (s->opts.class) {
	case CLASS_CRASH:
		dice = dice < 5 ? 0 : 11;
		break;
	case CLASS_DAEMON:
		dice = dice < 6 ? 2 : 11;
		break;
	case CLASS_POWER:
		dice = dice < 2 ? 4 : dice < 4 ? 0 : 11;
		break;
	case CLASS_PARTITION:
		dice = dice < 5 ? 5 : 11;
		break;
	case CLASS_LEGS:
		dice = dice < 5 ? 12 : dice < 6 ? 0 : dice < 7 ? 2 : 11;
		break;
	case CLASS_MIX:
	case CLASS_RARE:
		dice = sim_chance(s, 5) ? 12 : dice;
		break;
	default:
		dice = 11;
	}
	if (dice < 2)
		fault_crash(s);
	else if (dice < 4)
		fault_daemon(s);
	else if (dice < 5)
		sim_power_loss(s);
	else if (dice < 7)
		fault_partition(s);
	else if (dice < 12)
		fault_mirror(s);
	else
		fault_leg(s);
}

static void fault_ev(struct sim *s, const struct sim_ev *ev)
{
	(void)ev;
	if (s->is_healing)
		return;
	fault(s);
	sim_after(s, sim_between(s, 300, 6000) * US_MS, fault_ev);
}

void sim_faults_start(struct sim *s)
{
	sim_after(s, sim_between(s, 1, 8) * US_S, fault_ev);
}

void sim_faults_stop(struct sim *s)
{
	struct sim_ev none = { 0 };
	uint32_t i;

	sim_trace(s, NULL, "NO MORE FAULTS");
	s->is_healing = true;
	heal_ev(s, &none);
	for (i = 0; i < s->node_count; i++) {
		s->node[i].wants_active = true;
		s->node[i].leg_fails_until_us = 0;
	}
}
