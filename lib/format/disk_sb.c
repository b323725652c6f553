/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk_sb.c - the superblock.
 */
#include "lib/format/disk.h"

#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "lib/format/disk_hdr.h"

#define SB_FLAGS	(DISK_SB_F_NO_FENCING | DISK_SB_F_NOSYNC)

static void slot_encode(const struct disk_slot *slot, struct disk_slot_le *le);
static void slot_decode(const struct disk_slot_le *le, struct disk_slot *slot);
static bool sb_ok(const struct disk_sb *sb);

void disk_sb_encode(const struct disk_sb *sb, uint8_t *page)
{
	struct disk_sb_le *le = (struct disk_sb_le *)page;
	uint32_t i;

	CM_ASSERT(sb_ok(sb));
	memset(le, 0, sizeof(*le));
	le32_set(&le->magic, DISK_SB_MAGIC);
	le32_set(&le->version, DISK_SB_VERSION);
	le32_set(&le->state, sb->state);
	le64_set(&le->seq, sb->seq);
	le64_set(&le->epoch, sb->epoch);
	le64_set(&le->legs_hash, sb->legs_hash);
	le64_set(&le->dev_bytes, sb->dev_bytes);
	le64_set(&le->region_count, sb->region_count);
	le32_set(&le->region_size_sect, sb->region_size_sect);
	le32_set(&le->slot_count, sb->slot_count);
	le32_set(&le->gen, sb->gen);
	le32_set(&le->flags, sb->flags);
	memcpy(le->uuid, sb->uuid, strlen(sb->uuid));
	for (i = 0; i < DISK_SLOTS_MAX; i++)
		slot_encode(&sb->slot[i], &le->slot[i]);
	le32_set(&le->csum, disk_block_csum(page));
}

int disk_sb_decode(const uint8_t *page, struct disk_sb *sb)
{
	const struct disk_sb_le *le = (const struct disk_sb_le *)page;
	struct disk_sb got;
	size_t uuid_bytes = strnlen(le->uuid, sizeof(le->uuid));
	uint32_t i;

	if (le32_get(&le->magic) != DISK_SB_MAGIC)
		return CM_E_DISK_MAGIC;
	if (le32_get(&le->csum) != disk_block_csum(page))
		return CM_E_DISK_CSUM;
	if (le32_get(&le->version) > DISK_SB_VERSION)
		return CM_E_DISK_VERSION;

	memset(&got, 0, sizeof(got));
	got.state = le32_get(&le->state);
	got.seq = le64_get(&le->seq);
	got.epoch = le64_get(&le->epoch);
	got.legs_hash = le64_get(&le->legs_hash);
	got.dev_bytes = le64_get(&le->dev_bytes);
	got.region_count = le64_get(&le->region_count);
	got.region_size_sect = le32_get(&le->region_size_sect);
	got.slot_count = le32_get(&le->slot_count);
	got.gen = le32_get(&le->gen);
	got.flags = le32_get(&le->flags);
	memcpy(got.uuid, le->uuid, sizeof(got.uuid));
	for (i = 0; i < DISK_SLOTS_MAX; i++)
		slot_decode(&le->slot[i], &got.slot[i]);

	if (le32_get(&le->version) != DISK_SB_VERSION || uuid_bytes == sizeof(le->uuid) ||
	    !buf_is_zero(le->uuid + uuid_bytes, sizeof(le->uuid) - uuid_bytes) ||
	    !buf_is_zero(le->zero1, sizeof(le->zero1)) ||
	    !buf_is_zero(le->zero2, sizeof(le->zero2)) ||
	    !sb_ok(&got))
		return CM_E_DISK_FIELD;
	*sb = got;
	return 0;
}

int disk_sb_match(const struct disk_sb *sb, const struct disk_geom *geom, const char *uuid)
{
	if (strcmp(sb->uuid, uuid))
		return CM_E_DISK_UUID;
	if (sb->dev_bytes != geom->dev_bytes || sb->region_count != geom->region_count ||
	    sb->region_size_sect != geom->region_size_sect || sb->slot_count != geom->slot_count)
		return CM_E_DISK_GEOMETRY;
	return 0;
}

uint32_t disk_block_csum(const void *block)
{
	static const uint8_t zero[sizeof(struct le32)];
	const uint8_t *bytes = block;
	uint32_t csum;

	csum = cm_crc32c(0, bytes, DISK_CSUM_OFF);
	csum = cm_crc32c(csum, zero, sizeof(zero));
	return cm_crc32c(csum, bytes + DISK_CSUM_OFF + sizeof(zero),
			 DISK_PAGE_BYTES - DISK_CSUM_OFF - sizeof(zero));
}

static void slot_encode(const struct disk_slot *slot, struct disk_slot_le *le)
{
	le32_set(&le->state, slot->state);
	le32_set(&le->nodeid, slot->nodeid);
	memcpy(le->machine_id, slot->machine_id, sizeof(le->machine_id));
	memcpy(le->boot_id, slot->boot_id, sizeof(le->boot_id));
}

static void slot_decode(const struct disk_slot_le *le, struct disk_slot *slot)
{
	slot->state = le32_get(&le->state);
	slot->nodeid = le32_get(&le->nodeid);
	memcpy(slot->machine_id, le->machine_id, sizeof(slot->machine_id));
	memcpy(slot->boot_id, le->boot_id, sizeof(slot->boot_id));
}

/* A free slot may still tell whose it was. */
static bool slot_ok(const struct disk_slot *slot, bool is_there)
{
	if (slot->state == DISK_SLOT_FREE)
		return true;
	return is_there && slot->nodeid &&
	       (slot->state == DISK_SLOT_RUNNING || slot->state == DISK_SLOT_CLEAN);
}

static bool sb_ok(const struct disk_sb *sb)
{
	uint32_t i;

	if (sb->state < DISK_SB_IMPORT || sb->state > DISK_SB_CLEAN || sb->flags & ~SB_FLAGS)
		return false;
	if (!sb->region_count || sb->region_count > DISK_REGIONS_MAX || sb->dev_bytes % 512)
		return false;
	if (sb->region_size_sect < 2 || sb->region_size_sect & (sb->region_size_sect - 1))
		return false;
	if (!sb->slot_count || sb->slot_count > DISK_SLOTS_MAX)
		return false;
	if (!sb->uuid[0] || strnlen(sb->uuid, sizeof(sb->uuid)) == sizeof(sb->uuid))
		return false;
	for (i = 0; i < DISK_SLOTS_MAX; i++)
		if (!slot_ok(&sb->slot[i], i < sb->slot_count))
			return false;
	return true;
}
