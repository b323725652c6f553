/* SPDX-License-Identifier: GPL-2.0-only */
/* cmirrord's status as cmirrorctl keeps and prints it. The static reader is reached by including
 * its file. */
#include "tools/cmirrorctl_reply.c"

#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *out;
	struct reply reply = { .count = 0 };
	char *text = fuzz_text(data, size);

	if (!out)
		out = fopen("/dev/null", "we");
	CM_ASSERT(out);
	fuzz_lines(text, line_add, &reply);
	print_status(out, &reply);
	print_raw(out, &reply);
	print_json(out, &reply);
	reply_free(&reply);
	free(text);
	return 0;
}
