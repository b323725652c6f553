/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_thread.c - kernel threads as coroutines.
 *
 * A thread runs until it blocks; then the event that ran it goes on. A kick makes it run once more
 * in an event of its own, at once or later; it looks at its condition itself. Threads die with
 * their node, wherever they are: nothing they own may live on their stack alone.
 */
#include "test/sim/sim.h"

#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "base/hash.h"

#define STACK_BYTES (96u * 1024u)
#define RED_ZONE_BYTES 128u

struct sim_th {
	struct sim_node *nd;
	uint32_t place;
	uint32_t gen;			/* of this thread; unique in the run */
	sim_th_fn *fn;
	void *arg;
	ucontext_t own, caller;
	bool is_running, is_done;
	uint64_t until_us;		/* it does not wait longer; UINT64_MAX = it does */
	uint8_t *stack;
};

/* By node and place: a thread's stack lies where it lay when its state was kept. */
static uint8_t stacks[SIM_NODES][SIM_THREADS][STACK_BYTES] __attribute__((aligned(64)));

static uint32_t gen_last;		/* identity only: never decides anything */

struct sim_node *sim_th_node(struct sim_th *th)
{
	return th->nd;
}

uint32_t sim_th_place(const struct sim_th *th)
{
	return th->place;
}

static void entry(unsigned int hi, unsigned int lo)
{
	struct sim_th *th = (struct sim_th *)((uintptr_t)hi << 32 | lo);

	th->fn(th, th->arg);
	th->is_done = true;
	swapcontext(&th->own, &th->caller);
}

static void run(struct sim *s, const struct sim_ev *ev)
{
	struct sim_node *nd = &s->node[ev->node];
	struct sim_th *th = nd->th[ev->a];

	if (!th || th->gen != ev->gen)
		return;
	CM_ASSERT(!th->is_running);
	th->is_running = true;
	swapcontext(&th->caller, &th->own);
	th->is_running = false;
	if (th->is_done) {
		nd->th[ev->a] = NULL;
		free(th);
	}
}

/* What a function saves for its caller lies on its stack, and so in its state; it has none here. */
static void callers_registers_forget(ucontext_t *uc)
{
	static const int saved[] = { REG_RBX, REG_RBP, REG_R12, REG_R13, REG_R14, REG_R15 };
	uint32_t i;

	for (i = 0; i < CM_ARRAY_COUNT(saved); i++)
		uc->uc_mcontext.gregs[saved[i]] = 0;
}

struct sim_th *sim_th_start(struct sim_node *nd, sim_th_fn *fn, void *arg)
{
	struct sim_th *th = malloc(sizeof(*th));
	uint32_t i;

	CM_ASSERT(th);
	for (i = 0; i < SIM_THREADS && nd->th[i]; i++)
		;
	CM_ASSERT(i < SIM_THREADS);
	nd->th[i] = th;
	th->nd = nd;
	th->place = i;
	th->gen = ++gen_last;
	th->fn = fn;
	th->arg = arg;
	th->is_running = th->is_done = false;
	th->until_us = UINT64_MAX;
	CM_ASSERT(!getcontext(&th->own));
	callers_registers_forget(&th->own);
	th->stack = stacks[nd->nr][i];
	th->own.uc_stack.ss_sp = th->stack;
	th->own.uc_stack.ss_size = STACK_BYTES;
	th->own.uc_link = NULL;
	makecontext(&th->own, (void (*)(void))(void *)entry, 2, (unsigned int)((uintptr_t)th >> 32),
		    (unsigned int)((uintptr_t)th & 0xffffffffu));
	sim_th_kick(th);
	return th;
}

void sim_th_block(struct sim_th *th)
{
	CM_ASSERT(th->is_running);
	swapcontext(&th->own, &th->caller);
}

void sim_th_kick_at(struct sim_th *th, uint64_t at_us)
{
	struct sim *s = th->nd->s;
	struct sim_ev *ev = sim_timer(s, at_us > s->now_us ? at_us - s->now_us : 0, run);

	sim_chan(ev, CHAN_THREAD, th->nd->nr * SIM_THREADS + th->place);

	ev->node = th->nd->nr;
	ev->gen = th->gen;
	ev->a = th->place;
}

void sim_th_kick(struct sim_th *th)
{
	if (th)
		sim_th_kick_at(th, 0);
}

void sim_th_alarm(struct sim_th *th, uint64_t us)
{
	th->until_us = th->nd->s->now_us + us;
	sim_th_kick_at(th, th->until_us);
}

bool sim_th_is_late(const struct sim_th *th)
{
	return th->nd->s->now_us >= th->until_us;
}

void sim_th_alarm_off(struct sim_th *th)
{
	th->until_us = UINT64_MAX;
	sim_small_kicks_drop(th);
}

void sim_th_sleep(struct sim_th *th, uint64_t us)
{
	sim_th_alarm(th, us);
	while (!sim_th_is_late(th))
		sim_th_block(th);
	sim_th_alarm_off(th);
}

/* Never from inside a thread. */
void sim_th_kill_all(struct sim_node *nd)
{
	uint32_t i;

	for (i = 0; i < SIM_THREADS; i++) {
		if (!nd->th[i])
			continue;
		CM_ASSERT(!nd->th[i]->is_running);
		free(nd->th[i]);
		nd->th[i] = NULL;
	}
}

/* ---- small worlds ---- */

/* What it has on its stack: from where it is to the top. */
static size_t depth(const struct sim_th *th)
{
	uintptr_t sp = (uintptr_t)th->own.uc_mcontext.gregs[REG_RSP];
	uintptr_t top = (uintptr_t)th->stack + STACK_BYTES;

	CM_ASSERT(sp > (uintptr_t)th->stack + RED_ZONE_BYTES && sp <= top);
	return top - sp + RED_ZONE_BYTES;
}

/*
 * Where it is, and all that lies on its stack: no local variable can be forgotten. So that little
 * lies there that does not matter, what runs in threads is compiled without optimisation, its
 * variables begin as zero (test/Makefile.in), and times and sequence numbers are kept elsewhere.
 */
uint64_t sim_th_hash(const struct sim_th *th)
{
	uint64_t at[] = { (uint64_t)th->own.uc_mcontext.gregs[REG_RIP], UINT64_MAX };
	size_t len_bytes = depth(th) - RED_ZONE_BYTES;

	if (th->until_us != UINT64_MAX)
		at[1] = sim_th_is_late(th) ? 0 : th->until_us - th->nd->s->now_us;
	return cm_digest64(cm_digest64(1, at, sizeof(at)),
			   th->stack + STACK_BYTES - len_bytes, len_bytes);
}

size_t sim_th_save(const struct sim_th *th, uint8_t *to)
{
	size_t len_bytes = depth(th);

	if (to)
		memcpy(to, th->stack + STACK_BYTES - len_bytes, len_bytes);
	return len_bytes;
}

size_t sim_th_restore(struct sim_th *th, const uint8_t *from)
{
	size_t len_bytes = depth(th);

	memcpy(th->stack + STACK_BYTES - len_bytes, from, len_bytes);
	return len_bytes;
}
