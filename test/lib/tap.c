/* SPDX-License-Identifier: GPL-2.0-only */
/* tap.c - see tap.h. */
#include "test/lib/tap.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Both streams end in one file: what libraries say on stderr in pieces, maybe from other threads,
 * must not come into the middle of a line of ours.
 */
__attribute__((constructor)) static void stderr_by_lines(void)
{
	(void)setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
}

static unsigned int test_count;
static unsigned int failed_count;

static void report(bool is_ok, const char *fmt, va_list args)
{
	char name[256];

	(void)vsnprintf(name, sizeof(name), fmt, args);
	test_count++;
	if (!is_ok)
		failed_count++;
	printf("%sok %u - %s\n", is_ok ? "" : "not ", test_count, name);
	/* Whatever crashes next, this line is out. */
	(void)fflush(stdout);
}

#define REPORT(is_ok, fmt) do { \
	va_list args; \
	va_start(args, fmt); \
	report(is_ok, fmt, args); \
	va_end(args); \
} while (0)

bool tap_ok(bool is_ok, const char *file, int line, const char *expr, const char *fmt, ...)
{
	REPORT(is_ok, fmt);
	if (!is_ok)
		printf("# %s:%d: false: %s\n", file, line, expr);
	return is_ok;
}

bool tap_is_u64(uint64_t got, uint64_t want, const char *file, int line, const char *expr,
		const char *fmt, ...)
{
	REPORT(got == want, fmt);
	if (got != want)
		printf("# %s:%d: %s is %" PRIu64 " (0x%" PRIx64 "), expected %" PRIu64
		       " (0x%" PRIx64 ")\n", file, line, expr, got, got, want, want);
	return got == want;
}

bool tap_is_int(long long got, long long want, const char *file, int line, const char *expr,
		const char *fmt, ...)
{
	REPORT(got == want, fmt);
	if (got != want)
		printf("# %s:%d: %s is %lld, expected %lld\n", file, line, expr, got, want);
	return got == want;
}

bool tap_is_str(const char *got, const char *want, const char *file, int line, const char *expr,
		const char *fmt, ...)
{
	bool is_ok = got && want ? !strcmp(got, want) : got == want;

	REPORT(is_ok, fmt);
	if (!is_ok)
		printf("# %s:%d: %s is\n#   %s\n# expected\n#   %s\n", file, line, expr,
		       got ? got : "(NULL)", want ? want : "(NULL)");
	return is_ok;
}

bool tap_is_mem(const void *got, const void *want, size_t len_bytes, const char *file, int line,
		const char *expr, const char *fmt, ...)
{
	const unsigned char *g = got, *w = want;
	size_t i = 0;

	while (i < len_bytes && g[i] == w[i])
		i++;
	REPORT(i == len_bytes, fmt);
	if (i < len_bytes)
		printf("# %s:%d: %s differs at byte %zu of %zu: 0x%02x, expected 0x%02x\n", file,
		       line, expr, i, len_bytes, g[i], w[i]);
	return i == len_bytes;
}

void tap_skip(const char *name, const char *reason)
{
	test_count++;
	printf("ok %u - %s # SKIP %s\n", test_count, name, reason);
	(void)fflush(stdout);
}

bool tap_dies(void (*fn)(void *arg), void *arg)
{
	const struct rlimit no_core = { 0, 0 };
	int status = 0;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (!pid) {
		/* A death that is wanted leaves no core file and no line on the terminal. */
		(void)setrlimit(RLIMIT_CORE, &no_core);
		(void)freopen("/dev/null", "w", stderr);
		fn(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

int tap_done(void)
{
	printf("1..%u\n", test_count);
	if (failed_count)
		printf("# %u of %u failed\n", failed_count, test_count);
	(void)fflush(stdout);
	return failed_count || !test_count ? 1 : 0;
}
