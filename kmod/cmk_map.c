// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_map.c - which regions are out of sync, which are frozen, which writes wait; and passes.
 *
 * dm-mirror judges a write three times: is_remote_recovering, in_sync (is it in sync?), in_sync
 * again (when its region enters the region hash), and then marks it. If the truth changed in
 * between, a write could go to one leg only, or to all without a mark. So what the daemon says goes
 * into the want_ maps, and becomes what holds only while no pass runs: between flush, which ends
 * one, and the next is_remote_recovering.
 */
#include <linux/mm.h>

#include "cmk.h"

static unsigned long *map_create(const struct cmk_log *log)
{
	return kvcalloc(BITS_TO_LONGS(log->region_count), sizeof(long), GFP_KERNEL);
}

int cmk_maps_create(struct cmk_log *log)
{
	unsigned long **map[] = {
		&log->oos, &log->want_oos, &log->frozen, &log->want_frozen, &log->marks,
		&log->dirty, &log->recent, &log->failed, &log->nosync, &log->voids,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		*map[i] = map_create(log);
		if (!*map[i])
			return -ENOMEM;
	}
	log->changed_lo = U64_MAX;
	return 0;
}

void cmk_maps_destroy(struct cmk_log *log)
{
	kvfree(log->oos);
	kvfree(log->want_oos);
	kvfree(log->frozen);
	kvfree(log->want_frozen);
	kvfree(log->marks);
	kvfree(log->dirty);
	kvfree(log->recent);
	kvfree(log->failed);
	kvfree(log->nosync);
	kvfree(log->voids);
}

bool cmk_is_oos(const struct cmk_log *log, u64 region)
{
	return test_bit(region, log->oos);
}

static void changed_note(struct cmk_log *log, u64 lo, u64 hi)
{
	log->changed_lo = min(log->changed_lo, lo / BITS_PER_LONG);
	log->changed_hi = max(log->changed_hi, DIV_ROUND_UP(hi, BITS_PER_LONG));
}

/* ---- what the daemon says ---- */

/* What has failed here is out of sync, whatever is said before the daemon has heard of it. */
static void byte_change(struct cmk_log *log, u8 op, u64 first, u8 byte)
{
	u64 r;
	int i;

	for (i = 0; i < 8; i++) {
		r = first + i;
		if (r >= log->region_count)
			return;
		if (op == CMIRROR_OP_SET && byte >> i & 1)
			__set_bit(r, log->want_oos);
		else if (test_bit(r, log->failed))
			__set_bit(r, log->want_oos);
		else if (op == CMIRROR_OP_CLEAR && byte >> i & 1)
			__clear_bit(r, log->want_oos);
		else if (op == CMIRROR_OP_LOAD)
			__assign_bit(r, log->want_oos, byte >> i & 1);
	}
}

void cmk_oos_change(struct cmk_log *log, u8 op, u64 first, const u8 *bits, u32 bytes)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		if (op == CMIRROR_OP_LOAD || bits[i])
			byte_change(log, op, first + i * 8, bits[i]);
	if (op != CMIRROR_OP_CLEAR)
		log->oos_durable = false;
	changed_note(log, first, min(first + bytes * 8, log->region_count));
}

void cmk_frozen_change(struct cmk_log *log, u64 lo, u64 hi, bool is_frozen)
{
	if (is_frozen)
		bitmap_set(log->want_frozen, lo, hi - lo);
	else
		bitmap_clear(log->want_frozen, lo, hi - lo);
	changed_note(log, lo, hi);
}

void cmk_failed(struct cmk_log *log, u64 region)
{
	__set_bit(region, log->want_oos);
	if (!test_and_set_bit(region, log->oos))
		log->oos_count++;
	log->oos_durable = false;
	__set_bit(region, log->failed);
	cmk_claims_spoil(log, region);
	cmk_ask(log, CMIRROR_ASK_FAILED);
}

/* ---- boundaries ---- */

static void word_apply(struct cmk_log *log, u64 i)
{
	if (log->oos[i] != log->want_oos[i]) {
		log->oos_count -= hweight_long(log->oos[i]);
		log->oos_count += hweight_long(log->want_oos[i]);
		WRITE_ONCE(log->oos[i], log->want_oos[i]); /* read without the lock */
	}
	log->frozen[i] = log->want_frozen[i];
}

static void freezes_apply(struct cmk_log *log)
{
	int i;

	for (i = 0; log->freezes_open && i < CMIRROR_FREEZES; i++) {
		struct cmk_freeze *freeze = &log->freeze[i];

		if (!freeze->id || freeze->is_effective)
			continue;
		freeze->is_effective = true;
		freeze->deadline = jiffies + msecs_to_jiffies(freeze->wait_ms);
		cmk_clerk_wake(log);
	}
}

void cmk_apply(struct cmk_log *log)
{
	bool is_changed = log->changed_lo < log->changed_hi || log->mode != log->want_mode;
	u64 i;

	log->in_pass = false;
	log->mode = log->want_mode;
	for (i = log->changed_lo; i < log->changed_hi; i++)
		word_apply(log, i);
	log->changed_lo = U64_MAX;
	log->changed_hi = 0;
	freezes_apply(log);
	if (is_changed && log->has_held) {
		log->has_held = false;
		cmk_wake(log);
	}
}

void cmk_changed(struct cmk_log *log)
{
	if (!log->in_pass)
		cmk_apply(log);
}

/* ---- writes ---- */

static bool frozen_is_held(struct cmk_log *log, u64 region)
{
	const struct cmk_freeze *freeze = cmk_freeze_of(log, region);

	if (freeze && time_after_eq(jiffies, freeze->void_at) &&
	    !__test_and_set_bit(region, log->voids))
		cmk_ask(log, CMIRROR_ASK_VOID);
	return true;
}

static bool mode_is_held(const struct cmk_log *log, u64 region)
{
	switch (log->mode) {
	case CMIRROR_MODE_ALL:
		return false;
	case CMIRROR_MODE_IN_SYNC:
		return cmk_is_oos(log, region);
	default:
		return cmk_is_oos(log, region) || !cmk_is_durable(log, region);
	}
}

/*
 * A write has failed there on a leg: dm-mirror's region hash says NOSYNC until this node has copied
 * the region itself, or the table is loaded anew; no suspend and no copy of another node ends it.
 * With a leg that is still said to be bad it holds the write, else it writes to one leg only; in
 * both cases without asking for a mark. So it counts as marked, and as having failed again.
 */
static void nosync_write(struct cmk_log *log, u64 region)
{
	cmk_mark(log, region);
	cmk_failed(log, region);
}

bool cmk_write_is_held(struct cmk_log *log, u64 region)
{
	bool is_held;

	log->in_pass = true;
	if (!cmk_is_live(log))	/* its mark is refused: held here it would hold the suspend */
		return log->ignores_errors;
	is_held = test_bit(region, log->frozen) ? frozen_is_held(log, region)
						: mode_is_held(log, region);
	log->stats.held += is_held;
	log->stats.writes += !is_held;
	log->has_held |= is_held;
	if (!is_held && test_bit(region, log->nosync))
		nosync_write(log, region);
	return is_held;
}
