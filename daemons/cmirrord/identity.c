/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemons/cmirrord/identity.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define BOOT_ID_FILE	"/proc/sys/kernel/random/boot_id"
#define MACHINE_ID_FILE	"/etc/machine-id"

static int file_read(const char *path, uint8_t id[16]);

int identity_read(struct identity *id, struct cm_errmsg *err)
{
	struct identity got;
	int r;

	r = file_read(BOOT_ID_FILE, got.boot_id);
	if (r) {
		cm_err_set(err, "%s: %s", BOOT_ID_FILE, cm_strerror(r));
		return r;
	}
	r = file_read(MACHINE_ID_FILE, got.machine_id);
	if (r) {
		cm_err_set(err, "%s: %s; systemd-machine-id-setup makes one", MACHINE_ID_FILE,
			   cm_strerror(r));
		return r;
	}
	*id = got;
	return 0;
}

int identity_parse(const char *text, uint8_t id[16])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t got[16] = {0};
	const char *digit;
	unsigned int n = 0;

	for (; *text && n < 32; text++) {
		if (*text == '-')
			continue;
		digit = strchr(digits, tolower((unsigned char)*text));
		if (!digit)
			return -EINVAL;
		got[n / 2] = (uint8_t)(got[n / 2] << 4 | (digit - digits));
		n++;
	}
	if (n < 32 || text[strspn(text, " \t\r\n")])
		return -EINVAL;
	memcpy(id, got, 16);
	return 0;
}

static int file_read(const char *path, uint8_t id[16])
{
	char text[128];
	ssize_t got;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (got < 0)
		return -EIO;
	text[got] = 0;
	return identity_parse(text, id);
}
