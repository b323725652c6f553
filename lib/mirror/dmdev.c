/* SPDX-License-Identifier: GPL-2.0-only */
/* dmdev.c - one dm_task per question or order. */
#include "lib/mirror/dmdev.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <libdevmapper.h>

#define RETRY_STEP_MS	100u

static void (*dm_line_fn)(const char *line);
static char dm_last_error[160]; /* libdevmapper's last complaint, for the caller's one line */

static CM_PRINTF(5, 6) void on_dm_log(int level, const char *file, int line, int dm_errno,
				      const char *fmt, ...)
{
	char text[256];
	va_list args;

	(void)file;
	(void)line;
	(void)dm_errno;
	if ((level & 7) > 4)	/* above a warning */
		return;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if ((level & 7) <= 3)
		(void)snprintf(dm_last_error, sizeof(dm_last_error), "%.150s", text);
	if (dm_line_fn)
		dm_line_fn(text);
}

void dmdev_log_to(void (*fn)(const char *line))
{
	dm_line_fn = fn;
	dm_log_with_errno_init(on_dm_log);
}

static int failed(struct cm_errmsg *err, const char *what, const char *which)
{
	cm_err_set(err, "cannot %s %s%s%s", what, which, *dm_last_error ? ": " : "", dm_last_error);
	return -EIO;
}

static struct dm_task *task_by_uuid(int type, const char *dm_uuid)
{
	struct dm_task *dmt;

	dm_last_error[0] = '\0';
	dmt = dm_task_create(type);
	if (dmt && !dm_task_set_uuid(dmt, dm_uuid)) {
		dm_task_destroy(dmt);
		return NULL;
	}
	return dmt;
}

static void info_fill(struct dm_task *dmt, const struct dm_info *got, struct dmdev_info *info)
{
	const char *name = dm_task_get_name(dmt);

	memset(info, 0, sizeof(*info));
	if (!got->exists)
		return;
	info->exists = true;
	info->dev.major = got->major;
	info->dev.minor = got->minor;
	info->open_count = got->open_count > 0 ? (uint32_t)got->open_count : 0;
	info->is_suspended = got->suspended;
	info->is_read_only = got->read_only;
	info->has_live_table = got->live_table;
	(void)snprintf(info->name, sizeof(info->name), "%.127s", name ? name : "");
}

int dmdev_info(const char *dm_uuid, struct dmdev_info *info, struct cm_errmsg *err)
{
	struct dm_task *dmt = task_by_uuid(DM_DEVICE_INFO, dm_uuid);
	struct dm_info got;
	int r = 0;

	if (!dmt || !dm_task_run(dmt) || !dm_task_get_info(dmt, &got))
		r = failed(err, "ask device-mapper for", dm_uuid);
	else
		info_fill(dmt, &got, info);
	if (dmt)
		dm_task_destroy(dmt);
	return r;
}

int dmdev_info_by_dev(struct mir_dev dev, struct dmdev_info *info, char uuid[DMDEV_UUID_BYTES],
		      struct cm_errmsg *err)
{
	struct dm_task *dmt = dm_task_create(DM_DEVICE_INFO);
	struct dm_info got;
	const char *dm_uuid;
	int r = 0;

	dm_last_error[0] = '\0';
	if (!dmt || !dm_task_set_major(dmt, (int)dev.major) ||
	    !dm_task_set_minor(dmt, (int)dev.minor) || !dm_task_run(dmt) ||
	    !dm_task_get_info(dmt, &got)) {
		r = failed(err, "ask device-mapper for", "a part of the mirror");
		goto out;
	}
	info_fill(dmt, &got, info);
	dm_uuid = info->exists ? dm_task_get_uuid(dmt) : "";
	(void)snprintf(uuid, DMDEV_UUID_BYTES, "%.128s", dm_uuid ? dm_uuid : "");
out:
	if (dmt)
		dm_task_destroy(dmt);
	return r;
}

