/* SPDX-License-Identifier: GPL-2.0-only */
/* A command line of lvcreate and its like: which command, then words with NULs between. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "tools/cmlvm_opts.h"

#define WORDS_MAX	64

static const struct opt_def *const defs[] = {
	opt_defs_lvcreate, opt_defs_lvchange, opt_defs_vgchange, opt_defs_lvremove,
};

/* What we hand on means the same to who parses it. */
static void again(const struct opt_def *def, const struct opts *opts)
{
	struct args args = { 0 };
	struct opts got;
	size_t i;

	args_add(&args, "lvm");
	opts_emit_without(opts, "", &args);
	CM_ASSERT(!opts_parse(def, (int)args.count, (char **)args.word, &got));
	CM_ASSERT(got.given_count == opts->given_count && !got.positional_count);
	for (i = 0; i < got.given_count; i++) {
		const char *a = got.given[i].value, *b = opts->given[i].value;

		CM_ASSERT(!strcmp(got.given[i].name, opts->given[i].name));
		CM_ASSERT(!a == !b && (!a || !strcmp(a, b)));
	}
	opts_free(&got);
	args_free(&args);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *argv[WORDS_MAX + 1] = { (char *)"lvm" }, *text = fuzz_text(data, size);
	const struct opt_def *def = defs[size ? *data % 4 : 0];
	enum opt_activation activation;
	struct opts opts;
	size_t at = 1;
	int argc = 1;

	for (; at < size && argc < WORDS_MAX; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	if (!opts_parse(def, argc, argv, &opts)) {
		again(def, &opts);
		if (opts_has(&opts, "activate") &&
		    !opts_activation(opts_value(&opts, "activate"), &activation))
			CM_ASSERT(activation <= OPT_ACT_OFF_LOCAL);
		opts_free(&opts);
	}
	free(text);
	return 0;
}
