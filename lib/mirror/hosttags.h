/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hosttags.h - the tags that lvm.conf gives to this host (section `tags`, lvm.conf(5)).
 *
 * No command of stock lvm tells them: lvmconfig leaves the section out. So its files are read here,
 * in its order: lvm.conf, lvmlocal.conf, and for each tag that is set lvm_TAG.conf, which may set
 * more. Source of the rules: LVM2 lib/commands/toolcontext.c, 2.03.16.
 *
 * Blocks on files of the root file system: for worker processes.
 */
#ifndef CM_MIRROR_HOSTTAGS_H
#define CM_MIRROR_HOSTTAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

#define HOSTTAGS_MAX	64u
#define HOSTTAGS_BYTES	129u		/* of one tag with its NUL; lvm allows 128 */

struct hosttags {
	uint32_t count;
	char tag[HOSTTAGS_MAX][HOSTTAGS_BYTES];
};

/*
 * Read them from the files in @dir for the host @hostname (uname -n).
 * Returns 0 (also without files), or with @err: -EBADMSG (a file that is no configuration),
 * -EFBIG (more tags than HOSTTAGS_MAX, or a file above 1 MiB), negative errno of a file that is
 * there and cannot be read. @tags is written only on success.
 */
int hosttags_read(const char *dir, const char *hostname, struct hosttags *tags,
		  struct cm_errmsg *err) CM_MUST_CHECK;

/* The folder stock lvm looks in: $LVM_SYSTEM_DIR, or /etc/lvm. "" = it reads no files at all. */
const char *hosttags_dir(void);

bool hosttags_has(const struct hosttags *tags, const char *tag);

#endif
