/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_show.c - status, stats and dump. The keys are an interface: cmirrorctl, clvmd and tests read
 * them.
 */
#include "daemons/cmirrord/host.h"

#include <stdio.h>
#include <string.h>

/* Static: a struct cml_status is some KiB. One thread. */
static struct cml_status show;

static void show_node(struct host *host, struct ctl_conn *conn);
static void show_log(struct ctl_conn *conn, const struct mlog *mlog, bool asks_kernel);
static void show_member(struct host *host, struct ctl_conn *conn, const struct mlog *mlog,
			const struct cml_member *member, bool needs_reload);
static void show_log_stats(struct ctl_conn *conn, const struct mlog *mlog);
static bool is_wanted(const struct mlog *mlog, const char *uuid);

static void put_u64(struct ctl_conn *conn, const char *key, uint64_t value)
{
	ctl_put(conn, key, "%llu", (unsigned long long)value);
}

static const char *client_name(uint8_t client)
{
	return client == WIRE_CLIENT_CONNECTOR ? "connector" :
	       client == WIRE_CLIENT_KMOD ? "kmod" : "unknown";
}

static const char *fencing_name(const struct host *host)
{
	return clu_fencing_on(host->clu) ? "on" : "OFF";
}

void host_show_status(struct host *host, struct ctl_conn *conn, const char *uuid,
		      bool asks_kernel)
{
	uint32_t i, m;

	ctl_ok(conn);
	show_node(host, conn);
	for (i = 0; i < host->mlog_count; i++) {
		if (!is_wanted(host->mlog[i], uuid))
			continue;
		cml_status(host->mlog[i]->cml, &show);
		show_log(conn, host->mlog[i], asks_kernel);
		for (m = 0; m < show.member_count; m++)
			show_member(host, conn, host->mlog[i], &show.member[m],
				    show.needs_reload);
	}
}

static void show_node(struct host *host, struct ctl_conn *conn)
{
	char members[CLU_NODES_MAX * 12] = "";
	struct cm_errmsg err = {.text = ""};
	size_t at = 0;
	uint32_t i;

	for (i = 0; i < host->view.member_count && at < sizeof(members); i++)
		at += (size_t)snprintf(members + at, sizeof(members) - at, "%s%u", i ? "," : "",
				       host->view.member[i]);
	ctl_put(conn, "cmirrord", "1");
	ctl_put(conn, "version", "%s", CM_VERSION);
	ctl_put(conn, "provider", "%s", clu_provider(host->clu));
	put_u64(conn, "nodeid", clu_nodeid(host->clu));
	ctl_put(conn, "node_name", "%s", clu_node_name(host->clu, clu_nodeid(host->clu)));
	put_u64(conn, "quorate", host->view.quorate);
	put_u64(conn, "usable", host->view.usable);
	put_u64(conn, "node_lock", host->has_node_lock);
	put_u64(conn, "view", host->view.nr);
	ctl_put(conn, "fencing", "%s", fencing_name(host));
	ctl_put(conn, "client", "%s", host->kmc ? "kmod" : host->kch_ops->name);
	ctl_put(conn, "members", "%s", members);
	put_u64(conn, "logs", host->mlog_count);
	put_u64(conn, "orphans", host->orphan_left);
	if (host->is_fenced)
		ctl_put(conn, "warning", "this node is stopped: reboot it");
	else if (cmn_check(host->cmn, &err))
		ctl_put(conn, "warning", "%s", err.text);
}

