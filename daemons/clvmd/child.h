/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * child.h - worker processes as clvmd's main loop sees them: lines out of them, orders into them.
 *
 * In the loop's thread. The lines are those of work.h.
 */
#ifndef CM_CLVMD_CHILD_H
#define CM_CLVMD_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/assert.h"
#include "lib/daemon/loop.h"

#define CHILD_ARGS_MAX	16
#define CHILD_LINE_MAX	1024

struct child {
	struct loop *loop;
	int in_fd, out_fd;		/* our ends; -1 = closed */
	pid_t pid;			/* 0 = none was started, or it has ended */
	void (*on_line)(void *ctx, char *line);
	void (*on_end)(void *ctx);	/* its stdout is closed; may start it again */
	void *ctx;
	size_t have_bytes;
	char buf[CHILD_LINE_MAX];
};

/*
 * Fork and execute ourselves with --worker and @args (ends with NULL, at most CHILD_ARGS_MAX).
 * Returns 0 or negative errno (nothing was started).
 */
int child_start(struct child *child, struct loop *loop, const char *const *args,
		void (*on_line)(void *ctx, char *line), void (*on_end)(void *ctx),
		void *ctx) CM_MUST_CHECK;

bool child_is_running(const struct child *child);

/* Write a line ("go"); a worker that is gone does not hear it. */
void child_order(struct child *child, const char *word);

/* Stop listening to it: it sees the end of its stdin and finds its own way out. on_end is not
 * called. */
void child_forget(struct child *child);

/* Run to its end at once, before the loop runs: each line goes to @on_line. 0 or negative errno. */
int child_run(const char *const *args, void (*on_line)(void *ctx, char *line),
	      void *ctx) CM_MUST_CHECK;

/* Collect the dead; for SIGCHLD. */
void child_reap(void);

#endif
