/* SPDX-License-Identifier: GPL-2.0-only */
/* sim_world.c - time, chance, the event heap, the trace; and the world at its beginning. */
#include "test/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_US (20 * US_MS)

/* ---- chance: xorshift64* ---- */

static uint64_t next(struct sim *s)
{
	s->rng ^= s->rng >> 12;
	s->rng ^= s->rng << 25;
	s->rng ^= s->rng >> 27;
	return s->rng * 0x2545F4914F6CDD1Dull;
}

uint64_t sim_rand(struct sim *s, uint64_t below)
{
	CM_ASSERT(below);
	return s->small ? 0 : (next(s) >> 11) % below;
}

bool sim_chance(struct sim *s, uint32_t one_in)
{
	return !s->small && !sim_rand(s, one_in);
}

bool sim_rare(struct sim *s, uint32_t one_in)
{
	return s->opts.class == CLASS_RARE && !s->is_healing && sim_chance(s, one_in);
}

uint64_t sim_between(struct sim *s, uint64_t lo, uint64_t hi)
{
	return lo + sim_rand(s, hi - lo + 1);
}

uint32_t sim_pick(struct sim *s, uint32_t n)
{
	return s->small ? sim_small_pick(s, n) : (uint32_t)sim_rand(s, n);
}

bool sim_mutant(struct sim *s, enum sim_mutant mutant, uint32_t one_in)
{
	if (s->opts.mutant != mutant || (!s->small && !sim_chance(s, one_in)))
		return false;
	s->mutant_count++;
	sim_trace(s, NULL, "MUTANT strikes");
	return true;
}

/* ---- the heap ---- */

