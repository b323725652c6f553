/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * outside.c - legs, flushes, wake-ups.
 *
 * A find is memory of its own: when the log goes while the helper looks, the job forgets the log
 * and is freed by its done().
 */
#include "daemons/cmirrord/outside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/list.h"
#include "lib/daemon/lg.h"
#include "lib/store/bdev.h"

#define FIND_TRIES	10u
#define FIND_EVERY_MS	1000u
#define WAKE_EVERY_MS	1000u
#define TICK_MS		500u

struct find_job {
	struct outside *out;		/* NULL: nobody waits */
	char uuid[KABI_UUID_BYTES];
	struct dmtab tab;
	int result;
};

struct outside_hub {
	struct loop *loop;
	struct offside *off;
	struct helper *finder;
	struct find_job *find;		/* while the finder is busy */
	struct loop_timer tick;		/* runs while anybody waits for a second to pass */
	struct list all;
};

struct outside {
	struct outside_hub *hub;
	struct list link;
	const struct outside_callbacks *callbacks;
	void *ctx;
	char uuid[KABI_UUID_BYTES];
	uint64_t flush_job, wake_job;	/* of the offside process; 0 = none */

	struct dmtab tab;		/* dev "" = not known */
	bool legs_known, legs_are_told;	/* told: by clvmd */
	uint32_t find_left;		/* tries */
	int find_result;		/* of the last */
	uint64_t find_ms;		/* the next */

	uint64_t waiting[OUTSIDE_FLUSHES_MAX], running[OUTSIDE_FLUSHES_MAX];
	uint32_t waiting_count, running_count;

	bool wake_wanted, is_quiet;
	uint64_t wake_ms;		/* not before */
};

static void tick_run(void *ctx, uint64_t now_ms);
static void find_next(struct outside_hub *hub);
static void find_forget(struct outside *out);
static void find_run(void *job);
static void find_done(void *job);
static void flush_start(struct outside *out);
static void flush_done(void *ctx, int result, uint32_t failed);
static void flush_ended(struct outside *out, int result);
static void wake_start(struct outside *out);
static void wake_done(void *ctx, int result, uint32_t failed);
static void legs_set_known(struct outside *out, bool known);

/* ---- hub ---- */

int outside_hub_create(struct loop *loop, struct helpers *helpers, struct offside *off,
		       struct outside_hub **out)
{
	struct outside_hub *hub;
	int r;

	hub = calloc(1, sizeof(*hub));
	if (!hub)
		return -ENOMEM;
	hub->loop = loop;
	hub->off = off;
	list_init(&hub->all);
	hub->tick = (struct loop_timer){.fn = tick_run, .ctx = hub};
	r = helper_create(helpers, "cm-devmapper", &hub->finder);
	if (r) {
		free(hub);
		return r;
	}
	loop_timer_set(loop, &hub->tick, LOOP_NEVER);
	*out = hub;
	return 0;
}

void outside_hub_destroy(struct outside_hub *hub)
{
	CM_ASSERT(list_empty(&hub->all));
	loop_timer_del(hub->loop, &hub->tick);
	helper_destroy(hub->finder);
	free(hub);	/* a find under way has no `out` any more and does not look at us */
}

static void tick_want(struct outside_hub *hub)
{
	if (hub->tick.at_ms == LOOP_NEVER)
		loop_timer_set(hub->loop, &hub->tick, loop_now_ms(hub->loop) + TICK_MS);
}

static void tick_run(void *ctx, uint64_t now_ms)
{
	struct outside_hub *hub = ctx;
	struct outside *out;
	struct list *at;
	bool again = false;

	for (at = hub->all.next; at != &hub->all; at = at->next) {
		out = CM_CONTAINER_OF(at, struct outside, link);
		if (out->wake_wanted && out->wake_ms <= now_ms)
			wake_start(out);
		again |= out->find_left || out->wake_wanted;
	}
	find_next(hub);
	if (again)
		loop_timer_set(hub->loop, &hub->tick, now_ms + TICK_MS);
}

/* ---- one log ---- */

