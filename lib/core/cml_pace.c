/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/core/cml_pace.h"

#include "lib/format/wire.h"

/* A claim spans at most 16 MiB: nobody's write waits longer than that takes. */
#define CLAIM_SECT     (16u * 2048u)
#define COPY_MS        100u
#define BUSY_MS        2000u /* so long after it was said nobody asks again */
#define REST_MAX_MS    10000u
#define SOFT_CLAIMS    3u /* that come to nothing, then writes have to wait (hazard D2) */
#define PATIENCE_MS    1000u
#define LOOK_MS        100u /* writes are counted over at least this time */
#define BUSY_WRITES    10u  /* a second */

static uint64_t later(uint64_t a_ms, uint64_t b_ms)
{
	return a_ms > b_ms ? a_ms : b_ms;
}

static bool is_busy(const struct cml_pace *pace, uint64_t now_ms)
{
	return now_ms < pace->busy_until_ms;
}

uint64_t cml_pace_regions(const struct cml_pace *pace, uint32_t region_size_sect)
{
	uint64_t max = CLAIM_SECT / region_size_sect;

	if (max > WIRE_CLAIM_REGIONS_MAX)
		max = WIRE_CLAIM_REGIONS_MAX;
	if (!max)
		max = 1;
	return pace->regions && pace->regions < max ? pace->regions : max;
}

/* Fourfold with each claim more that came to nothing. */
uint32_t cml_pace_patience_ms(const struct cml_pace *pace, uint64_t now_ms)
{
	uint32_t ms = PATIENCE_MS, more = pace->fails;

	if (!is_busy(pace, now_ms) && more < SOFT_CLAIMS)
		return 0;
	if (!is_busy(pace, now_ms))
		more -= SOFT_CLAIMS;
	for (; more && ms < WIRE_PATIENCE_MAX_MS; more--)
		ms *= 4;
	return ms < WIRE_PATIENCE_MAX_MS ? ms : WIRE_PATIENCE_MAX_MS;
}

bool cml_pace_allows(const struct cml_pace *pace, uint64_t now_ms, bool has_work)
{
	return !is_busy(pace, now_ms) || (now_ms >= pace->rest_until_ms && !has_work);
}

uint64_t cml_pace_deadline_ms(const struct cml_pace *pace, uint64_t now_ms)
{
	return pace->rest_until_ms > now_ms ? pace->rest_until_ms : UINT64_MAX;
}

void cml_pace_busy(struct cml_pace *pace, uint64_t now_ms)
{
	pace->is_said = true;
	pace->busy_until_ms = later(pace->busy_until_ms, now_ms + BUSY_MS);
}

void cml_pace_look(struct cml_pace *pace, uint64_t now_ms, uint64_t writes)
{
	uint64_t elapsed_ms = now_ms - pace->look_ms;

	if (writes >= pace->writes && elapsed_ms < LOOK_MS)
		return;
	if (writes > pace->writes && (writes - pace->writes) * 1000 / elapsed_ms >= BUSY_WRITES) {
		pace->written_until_ms = now_ms + BUSY_MS;
		cml_pace_busy(pace, now_ms);
	}
	pace->writes = writes;
	pace->look_ms = now_ms;
}

bool cml_pace_is_written(const struct cml_pace *pace, uint64_t now_ms)
{
	return now_ms < pace->written_until_ms;
}

void cml_pace_copied(struct cml_pace *pace, uint64_t now_ms, uint64_t regions,
		     uint64_t proposed_ms, uint64_t granted_ms)
{
	uint64_t aim_ms = later(COPY_MS, granted_ms - proposed_ms), copy_ms = now_ms - granted_ms;

	if (copy_ms > aim_ms)
		pace->regions = regions > 1 ? regions / 2 : 1;
	else if (copy_ms < aim_ms / 2 && pace->regions)
		pace->regions += 1 + pace->regions / 8;
}

void cml_pace_released(struct cml_pace *pace, uint64_t now_ms, uint64_t proposed_ms,
		       uint64_t members, bool is_vain)
{
	uint64_t rest_ms = (now_ms - proposed_ms) * (3 * members - 1);

	pace->fails = is_vain ? pace->fails + 1 : 0;
	if (!is_busy(pace, now_ms)) {
		pace->regions = 0;
		return;
	}
	pace->rest_until_ms = now_ms + (rest_ms < REST_MAX_MS ? rest_ms : REST_MAX_MS);
	/* What was said during this claim holds until somebody is asked again. */
	if (pace->is_said)
		pace->busy_until_ms = later(pace->busy_until_ms, pace->rest_until_ms + BUSY_MS);
	pace->is_said = false;
}
