/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/daemon/unix_addr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

int unix_addr(const char *path, struct sockaddr_un *addr)
{
	size_t len = strlen(path);

	if (len >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(addr->sun_path, path, len + 1);
	return 0;
}
