/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmirrorctl.h - the parts of cmirrorctl: what cmirrord answered, as objects, and the ways to print
 * it.
 */
#ifndef CM_TOOLS_CMIRRORCTL_H
#define CM_TOOLS_CMIRRORCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/err.h"

struct pair {
	char *key, *value;
};

/* An object of a reply; its kind is the key of its first pair. */
struct object {
	size_t count;
	struct pair *pair;
};

struct reply {
	size_t count;
	struct object *object;
	bool is_open;		/* the last object takes more pairs */
};

/* ---- cmirrorctl_reply.c ---- */

/* Ask cmirrord and append its objects to @reply. 0, or negative as of ctl_client_call() with @err.
 * */
int reply_ask(struct reply *reply, const char *request, struct cm_errmsg *err) CM_MUST_CHECK;
void reply_free(struct reply *reply);
/* First value of @key, or "". */
const char *object_get(const struct object *object, const char *key);
bool object_is(const struct object *object, const char *kind);

/* ---- cmirrorctl_name.c ---- */

/*
 * The log's uuid from what a person types: VG/LV, /dev/VG/LV, the name of a device-mapper device,
 * or the uuid itself (taken as it is when no device has that name). Returns 0, or -ENOENT, -EINVAL
 * with @err.
 */
int name_resolve(const char *name, char *uuid, size_t size, struct cm_errmsg *err) CM_MUST_CHECK;
/* What to show for a log: VG/LV when the device's name is LVM's. Static buffer. */
const char *name_show(const char *dm_name, const char *uuid);

/* ---- cmirrorctl_print.c, cmirrorctl_json.c ---- */
void print_status(FILE *out, const struct reply *reply);
void print_raw(FILE *out, const struct reply *reply);
void print_json(FILE *out, const struct reply *reply);

#endif
