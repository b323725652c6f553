/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_ask.h"

#include <stdarg.h>
#include <stdio.h>

bool ask_yes(const char *fmt, ...)
{
	char line[64];
	va_list ap;

	for (;;) {
		va_start(ap, fmt);
		vfprintf(stderr, fmt, ap);
		va_end(ap);
		fputs("? [y/n]: ", stderr);
		if (!fgets(line, sizeof(line), stdin)) {
			fputs("[n]\n", stderr);
			return false;
		}
		if (line[0] == 'y' || line[0] == 'Y')
			return true;
		if (line[0] == 'n' || line[0] == 'N')
			return false;
	}
}
