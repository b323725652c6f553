/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of cmirrord's status, read for one log and for all. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "daemons/clvmd/cmq.h"

static void needs_resume(void *ctx, const char *uuid)
{
	(void)ctx;
	CM_ASSERT(strlen(uuid) < sizeof(((struct cmq_reader *)NULL)->member_log));
}

static void one(const uint8_t *data, size_t size, const char *uuid)
{
	char *text = fuzz_text(data, size);
	struct cmq_status s;
	struct cmq_reader reader = { .status = &s, .uuid = uuid,
				     .on_needs_resume = needs_resume };

	memset(&s, 0, sizeof(s));
	fuzz_lines(text, cmq_reader_line, &reader);
	CM_ASSERT(s.member_count <= CMQ_NODES_MAX && s.log_member_count <= CMQ_NODES_MAX);
	CM_ASSERT(memchr(s.fencing, 0, sizeof(s.fencing)) && memchr(s.state, 0, sizeof(s.state)) &&
		  memchr(s.why, 0, sizeof(s.why)));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	one(data, size, "LVM-a1");
	one(data, size, NULL);
	return 0;
}
