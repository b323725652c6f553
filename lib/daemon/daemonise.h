/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daemonise.h - into the background, telling the starter when we are ready or why not.
 *
 * Two starters are served: a shell or a forking unit (the parent exits when the child is ready),
 * and systemd's notify protocol (NOTIFY_SOCKET). Once per process.
 */
#ifndef CM_DAEMON_DAEMONISE_H
#define CM_DAEMON_DAEMONISE_H

#include "base/assert.h"

/*
 * Fork; the parent waits, prints what the child says on failure, and exits 0 or 1: it never
 * returns. The child: own session, / as directory, umask 077. stderr stays until daemonise_ready().
 * Returns 0 in the child, negative errno when there was no fork. Before any thread starts.
 */
int daemonise_fork(void) CM_MUST_CHECK;

/* Ready: the parent exits 0, systemd is told. Without -f stdin and stdout become /dev/null, stderr
 * the kernel's log: what is left to write there is a failed assertion. @status: one line for
 * systemd. */
void daemonise_ready(const char *status);

/* Not going to be: the parent prints @text and exits 1. Without a fork it goes to stderr. The
 * caller exits. */
void daemonise_failed(const char *text);

/* A line to systemd, e.g. "STOPPING=1"; nothing without NOTIFY_SOCKET. Never blocks. */
void daemonise_notify(const char *line);

#endif
