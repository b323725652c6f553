/* SPDX-License-Identifier: GPL-2.0-only */
/* pvdev.c - labels of physical volumes. */
#include "lib/mirror/pvdev.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/le.h"

#define SECTOR_BYTES	512u
#define ID_BYTES	32u
#define READ_BYTES	4096u	/* one block of the largest usual size, for O_DIRECT */

static void id_dash(const uint8_t id[ID_BYTES], char out[MIR_UUID_BYTES])
{
	/* A dash follows these characters of an id; the groups are 6-4-4-4-4-4-6. */
	static const uint32_t dash_after =
		1u << 5 | 1u << 9 | 1u << 13 | 1u << 17 | 1u << 21 | 1u << 25;

	for (unsigned int i = 0; i < ID_BYTES; i++) {
		*out++ = (char)id[i];
		if (dash_after >> i & 1)
			*out++ = '-';
	}
	*out = '\0';
}

int pvdev_label_uuid(const uint8_t *head, char uuid[MIR_UUID_BYTES])
{
	for (unsigned int s = 0; s < PVDEV_LABEL_BYTES / SECTOR_BYTES; s++) {
		const uint8_t *label = head + s * SECTOR_BYTES;
		struct le32 off_le;
		uint32_t off;

		if (memcmp(label, "LABELONE", 8) || memcmp(label + 24, "LVM2 001", 8))
			continue;
		memcpy(&off_le, label + 20, sizeof(off_le));
		off = le32_get(&off_le);
		if (off > SECTOR_BYTES - ID_BYTES)
			return -EBADMSG;
		for (unsigned int i = 0; i < ID_BYTES; i++)
			if (!isgraph(label[off + i]))
				return -EBADMSG;
		id_dash(label + off, uuid);
		return 0;
	}
	return -EBADMSG;
}

static int head_read(int fd, uint8_t *head)
{
	ssize_t n = pread(fd, head, READ_BYTES, 0);

	if (n < 0)
		return -errno;
	return (size_t)n < READ_BYTES ? -ENODATA : 0;
}

int pvdev_find(const char *path, const char *pv_uuid, struct mir_dev *dev, struct cm_errmsg *err)
{
	uint8_t head[READ_BYTES] __attribute__((aligned(READ_BYTES)));
	char uuid[MIR_UUID_BYTES];
	struct stat st;
	int fd, r;

	/* Direct: another node may have written the label while our page cache held an older one.
	 */
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode)) {
		cm_err_set(err, "physical volume %s: device %s cannot be opened", pv_uuid, path);
		r = -ENODEV;
		goto out;
	}
	r = head_read(fd, head);
	if (r) {
		cm_err_set(err, "physical volume %s: device %s cannot be read: %s", pv_uuid, path,
			   cm_strerror(r));
		goto out;
	}
	if (pvdev_label_uuid(head, uuid) || strcmp(uuid, pv_uuid)) {
		cm_err_set(err, "device %s is not physical volume %s", path, pv_uuid);
		r = -ESTALE;
		goto out;
	}
	dev->major = major(st.st_rdev);
	dev->minor = minor(st.st_rdev);
out:
	if (fd >= 0)
		(void)close(fd);
	return r;
}
