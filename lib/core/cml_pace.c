/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_pace.c - how fast this node resyncs: how much it claims at a time, how long a write may have
 * to wait for it, and how long it claims nothing afterwards.
 *
 * While nobody writes, one claim follows another, as large as they may be. While somebody does (an
 * ACK says so, or our own kernel), writers at random places soon all wait for a claim that is open.
 * So it is made small enough to be copied in COPY_MS, or in what agreeing on it took: halved when
 * it took longer, grown by an eighth when it took less than half. No write ends it before
 * PATIENCE_MS: that would cost the write a round trip, too, and the claim its region. And all
 * claimants together leave two thirds of the time to the writers: after a claim that was open for
 * t a node rests (3 * members - 1) * t.
 */
#include "lib/core/cml_int.h"

#define COPY_MS        100u
#define BUSY_MS        2000u /* so long after it was said nobody asks again */
#define REST_MAX_MS    10000u
#define SOFT_CLAIMS    3u /* that come to nothing, then writes have to wait (hazard D2) */
#define PATIENCE_MS    1000u
#define LOOK_MS        100u /* writes are counted over at least this time */
#define BUSY_WRITES    10u  /* a second */

static uint64_t regions_max(const struct cml *log)
{
	uint64_t n = CML_CLAIM_SECT / log->cfg.ctr.region_size_sect;

	if (n > WIRE_CLAIM_REGIONS_MAX)
		n = WIRE_CLAIM_REGIONS_MAX;
	return n ? n : 1;
}

static bool is_busy(const struct cml *log)
{
	return log->cmn->now_ms < log->pace.busy_until_ms;
}

void cml_pace_busy(struct cml *log)
{
	uint64_t until_ms = log->cmn->now_ms + BUSY_MS;

	log->pace.is_said = true;
	if (log->pace.busy_until_ms < until_ms)
		log->pace.busy_until_ms = until_ms;
}

bool cml_pace_is_written(const struct cml *log)
{
	return log->cmn->now_ms < log->pace.written_until_ms;
}

void cml_pace_look(struct cml *log, const struct cmirror_stats *stats)
{
	struct cml_pace *pace = &log->pace;
	uint64_t writes = stats->writes + stats->held;
	uint64_t elapsed_ms = log->cmn->now_ms - pace->look_ms;

	if (writes >= pace->writes && elapsed_ms < LOOK_MS)
		return;
	if (writes > pace->writes &&
	    (writes - pace->writes) * 1000 / elapsed_ms >= BUSY_WRITES) {
		pace->written_until_ms = log->cmn->now_ms + BUSY_MS;
		cml_pace_busy(log);
	}
	pace->writes = writes;
	pace->look_ms = log->cmn->now_ms;
}

uint64_t cml_pace_regions(const struct cml *log)
{
	uint64_t max = regions_max(log);

	return log->pace.regions && log->pace.regions < max ? log->pace.regions : max;
}

/* Fourfold with each claim more that came to nothing. */
uint32_t cml_pace_patience_ms(const struct cml *log)
{
	uint32_t ms = PATIENCE_MS, more = log->pace.fails;

	if (!is_busy(log) && more < SOFT_CLAIMS)
		return 0;
	if (!is_busy(log))
		more -= SOFT_CLAIMS;
	for (; more && ms < WIRE_PATIENCE_MAX_MS; more--)
		ms *= 4;
	return ms < WIRE_PATIENCE_MAX_MS ? ms : WIRE_PATIENCE_MAX_MS;
}

static uint64_t whole_count(const struct cml *log)
{
	uint64_t n = 0;
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		n += log->mem[i].is_used && log->mem[i].is_whole;
	return n;
}

void cml_pace_copied(struct cml *log, const struct cml_claim *claim, uint64_t granted_ms)
{
	uint64_t regions = cml_pace_regions(log), had = claim->hi - claim->lo;
	uint64_t agree_ms = granted_ms - claim->since_ms, copy_ms = log->cmn->now_ms - granted_ms;
	uint64_t aim_ms = agree_ms > COPY_MS ? agree_ms : COPY_MS;

	if (copy_ms > aim_ms)
		log->pace.regions = had > 1 ? had / 2 : 1;
	else if (copy_ms < aim_ms / 2)
		log->pace.regions = regions + 1 + regions / 8;
}

void cml_pace_released(struct cml *log, const struct cml_claim *claim, bool is_vain)
{
	struct cml_pace *pace = &log->pace;
	uint64_t span_ms = log->cmn->now_ms - claim->since_ms;
	uint64_t rest_ms = span_ms * (3 * whole_count(log) - 1);

	pace->fails = is_vain ? pace->fails + 1 : 0;
	if (!is_busy(log)) {
		pace->regions = 0;
		return;
	}
	pace->rest_until_ms = log->cmn->now_ms + (rest_ms < REST_MAX_MS ? rest_ms : REST_MAX_MS);
	/* What was said during this claim holds until somebody is asked again. */
	if (pace->is_said && pace->busy_until_ms < pace->rest_until_ms + BUSY_MS)
		pace->busy_until_ms = pace->rest_until_ms + BUSY_MS;
	pace->is_said = false;
}

static bool has_work(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_WORKS; i++)
		if (log->work[i].claim_id)
			return true;
	return false;
}

bool cml_pace_allows(const struct cml *log)
{
	if (!is_busy(log))
		return true;
	return log->cmn->now_ms >= log->pace.rest_until_ms && !has_work(log);
}

uint64_t cml_pace_deadline_ms(const struct cml *log)
{
	return log->pace.rest_until_ms > log->cmn->now_ms ? log->pace.rest_until_ms : UINT64_MAX;
}
