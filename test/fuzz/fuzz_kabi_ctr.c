/* SPDX-License-Identifier: GPL-2.0-only */
/* The log's arguments in a table line, typed by a person. */
#include "test/fuzz/fuzz.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/format/kabi.h"

/* The same said in the fewest words. */
static void again(const struct kabi_ctr *ctr)
{
	static const char *const sync[] = { "", " sync", " nosync" };
	char line[KABI_ARGS_MAX], gen[32] = "", legs[32] = "";
	struct kabi_ctr got;
	int n;

	if (ctr->has_gen)
		(void)snprintf(gen, sizeof(gen), " gen=%" PRIu32, ctr->gen);
	if (ctr->legs_hash)
		(void)snprintf(legs, sizeof(legs), " legs=%016" PRIx64, ctr->legs_hash);
	n = snprintf(line, sizeof(line), "%" PRIu64 " %s %s %" PRIu32 "%s%s%s", ctr->len_sect,
		     ctr->type_word, ctr->dev, ctr->region_size_sect, sync[ctr->sync], gen, legs);
	CM_ASSERT(n < (int)sizeof(line));
	CM_ASSERT(!kabi_ctr_parse(line, &got, NULL) && !memcmp(&got, ctr, sizeof(got)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_errmsg err = { .text = "" };
	char *args = fuzz_text(data, size), word[32];
	struct kabi_ctr ctr;
	int r = kabi_ctr_parse(args, &ctr, &err);

	CM_ASSERT(!r == !*err.text);
	if (!r) {
		CM_ASSERT(ctr.region_count && ctr.region_size_sect <= ctr.len_sect);
		CM_ASSERT(!kabi_ctr_type_word(args, word, &err) && !strcmp(word, ctr.type_word));
		again(&ctr);
	} else if (!kabi_ctr_type_word(args, word, &err)) {
		CM_ASSERT(*word && memchr(word, 0, sizeof(word)));
	}
	free(args);
	return 0;
}
