/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * check_disk.c - what a reader of the log device believes, if everything lost power now.
 *
 * Classic area valid: its bits. Poisoned for this log, and a superblock of this log and of the
 * poison's epoch: out-of-sync bitmap or any running slot; a page that is not exactly the page it
 * should be counts as all dirty. Anything else: everything is out of sync.
 *
 * Either copy of the superblock may be the only one that reader gets: what is dirty by one of them
 * only is clean here.
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

static bool read_sb(struct sim *s, const struct sim_truth *t, uint32_t copy, struct disk_sb *sb)
{
	return !disk_sb_decode(s->dev[s->geom.sb_off[copy] / DISK_PAGE_BYTES], sb) &&
	       !disk_sb_match(sb, &s->geom, SIM_UUID) &&
	       (t->classic.kind != DISK_CLASSIC_POISONED || t->classic.epoch == sb->epoch);
}

static uint64_t read_map(struct sim *s, const struct disk_sb *sb, uint32_t area, uint64_t off)
{
	struct disk_page_id id = { .epoch = sb->epoch, .uuid_hash = disk_uuid_hash(SIM_UUID),
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

/* By this copy: out of sync, and slots; returns what is dirty. */
static uint64_t read_ours(struct sim *s, const struct disk_sb *sb, struct sim_truth *t)
{
	uint64_t dirty = t->oos = read_map(s, sb, DISK_AREA_OOS, disk_oos_off(&s->geom, 0));
	uint32_t i;

	for (i = 0; i < DISK_SLOTS_MAX; i++) {
		t->slot[i] = 0;
		if (sb->slot[i].state == DISK_SLOT_RUNNING)
			t->slot[i] = read_map(s, sb, i, disk_slot_off(&s->geom, i, 0));
		dirty |= t->slot[i];
	}
	t->sb = *sb;
	return dirty;
}

/* What holds by both copies. The slot table shown is the newer one's. */
static uint64_t read_both(struct sim *s, const struct disk_sb sb[2], struct sim_truth *t)
{
	uint32_t newer = sb[1].seq > sb[0].seq, i;
	uint64_t dirty = read_ours(s, &sb[!newer], t);

	dirty &= read_ours(s, &sb[newer], t);
	for (i = 0; i < DISK_SLOTS_MAX; i++)
		if (memcmp(&sb[0].slot[i], &sb[1].slot[i], sizeof(sb[0].slot[i])))
			t->slot[i] = 0;
	return dirty;
}

const struct sim_truth *check_truth(struct sim *s)
{
	struct sim_truth *t = &s->truth;
	struct disk_sb sb[2];
	bool good[2];
	uint64_t ours;

	if (t->is_fresh)
		return t;
	memset(t, 0, sizeof(*t));
	t->is_fresh = true;
	disk_classic_decode(s->dev[0], SIM_UUID, &t->classic);
	good[0] = read_sb(s, t, 0, &sb[0]);
	good[1] = read_sb(s, t, 1, &sb[1]);
	t->has_sb = good[0] || good[1];
	t->dirty = ours = all_of(s);
	if (good[0] && good[1])
		ours = read_both(s, sb, t);
	else if (t->has_sb)
		ours = read_ours(s, &sb[good[1]], t);
	if (t->classic.kind == DISK_CLASSIC_VALID) {
		sim_mark(s, MARK_classic_valid);
		t->dirty = read_classic(s, t);
	} else if (t->classic.kind == DISK_CLASSIC_POISONED) {
		t->dirty = ours;
	}
	return t;
}

bool check_sb_is_good(struct sim *s, uint32_t copy)
{
	const struct sim_truth *t = check_truth(s);
	struct disk_sb sb;

	return t->classic.kind == DISK_CLASSIC_POISONED && read_sb(s, t, copy, &sb) &&
	       !s->dev_unread[s->geom.sb_off[copy] / DISK_PAGE_BYTES];
}