static void show_log(struct ctl_conn *conn, const struct mlog *mlog, bool asks_kernel)
{
	struct cmirror_stats module;
	uint64_t marks = show.mark_count;
	uint32_t i;

	ctl_next_object(conn);
	ctl_put(conn, "log", "%s", mlog->uuid);
	ctl_put(conn, "name", "%s", outside_name(mlog->outside));
	ctl_put(conn, "type", "%s", mlog->ctr.type_word);
	ctl_put(conn, "device", "%s", mlog->ctr.dev);
	ctl_put(conn, "state", "%s", cml_state_name(show.state));
	ctl_put(conn, "why", "%s", show.why);
	put_u64(conn, "region_count", show.region_count);
	put_u64(conn, "region_size_sect", show.region_size_sect);
	put_u64(conn, "in_sync_count", show.in_sync_count);
	put_u64(conn, "coordinator", show.coordinator);
	put_u64(conn, "owns_oos", show.owns_oos);
	put_u64(conn, "gen", show.gen);
	put_u64(conn, "epoch", show.epoch);
	put_u64(conn, "log_failed", show.log_failed);
	put_u64(conn, "claims", show.claim_count);
	put_u64(conn, "own_claims", show.own_claim_count);
	put_u64(conn, "unproven", show.unproven_count);
	if (asks_kernel)
		marks += host_kmod_stats(mlog->host, mlog, &module);
	put_u64(conn, "marks", marks);
	put_u64(conn, "dirty", show.dirty_count);
	put_u64(conn, "instances", mlog->inst_count);
	put_u64(conn, "requests", show.stats.requests);
	if (mlog->host->conf.allow_no_fencing && !clu_fencing_on(mlog->host->clu))
		ctl_put(conn, "warning", "fencing is off: data is at risk when a node hangs");
	else if (show.log_failed)
		ctl_put(conn, "warning", "log device failed: repair the mirror");
	for (i = 0; i < show.member_count; i++)
		if (show.member[i].needs_resume) {
			ctl_put(conn, "warning", "recovery waits for clvmd on %s",
				clu_node_name(mlog->host->clu, show.member[i].nodeid));
			break;
		}
}

static void show_member(struct host *host, struct ctl_conn *conn, const struct mlog *mlog,
			const struct cml_member *member, bool needs_reload)
{
	ctl_next_object(conn);
	put_u64(conn, "member", member->nodeid);
	ctl_put(conn, "log", "%s", mlog->uuid);
	ctl_put(conn, "name", "%s", clu_node_name(host->clu, member->nodeid));
	put_u64(conn, "whole", member->is_whole);
	put_u64(conn, "gone", member->is_gone);
	put_u64(conn, "needs_resume", member->needs_resume);
	put_u64(conn, "leg_failed", member->leg_failed);
	if (member->nodeid == clu_nodeid(host->clu))
		put_u64(conn, "needs_reload", needs_reload);
	if (member->slot == 0xffffffffu)
		ctl_put(conn, "slot", "none");
	else
		put_u64(conn, "slot", member->slot);
	ctl_put(conn, "client", "%s", client_name(member->client));
}

void host_show_stats(struct host *host, struct ctl_conn *conn, const char *uuid)
{
	struct clu_stats clu;
	struct kch_stats kch;
	uint32_t i;

	clu_stats(host->clu, &clu);
	host->kch_ops->stats(host->kch, &kch);
	ctl_ok(conn);
	ctl_put(conn, "cmirrord", "1");
	put_u64(conn, "kernel_requests", kch.requests);
	put_u64(conn, "kernel_bad", kch.bad);
	put_u64(conn, "kernel_replies", kch.replies);
	put_u64(conn, "kernel_overruns", kch.overruns);
	put_u64(conn, "cluster_sent_msgs", clu.sent_msgs);
	put_u64(conn, "cluster_sent_bytes", clu.sent_bytes);
	put_u64(conn, "cluster_received_msgs", clu.received_msgs);
	put_u64(conn, "cluster_received_bytes", clu.received_bytes);
	put_u64(conn, "cluster_send_retries", clu.send_retries);
	put_u64(conn, "cluster_views", clu.views);
	for (i = 0; i < host->mlog_count; i++)
		if (is_wanted(host->mlog[i], uuid))
			show_log_stats(conn, host->mlog[i]);
}

