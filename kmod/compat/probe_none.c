// SPDX-License-Identifier: GPL-2.0-only
/* Nothing but what every kernel has: does the compiler get along with the headers? */
#include <linux/blkdev.h>
#include <linux/module.h>

int cmk_probe(struct block_device *bdev);
int cmk_probe(struct block_device *bdev)
{
	return bdev ? 0 : -ENODEV;
}
