/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/daemon/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int pid_write(int fd);

int pidfile_lock(const char *path, int *fd_out, struct cm_errmsg *err)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd, r;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0) {
		r = -errno;
		cm_err_set(err, "pidfile %s: %s", path, cm_strerror(r));
		return r;
	}
	if (fcntl(fd, F_SETLK, &lock)) {
		r = -errno;
		if (r == -EACCES || r == -EAGAIN) {
			cm_err_set(err, "already running as process %d (it holds %s)",
				   (int)pidfile_holder(path), path);
			r = -EEXIST;
		} else {
			cm_err_set(err, "lock on pidfile %s: %s", path, cm_strerror(r));
		}
		goto out_close;
	}
	r = pid_write(fd);
	if (r) {
		cm_err_set(err, "write to pidfile %s: %s", path, cm_strerror(r));
		goto out_close;
	}
	*fd_out = fd;
	return 0;

out_close:
	close(fd);
	return r;
}

void pidfile_unlock(const char *path, int fd)
{
	(void)unlink(path);	/* nothing to do about it */
	close(fd);
}

pid_t pidfile_holder(const char *path)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	pid_t pid = 0;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (!fcntl(fd, F_GETLK, &lock) && lock.l_type != F_UNLCK)
		pid = lock.l_pid;
	close(fd);
	return pid;
}

static int pid_write(int fd)
{
	char text[32];
	ssize_t done;
	int len;

	len = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0))
		return -errno;
	done = write(fd, text, (size_t)len);
	if (done < 0)
		return -errno;
	return done == len ? 0 : -ENOSPC;
}
