/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * orphan.c - instances that a former process of this boot left running.
 *
 * Each log that ran has its file in /run. Where the live table is still there, the kernel will find
 * out about the new process only when it has something to ask, and then replay CTR and RESUME;
 * until then this node is a member without a daemon and nobody recovers anything. So each such
 * mirror is read once, which makes its kernel ask. Where the table is gone, its DTR met no daemon:
 * the file tells nothing true any more and goes.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon/lg.h"

#define TICK_MS		2000u
#define TRIES_MAX	15u	/* then we look whether the table is still there */

struct orphan {
	struct orphan *next;
	struct persist_head head;	/* luids that came back are zeroed */
	struct outside *outside;
	uint32_t tries;
};

static void orphan_found(void *ctx, const struct persist_head *head);
static uint32_t running_count(const struct persist_head *head);
static void legs_ignore(void *ctx, bool known);
static void flush_ignore(void *ctx, uint64_t id, int result);
static void orphan_free(struct orphan *orphan);

static const struct outside_callbacks callbacks = {
	.legs_known = legs_ignore,
	.flushed = flush_ignore,
};

int orphan_scan(struct host *host)
{
	host->orphan = NULL;
	host->orphan_left = 0;
	persist_scan(host->run_dir, orphan_found, host);
	if (host->orphan_left)
		lg_warn("a former cmirrord left %u active mirrors: taking them over",
			host->orphan_left);
	return 0;
}

static void orphan_found(void *ctx, const struct persist_head *head)
{
	struct host *host = ctx;
	struct orphan *orphan;
	struct dmtab tab;
	int r;

	r = dmtab_find(head->uuid, &tab);
	if (r == -ENOENT) {
		lg_line(LG_INFO, head->uuid, "its mirror went while no cmirrord ran");
		persist_remove(host->run_dir, head->uuid);
		return;
	}
	if (!running_count(head))
		return;		/* loaded only: nothing of it is written */
	orphan = calloc(1, sizeof(*orphan));
	if (!orphan || outside_create(host->outside_hub, head->uuid, &callbacks, orphan,
				      &orphan->outside)) {
		/* Counted nevertheless: it is known when its kernel asks by itself. */
		free(orphan);
		host->orphan_left += running_count(head);
		return;
	}
	orphan->head = *head;
	orphan->next = host->orphan;
	host->orphan = orphan;
	host->orphan_left += running_count(head);
}

static uint32_t running_count(const struct persist_head *head)
{
	uint32_t i, count = 0;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		count += head->luid[i] && head->is_running[i];
	return count;
}

void orphan_wake(struct host *host)
{
	struct orphan *orphan;

	for (orphan = host->orphan; orphan; orphan = orphan->next) {
		outside_resumed(orphan->outside);
		outside_wake(orphan->outside);
	}
	if (host->orphan)
		loop_timer_set(host->loop, &host->orphan_timer, loop_now_ms(host->loop) + TICK_MS);
}

void orphan_luid_gone(struct host *host, const char *uuid, uint64_t luid)
{
	struct orphan **at, *orphan;
	uint32_t i, before;

	for (at = &host->orphan; *at; at = &(*at)->next)
		if (!strcmp((*at)->head.uuid, uuid))
			break;
	orphan = *at;
	if (!orphan)
		return;
	before = running_count(&orphan->head);
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (orphan->head.luid[i] == luid)
			orphan->head.luid[i] = 0;
	if (running_count(&orphan->head) == before)
		return;
	host->orphan_left--;
	if (!running_count(&orphan->head)) {
		*at = orphan->next;
		orphan_free(orphan);
	}
	host_orphans_changed(host);
}

void orphan_tick(void *ctx, uint64_t now_ms)
{
	struct host *host = ctx;
	struct orphan **at, *orphan;
	bool has_changed = false;

	for (at = &host->orphan; *at;) {
		orphan = *at;
		if (++orphan->tries < TRIES_MAX || *outside_name(orphan->outside)) {
			outside_wake(orphan->outside);
			at = &orphan->next;
			continue;
		}
		/* The table went between our start and the first look for it. */
		lg_line(LG_INFO, orphan->head.uuid, "its mirror is gone");
		persist_remove(host->run_dir, orphan->head.uuid);
		host->orphan_left -= running_count(&orphan->head);
		*at = orphan->next;
		orphan_free(orphan);
		has_changed = true;
	}
	if (has_changed)
		host_orphans_changed(host);
	if (host->orphan)
		loop_timer_set(host->loop, &host->orphan_timer, now_ms + TICK_MS);
	host_settle(host);
}

void orphan_destroy(struct host *host)
{
	struct orphan *orphan;

	while ((orphan = host->orphan)) {
		host->orphan = orphan->next;
		orphan_free(orphan);
	}
}

static void orphan_free(struct orphan *orphan)
{
	outside_destroy(orphan->outside);
	free(orphan);
}

static void legs_ignore(void *ctx, bool known)
{
	(void)ctx;
	(void)known;
}

static void flush_ignore(void *ctx, uint64_t id, int result)
{
	(void)ctx;
	(void)id;
	(void)result;
}
