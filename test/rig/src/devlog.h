/* SPDX-License-Identifier: GPL-2.0-only */
/* The node's syslog: no syslogd runs there, and what daemons say must outlive the node. */
#ifndef RIG_DEVLOG_H
#define RIG_DEVLOG_H

/* Binds /dev/log. Returns a non-blocking descriptor to poll for input, or -1 with errno. */
int devlog_open(void);

/* Appends every message that waits at `fd` to the file `path`, a line each with the time of day. */
void devlog_pump(int fd, const char *path);

#endif
