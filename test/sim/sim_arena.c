/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_arena.c - all memory of a small world in one piece, so that a state can be kept and come back
 * to. The program is linked with --wrap for malloc() and its kin (test/Makefile.in): what is
 * allocated between sim_arena_on() and sim_arena_off() lies here, everything else where it always
 * does. What comes back comes back to the same addresses.
 */
#include "test/sim/sim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ARENA_BYTES	(64u << 20)
#define UNIT		64u
#define CLASSES		1024u		/* of free pieces; larger ones are in the last */

void *__real_malloc(size_t len_bytes);
void *__real_calloc(size_t n, size_t len_bytes);
void *__real_realloc(void *at, size_t len_bytes);
void *__real_aligned_alloc(size_t align, size_t len_bytes);
void __real_free(void *at);
void *__wrap_malloc(size_t len_bytes);
void *__wrap_calloc(size_t n, size_t len_bytes);
void *__wrap_realloc(void *at, size_t len_bytes);
void *__wrap_aligned_alloc(size_t align, size_t len_bytes);
void __wrap_free(void *at);

struct piece {				/* in front of what is given out */
	size_t bytes;			/* a multiple of UNIT, this not counted */
	struct piece *next_free;
	uint8_t pad[UNIT - sizeof(size_t) - sizeof(void *)];
};

struct arena {				/* at its beginning */
	size_t used;
	struct piece *free[CLASSES];
};

static struct arena *arena;
static bool is_on;

void sim_arena_new(void)
{
	if (!arena)
		arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	CM_ASSERT(arena != MAP_FAILED);
	memset(arena, 0, sizeof(*arena));
	arena->used = (sizeof(*arena) + UNIT - 1) / UNIT * UNIT;
}

void sim_arena_on(void)
{
	CM_ASSERT(arena);
	is_on = true;
}

void sim_arena_off(void)
{
	is_on = false;
}

static bool is_ours(const void *at)
{
	return arena && (const uint8_t *)at >= (const uint8_t *)arena &&
	       (const uint8_t *)at < (const uint8_t *)arena + ARENA_BYTES;
}

static struct piece **class_of(size_t bytes)
{
	size_t i = bytes / UNIT;

	return &arena->free[i < CLASSES ? i : CLASSES - 1];
}

static void *piece_take(size_t bytes)
{
	struct piece **at, *p;

	for (at = class_of(bytes); (p = *at); at = &p->next_free) {
		if (p->bytes != bytes)
			continue;
		*at = p->next_free;
		return p + 1;
	}
	return NULL;
}

/* Pages lie on pages: the core's I/O buffers. */
static void *piece_new(size_t bytes, size_t align)
{
	uintptr_t at = (uintptr_t)arena + arena->used + sizeof(struct piece);
	struct piece *p;

	at = (at + align - 1) / align * align;
	p = (struct piece *)at - 1;
	arena->used = at + bytes - (uintptr_t)arena;
	CM_ASSERT(arena->used <= ARENA_BYTES);
	p->bytes = bytes;
	return p + 1;
}

static void *take(size_t len_bytes, size_t align)
{
	size_t bytes = (len_bytes + UNIT - 1) / UNIT * UNIT;
	void *at = align <= UNIT ? piece_take(bytes) : NULL;

	if (!at)
		at = piece_new(bytes, align < UNIT ? UNIT : align);
	/* What a state holds must not hang on who had the memory before. */
	memset(at, 0, bytes);
	return at;
}

void *__wrap_malloc(size_t len_bytes)
{
	return is_on ? take(len_bytes, UNIT) : __real_malloc(len_bytes);
}

void *__wrap_calloc(size_t n, size_t len_bytes)
{
	return is_on ? take(n * len_bytes, UNIT) : __real_calloc(n, len_bytes);
}

void *__wrap_aligned_alloc(size_t align, size_t len_bytes)
{
	return is_on ? take(len_bytes, align) : __real_aligned_alloc(align, len_bytes);
}

void __wrap_free(void *at)
{
	struct piece *p = (struct piece *)at - 1, **list;

	if (!is_ours(at)) {
		__real_free(at);
		return;
	}
	list = class_of(p->bytes);
	p->next_free = *list;
	*list = p;
}

void *__wrap_realloc(void *at, size_t len_bytes)
{
	const struct piece *p = (const struct piece *)at - 1;
	void *new;

	if (at ? !is_ours(at) : !is_on)
		return __real_realloc(at, len_bytes);
	new = take(len_bytes, UNIT);
	if (at) {
		memcpy(new, at, p->bytes < len_bytes ? p->bytes : len_bytes);
		__wrap_free(at);
	}
	return new;
}

/* ---- snapshots: the arena, and behind it what is on the stacks of the threads ---- */

struct sim_snap {
	struct sim_snap *next_spare;
	size_t bytes, room_bytes;
	uint8_t data[];
};

static struct sim_snap *spare;

static size_t stacks_do(const struct sim *s, size_t (*fn)(struct sim_th *th, uint8_t *at),
			uint8_t *at)
{
	size_t sum = 0;
	uint32_t i, k;

	for (i = 0; i < s->node_count; i++)
		for (k = 0; k < SIM_THREADS; k++)
			if (s->node[i].th[k])
				sum += fn(s->node[i].th[k], at ? at + sum : NULL);
	return sum;
}

static size_t save(struct sim_th *th, uint8_t *to)
{
	return sim_th_save(th, to);
}

static size_t restore(struct sim_th *th, uint8_t *from)
{
	return sim_th_restore(th, from);
}

/* One that was let go: fresh memory costs more than the copy. */
static struct sim_snap *spare_take(size_t room_bytes)
{
	struct sim_snap *snap = spare;

	if (snap)
		spare = snap->next_spare;
	if (!snap || snap->room_bytes < room_bytes) {
		room_bytes += room_bytes / 4;
		__real_free(snap);
		snap = __real_malloc(sizeof(*snap) + room_bytes);
		CM_ASSERT(snap);
		snap->room_bytes = room_bytes;
	}
	return snap;
}

struct sim_snap *sim_snap_new(const struct sim *s)
{
	size_t bytes = arena->used;
	struct sim_snap *snap = spare_take(bytes + stacks_do(s, save, NULL));

	snap->bytes = bytes;
	memcpy(snap->data, arena, bytes);
	(void)stacks_do(s, save, snap->data + bytes);
	return snap;
}

void sim_snap_back(struct sim *s, const struct sim_snap *snap)
{
	memcpy(arena, snap->data, snap->bytes);
	(void)stacks_do(s, restore, (uint8_t *)(uintptr_t)snap->data + snap->bytes);
}

void sim_snap_free(struct sim_snap *snap)
{
	snap->next_spare = spare;
	spare = snap;
}
