/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * conf.h - configuration file: lines `key = value` in LVM's own syntax (libdevmapper parses it).
 * Read once at start; a missing file means the defaults.
 */
#ifndef CM_CMIRRORD_CONF_H
#define CM_CMIRRORD_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"

/* What this node does when its state is stale while its kernel writes. */
enum conf_self_fence {
	CONF_FENCE_REBOOT,	/* at once, without sync */
	CONF_FENCE_PANIC,	/* crash, for a dump */
	CONF_FENCE_LOG,		/* answer nothing any more and wait for a person; tests */
};

/* Which kernel client new mirrors run with. */
enum conf_client {
	CONF_CLIENT_AUTO,	/* the module, when it is loaded */
	CONF_CLIENT_MODULE,	/* nothing without it */
	CONF_CLIENT_CONNECTOR,	/* the stock one, always */
};

struct conf {
	bool allow_no_fencing;			/* allow_no_fencing = 0|1 */
	/* daemon_return_timeout = seconds, 0 = never; 60, or 300 for nodes with the module */
	uint32_t daemon_return_timeout_s, daemon_return_timeout_module_s;
	enum conf_client client;		/* client = "auto" | "module" | "connector" */
	enum conf_self_fence self_fence;	/* self_fence = "reboot" | "panic" | "log" */
};

void conf_defaults(struct conf *conf);

/*
 * Read @path into @conf, which holds the defaults.
 * Returns 0 (also when there is no such file), or -EINVAL, -EIO or -ENOMEM with @err naming file
 * and key. Keys that are not ours are errors too: a misspelt allow_no_fencing must not pass.
 * clvmd's keys are known.
 */
int conf_read(const char *path, struct conf *conf, struct cm_errmsg *err) CM_MUST_CHECK;

#endif
