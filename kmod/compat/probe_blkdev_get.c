// SPDX-License-Identifier: GPL-2.0-only
/* Is a block device opened as such, with a file's mode? Up to 6.4. */
#include <linux/blkdev.h>

struct block_device *cmk_probe(dev_t dev, struct block_device *old);
struct block_device *cmk_probe(dev_t dev, struct block_device *old)
{
	blkdev_put(old, FMODE_READ | FMODE_WRITE);
	return blkdev_get_by_dev(dev, FMODE_READ | FMODE_WRITE, NULL);
}
