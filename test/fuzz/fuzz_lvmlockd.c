/* SPDX-License-Identifier: GPL-2.0-only */
/* A reply of lvmlockd; and the same text as a name in a request to it. */
#include "test/fuzz/fuzz.h"

#include <libdevmapper.h>
#include <stdlib.h>
#include <string.h>

#include "lib/locking/lvmlockd.h"

/* A request is what lvmlockd parses: config text. */
static void request(const char *name)
{
	struct lvmlockd_lv lv = { .vg_name = name, .vg_lock_args = "1.0.0:c", .lv_name = name,
				  .lv_uuid = "u", .lv_lock_args = "dlm" };
	char out[LVMLOCKD_MSG_MAX];
	struct dm_config_tree *tree;
	size_t end = strlen(LVMLOCKD_END);
	int n = lvmlockd_request_build("lock_lv", "sh", "persistent", &lv, 1, out);

	if (n < 0)
		return;
	CM_ASSERT((size_t)n < sizeof(out) && (size_t)n == strlen(out));
	CM_ASSERT(!strcmp(out + n - end, LVMLOCKD_END));
	out[(size_t)n - end] = 0;
	tree = dm_config_from_string(out);
	CM_ASSERT(tree);
	CM_ASSERT(!strcmp(dm_config_find_str(tree->root, "lv_name", ""), *name ? name : "none"));
	dm_config_destroy(tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct lvmlockd_reply reply;

	if (!lvmlockd_reply_parse(text, &reply))
		CM_ASSERT(memchr(reply.mode, 0, sizeof(reply.mode)) &&
			  memchr(reply.flags, 0, sizeof(reply.flags)));
	request(text);
	free(text);
	return 0;
}
