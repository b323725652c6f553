/* SPDX-License-Identifier: GPL-2.0-only */
/* States, ways, and from where there is no way to an end. */
#include "test/lib/graph.h"

#include <sys/wait.h>
#include <unistd.h>

#include "test/lib/tap.h"

static void ways(struct graph *g, const uint64_t (*way)[2], uint32_t count)
{
	uint32_t i;
	bool is_new;

	for (i = 0; i < count; i++)
		OK(graph_add(g, way[i][0], &is_new) && graph_way(g, way[i][0], way[i][1]),
		   "%llu to %llu", (unsigned long long)way[i][0], (unsigned long long)way[i][1]);
}

static void test_all_end(void)
{
	static const uint64_t way[][2] = { { 1, 2 }, { 2, 3 }, { 3, 1 }, { 2, GRAPH_END } };
	struct graph *g = graph_new();

	ways(g, way, 4);
	IS_U64(graph_states(g), 3, "three states");
	IS_U64(graph_ways(g), 4, "four ways");
	IS_U64(graph_stuck(g), 0, "a circle with a way out");
	graph_free(g);
}

static void test_circle(void)
{
	static const uint64_t way[][2] = { { 1, GRAPH_END }, { 1, 7 }, { 7, 8 }, { 8, 7 } };
	struct graph *g = graph_new();
	uint64_t stuck;

	ways(g, way, 4);
	stuck = graph_stuck(g);
	OK(stuck == 7 || stuck == 8, "one without: %llu", (unsigned long long)stuck);
	graph_free(g);
}

static void test_no_way(void)
{
	static const uint64_t way[][2] = { { 5, GRAPH_END }, { 5, 6 } };
	struct graph *g = graph_new();
	bool is_new;

	ways(g, way, 2);
	OK(graph_add(g, 6, &is_new) && is_new, "a state");
	OK(graph_add(g, 6, &is_new) && !is_new, "that is known");
	IS_U64(graph_stuck(g), 6, "and from which nothing leads on");
	graph_free(g);
}

static void test_shared(void)
{
	struct graph *g = graph_new();
	int status = -1;
	bool is_new;
	pid_t pid = fork();

	if (!pid)
		_exit(!(graph_add(g, 9, &is_new) && is_new && graph_way(g, 9, GRAPH_END)));
	waitpid(pid, &status, 0);
	IS_INT(status, 0, "another process adds a state");
	OK(graph_add(g, 9, &is_new) && !is_new, "it is known here");
	IS_U64(graph_stuck(g), 0, "with its way");
	graph_free(g);
}

int main(void)
{
	test_all_end();
	test_circle();
	test_no_way();
	test_shared();
	return tap_done();
}