int dmdev_table(const char *dm_uuid, char type[32], char params[DMDEV_PARAMS_BYTES],
		uint64_t *len_sect, struct cm_errmsg *err)
{
	struct dm_task *dmt = task_by_uuid(DM_DEVICE_TABLE, dm_uuid);
	uint64_t start, len;
	char *t, *p;
	struct dm_info got;
	int r = 0;

	if (!dmt || !dm_task_run(dmt) || !dm_task_get_info(dmt, &got)) {
		r = failed(err, "read the table of", dm_uuid);
		goto out;
	}
	if (!got.exists || !got.live_table) {
		cm_err_set(err, "no active device %s", dm_uuid);
		r = -ENOENT;
		goto out;
	}
	(void)dm_get_next_target(dmt, NULL, &start, &len, &t, &p);
	if (!t || !p || strlen(t) >= 32 || strlen(p) >= DMDEV_PARAMS_BYTES) {
		r = failed(err, "read the table of", dm_uuid);
		goto out;
	}
	memcpy(type, t, strlen(t) + 1);
	memcpy(params, p, strlen(p) + 1);
	*len_sect = len;
out:
	if (dmt)
		dm_task_destroy(dmt);
	return r;
}

/* LVM's choice (lib/activate/dev_manager.c): parts of an LV get their /dev/mapper node and nothing
 * else. */
static uint16_t udev_flags(bool is_hidden)
{
	uint16_t flags = 0;

	if (is_hidden)
		flags |= DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG | DM_UDEV_DISABLE_DISK_RULES_FLAG |
			 DM_UDEV_DISABLE_OTHER_RULES_FLAG;
	if (dm_udev_get_sync_support())
		flags |= DM_UDEV_DISABLE_LIBRARY_FALLBACK;
	return flags;
}

static struct dm_task *create_task(const struct dmdev_create *c)
{
	struct dm_task *dmt = task_by_uuid(DM_DEVICE_CREATE, c->dm_uuid);

	if (!dmt)
		return NULL;
	if (!dm_task_set_name(dmt, c->dm_name) ||
	    !dm_task_set_cookie(dmt, c->cookie, udev_flags(c->is_hidden)))
		goto bad;
	if (c->is_read_only && !dm_task_set_ro(dmt))
		goto bad;
	for (uint32_t i = 0; i < c->target_count; i++)
		if (!dm_task_add_target(dmt, c->target[i].start_sect, c->target[i].len_sect,
					c->target[i].type, c->target[i].params))
			goto bad;
	return dmt;
bad:
	dm_task_destroy(dmt);
	return NULL;
}

int dmdev_create(const struct dmdev_create *create, struct mir_dev *dev, struct cm_errmsg *err)
{
	struct dm_task *dmt = create_task(create);
	struct dm_info got;
	int r = 0;

	if (!dmt)
		return failed(err, "prepare device", create->dm_name);
	if (!dm_task_run(dmt)) {
		r = dm_task_get_errno(dmt) == EEXIST ? -EEXIST : -EIO;
		(void)failed(err, "activate device", create->dm_name);
	} else if (!dm_task_get_info(dmt, &got) || !got.exists) {
		r = failed(err, "activate device", create->dm_name);
	} else {
		dev->major = got.major;
		dev->minor = got.minor;
	}
	dm_task_destroy(dmt);
	return r;
}

static void sleep_ms(uint32_t ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	(void)nanosleep(&ts, NULL);
}

/* By the name that was just seen for the uuid: without udev the library removes the node of that
 * name. */
static bool remove_once(const char *name, uint32_t *cookie)
{
	struct dm_task *dmt = dm_task_create(DM_DEVICE_REMOVE);
	bool is_done;

	dm_last_error[0] = '\0';
	is_done = dmt && dm_task_set_name(dmt, name) &&
		  dm_task_set_cookie(dmt, cookie, udev_flags(false)) && dm_task_run(dmt);
	if (dmt)
		dm_task_destroy(dmt);
	return is_done;
}

int dmdev_remove(const char *dm_uuid, uint32_t retry_ms, uint32_t *cookie, struct cm_errmsg *err)
{
	struct dmdev_info info;

	for (uint32_t waited_ms = 0;; waited_ms += RETRY_STEP_MS) {
		int r = dmdev_info(dm_uuid, &info, err);

		if (r || !info.exists)
			return r;
		if (!info.open_count && remove_once(info.name, cookie))
			return 0;
		if (waited_ms >= retry_ms)
			break;
		sleep_ms(RETRY_STEP_MS);
	}
	if (info.open_count) {
		cm_err_set(err, "device %s is in use (open count %u)", info.name, info.open_count);
		return -EBUSY;
	}
	return failed(err, "remove device", info.name);
}

