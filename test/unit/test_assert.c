/* SPDX-License-Identifier: GPL-2.0-only */
/* test_assert.c - base/assert.h. */
#include "base/assert.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/lib/tap.h"

struct outer {
	int first;
	int inner;
};

static void fail_long(void *arg)
{
	(void)arg;
	CM_ASSERT(!"a text that is far longer than the buffer of cm_assert_fail(), so that the"
		  "end is cut and the newline stays: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void fail_short(void *arg)
{
	int one = 1;

	(void)arg;
	CM_ASSERT(one == 2);
}

static void unreachable(void *arg)
{
	(void)arg;
	CM_UNREACHABLE();
}

static void pass(void *arg)
{
	CM_ASSERT(++*(int *)arg == 1);
}

/* What @fn writes to stderr before it dies. */
static void stderr_of(void (*fn)(void *arg), char *text, size_t size_bytes)
{
	int fds[2];
	size_t len = 0;
	ssize_t got;
	pid_t pid;

	text[0] = '\0';
	if (!OK(!pipe(fds), "a pipe"))
		return;
	pid = fork();
	if (!pid) {
		(void)dup2(fds[1], STDERR_FILENO);
		fn(NULL);
		_exit(0);
	}
	(void)close(fds[1]);
	while (len < size_bytes - 1 && (got = read(fds[0], text + len, size_bytes - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	(void)close(fds[0]);
	(void)waitpid(pid, NULL, 0);
}

int main(void)
{
	char text[2048];
	struct outer outer = { 1, 2 };
	int *inner = &outer.inner;
	int calls = 0;
	int three[3];

	OK(tap_dies(fail_short, NULL), "a false condition aborts");
	OK(tap_dies(unreachable, NULL), "the unreachable aborts");
	OK(!tap_dies(pass, &calls), "a true condition does not");
	pass(&calls);
	IS_INT(calls, 1, "the condition is evaluated once");

	stderr_of(fail_short, text, sizeof(text));
	OK(strstr(text, "unit/test_assert.c:") && strstr(text, ": assertion failed: one == 2\n"),
	   "the message has file, line and text");
	OK(text[0] != '/' && text[0] != '.', "the file is named from the root of the tree");
	stderr_of(fail_long, text, sizeof(text));
	IS_U64(strlen(text), 512, "a long message is cut");
	OK(text[strlen(text) - 1] == '\n', "and keeps its newline");

	OK(CM_CONTAINER_OF(inner, struct outer, inner) == &outer, "the struct around a member");
	IS_U64(CM_ARRAY_COUNT(three), 3, "elements of an array");
	return tap_done();
}
