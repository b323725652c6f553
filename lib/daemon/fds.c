/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/daemon/fds.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int fds_keep(const int *fd, unsigned int count)
{
	int high[FDS_KEEP_MAX];
	unsigned int i;

	CM_ASSERT(count > 0 && count <= FDS_KEEP_MAX);
	/* All out of the way first: the place of one may be the number of another. */
	for (i = 0; i < count; i++) {
		high[i] = fd[i] < 0 ? -1 : fcntl(fd[i], F_DUPFD, (int)count);
		if (fd[i] >= 0 && high[i] < 0)
			return -errno;
	}
	for (i = 0; i < count; i++) {
		if (high[i] < 0)
			(void)close((int)i);	/* perhaps it is not open */
		else if (dup2(high[i], (int)i) < 0)
			return -errno;
	}
	return close_range(count, ~0u, 0) ? -errno : 0;
}