static bool is_before(const struct sim_ev *a, const struct sim_ev *b)
{
	return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void swap(struct sim_ev *a, struct sim_ev *b)
{
	struct sim_ev c = *a;

	*a = *b;
	*b = c;
}

/* Returns where it is then. */
static uint32_t heap_up(struct sim *s, uint32_t i)
{
	for (; i && is_before(&s->heap[i], &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&s->heap[i], &s->heap[(i - 1) / 2]);
	return i;
}

static void heap_down(struct sim *s, uint32_t i)
{
	uint32_t child;

	while ((child = 2 * i + 1) < s->heap_count) {
		if (child + 1 < s->heap_count && is_before(&s->heap[child + 1], &s->heap[child]))
			child++;
		if (!is_before(&s->heap[child], &s->heap[i]))
			break;
		swap(&s->heap[child], &s->heap[i]);
		i = child;
	}
}

/* The event is placed by its time only, which the caller no longer changes. */
struct sim_ev *sim_timer(struct sim *s, uint64_t delay_us,
			 void (*fn)(struct sim *, const struct sim_ev *))
{
	uint32_t i = s->heap_count++;

	if (i == s->heap_size) {
		s->heap_size = s->heap_size ? 2 * s->heap_size : 128;
		s->heap = realloc(s->heap, s->heap_size * sizeof(*s->heap));
		CM_ASSERT(s->heap);
	}
	memset(&s->heap[i], 0, sizeof(s->heap[i]));
	s->heap[i].at_us = s->now_us + delay_us;
	s->heap[i].order = s->order++;
	s->heap[i].fn = fn;
	return &s->heap[heap_up(s, i)];
}

struct sim_ev *sim_after(struct sim *s, uint64_t delay_us,
			 void (*fn)(struct sim *, const struct sim_ev *))
{
	return sim_timer(s, s->small && delay_us < SHORT_US ? 0 : delay_us, fn);
}

static struct sim_ev heap_take(struct sim *s, uint32_t i)
{
	struct sim_ev ev = s->heap[i];

	s->heap[i] = s->heap[--s->heap_count];
	if (i < s->heap_count) {
		heap_down(s, i);
		(void)heap_up(s, i);
	}
	return ev;
}

void sim_drop(struct sim *s, uint32_t i)
{
	(void)heap_take(s, i);
}

bool sim_step_of(struct sim *s, uint32_t i)
{
	struct sim_ev ev = heap_take(s, i);

	CM_ASSERT(ev.at_us >= s->now_us);
	s->now_us = ev.at_us;
	s->steps++;
	sim_mark(s, MARK_events);
	ev.fn(s, &ev);
	sim_faults_look(s);
	if (!s->failed)
		check_all(s);
	return !s->failed;
}

bool sim_step(struct sim *s)
{
	return s->heap_count && !s->failed && sim_step_of(s, 0);
}

/* ---- trace and failure ---- */

void sim_trace(struct sim *s, const struct sim_node *nd, const char *fmt, ...)
{
	va_list ap;

	if (!s->opts.trace)
		return;
	printf("# %9.6f ", (double)s->now_us / 1e6);
	if (nd)
		printf("n%u ", nd->nr + 1);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void sim_fail(struct sim *s, const char *rule, const char *fmt, ...)
{
	struct sim_result *r = s->result;
	va_list ap;
	int n;

	if (s->failed)
		return;
	s->failed = true;
	r->failed = true;
	n = snprintf(r->text, sizeof(r->text), "%s at %.6f s: ", rule, (double)s->now_us / 1e6);
	va_start(ap, fmt);
	vsnprintf(r->text + n, sizeof(r->text) - (size_t)n, fmt, ap);
	va_end(ap);
	sim_trace(s, NULL, "FAILED %s", r->text);
}

const char *sim_class_name(enum sim_class class)
{
	static const char *const names[] = { "steady", "crash", "daemon", "power", "partition",
					     "legs", "mix", "rare" };

	return names[class];
}

/* ---- the beginning ---- */

static void config_draw(struct sim *s)
{
	cmn_config_defaults(&s->cfg);
	s->cfg.sticky_ms = (uint32_t)sim_between(s, 200, 5000);
	s->cfg.clear_batch_ms = (uint32_t)sim_between(s, 50, 1000);
	s->cfg.claim_retry_ms = (uint32_t)sim_between(s, 100, 1000);
	s->cfg.resend_ms = (uint32_t)sim_between(s, 300, 2000);
	s->cfg.daemon_return_ms = sim_chance(s, 3) ? 5000 : 60000;
	s->cfg.daemon_return_kmod_ms = s->cfg.daemon_return_ms;
	s->is_integrated = sim_chance(s, 2);
}

/*
 * What lay on the log device before: a classic log with some dirty regions, or bytes of something
 * else. A region that the classic log calls clean has equal legs; of others nothing is known.
 */
static void device_draw(struct sim *s)
{
	bool is_classic = !sim_chance(s, 4);
	uint64_t words = 0;
	struct bits oos;
	uint32_t b, leg;

	bits_init(&oos, &words, s->region_count);
	for (b = 0; b < s->region_count; b++)
		if (!is_classic || sim_chance(s, 4) || s->opts.is_dirty)
			bits_set(&oos, b);
	if (is_classic)
		disk_classic_encode(&s->geom, 0, &oos, false, 0, SIM_UUID, s->dev[0]);
	else if (sim_chance(s, 2))
		memset(s->dev_mem, 0xff, SIM_DEV_BYTES);
	for (b = 0; b < s->block_count; b++)
		for (leg = 0; leg < SIM_LEGS; leg++)
			if (leg && bits_test(&oos, b / SIM_PER_REGION) &&
			    (s->opts.is_dirty || sim_chance(s, 2)))
				s->leg[leg].cur[b] = s->leg[leg].dur[b] = ~(uint64_t)0;
	check_truth_stale(s);
}

static void geometry_draw(struct sim *s)
{
	struct cm_errmsg err;

	s->region_count = (uint32_t)sim_between(s, 3, SIM_REGIONS_MAX);
	if (sim_chance(s, 2))
		s->region_count = (uint32_t)sim_between(s, 3, 12);
	if (s->opts.region_count)
		s->region_count = s->opts.region_count;
	s->block_count = s->region_count * SIM_PER_REGION;
	if (disk_geom_init(&s->geom, SIM_DEV_BYTES, s->region_count, SIM_REGION_SECT,
			   DISK_SLOTS_MAX, &err))
		sim_fail(s, "setup", "%s", err.text);
	snprintf(s->ctr, sizeof(s->ctr), "%u %s%u gen=1 legs=0000000000000abc",
		 s->region_count * SIM_REGION_SECT,
		 s->opts.is_core ? "clustered-core " : "clustered-disk 253:2 ", SIM_REGION_SECT);
}

struct sim *sim_new(const struct sim_opts *opts, struct sim_result *result,
		    struct sim_small *small)
{
	uint8_t *dev_mem = calloc(1, SIM_DEV_BYTES);
	struct sim *s;
	uint32_t i;

	if (small) {
		sim_arena_new();
		sim_arena_on();
	}
	s = calloc(1, sizeof(*s));
	CM_ASSERT(s && dev_mem);
	s->dev_mem = dev_mem;
	for (i = 0; i < SIM_DEV_PAGES; i++)
		s->dev[i] = dev_mem + i * DISK_PAGE_BYTES;
	s->opts = *opts;
	s->result = result;
	s->small = small;
	s->rng = (opts->seed + 1) * 0x9E3779B97F4A7C15ull + (uint64_t)opts->class * 7919;
	if (!s->rng)
		s->rng = 1;
	for (i = 0; i < 8; i++)
		(void)next(s);
	s->node_count = (uint32_t)sim_between(s, opts->class == CLASS_PARTITION ? 2 : 1, SIM_NODES);
	if (opts->node_count)
		s->node_count = opts->node_count;
	config_draw(s);
	geometry_draw(s);
	device_draw(s);
	for (i = 0; i <= SIM_NODES; i++)
		s->lock[i].owner = -1;
	for (i = 0; i < SIM_NODES; i++) {
		s->node[i].s = s;
		s->node[i].nr = i;
		s->node[i].live = -1;
		s->node[i].is_fenced = i >= s->node_count;
	}
	return s;
}

