/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * disk_look.c - is this a log device, and whose?
 *
 * The core takes whatever it does not know as "all out of sync", which loses nothing. A person
 * would rather hear that the device is a wrong one before it is written to.
 */
#include "lib/format/disk.h"

#include <string.h>

#include "base/buf.h"
#include "base/hash.h"
#include "lib/format/disk_hdr.h"

static int foreign_look(const struct disk_classic_le *le, const char *uuid, struct disk_log *out,
			struct cm_errmsg *err);
static int sb_pick(const uint8_t *const sb_page[2], const char *uuid, struct disk_sb *out,
		   struct cm_errmsg *err);

int disk_log_look(const uint8_t *block0, const uint8_t *const sb_page[2], const char *uuid,
		  struct disk_log *out, struct cm_errmsg *err)
{
	struct disk_log got;
	struct disk_classic classic;
	int r = 0;

	memset(&got, 0, sizeof(got));
	disk_classic_decode(block0, uuid, &classic);
	if (classic.kind == DISK_CLASSIC_VALID) {
		got.kind = DISK_LOG_CLASSIC;
	} else if (classic.kind == DISK_CLASSIC_POISONED) {
		got.kind = DISK_LOG_OURS;
		r = sb_pick(sb_page, uuid, &got.sb, err);
	} else {
		r = foreign_look((const struct disk_classic_le *)block0, uuid, &got, err);
	}
	if (!r)
		*out = got;
	return r;
}

/* Neither header is good: why not? */
static int foreign_look(const struct disk_classic_le *le, const char *uuid, struct disk_log *out,
			struct cm_errmsg *err)
{
	uint32_t magic = le32_get(&le->magic);

	if (buf_is_zero(le, DISK_CLASSIC_BITS_OFF)) {
		out->kind = DISK_LOG_NEW;
		return 0;
	}
	if (magic == DISK_CLASSIC_MAGIC) {
		cm_err_set(err, "a kernel's mirror log of unknown version %u",
			   le32_get(&le->version));
		return CM_E_DISK_MAGIC;
	}
	if (magic != DISK_POISON_MAGIC) {
		cm_err_set(err, "no header of a mirror log (it begins with %08x)", magic);
		return CM_E_DISK_MAGIC;
	}
	if (le32_get(&le->csum) == cm_crc32c(0, le, offsetof(struct disk_classic_le, csum)) &&
	    le64_get(&le->uuid_hash) != disk_uuid_hash(uuid)) {
		cm_err_set(err, "the header belongs to another mirror");
		return CM_E_DISK_UUID;
	}
	cm_err_set(err, "the header is torn (wrong checksum)");
	return CM_E_DISK_CSUM;
}

/* The newest good copy that is of this log. A torn one beside it is an ordinary crash. */
static int sb_pick(const uint8_t *const sb_page[2], const char *uuid, struct disk_sb *out,
		   struct cm_errmsg *err)
{
	bool is_found = false, is_others = false;
	struct disk_sb copy;
	unsigned int i;
	int r;

	for (i = 0; i < 2; i++) {
		r = disk_sb_decode(sb_page[i], &copy);
		if (r == CM_E_DISK_VERSION) {
			cm_err_set(err, "written by a later version of cmirror: install that "
				   "version on this node too");
			return r;
		}
		if (r)
			continue;
		if (strcmp(copy.uuid, uuid)) {
			is_others = true;
		} else if (!is_found || copy.seq > out->seq) {
			*out = copy;
			is_found = true;
		}
	}
	if (is_found)
		return 0;
	cm_err_set(err, is_others ? "the superblocks belong to another mirror"
				  : "both superblocks are torn (wrong checksum)");
	return is_others ? CM_E_DISK_UUID : CM_E_DISK_CSUM;
}