int outside_create(struct outside_hub *hub, const char *uuid,
		   const struct outside_callbacks *callbacks, void *ctx, struct outside **result)
{
	struct outside *out;

	out = calloc(1, sizeof(*out));
	if (!out)
		return -ENOMEM;
	out->hub = hub;
	out->callbacks = callbacks;
	out->ctx = ctx;
	CM_ASSERT(strlen(uuid) < sizeof(out->uuid));
	memcpy(out->uuid, uuid, strlen(uuid) + 1);
	list_add_tail(&hub->all, &out->link);
	*result = out;
	return 0;
}

void outside_destroy(struct outside *out)
{
	find_forget(out);
	offside_forget(out->hub->off, out->flush_job);
	offside_forget(out->hub->off, out->wake_job);
	list_del(&out->link);
	free(out);
}

static void legs_set_known(struct outside *out, bool known)
{
	if (out->legs_known == known)
		return;
	out->legs_known = known;
	out->callbacks->legs_known(out->ctx, known);
}

const char *outside_name(const struct outside *out)
{
	return out->tab.name;
}

int outside_found(const struct outside *out)
{
	if (out->tab.dev[0])
		return 0;
	return out->find_left ? -EAGAIN : out->find_result;
}

uint32_t outside_device_count(const struct outside *out)
{
	return out->tab.dev[0] ? out->tab.device_count : 0;
}

/* ---- finding the table ---- */

/* A find under way for this log ends by itself, and nobody looks at it again: it frees its job. */
static void find_forget(struct outside *out)
{
	struct find_job *job = out->hub->find;

	if (!job || job->out != out)
		return;
	job->out = NULL;
	out->hub->find = NULL;
}

void outside_resumed(struct outside *out)
{
	out->legs_are_told = false;
	legs_set_known(out, false);
	out->tab.dev[0] = 0;
	out->find_left = FIND_TRIES;
	out->find_ms = 0;
	/* A find that runs may have seen the table before this one. */
	find_forget(out);
	find_next(out->hub);
	tick_want(out->hub);
}

void outside_stopped(struct outside *out)
{
	find_forget(out);
	out->find_left = 0;
	out->wake_wanted = false;
	out->legs_are_told = false;
	out->tab.dev[0] = 0;
	legs_set_known(out, false);
}

int outside_legs_set(struct outside *out, const char *devs, struct cm_errmsg *err)
{
	struct dmtab tab = {.leg_count = 0};
	const char *at = devs;
	dev_t number;
	size_t len;

	while (*at) {
		len = strcspn(at, ",");
		if (tab.leg_count == DMTAB_LEGS_MAX || len >= sizeof(tab.leg[0]))
			break;
		memcpy(tab.leg[tab.leg_count], at, len);
		if (bdev_number_parse(tab.leg[tab.leg_count], &number))
			break;
		tab.leg_count++;
		at += len;
		at += *at == ',';
	}
	if (*at || !tab.leg_count) {
		cm_err_set(err, "devs=%.60s: must be 1 to %u of major:minor, separated by commas",
			   devs, DMTAB_LEGS_MAX);
		return -EINVAL;
	}
	out->tab.leg_count = tab.leg_count;
	memcpy(out->tab.leg, tab.leg, sizeof(tab.leg));
	out->legs_are_told = true;
	legs_set_known(out, true);
	return 0;
}

static void find_next(struct outside_hub *hub)
{
	uint64_t now_ms = loop_now_ms(hub->loop);
	struct outside *out = NULL;
	struct find_job *job;
	struct list *at;

	if (helper_is_busy(hub->finder))
		return;
	for (at = hub->all.next; at != &hub->all; at = at->next) {
		out = CM_CONTAINER_OF(at, struct outside, link);
		if (out->find_left && out->find_ms <= now_ms)
			break;
	}
	if (at == &hub->all)
		return;
	job = calloc(1, sizeof(*job));
	if (!job)
		return;		/* the tick tries again */
	job->out = out;
	memcpy(job->uuid, out->uuid, sizeof(job->uuid));
	if (helper_start(hub->finder, find_run, find_done, job)) {
		free(job);
		return;
	}
	hub->find = job;
}

static void find_run(void *arg)
{
	struct find_job *job = arg;

	job->result = dmtab_find(job->uuid, &job->tab);
}

