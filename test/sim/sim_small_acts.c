/* SPDX-License-Identifier: GPL-2.0-only */
/* sim_small_acts.c - the small worlds, and what is done in them. */
#include "test/sim/sim_small.h"

#define W(node, block)	{ ACT_WRITE, node, block }
#define DO(what, node)	{ ACT_##what, node, 0 }

/*
 * Block 2 is in the second region, where there is one. What "make check" runs comes first; a large
 * one takes minutes.
 */
static const struct world worlds[] = {
	{ "writes", 2, 2, SIM_STOCK, 0, { { W(0, 0), W(0, 2) }, { W(1, 1) } } },
	{ "death", 2, 1, SIM_STOCK, 0, { { DO(CRASH, 0) }, { W(1, 1) } } },
	{ "death-of-writer", 2, 1, SIM_STOCK, 0, { { W(1, 0) }, { DO(CRASH, 1) } } },
	{ "death-of-coordinator", 2, 1, SIM_STOCK, 0, { { W(0, 0) }, { DO(CRASH, 0) } } },
	{ "leave", 2, 1, SIM_STOCK, 0, { { DO(LEAVE, 0) }, { W(1, 0) } } },
	{ "daemon", 2, 1, SIM_STOCK, 0, { { DO(KILL, 0) } } },
	{ "resync", 2, 1, SIM_STOCK, DIRTY, { { W(1, 0) } } },
	{ "three-writes", 3, 1, SIM_STOCK, 0, { { W(0, 0) }, { W(1, 1) } } },
	{ "three-death", 3, 1, SIM_STOCK, 0, { { DO(CRASH, 0) } } },
	{ "partition", 3, 1, SIM_STOCK, 0, { { DO(PART, 2) } } },
	{ "module-writes", 2, 2, SIM_MODULE, 0, { { W(0, 0), W(0, 2) }, { W(1, 1) } } },
	{ "module-death", 2, 1, SIM_MODULE, 0, { { W(1, 0) }, { DO(CRASH, 1) } } },
	{ "module-resync", 2, 1, SIM_MODULE, DIRTY, { { W(0, 0) } } },
	{ "module-resync-death", 2, 1, SIM_MODULE, DIRTY, { { DO(CRASH, 0) } } },
	{ "module-leave", 2, 1, SIM_MODULE, 0, { { DO(LEAVE, 0) }, { W(1, 0) } } },
	{ "module-leg", 2, 1, SIM_MODULE, 0,
	  { { DO(LEG_FAILS, 0), W(0, 0), DO(LEG_GOOD, 0) } } },
	/* large */
	{ "reboot", 2, 1, SIM_STOCK, LARGE, { { DO(CRASH, 1), DO(BOOT, 1) } } },
	{ "resync-suspend", 2, 1, SIM_STOCK, DIRTY | LARGE, { { DO(SUSPEND, 1) } } },
	{ "resync-death", 2, 1, SIM_STOCK, DIRTY | LARGE, { { DO(CRASH, 0) } } },
	{ "leg", 2, 1, SIM_STOCK, LARGE, { { DO(LEG_FAILS, 0), W(0, 0), DO(LEG_GOOD, 0) } } },
	{ "module-daemon", 2, 1, SIM_MODULE, LARGE, { { DO(KILL, 0) } } },
	{ "module-three", 3, 1, SIM_MODULE, LARGE, { { W(1, 0) }, { DO(CRASH, 0) } } },
	{ "reboot-of-writer", 2, 1, SIM_STOCK, LARGE,
	  { { W(1, 0) }, { DO(CRASH, 1), DO(BOOT, 1) } } },
	{ "daemon-of-writer", 2, 1, SIM_STOCK, LARGE, { { W(0, 0) }, { DO(KILL, 0) } } },
	{ "daemon-of-other", 2, 1, SIM_STOCK, LARGE, { { W(1, 0) }, { DO(KILL, 0) } } },
	{ "resync-writes", 2, 2, SIM_STOCK, DIRTY | LARGE, { { W(0, 0) }, { W(1, 1) } } },
	{ "resync-write-death", 2, 1, SIM_STOCK, DIRTY | LARGE, { { W(1, 1) }, { DO(CRASH, 0) } } },
	{ "three-death-write", 3, 1, SIM_STOCK, LARGE, { { DO(CRASH, 0) }, { W(1, 0) } } },
	{ "partition-write", 3, 1, SIM_STOCK, LARGE, { { DO(PART, 2) }, { W(2, 0) } } },
	{ "module-daemon-of-writer", 2, 1, SIM_MODULE, LARGE, { { W(0, 0) }, { DO(KILL, 0) } } },
	{ "module-resync-writes", 2, 2, SIM_MODULE, DIRTY | LARGE, { { W(0, 0) }, { W(1, 1) } } },
};

