/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_rules.c - was each rule exercised? A rule against a hazard that never came up has not been
 * tried. For each: what must have happened in the runs (counters, sim.h). That a rule is needed is
 * shown by the mutants beside this file; here only that the runs went where it acts.
 *
 * L and D are the hazards of the design notes, 4.x the sections of its notes on the kernel's log.
 * What is not here is not simulated: invariants.md says what watches it.
 */
#include "test/sim/sim.h"

#include <stdio.h>

#define MARKS 4u

static const struct {
	const char *rule;
	const char *what;
	enum sim_mark mark[MARKS];	/* MARK_END ends */
} rules[] = {
#define RULE(rule, what, ...) { rule, what, { __VA_ARGS__, MARK_END } }
	RULE("L1", "merged under the hint", MARK_resumes_for_merge, MARK_msg_merge),
	RULE("L2", "one pass, two answers", MARK_in_sync_zero, MARK_nosync_writes),
	RULE("L3", "a release, and a merge", MARK_msg_release, MARK_msg_merged),
	RULE("L4", "asked again", MARK_late_replies, MARK_kernel_retries),
	RULE("L5", "a claim without its daemon", MARK_daemon_crashes, MARK_copies),
	RULE("L6", "bits found on disk", MARK_msg_disk_oos),
	RULE("L7", "a page that lands late", MARK_late_landings),
	RULE("L8", "proofs, and alarms", MARK_proofs, MARK_proof_alarms),
	RULE("L9", "back before it was missed", MARK_fast_reboots),
	RULE("L11", "marks under clears", MARK_clears, MARK_mark_requests),
	RULE("L14", "nosync on a log in use", MARK_nosync_tables),
	RULE("L15", "who is right", MARK_classic_valid, MARK_sb_damaged),
	RULE("L16", "the last one leaves", MARK_deactivations, MARK_msg_leave),
	RULE("L26", "pages that are not ours", MARK_pages_damaged, MARK_sb_torn),
	RULE("L27", "a write that failed", MARK_held_bios, MARK_msg_oos_set),
	RULE("L28", "copies and caches", MARK_copies_done, MARK_power_losses),
	RULE("L29", "a leg lost by one", MARK_leg_errors, MARK_failed_copies),
	RULE("L31", "the kernel goes on alone", MARK_daemon_crashes, MARK_writes),
	RULE("D1", "a write into a claim", MARK_msg_void, MARK_remote_recovering),
	RULE("D2", "writers that never rest", MARK_propose_patient),
	RULE("D5", "a suspend in a resync", MARK_suspends, MARK_reloads),
	RULE("D6", "a flush that fails", MARK_failed_flushes),
	RULE("D8", "after a restart", MARK_esrch_replays, MARK_wakes),
	RULE("D9", "one request, two numbers", MARK_lost_requests, MARK_kernel_retries),
	RULE("D13", "out of sync, and not durable yet", MARK_msg_oos_set, MARK_msg_oos_durable),
	RULE("4.2", "writes against recovery", MARK_remote_recovering, MARK_delayed_bios),
	RULE("4.3", "marks", MARK_mark_requests, MARK_flush_payloads),
	RULE("4.4", "a node dies", MARK_node_crashes, MARK_fences, MARK_msg_merged),
	RULE("4.6", "a leg fails", MARK_leg_errors, MARK_held_bios),
	RULE("4.7", "suspend and resume", MARK_suspends, MARK_reloads, MARK_activations),
	RULE("4.8", "partitions", MARK_partitions, MARK_merges, MARK_self_fences),
};

uint32_t sim_rules_missed(const struct sim_result *total)
{
	uint32_t i, k, missed = 0;

	for (i = 0; i < CM_ARRAY_COUNT(rules); i++) {
		for (k = 0; rules[i].mark[k] != MARK_END; k++)
			if (!total->mark[rules[i].mark[k]])
				break;
		if (rules[i].mark[k] == MARK_END)
			continue;
		printf("# rule %s (%s): nothing of its %u. counter\n", rules[i].rule, rules[i].what,
		       k + 1);
		missed++;
	}
	return missed;
}
