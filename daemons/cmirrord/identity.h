/* SPDX-License-Identifier: GPL-2.0-only */
/* identity.h - which boot of which machine this is. Read once at start. */
#ifndef CM_CMIRRORD_IDENTITY_H
#define CM_CMIRRORD_IDENTITY_H

#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

struct identity {
	uint8_t boot_id[16];		/* /proc/sys/kernel/random/boot_id */
	uint8_t machine_id[16];		/* /etc/machine-id */
};

/* Returns 0 or negative errno with @err (names the file and, for machine-id, the command that makes
 * one). */
int identity_read(struct identity *id, struct cm_errmsg *err) CM_MUST_CHECK;

/* 32 hex digits, hyphens allowed anywhere, to 16 bytes; what follows the 32nd must be white space.
 * Returns 0 or -EINVAL. */
int identity_parse(const char *text, uint8_t id[16]) CM_MUST_CHECK;

#endif
