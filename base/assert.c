/* SPDX-License-Identifier: GPL-2.0-only */
/* assert.c - see assert.h. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void cm_assert_fail(const char *file, int line, const char *text)
{
	char buf[512];
	int len = snprintf(buf, sizeof(buf), "%s:%d: assertion failed: %s\n", file, line, text);
	ssize_t written;

	if (len >= (int)sizeof(buf)) {
		len = (int)sizeof(buf);
		buf[sizeof(buf) - 1] = '\n';
	}
	/* One write, so that the line stays whole beside those of other threads. Whether it went
	 * out changes nothing: the process ends here. */
	written = write(STDERR_FILENO, buf, (size_t)(len > 0 ? len : 0));
	(void)written;
	abort();
}