void dmdev_udev_wait(uint32_t *cookie)
{
	if (*cookie)
		(void)dm_udev_wait(
			*cookie); /* a failure is logged by the library; the device is there */
	*cookie = 0;
}

int dmdev_load(const char *dm_uuid, uint64_t len_sect, const char *type, const char *params,
	       bool is_read_only, struct cm_errmsg *err)
{
	struct dm_task *dmt = task_by_uuid(DM_DEVICE_RELOAD, dm_uuid);
	bool is_done = dmt && (!is_read_only || dm_task_set_ro(dmt)) &&
		       dm_task_add_target(dmt, 0, len_sect, type, params) && dm_task_run(dmt);

	if (dmt)
		dm_task_destroy(dmt);
	return is_done ? 0 : failed(err, "load a table for", dm_uuid);
}

static int simple(int type, const char *what, const char *dm_uuid, struct cm_errmsg *err)
{
	struct dm_task *dmt = task_by_uuid(type, dm_uuid);
	bool is_done = dmt && dm_task_run(dmt);

	if (dmt)
		dm_task_destroy(dmt);
	return is_done ? 0 : failed(err, what, dm_uuid);
}

int dmdev_clear(const char *dm_uuid, struct cm_errmsg *err)
{
	return simple(DM_DEVICE_CLEAR, "clear the inactive table of", dm_uuid, err);
}

int dmdev_suspend(const char *dm_uuid, struct cm_errmsg *err)
{
	struct dm_task *dmt = task_by_uuid(DM_DEVICE_SUSPEND, dm_uuid);
	bool is_done = dmt && dm_task_no_flush(dmt) && dm_task_skip_lockfs(dmt) && dm_task_run(dmt);

	if (dmt)
		dm_task_destroy(dmt);
	return is_done ? 0 : failed(err, "suspend", dm_uuid);
}

void dmdev_cookie_create(uint32_t *cookie)
{
	*cookie = 0;
	if (!dm_udev_create_cookie(cookie))
		*cookie = 0;
}

int dmdev_resume(const char *dm_uuid, uint32_t *cookie, struct cm_errmsg *err)
{
	struct dm_task *dmt = task_by_uuid(DM_DEVICE_RESUME, dm_uuid);
	bool is_done =
		dmt && dm_task_set_cookie(dmt, cookie, udev_flags(false)) && dm_task_run(dmt);

	if (dmt)
		dm_task_destroy(dmt);
	return is_done ? 0 : failed(err, "resume", dm_uuid);
}

static int uuid_of(const char *name, char uuid[DMDEV_UUID_BYTES])
{
	struct dm_task *dmt = dm_task_create(DM_DEVICE_INFO);
	const char *found = NULL;

	if (dmt && dm_task_set_name(dmt, name) && dm_task_run(dmt))
		found = dm_task_get_uuid(dmt);
	(void)snprintf(uuid, DMDEV_UUID_BYTES, "%.128s", found ? found : "");
	if (dmt)
		dm_task_destroy(dmt);
	return *uuid ? 0 : -ENOENT;
}

int dmdev_each(const char *uuid_prefix, void (*fn)(void *ctx, const char *name, const char *uuid),
	       void *ctx, struct cm_errmsg *err)
{
	struct dm_task *dmt = dm_task_create(DM_DEVICE_LIST);
	struct dm_names *names = NULL;
	char uuid[DMDEV_UUID_BYTES];
	uint32_t next = 0;

	if (dmt && dm_task_run(dmt))
		names = dm_task_get_names(dmt);
	if (!names) {
		if (dmt)
			dm_task_destroy(dmt);
		return failed(err, "list", "the device-mapper devices");
	}
	for (; names->dev; names = (struct dm_names *)(void *)((char *)names + next)) {
		if (!uuid_of(names->name, uuid) && !strncmp(uuid, uuid_prefix, strlen(uuid_prefix)))
			fn(ctx, names->name, uuid);
		next = names->next;
		if (!next)
			break;
	}
	dm_task_destroy(dmt);
	return 0;
}
