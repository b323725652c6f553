// SPDX-License-Identifier: GPL-2.0-only
/* Is a block device opened as a file? 6.9 and later. */
#include <linux/blkdev.h>

struct file *cmk_probe(dev_t dev);
struct file *cmk_probe(dev_t dev)
{
	return bdev_file_open_by_dev(dev, BLK_OPEN_READ | BLK_OPEN_WRITE, NULL, NULL);
}
