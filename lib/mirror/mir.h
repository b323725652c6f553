/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mir.h - one clustered mirror as the metadata of its volume group describes it.
 *
 * The text is what `lvm vgcfgbackup -f FILE VG` writes on this node: names, uuids, segments, tags;
 * the device paths of the physical volumes in it are this node's own. Names and dm uuids are those
 * of LVM 2.03.16 (no layer suffix on any part of a mirror), so that stock lvs and lvchange -an know
 * our devices.
 *
 * One thread per struct mir. Allocates; not for the I/O path.
 */
#ifndef CM_MIRROR_MIR_H
#define CM_MIRROR_MIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

#define MIR_LEGS_MAX		8u	/* LVM's own limit of images */
#define MIR_UUID_BYTES		39u	/* "8uPrff-qdQz-QTUm-14hr-fAUG-Wxdk-E5oCov" with the NUL */
#define MIR_TAG_NEW		"cmirror_new"	/* being made: nobody activates it */
#define MIR_GEN_FIRST 1u /* generation of the leg set until something changes legs online */

struct mir_area {
	const char *pv_uuid;	/* dashed */
	const char *pv_device;	/* path on this node; "[unknown]" or the like when is_missing */
	bool is_missing;
	uint64_t off_sect;	/* from the start of the device */
};

struct mir_seg {
	uint64_t start_sect, len_sect;
	uint32_t stripe_sect;	/* chunk; 0 with one stripe */
	uint32_t area_count;	/* 1 = linear */
	struct mir_area *area;
};

/* A hidden LV of the mirror: a leg or the log. Only linear and striped segments. */
struct mir_sub {
	const char *lv_name;
	char uuid[MIR_UUID_BYTES];
	const char *dm_name, *dm_uuid;
	uint64_t len_sect;
	bool is_read_only;
	uint32_t seg_count;
	struct mir_seg *seg;
};

struct mir {
	const char *vg_name, *lv_name;
	char vg_uuid[MIR_UUID_BYTES], lv_uuid[MIR_UUID_BYTES];
	const char *lock_type;		/* "dlm", "sanlock", ...; "none" for a local VG */
	const char *vg_lock_args;	/* "" when there are none */
	const char *lv_lock_args;
	uint64_t seqno;
	bool is_new;			/* has the tag MIR_TAG_NEW */
	bool is_read_only;
	bool is_visible;
	bool may_autoactivate;		/* neither the LV nor the VG says NOAUTOACTIVATE */
	uint32_t tag_count;		/* of the LV and of the VG together */
	const char **tag;
	const char *dm_name, *dm_uuid;
	const char *log_uuid; /* first word of the table's log: dm uuid of the log LV, or the
				 mirror's (core) */
	uint64_t len_sect;
	uint32_t region_size_sect;
	uint32_t leg_count;		/* 1..MIR_LEGS_MAX */
	struct mir_sub leg[MIR_LEGS_MAX];
	bool has_log;			/* false: core log */
	struct mir_sub log;
	void *mem;			/* everything above lives here */
};

/*
 * Find mirror @lv_name in the text of volume group @vg_name.
 *
 * Returns 0 and *out (mir_free()), or with one line in @err:
 *   -ENOENT    no such VG in the text, or no such LV in the VG
 *   -EBADMSG   the text is no metadata, or contradicts itself: names the field
 *   -ENOTSUP   not a mirror, or one of a shape we do not activate (mirrored log, snapshot origin,
 * ...) -ENOMEM
 */
int mir_from_text(const char *text, const char *vg_name, const char *lv_name, struct mir **out,
		  struct cm_errmsg *err) CM_MUST_CHECK;
void mir_free(struct mir *mir);

/* Hash of the ordered leg uuids, as in `legs=` of the table line; never 0. */
uint64_t mir_legs_hash(const struct mir *mir);

/* 0 < regions: the length divided by the region size, rounded up. */
uint64_t mir_region_count(const struct mir *mir);

/* Is every physical volume of the mirror there? Otherwise -ENODEV and @err names the first missing
 * one. */
int mir_check_complete(const struct mir *mir, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
