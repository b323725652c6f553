/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_disk.c - what a reader of the log device believes, if everything lost power now.
 *
 * Classic area valid: its bits. Poisoned for this log, and a superblock of this log: out-of-sync
 * bitmap or any running slot; a page that is not exactly the page it should be counts as all dirty.
 * Anything else: everything is out of sync.
 */
#include "test/sim/sim.h"

#include <string.h>

void check_truth_stale(struct sim *s)
{
	s->truth.is_fresh = false;
}

static uint64_t all_of(const struct sim *s)
{
	return (1ull << s->region_count) - 1;
}

static void read_sb(struct sim *s, struct sim_truth *t)
{
	struct disk_sb sb;
	uint32_t i;

	t->has_sb = false;
	for (i = 0; i < 2; i++) {
		if (disk_sb_decode(s->dev[s->geom.sb_off[i] / DISK_PAGE_BYTES], &sb) ||
		    disk_sb_match(&sb, &s->geom, SIM_UUID))
			continue;
		if (t->has_sb && t->sb.seq >= sb.seq)
			continue;
		t->has_sb = true;
		t->sb = sb;
	}
}

static uint64_t read_map(struct sim *s, const struct sim_truth *t, uint32_t area, uint64_t off)
{
	struct disk_page_id id = { .epoch = t->sb.epoch, .uuid_hash = disk_uuid_hash(SIM_UUID),
				   .area = area };
	const uint8_t *page = s->dev[off / DISK_PAGE_BYTES];
	uint64_t words = 0;
	struct bits map;

	bits_init(&map, &words, s->region_count);
	if (disk_page_check(&s->geom, &id, page))
		return all_of(s);
	(void)disk_page_or(&s->geom, 0, page, &map);
	return words;
}

static uint64_t read_classic(struct sim *s, const struct sim_truth *t)
{
	uint64_t words = 0;
	struct bits map;

	bits_init(&map, &words, s->region_count);
	bits_fill(&map, true);
	disk_classic_import(s->dev[0], 0, t->classic.region_count, &map);
	return words;
}

const struct sim_truth *check_truth(struct sim *s)
{
	struct sim_truth *t = &s->truth;
	uint32_t i;

	if (t->is_fresh)
		return t;
	memset(t, 0, sizeof(*t));
	t->is_fresh = true;
	disk_classic_decode(s->dev[0], SIM_UUID, &t->classic);
	read_sb(s, t);
	t->dirty = all_of(s);
	for (i = 0; t->has_sb && i < DISK_SLOTS_MAX; i++)
		if (t->sb.slot[i].state == DISK_SLOT_RUNNING)
			t->slot[i] = read_map(s, t, i, disk_slot_off(&s->geom, i, 0));
	if (t->has_sb)
		t->oos = read_map(s, t, DISK_AREA_OOS, disk_oos_off(&s->geom, 0));
	if (t->classic.kind == DISK_CLASSIC_VALID) {
		sim_mark(s, MARK_classic_valid);
		t->dirty = read_classic(s, t);
	} else if (t->classic.kind == DISK_CLASSIC_POISONED && t->has_sb) {
		t->dirty = t->oos;
		for (i = 0; i < DISK_SLOTS_MAX; i++)
			t->dirty |= t->slot[i];
	}
	return t;
}
