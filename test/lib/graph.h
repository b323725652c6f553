/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * graph.h - the states that a search has seen, and the ways between them; shared by all processes
 * that are forked after graph_new(), which dies without memory.
 *
 * A search that ends at what it has seen says nothing of circles. So in the end it is asked from
 * which states no way leads to an end.
 */
#ifndef CM_TEST_LIB_GRAPH_H
#define CM_TEST_LIB_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#define GRAPH_END 0ull

struct graph;

struct graph *graph_new(void);
void graph_free(struct graph *g);

/* @state: any number but GRAPH_END. Returns false when there is no room. */
bool graph_add(struct graph *g, uint64_t state, bool *is_new);
/* A way from a state that was added to one that is, or will be; or to GRAPH_END. The same. */
bool graph_way(struct graph *g, uint64_t from, uint64_t to);
uint64_t graph_states(const struct graph *g);
uint64_t graph_ways(const struct graph *g);

/* A state from which no way leads to an end, or 0. One process is left, and asks once. */
uint64_t graph_stuck(struct graph *g);

#endif
