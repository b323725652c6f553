/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/store/bdev.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int number_open(dev_t number, int flags);
static int path_open(const char *path, int flags);
static int sysfs_name(dev_t number, char *path, size_t size);
static int node_open(dev_t number, int flags);
static int number_check(int fd, dev_t number);

int bdev_number_parse(const char *text, dev_t *number)
{
	unsigned long long major_nr, minor_nr;
	char rest;

	/* %llu takes signs and blanks too; a table or a kernel never writes those */
	if (strspn(text, "0123456789:") != strlen(text) || strlen(text) > 20 ||
	    sscanf(text, "%llu:%llu%c", &major_nr, &minor_nr, &rest) != 2 ||
	    major_nr > UINT32_MAX || minor_nr > UINT32_MAX)
		return -EINVAL;
	*number = makedev((unsigned int)major_nr, (unsigned int)minor_nr);
	return 0;
}

int bdev_open(const char *dev, int flags, int *fd_out, struct cm_errmsg *err)
{
	dev_t number;
	int fd;

	if (!bdev_number_parse(dev, &number))
		fd = number_open(number, flags | O_CLOEXEC);
	else
		fd = path_open(dev, flags | O_CLOEXEC);
	if (fd == -ENXIO || fd == -ENOENT)
		fd = -ENODEV;	/* one answer for a device that is not there */
	if (fd < 0) {
		cm_err_set(err, "device %s: %s", dev, cm_strerror(fd));
		return fd;
	}
	*fd_out = fd;
	return 0;
}

int bdev_size(int fd, uint64_t *size_bytes)
{
	struct stat st;
	uint64_t size;

	if (fstat(fd, &st))
		return -errno;
	if (S_ISREG(st.st_mode)) {
		*size_bytes = (uint64_t)st.st_size;
		return 0;
	}
	if (ioctl(fd, BLKGETSIZE64, &size))
		return -errno;
	*size_bytes = size;
	return 0;
}

/* This and the following return a fd or negative errno. */
static int number_open(dev_t number, int flags)
{
	char path[288];
	int fd;

	if (!sysfs_name(number, path, sizeof(path))) {
		fd = open(path, flags);
		if (fd >= 0 && !number_check(fd, number))
			return fd;
		if (fd >= 0)
			close(fd);
		else if (errno != ENOENT)
			return -errno;
	}
	return node_open(number, flags);
}

static int path_open(const char *path, int flags)
{
	struct stat st;
	int fd;

	if (stat(path, &st))
		return -errno;
	if (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))
		return -ENOTBLK;	/* opening a tape or a fifo does things, or waits */
	fd = open(path, flags);
	if (fd < 0 && errno == EINVAL && S_ISREG(st.st_mode))
		fd = open(path, flags & ~O_DIRECT);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) || (!S_ISBLK(st.st_mode) && !S_ISREG(st.st_mode))) {
		close(fd);
		return -ENOTBLK;
	}
	return fd;
}

/* DEVNAME of the device's uevent, as the kernel names the node in devtmpfs. */
static int sysfs_name(dev_t number, char *path, size_t size)
{
	char text[1024], *name;
	ssize_t got;
	int fd;

	(void)snprintf(path, size, "/sys/dev/block/%u:%u/uevent", major(number), minor(number));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got <= 0)
		return -ENOENT;
	text[got] = 0;
	name = strstr(text, "DEVNAME=");
	if (!name)
		return -ENOENT;
	name += strlen("DEVNAME=");
	name[strcspn(name, "\n")] = 0;
	if ((size_t)snprintf(path, size, "/dev/%s", name) >= size)
		return -ENAMETOOLONG;
	return 0;
}

static int node_open(dev_t number, int flags)
{
	static unsigned int serial;
	char path[64];
	int fd, r;

	(void)snprintf(path, sizeof(path), "/dev/.cmirror-%d-%u", (int)getpid(),
		       __atomic_fetch_add(&serial, 1, __ATOMIC_RELAXED));
	if (mknod(path, S_IFBLK | 0600, number))
		return -errno;
	fd = open(path, flags);
	r = fd < 0 ? -errno : 0;
	(void)unlink(path);	/* made by us a moment ago */
	if (r)
		return r;
	if (number_check(fd, number)) {
		close(fd);
		return -ENODEV;
	}
	return fd;
}

static int number_check(int fd, dev_t number)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	return S_ISBLK(st.st_mode) && st.st_rdev == number ? 0 : -ENODEV;
}
