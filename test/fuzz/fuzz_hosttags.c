/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A text of lvm.conf; or, with a byte 0xff between them, the files lvm.conf, lvmlocal.conf and
 * lvm_always.conf. The static reader of one text is reached by including its file: a thousand
 * times as fast.
 */
#include "lib/mirror/hosttags.c"

#include "test/fuzz/fuzz.h"

static void tags_look(const struct hosttags *t)
{
	CM_ASSERT(t->count <= HOSTTAGS_MAX);
	for (uint32_t i = 0; i < t->count; i++)
		CM_ASSERT(memchr(t->tag[i], 0, HOSTTAGS_BYTES) && hosttags_has(t, t->tag[i]));
}

static void text_look(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct dm_config_tree *tree = dm_config_from_string(text);
	struct cm_errmsg err = { .text = "" };
	struct hosttags t = { .count = 0 };

	free(text);
	if (!tree)
		return;
	CM_ASSERT(!tags_take(tree, "n1", &t, &err) == !*err.text);
	tags_look(&t);
	dm_config_destroy(tree);
}

static void files_look(const uint8_t *data, size_t size)
{
	static const char *const name[] = { "lvm.conf", "lvmlocal.conf", "lvm_always.conf" };
	struct hosttags t = { .count = 0 };
	struct cm_errmsg err = { .text = "" };
	const uint8_t *end;

	for (size_t i = 0; i < CM_ARRAY_COUNT(name); i++) {
		end = size ? memchr(data, 0xff, size) : NULL;
		fuzz_file(name[i], data, end ? (size_t)(end - data) : size);
		size = end ? size - (size_t)(end + 1 - data) : 0;
		data = end ? end + 1 : data;
	}
	CM_ASSERT(!hosttags_read(fuzz_dir(-1), "n1", &t, &err) == !*err.text);
	tags_look(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size && memchr(data, 0xff, size))
		files_look(data, size);
	else
		text_look(data, size);
	return 0;
}
