/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Command channel between `rig-on` (host) and `rig-agent` (PID 1 of a node): one TCP connection
 * per command on the node's private control link. Both ends run on one machine from one build,
 * so integers travel in host order and there is no version.
 *
 * client -> agent   frame 'A' per argument (in order), 'T' (use a pty) or nothing, then 'R' (run);
 *                   after that 'I' data for stdin, 'C' stdin ends, 'W' struct winsize
 * agent -> client   'O' stdout, 'E' stderr, 'X' int32_t exit status (128 + signal), always last
 */
#ifndef RIG_WIRE_H
#define RIG_WIRE_H

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define RIG_PORT 7777
#define RIG_FRAME_MAX_BYTES 65536u

struct rig_frame {
	uint32_t type;
	uint32_t len_bytes;
};

/* Writes all of it; 0, or negative errno. A blocking descriptor. */
static inline int rig_write_all(int fd, const void *data, size_t len_bytes)
{
	const char *p = data;

	while (len_bytes) {
		ssize_t n = write(fd, p, len_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len_bytes -= (size_t)n;
	}
	return 0;
}

/* Reads exactly len_bytes; 0, -EPIPE at end of file, or negative errno. */
static inline int rig_read_all(int fd, void *data, size_t len_bytes)
{
	char *p = data;

	while (len_bytes) {
		ssize_t n = read(fd, p, len_bytes);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		p += n;
		len_bytes -= (size_t)n;
	}
	return 0;
}

/* One write per frame, so that frames of one sender never wait for Nagle. 0 or negative errno. */
static inline int rig_send(int fd, char type, const void *data, uint32_t len_bytes)
{
	char buf[sizeof(struct rig_frame) + RIG_FRAME_MAX_BYTES];
	struct rig_frame f = { (uint32_t)type, len_bytes };

	if (len_bytes > RIG_FRAME_MAX_BYTES)
		return -EMSGSIZE;
	memcpy(buf, &f, sizeof(f));
	if (len_bytes)
		memcpy(buf + sizeof(f), data, len_bytes);
	return rig_write_all(fd, buf, sizeof(f) + len_bytes);
}

/* data has room for RIG_FRAME_MAX_BYTES. 0, -EPIPE at end of file, -EPROTO, or negative errno. */
static inline int rig_recv(int fd, struct rig_frame *f, void *data)
{
	int r = rig_read_all(fd, f, sizeof(*f));

	if (r < 0)
		return r;
	if (f->len_bytes > RIG_FRAME_MAX_BYTES)
		return -EPROTO;
	return rig_read_all(fd, data, f->len_bytes);
}

#endif
