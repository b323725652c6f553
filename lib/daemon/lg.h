/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lg.h - journal lines: a ring in memory, and a thread that carries lines from the ring to syslog
 * or stderr.
 *
 * The caller formats into the ring and goes on: a stuck syslogd or terminal never stops the I/O
 * path. Lines that the thread could not carry before the ring came round are counted, and the count
 * is itself a line. LG_DBG lines stay in the ring unless the level asks for them. Any thread, after
 * lg_open().
 */
#ifndef CM_DAEMON_LG_H
#define CM_DAEMON_LG_H

#include <stdbool.h>

#include "base/assert.h"

enum lg_level { LG_ERR, LG_WARN, LG_INFO, LG_DBG };

#define LG_LINE_MAX	512u	/* bytes of a line with its NUL; longer ones are cut */

/*
 * Start. Before it, lines go straight to stderr.
 *
 * @name       of the program, in each line; static text
 * @to_stderr  instead of syslog (option -f)
 * @level      highest level that leaves the ring
 *
 * Returns 0 or negative errno of the thread's creation.
 */
int lg_open(const char *name, bool to_stderr, enum lg_level level) CM_MUST_CHECK;

/* Wait, at most a second, until what is in the ring is out; then end the thread. Later lines go to
 * stderr. */
void lg_close(void);

/* Wait until all lines so far are out; at most @timeout_ms. */
void lg_flush(int timeout_ms);

/* One line, without a newline. @subject: what it is about (uuid, node), or NULL. */
void lg_line(enum lg_level level, const char *subject, const char *fmt, ...)
	CM_PRINTF(3, 4);

#define lg_err(...)	lg_line(LG_ERR, NULL, __VA_ARGS__)
#define lg_warn(...)	lg_line(LG_WARN, NULL, __VA_ARGS__)
#define lg_info(...)	lg_line(LG_INFO, NULL, __VA_ARGS__)
#define lg_dbg(...)	lg_line(LG_DBG, NULL, __VA_ARGS__)

/* The ring from the oldest line on; @put is called with the ring locked: it must not log. */
void lg_dump(void (*put)(void *ctx, const char *line), void *ctx);

/* When the process crashes (SIGABRT, SIGSEGV, SIGBUS, SIGFPE), write the ring to @path: static
 * text. */
void lg_crash_file(const char *path);

/* "err", "warn", "info", "debug". Returns 0, or -EINVAL for another word. */
int lg_level_parse(const char *word, enum lg_level *level) CM_MUST_CHECK;
const char *lg_level_name(enum lg_level level);

#endif
