/* SPDX-License-Identifier: GPL-2.0-only */
/* unix_addr.h - the address of a socket that has a path (unix(7)). */
#ifndef CM_DAEMON_UNIX_ADDR_H
#define CM_DAEMON_UNIX_ADDR_H

#include <sys/un.h>

#include "base/assert.h"

/* @path as an address, for bind() and connect() with sizeof(*addr). Returns 0, or -ENAMETOOLONG
 * when it does not fit with its NUL: cut short, it would be the place of another socket. */
int unix_addr(const char *path, struct sockaddr_un *addr) CM_MUST_CHECK;

#endif
