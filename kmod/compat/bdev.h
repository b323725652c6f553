/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * bdev.h - opening a block device by its number, over the kernels' ways of doing so. Which one this
 * kernel has is found by compiling (probe.sh, probe_*.c here).
 */
#ifndef CMK_COMPAT_BDEV_H
#define CMK_COMPAT_BDEV_H

#include <linux/blkdev.h>
#include <linux/err.h>

#ifdef CMK_HAVE_BDEV_FILE	/* 6.9 and later */

#include <linux/file.h>

struct cmk_bdev {
	struct file *file;
};

static inline int cmk_bdev_open(dev_t dev, struct cmk_bdev *out)
{
	struct file *file = bdev_file_open_by_dev(dev, BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);

	if (IS_ERR(file))
		return PTR_ERR(file);
	out->file = file;
	return 0;
}

static inline void cmk_bdev_close(struct cmk_bdev *bdev)
{
	bdev_fput(bdev->file);
}

static inline struct block_device *cmk_bdev_of(const struct cmk_bdev *bdev)
{
	return file_bdev(bdev->file);
}

#elif defined(CMK_HAVE_BLKDEV_GET)	/* up to 6.4 */

struct cmk_bdev {
	struct block_device *bdev;
};

static inline int cmk_bdev_open(dev_t dev, struct cmk_bdev *out)
{
	struct block_device *bdev = blkdev_get_by_dev(dev, FMODE_READ | FMODE_WRITE, NULL);

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	out->bdev = bdev;
	return 0;
}

static inline void cmk_bdev_close(struct cmk_bdev *bdev)
{
	blkdev_put(bdev->bdev, FMODE_READ | FMODE_WRITE);
}

static inline struct block_device *cmk_bdev_of(const struct cmk_bdev *bdev)
{
	return bdev->bdev;
}

#else
#error "block devices are opened here as in kernels up to 6.4 and from 6.9 on; this one has neither"
#endif
#endif
