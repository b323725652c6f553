/* SPDX-License-Identifier: GPL-2.0-only */
/* sim_small.h - of the files sim_small*.c: worlds, and what is done in them. */
#ifndef CM_TEST_SIM_SMALL_H
#define CM_TEST_SIM_SMALL_H

#include "test/sim/sim.h"

#define ACTS		4u	/* of a lane */

enum act_type {
	ACT_END,		/* of the lane */
	ACT_WRITE,		/* of a block */
	ACT_CRASH,		/* of the node; without ACT_BOOT it stays down */
	ACT_BOOT,
	ACT_KILL,		/* of the daemon, which comes back by itself */
	ACT_SUSPEND,		/* and resume */
	ACT_LEAVE,
	ACT_JOIN,
	ACT_PART,		/* the node is cut off */
	ACT_HEAL,
	ACT_LEG_FAILS,		/* its path to the second leg */
	ACT_LEG_GOOD,
};

struct act {
	enum act_type type;
	uint8_t node, block;		/* indices */
};

#define DIRTY		1u	/* all is out of sync when the acts begin */
#define LARGE		2u	/* not for "make check" */

struct world {
	const char *name;
	uint32_t nodes, regions;
	enum sim_client client;
	uint32_t flags;
	struct act lane[SIM_LANES][ACTS];
};

const struct world *sim_small_world(uint32_t nr);	/* NULL behind the last */
/* The next act of a lane; NULL when there is none. Can it be done now? */
const struct act *sim_act_next(const struct sim *s, uint32_t lane);
bool sim_small_has_writes(const struct sim *s, uint32_t block);
bool sim_act_is_possible(const struct sim *s, const struct act *act);
void sim_act_do(struct sim *s, uint32_t lane);
/* None is left that could yet be done: who has died does nothing any more. */
bool sim_acts_are_done(const struct sim *s);

#endif
