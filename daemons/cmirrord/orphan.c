/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * orphan.c - instances that a former process of this boot left running.
 *
 * Each log that ran has its file in /run. Where the live table is still there, the kernel will find
 * out about the new process only when it has something to ask, and then replay CTR and RESUME;
 * until then this node is a member without a daemon and nobody recovers anything. So each such
 * mirror is read once, which makes its kernel ask. Where the table is gone, its DTR met no daemon
 * (its holder was killed, too): the file tells nothing true any more and goes.
 *
 * A table may also have been replaced by another of the same log, whose instance comes back. Which
 * instance a table has, the kernel tells nobody; but a running one has a device of its own. So when
 * every device with a table of this log is accounted for by an instance that we know to run, and
 * did before we counted the devices, the others are gone.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon/lg.h"

#define TICK_MS		2000u
#define LOOK_TICKS	15u	/* between two looks for the table */

struct orphan {
	struct orphan *next;
	struct persist_head head;	/* luids that came back are zeroed */
	struct outside *outside;
	uint32_t ticks;
	bool is_looking;
	uint32_t known_before;		/* running instances that we knew when the look began */
};

static void orphan_found(void *ctx, const struct persist_head *head);
static void any_found(void *ctx, const struct persist_head *head);
static void look(struct host *host, struct orphan *orphan);
static bool is_gone(struct host *host, const struct orphan *orphan);
static void drop(struct host *host, struct orphan *orphan);
static void legs_ignore(void *ctx, bool known);
static void flush_ignore(void *ctx, uint64_t id, int result);
static void orphan_free(struct orphan *orphan);

static const struct outside_callbacks callbacks = {
	.legs_known = legs_ignore,
	.flushed = flush_ignore,
};

void orphan_scan(struct host *host)
{
	host->orphan = NULL;
	host->orphan_left = 0;
	persist_scan(host->run_dir, orphan_found, host);
	if (host->orphan_left)
		lg_warn("a former cmirrord left %u active mirrors: taking them over",
			host->orphan_left);
}

static void orphan_found(void *ctx, const struct persist_head *head)
{
	struct host *host = ctx;
	char own_name[HOST_OWN_NAME_BYTES];
	struct orphan *orphan;
	struct dmtab tab;

	/*
	 * The former process may have been coordinator, and its lock has outlived it: who took over
	 * waits for it, perhaps for a log that never comes back here. It goes before our first
	 * HELLO. No write of that process is under way: it did not end before its last one had.
	 */
	mlog_own_name(head->uuid, own_name);
	clu_disown(host->clu, own_name);
	if (dmtab_find(head->uuid, &tab) == -ENOENT) {
		lg_line(LG_INFO, head->uuid, "its mirror went while no cmirrord ran");
		persist_remove(host->run_dir, head->uuid);
		return;
	}
	if (!persist_running_count(head))
		return;		/* loaded only: nothing of it is written */
	orphan = calloc(1, sizeof(*orphan));
	if (!orphan || outside_create(host->outside_hub, head->uuid, &callbacks, orphan,
				      &orphan->outside)) {
		/* Counted nevertheless: it is known when its kernel asks by itself. */
		free(orphan);
		host->orphan_left += persist_running_count(head);
		return;
	}
	orphan->head = *head;
	orphan->next = host->orphan;
	host->orphan = orphan;
	host->orphan_left += persist_running_count(head);
}

static void any_found(void *ctx, const struct persist_head *head)
{
	bool *any = ctx;

	*any |= persist_running_count(head) != 0;
}

bool orphan_any(const char *run_dir)
{
	bool any = false;

	persist_scan(run_dir, any_found, &any);
	return any;
}

void orphan_wake(struct host *host)
{
	struct orphan *orphan;

	for (orphan = host->orphan; orphan; orphan = orphan->next) {
		look(host, orphan);
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
	before = persist_running_count(&orphan->head);
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (orphan->head.luid[i] == luid)
			orphan->head.luid[i] = 0;
	if (persist_running_count(&orphan->head) == before)
		return;
	host->orphan_left--;
	if (!persist_running_count(&orphan->head)) {
		*at = orphan->next;
		orphan_free(orphan);
	}
	host_orphans_changed(host);
}

void orphan_dtr(struct host *host, const char *uuid, uint64_t luid)
{
	struct mlog *mlog = mlog_find(host, uuid);

	if (mlog)
		persist_luid_del(&mlog->persist, luid);
	else
		persist_forget(host->run_dir, uuid, luid);
	orphan_luid_gone(host, uuid, luid);
}

void orphan_tick(void *ctx, uint64_t now_ms)
{
	struct host *host = ctx;
	struct orphan **at, *orphan;
	bool has_changed = false;

	for (at = &host->orphan; *at;) {
		orphan = *at;
		if (orphan->is_looking && outside_found(orphan->outside) == -EAGAIN) {
			at = &orphan->next;
			continue;
		}
		if (orphan->is_looking && is_gone(host, orphan)) {
			*at = orphan->next;
			drop(host, orphan);
			has_changed = true;
			continue;
		}
		orphan->is_looking = false;
		if (++orphan->ticks >= LOOK_TICKS)
			look(host, orphan);
		outside_wake(orphan->outside);
		at = &orphan->next;
	}
	if (has_changed)
		host_orphans_changed(host);
	if (host->orphan)
		loop_timer_set(host->loop, &host->orphan_timer, now_ms + TICK_MS);
	host_settle(host);
}

static uint32_t known_running(struct host *host, const struct orphan *orphan)
{
	const struct mlog *mlog = mlog_find(host, orphan->head.uuid);

	return mlog ? mlog_known_running(mlog) : 0;
}

static void look(struct host *host, struct orphan *orphan)
{
	orphan->ticks = 0;
	orphan->is_looking = true;
	orphan->known_before = known_running(host, orphan);
	outside_resumed(orphan->outside);
}

/* A look has ended: does none of what is left of @orphan run, for sure? */
static bool is_gone(struct host *host, const struct orphan *orphan)
{
	uint32_t count = outside_device_count(orphan->outside);

	if (outside_found(orphan->outside) == -ENOENT)
		return !known_running(host, orphan);
	return count && orphan->known_before >= count && known_running(host, orphan) >= count;
}

static void drop(struct host *host, struct orphan *orphan)
{
	struct mlog *mlog = mlog_find(host, orphan->head.uuid);
	uint32_t i;

	lg_line(LG_INFO, orphan->head.uuid, "%u tables of it went while no cmirrord ran",
		persist_running_count(&orphan->head));
	host->orphan_left -= persist_running_count(&orphan->head);
	for (i = 0; i < CML_LUIDS_MAX && mlog; i++)
		if (orphan->head.luid[i])
			persist_luid_del(&mlog->persist, orphan->head.luid[i]);
	if (!mlog)
		persist_remove(host->run_dir, orphan->head.uuid);
	orphan_free(orphan);
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
