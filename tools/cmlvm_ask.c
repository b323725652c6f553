/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_ask.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

static void interrupt_note(int signo)
{
	(void)signo;
}

/* A line, or false at the end of input and on ^C: as in stock lvm also for a background job, which
 * a shell starts with SIGINT ignored. */
static bool answer_read(char *line, int size)
{
	struct sigaction action = { .sa_handler = interrupt_note }, former; /* no SA_RESTART */
	bool has_answer;

	sigaction(SIGINT, &action, &former);
	has_answer = fgets(line, size, stdin) != NULL;
	sigaction(SIGINT, &former, NULL);
	return has_answer;
}

bool ask_yes(const char *fmt, ...)
{
	char line[64];
	va_list ap;

	for (;;) {
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
		fputs("? [y/n]: ", stderr);
		if (!answer_read(line, sizeof(line))) {
			fputs("[n]\n", stderr);
			return false;
		}
		if (line[0] == 'y' || line[0] == 'Y')
			return true;
		if (line[0] == 'n' || line[0] == 'N')
			return false;
	}
}
