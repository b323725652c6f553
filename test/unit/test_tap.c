/* SPDX-License-Identifier: GPL-2.0-only */
/* test_tap.c - test/lib/tap.h: what fails must fail, or no other test is worth anything. */
#include "test/lib/tap.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail_ok(void)
{
	(void)OK(1 == 2, "no %d", 1);
}

static void fail_u64(void)
{
	(void)IS_U64(1, 2, "no");
}

static void fail_int(void)
{
	(void)IS_INT(-1, -2, "no");
}

static void fail_str(void)
{
	(void)IS_STR("a", "b", "no");
}

static void fail_str_null(void)
{
	(void)IS_STR(NULL, "b", "no");
}

static void fail_mem(void)
{
	(void)IS_MEM("abc", "abd", 3, "no");
}

static void skip_one(void)
{
	SKIP("later", "no disk");
}

static void nothing(void)
{
}

static void pass_all(void)
{
	(void)OK(true, "yes");
	(void)IS_U64(~(uint64_t)0, ~(uint64_t)0, "yes");
	(void)IS_INT(-1, -1, "yes");
	(void)IS_STR("a", "a", "yes");
	(void)IS_STR(NULL, NULL, "yes");
	(void)IS_MEM("abc", "abd", 2, "yes");
}

static void die(void *arg)
{
	CM_ASSERT(!arg);
}

/* Exit code of a test program that calls @fn alone; its output in @text. */
static int run(void (*fn)(void), char *text, size_t size_bytes)
{
	size_t len = 0;
	ssize_t got;
	int fds[2], status = 0;
	pid_t pid;

	text[0] = '\0';
	if (pipe(fds))
		return -1;
	pid = fork();
	if (!pid) {
		(void)dup2(fds[1], STDOUT_FILENO);
		fn();
		_exit(tap_done());
	}
	(void)close(fds[1]);
	while (len < size_bytes - 1 && (got = read(fds[0], text + len, size_bytes - 1 - len)) > 0)
		len += (size_t)got;
	text[len] = '\0';
	(void)close(fds[0]);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
	       WEXITSTATUS(status) : -1;
}

int main(void)
{
	void (*const failing[])(void) = { fail_ok, fail_u64, fail_int, fail_str, fail_str_null,
					  fail_mem };
	char text[1024], head[1024];
	int codes[CM_ARRAY_COUNT(failing)], code_none, code_pass, code_skip;
	bool is_told = true;

	/* First every child, while this program's own count is still 0. */
	for (size_t i = 0; i < CM_ARRAY_COUNT(failing); i++) {
		codes[i] = run(failing[i], text, sizeof(text));
		is_told = is_told && !strncmp(text, "not ok 1 - no", 13) &&
			  strstr(text, "# test/unit/test_tap.c:") && strstr(text, "\n1..1\n");
	}
	code_none = run(nothing, text, sizeof(text));
	code_skip = run(skip_one, head, sizeof(head));
	code_pass = run(pass_all, text, sizeof(text));

	/* Not with OK(), which is what is in doubt. */
	for (size_t i = 0; i < CM_ARRAY_COUNT(failing); i++)
		if (codes[i] != 1 || !is_told) {
			printf("not ok 1 - failure %zu gives exit code %d\n1..1\n", i, codes[i]);
			return 1;
		}
	OK(true, "each failure is told, with its source line, and gives exit code 1");
	IS_INT(code_none, 1, "no test at all is a failure");
	IS_INT(code_pass, 0, "only passes are success");
	OK(strstr(text, "\n1..6\n") && !strstr(text, "not ok"), "and all of them are counted");
	IS_INT(code_skip, 0, "a skip is none of the program's failures");
	OK(!strncmp(head, "ok 1 - later # SKIP no disk\n", 28), "and says why");
	OK(tap_dies(die, text), "a failed assertion in a child is seen");
	OK(!tap_dies(die, NULL), "and one that holds is not");
	return tap_done();
}