const struct world *sim_small_world(uint32_t nr)
{
	return nr < CM_ARRAY_COUNT(worlds) ? &worlds[nr] : NULL;
}

const struct act *sim_act_next(const struct sim *s, uint32_t lane)
{
	const struct act *act = &s->world->lane[lane][s->acts_done[lane]];

	return s->acts_done[lane] < ACTS && act->type ? act : NULL;
}

bool sim_small_has_leg_acts(const struct sim *s)
{
	uint32_t lane, i;

	for (lane = 0; lane < SIM_LANES; lane++)
		for (i = 0; i < ACTS; i++)
			if (s->world->lane[lane][i].type == ACT_LEG_FAILS)
				return true;
	return false;
}

bool sim_small_has_writes(const struct sim *s, uint32_t block)
{
	uint32_t lane, i;

	for (lane = 0; lane < SIM_LANES; lane++)
		for (i = 0; i < ACTS; i++)
			if (s->world->lane[lane][i].type == ACT_WRITE &&
			    s->world->lane[lane][i].block == block)
				return true;
	return false;
}

bool sim_act_is_possible(const struct sim *s, const struct act *act)
{
	const struct sim_node *nd = &s->node[act->node];

	switch (act->type) {
	case ACT_WRITE:
		return nd->is_up && nd->live >= 0 && sim_app_can_write(nd, act->block);
	case ACT_CRASH:
	case ACT_LEG_FAILS:
		return nd->is_up;
	case ACT_BOOT:
		return !nd->is_up;
	case ACT_KILL:
		return nd->has_daemon;
	case ACT_SUSPEND:
	case ACT_LEAVE:
		return nd->is_up && nd->live >= 0 && !nd->is_ctl_busy;
	default:
		return true;
	}
}

bool sim_acts_are_done(const struct sim *s)
{
	const struct act *act;
	uint32_t lane;

	for (lane = 0; lane < SIM_LANES; lane++) {
		act = sim_act_next(s, lane);
		if (act && sim_act_is_possible(s, act))
			return false;
	}
	return true;
}

void sim_act_do(struct sim *s, uint32_t lane)
{
	const struct act *act = sim_act_next(s, lane);
	struct sim_node *nd = &s->node[act->node];

	s->acts_done[lane]++;
	s->last_act_us = s->now_us;
	switch (act->type) {
	case ACT_WRITE:
		sim_app_write(nd, act->block);
		break;
	case ACT_CRASH:
		sim_node_crash(nd, "act");
		break;
	case ACT_KILL:
		sim_daemon_kill(nd);
		break;
	case ACT_SUSPEND:
		(void)sim_ctl_suspend_resume(nd, false);
		break;
	case ACT_LEAVE:
		nd->wants_active = false;
		(void)sim_ctl_deactivate(nd);
		break;
	case ACT_JOIN:
		nd->wants_active = true;
		break;
	case ACT_PART:
		s->is_partitioned = true;
		nd->side = 1;
		sim_net_changed(s, US_S);
		break;
	case ACT_HEAL:
		s->is_partitioned = false;
		nd->side = 0;
		sim_net_changed(s, 100 * US_MS);
		break;
	case ACT_LEG_FAILS:
		nd->leg_fails_until_us = UINT64_MAX;
		break;
	case ACT_LEG_GOOD:
		nd->leg_fails_until_us = 0;
		break;
	case ACT_BOOT:
		sim_node_boot(nd);
		break;
	case ACT_END:
		break;
	}
}
