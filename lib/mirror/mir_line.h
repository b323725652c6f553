/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mir_line.h - table lines of a clustered mirror and its parts. The mirror's line has this one
 * builder: another target or log type is another function here.
 *
 * Source of the syntax: drivers/md/dm-raid1.c, dm-log-userspace-base.c, dm-linear.c, dm-stripe.c of
 * kernel 6.1. Pure. Any thread.
 */
#ifndef CM_MIRROR_MIR_LINE_H
#define CM_MIRROR_MIR_LINE_H

#include "lib/mirror/mir.h"

#define MIR_LINE_BYTES                                                                             \
	1024u /* of a mirror's line with its NUL: uuid 128, 8 legs, hash, numbers: below 500 */

struct mir_dev {
	uint32_t major, minor;
};

enum mir_client { MIR_CLIENT_STOCK, MIR_CLIENT_MODULE };	/* in the kernel, of the log */

struct mir_devs {		/* where the parts of a mirror are on this node */
	struct mir_dev leg[MIR_LEGS_MAX];
	struct mir_dev log;	/* unused with a core log */
};

/*
 * Parameters of the mirror's line (what follows "0 LENGTH mirror "):
 *
 *	userspace N UUID integrated_flush clustered-disk MAJ:MIN REGION gen=G legs=HASH
 *		NLEGS MAJ:MIN 0 ... 1 handle_errors
 *
 * or, with MIR_CLIENT_MODULE (kmod/cmk_log.c):
 *
 *	cmirror-disk N UUID MAJ:MIN REGION gen=G legs=HASH NLEGS MAJ:MIN 0 ... 1 handle_errors
 *
 * N counts the words from UUID to legs=. With a core log: clustered-core (cmirror-core) REGION, no
 * device. Never nosync: that is said once, in the log (hazard L14). @gen: of the leg set.
 */
void mir_line_build(const struct mir *mir, const struct mir_devs *devs, uint32_t gen,
		    enum mir_client client, char out[MIR_LINE_BYTES]);

/* Parameters of one segment of a leg or log, linear or striped, for the target named by
 * mir_seg_target().
 * @dev: one per area. Returns 0 or -ENOSPC. */
int mir_seg_line_build(const struct mir_seg *seg, const struct mir_dev *dev, char *out,
		       size_t size) CM_MUST_CHECK;
const char *mir_seg_target(const struct mir_seg *seg);

/* What the table of a running mirror says. */
struct mir_live {
	bool is_ours;			/* a clustered log, of either client */
	enum mir_client client;		/* when is_ours */
	char log_uuid[129];
	bool has_log;
	struct mir_dev log;
	uint32_t leg_count;
	struct mir_dev leg[MIR_LEGS_MAX];
};

/*
 * Read the parameters of a `mirror` line as the kernel prints them, with any log.
 * Returns 0, or -EBADMSG when they are not of that form.
 */
int mir_line_parse(const char *params, struct mir_live *live) CM_MUST_CHECK;

#endif
