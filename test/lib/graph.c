/* SPDX-License-Identifier: GPL-2.0-only */
/* graph.c - see graph.h. */
#include "test/lib/graph.h"

#include "base/assert.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#define STATES_MAX	(1u << 23)	/* a power of two */
#define WAYS_MAX	(1u << 26)

struct way {
	uint64_t from, to;		/* states; @to 0 = an end */
};

struct graph {
	_Atomic uint64_t state[STATES_MAX];
	_Atomic uint64_t state_count, way_count;
	struct way way[WAYS_MAX];
	uint8_t has_end[STATES_MAX];
};

struct graph *graph_new(void)
{
	struct graph *g = mmap(NULL, sizeof(*g), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CM_ASSERT(g != MAP_FAILED);
	return g;
}

void graph_free(struct graph *g)
{
	munmap(g, sizeof(*g));
}

uint64_t graph_states(const struct graph *g)
{
	return g->state_count;
}

uint64_t graph_ways(const struct graph *g)
{
	return g->way_count;
}

bool graph_add(struct graph *g, uint64_t state, bool *is_new)
{
	uint64_t i, old;

	for (i = state; g->state_count < STATES_MAX / 2; i++) {
		old = 0;
		*is_new = atomic_compare_exchange_strong(&g->state[i % STATES_MAX], &old, state);
		if (*is_new)
			g->state_count++;
		if (*is_new || old == state)
			return true;
	}
	return false;
}

bool graph_way(struct graph *g, uint64_t from, uint64_t to)
{
	uint64_t i = g->way_count++;

	if (i >= WAYS_MAX)
		return false;
	g->way[i] = (struct way){ from, to };
	return true;
}

/* ---- which have an end ---- */

static uint64_t place_of(const struct graph *g, uint64_t state)
{
	uint64_t i;

	for (i = state; g->state[i % STATES_MAX] != state; i++)
		CM_ASSERT(g->state[i % STATES_MAX]);
	return i % STATES_MAX;
}

static int by_to(const void *a, const void *b)
{
	const struct way *x = a, *y = b;

	return x->to < y->to ? -1 : x->to > y->to;
}

/* The first way to @state, or to a later one. */
static uint64_t first_to(const struct graph *g, uint64_t state)
{
	uint64_t lo = 0, hi = g->way_count, mid;

	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (g->way[mid].to < state)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

uint64_t graph_stuck(struct graph *g)
{
	uint64_t *todo = malloc((g->state_count + 1) * sizeof(*todo)), n = 0, i, at, stuck = 0;

	CM_ASSERT(todo);
	qsort(g->way, g->way_count, sizeof(g->way[0]), by_to);
	for (todo[n++] = 0; n;) {
		uint64_t to = todo[--n];

		for (i = first_to(g, to); i < g->way_count && g->way[i].to == to; i++) {
			at = place_of(g, g->way[i].from);
			if (!g->has_end[at])
				todo[n++] = g->way[i].from;
			g->has_end[at] = 1;
		}
	}
	free(todo);
	for (i = 0; i < STATES_MAX && !stuck; i++)
		if (g->state[i] && !g->has_end[i])
			stuck = g->state[i];
	return stuck;
}
