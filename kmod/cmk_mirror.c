// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_mirror.c - what dm-mirror says of itself: by its status function, for there is no other way.
 *
 * INFO:  LEGS DEVICE... SYNCED/ALL 1 HEALTH ...	HEALTH: a letter per leg
 * TABLE: ... [FEATURES "handle_errors" ...]
 */
#include <linux/slab.h>

#include "cmk.h"

#define INFO_BYTES	256	/* 9 legs of "major:minor" */
#define TABLE_BYTES	1024

int cmk_mirror_handles_errors(struct cmk_log *log)
{
	char *text = kmalloc(TABLE_BYTES, GFP_NOIO);
	bool has;

	if (!text)
		return -ENOMEM;
	*text = '\0';
	log->ti->type->status(log->ti, STATUSTYPE_TABLE, 0, text, TABLE_BYTES);
	has = strstr(text, " handle_errors");
	kfree(text);
	return has;
}

/* The word behind the first that has a '/', and one more. */
static const char *health_of(const char *info)
{
	const char *at = strchr(info, '/');
	int i;

	for (i = 0; at && i < 2; i++)
		at = strchr(at + 1, ' ');
	return at ? at + 1 : "";
}

/* 'D' is a write, or a flush that came with one or from above; 'F' a flush of dm-mirror's own. */
bool cmk_mirror_write_failed(struct cmk_log *log)
{
	char info[INFO_BYTES] = "";

	log->in_status = true;		/* it asks get_sync_count */
	log->ti->type->status(log->ti, STATUSTYPE_INFO, 0, info, sizeof(info));
	log->in_status = false;
	return strcspn(health_of(info), "DF ") < strcspn(health_of(info), " ");
}