static void show_log_stats(struct ctl_conn *conn, const struct mlog *mlog)
{
	struct store_stats store = {.reads = 0};
	const struct cml_stats *stats = &show.stats;
	struct cmirror_stats module;

	cml_status(mlog->cml, &show);
	(void)host_kmod_stats(mlog->host, mlog, &module);
	if (mlog->store)
		store_stats(mlog->store, &store);
	ctl_next_object(conn);
	ctl_put(conn, "log", "%s", mlog->uuid);
	ctl_put(conn, "name", "%s", outside_name(mlog->outside));
	put_u64(conn, "requests", stats->requests);
	put_u64(conn, "replies", stats->replies);
	put_u64(conn, "retries", stats->retries);
	put_u64(conn, "marks", stats->marks + module.marks);
	put_u64(conn, "marks_hot", stats->marks_hot + module.marks_hot);
	put_u64(conn, "slot_writes", stats->slot_writes + module.slot_writes);
	put_u64(conn, "mark_batches", module.mark_batches);
	put_u64(conn, "oos_writes", stats->oos_writes);
	put_u64(conn, "sb_writes", stats->sb_writes);
	put_u64(conn, "page_reads", stats->reads);
	put_u64(conn, "sent_msgs", stats->sent_msgs);
	put_u64(conn, "received_msgs", stats->received_msgs);
	put_u64(conn, "claims", stats->claims);
	put_u64(conn, "claims_failed", stats->claims_failed);
	put_u64(conn, "regions_resynced", stats->regions_resynced);
	put_u64(conn, "voids", stats->voids);
	put_u64(conn, "leg_flushes", stats->leg_flushes + module.clear_batches);
	put_u64(conn, "module_news", module.news);
	put_u64(conn, "module_commands", module.told);
	put_u64(conn, "module_held", module.held);
	put_u64(conn, "device_reads", store.reads);
	put_u64(conn, "device_read_bytes", store.read_bytes);
	put_u64(conn, "device_writes", store.writes);
	put_u64(conn, "device_write_bytes", store.write_bytes);
	put_u64(conn, "device_errors", store.errors);
}

/* Runs of regions with the same three bits; whole bitmaps would be megabytes. */
static void show_regions(struct ctl_conn *conn, const struct cml *cml, uint64_t count)
{
	uint64_t from, to;
	unsigned int lines = 0;
	bool oos, marked, claimed;

	for (from = 0; from < count && lines < 10000; from = to, lines++) {
		oos = cml_region_is_oos(cml, from);
		marked = cml_region_is_marked(cml, from);
		claimed = cml_region_is_claimed(cml, from);
		for (to = from + 1; to < count && cml_region_is_oos(cml, to) == oos &&
		     cml_region_is_marked(cml, to) == marked &&
		     cml_region_is_claimed(cml, to) == claimed; to++)
			;
		ctl_put(conn, "regions", "%llu-%llu %s%s%s", (unsigned long long)from,
			(unsigned long long)to - 1, oos ? "out-of-sync" : "in-sync",
			marked ? " marked" : "", claimed ? " claimed" : "");
	}
}

void host_show_dump(struct host *host, struct ctl_conn *conn, const char *uuid)
{
	const struct mlog *mlog;
	uint32_t i, n;

	ctl_ok(conn);
	show_node(host, conn);
	for (i = 0; i < host->mlog_count; i++) {
		mlog = host->mlog[i];
		if (!is_wanted(mlog, uuid))
			continue;
		cml_status(mlog->cml, &show);
		show_log(conn, mlog, true);
		ctl_put(conn, "hash", "%016llx", (unsigned long long)cml_hash(mlog->cml));
		ctl_put(conn, "args", "%s", mlog->persist.head->args);
		for (n = 0; n < CML_LUIDS_MAX; n++)
			if (mlog->persist.head->luid[n])
				ctl_put(conn, "luid", "%llx%s",
					(unsigned long long)mlog->persist.head->luid[n],
					mlog->persist.head->is_running[n] ? " running" : "");
		show_regions(conn, mlog->cml, show.region_count);
		for (n = 0; n < show.member_count; n++)
			show_member(host, conn, mlog, &show.member[n], show.needs_reload);
	}
}

static bool is_wanted(const struct mlog *mlog, const char *uuid)
{
	return !uuid || !strcmp(mlog->uuid, uuid);
}
