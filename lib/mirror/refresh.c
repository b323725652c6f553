/* SPDX-License-Identifier: GPL-2.0-only */
/* refresh.c - see refresh.h. */
#include "lib/mirror/refresh.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "lib/mirror/dmdev.h"

int refresh_protect(int (*lock_memory)(struct cm_errmsg *err), struct cm_errmsg *err)
{
	sigset_t all;

	(void)sigfillset(&all);
	if (sigprocmask(SIG_SETMASK, &all, NULL) < 0) {
		int r = -errno;

		cm_err_set(err, "cannot block signals: %s", cm_strerror(r));
		return r;
	}
	return lock_memory(err);
}

static int reload(const char *dm_uuid, struct cm_errmsg *err)
{
	char type[32], params[DMDEV_PARAMS_BYTES];
	struct dmdev_info info;
	uint64_t len_sect;
	int r = dmdev_info(dm_uuid, &info, err);

	if (!r)
		r = dmdev_table(dm_uuid, type, params, &len_sect, err);
	if (!r)
		r = dmdev_load(dm_uuid, len_sect, type, params, info.is_read_only, err);
	return r;
}

int refresh_mirror(const char *dm_uuid, bool with_reload, bool (*look_again)(void),
		   struct cm_errmsg *err)
{
	static const struct timespec second = { .tv_sec = 1 };
	struct cm_errmsg again;
	uint32_t cookie;
	int r = with_reload ? reload(dm_uuid, err) : 0;

	if (r)
		return r;
	dmdev_cookie_create(&cookie);
	r = dmdev_suspend(dm_uuid, err);
	if (r) {
		dmdev_udev_wait(&cookie);
		if (with_reload && dmdev_clear(dm_uuid, &again))
			cm_err_wrap(err, "%s", again.text);
		return r;
	}
	/*
	 * A leg that failed after @with_reload was decided: writes passed it by until the suspend,
	 * and would go on to do so. A table that cannot be loaded now is resumed all the same.
	 */
	if (!with_reload && look_again())
		r = reload(dm_uuid, err);
	/* Everything that writes to this mirror on this node waits for us: never leave it so. */
	while (dmdev_resume(dm_uuid, &cookie, &again))
		(void)nanosleep(&second, NULL);
	dmdev_udev_wait(&cookie);
	return r;
}