static void find_done(void *arg)
{
	struct find_job *job = arg;
	struct outside *out = job->out;

	if (!out) {
		free(job);
		return;		/* the tick starts whoever waits; the hub may be gone */
	}
	out->hub->find = NULL;
	out->find_result = job->result;
	if (job->result) {
		out->find_left--;
		out->find_ms = loop_now_ms(out->hub->loop) + FIND_EVERY_MS;
		if (!out->find_left)
			lg_line(LG_WARN, out->uuid,
				"its mirror is not among the device-mapper tables: "
				"marks stay set, recovery is not woken");
		tick_want(out->hub);
	} else {
		out->find_left = 0;
		if (out->legs_are_told) {
			job->tab.leg_count = out->tab.leg_count;
			memcpy(job->tab.leg, out->tab.leg, sizeof(out->tab.leg));
		}
		out->tab = job->tab;
		legs_set_known(out, true);
	}
	free(job);
	find_next(out->hub);
}

/* ---- flushing ---- */

void outside_flush(struct outside *out, uint64_t id)
{
	if (!out->legs_known) {
		out->callbacks->flushed(out->ctx, id, -ENXIO);
		return;
	}
	CM_ASSERT(out->waiting_count < OUTSIDE_FLUSHES_MAX);
	out->waiting[out->waiting_count++] = id;
	flush_start(out);
}

/* What was asked for before the flush starts is covered by it; what comes later is not. */
static void flush_start(struct outside *out)
{
	struct offside_job job = {.op = OFFSIDE_FLUSH, .dev_count = out->tab.leg_count};

	if (!out->waiting_count || out->flush_job)
		return;
	CM_STATIC_ASSERT(sizeof(job.dev) == sizeof(out->tab.leg));
	memcpy(job.dev, out->tab.leg, sizeof(job.dev));
	memcpy(out->running, out->waiting, sizeof(out->running));
	out->running_count = out->waiting_count;
	out->waiting_count = 0;
	out->flush_job = offside_start(out->hub->off, &job, flush_done, out);
	if (!out->flush_job)
		flush_ended(out, -EAGAIN);
}

static void flush_done(void *ctx, int result, uint32_t failed)
{
	struct outside *out = ctx;

	out->flush_job = 0;
	if (result)
		lg_line(LG_WARN, out->uuid, "flush of leg %s failed: %s; marks stay set",
			failed < out->tab.leg_count ? out->tab.leg[failed] : "?",
			cm_strerror(result));
	flush_ended(out, result);
	flush_start(out);
}

static void flush_ended(struct outside *out, int result)
{
	uint32_t i;

	for (i = 0; i < out->running_count; i++)
		out->callbacks->flushed(out->ctx, out->running[i], result);
	out->running_count = 0;
}

/* ---- waking ---- */

void outside_wake(struct outside *out)
{
	out->wake_wanted = true;
	if (out->wake_ms <= loop_now_ms(out->hub->loop))
		wake_start(out);
	if (out->wake_wanted)
		tick_want(out->hub);
}

void outside_quiet(struct outside *out, bool quiet)
{
	out->is_quiet = quiet;
	if (!quiet && out->wake_wanted)
		tick_want(out->hub);
}

static void wake_start(struct outside *out)
{
	struct offside_job job = {.op = OFFSIDE_READ, .dev_count = 1};

	if (out->is_quiet) {
		out->wake_wanted = false;	/* the device is about to go */
		return;
	}
	if (!out->tab.dev[0]) {
		if (!out->find_left)
			out->wake_wanted = false;
		return;			/* else it comes when the device is found */
	}
	if (out->wake_job)
		return;
	memcpy(job.dev[0], out->tab.dev, sizeof(job.dev[0]));
	out->wake_job = offside_start(out->hub->off, &job, wake_done, out);
	out->wake_wanted = false;
	out->wake_ms = loop_now_ms(out->hub->loop) + WAKE_EVERY_MS;
}

static void wake_done(void *ctx, int result, uint32_t failed)
{
	struct outside *out = ctx;

	(void)failed;
	out->wake_job = 0;
	if (result)
		lg_line(LG_DBG, out->uuid, "read of %s to wake its mirror: %s", out->tab.dev,
			cm_strerror(result));
}
