/* SPDX-License-Identifier: GPL-2.0-only */
/* log_init.c - see log_init.h. */
#include "lib/mirror/log_init.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bits.h"
#include "lib/format/disk.h"
#include "lib/mirror/activate.h"

#define ZERO_BYTES	(1u << 20)
#define SECTOR_BYTES	512u

static int write_all(int fd, const uint8_t *buf, size_t len_bytes, uint64_t off)
{
	while (len_bytes) {
		ssize_t n = pwrite(fd, buf, len_bytes, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		buf += n;
		off += (uint64_t)n;
		len_bytes -= (size_t)n;
	}
	return 0;
}

static int zero_all(int fd, uint64_t dev_bytes)
{
	uint64_t range[2] = { 0, dev_bytes };
	uint8_t *zero;
	int r = 0;

	if (!ioctl(fd, BLKZEROOUT, range))
		return 0;
	if (posix_memalign((void **)&zero, DISK_PAGE_BYTES, ZERO_BYTES))
		return -ENOMEM;
	memset(zero, 0, ZERO_BYTES);
	for (uint64_t off = 0; !r && off < dev_bytes; off += ZERO_BYTES) {
		uint64_t left = dev_bytes - off;

		r = write_all(fd, zero, left < ZERO_BYTES ? (size_t)left : ZERO_BYTES, off);
	}
	free(zero);
	return r;
}

static int classic_write(int fd, const struct disk_geom *geom, bool is_in_sync)
{
	struct bits oos;
	uint8_t *block;
	int r = bits_alloc(&oos, geom->region_count);

	if (r)
		return r;
	bits_fill(&oos, !is_in_sync);
	if (posix_memalign((void **)&block, DISK_PAGE_BYTES, DISK_PAGE_BYTES)) {
		bits_free(&oos);
		return -ENOMEM;
	}
	/* The header is in block 0: it goes last, so that a torn write leaves no valid log. */
	for (uint32_t b = geom->classic_pages; !r && b-- > 0;) {
		disk_classic_encode(geom, b, &oos, false, 0, "", block);
		if (!b)
			r = fsync(fd) ? -errno : 0;
		if (!r)
			r = write_all(fd, block, DISK_PAGE_BYTES, (uint64_t)b * DISK_PAGE_BYTES);
	}
	free(block);
	bits_free(&oos);
	return r;
}

int log_init_fd(int fd, uint64_t dev_bytes, uint64_t region_count, uint32_t region_size_sect,
		bool is_in_sync, struct cm_errmsg *err)
{
	struct disk_geom geom;
	int r = disk_geom_init(&geom, dev_bytes, region_count, region_size_sect, DISK_SLOTS_MAX,
			       err);

	if (r)
		return r;
	r = zero_all(fd, dev_bytes);
	if (!r)
		r = fsync(fd) ? -errno : 0;
	if (!r)
		r = classic_write(fd, &geom, is_in_sync);
	if (!r)
		r = fsync(fd) ? -errno : 0;
	if (r)
		cm_err_set(err, "cannot write the log: %s", cm_strerror(r));
	return r;
}

static int check_inactive(const char *dm_uuid, const char *lv_name, struct cm_errmsg *err)
{
	struct dmdev_info info;
	int r = dmdev_info(dm_uuid, &info, err);

	if (r || !info.exists)
		return r;
	cm_err_set(err, "%s is active: its log is not made anew", lv_name);
	return -EBUSY;
}

static int log_dev_write(const struct mir *mir, struct mir_dev dev, bool is_in_sync,
			 struct cm_errmsg *err)
{
	char path[64];
	int fd, r;

	/* devtmpfs makes this node before the ioctl returns; /dev/mapper waits for udev. */
	(void)snprintf(path, sizeof(path), "/dev/dm-%u", dev.minor);
	fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd < 0) {
		r = -errno;
		cm_err_set(err, "cannot open the log %s/%s as %s: %s", mir->vg_name,
			   mir->log.lv_name, path, cm_strerror(r));
		return r;
	}
	r = log_init_fd(fd, mir->log.len_sect * SECTOR_BYTES, mir_region_count(mir),
			mir->region_size_sect, is_in_sync, err);
	(void)close(fd);
	return r;
}

int log_init(const struct mir *mir, bool is_in_sync, struct cm_errmsg *err)
{
	struct cm_errmsg undo_err;
	struct act act;
	int r, u;

	if (!mir->is_new) {
		cm_err_set(err, "%s/%s has no tag %s: its log is not made anew", mir->vg_name,
			   mir->lv_name, MIR_TAG_NEW);
		return -EPERM;
	}
	if (!mir->has_log)
		return 0;
	r = check_inactive(mir->dm_uuid, mir->lv_name, err);
	if (!r)
		r = check_inactive(mir->log.dm_uuid, mir->log.lv_name, err);
	if (r)
		return r;
	act_init(&act, mir);
	r = act_log_up(&act, err);
	if (!r) {
		act_settle(&act);
		r = log_dev_write(mir, act.devs.log, is_in_sync, err);
	}
	u = act_undo(&act, r ? &undo_err : err);
	return r ? r : u;
}
