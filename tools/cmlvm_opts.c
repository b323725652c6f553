/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_opts.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* getopt's value for the option of index i: above every character, so that short names keep their
 * own. */
#define LONG_BASE 0x1000

static size_t defs_count(const struct opt_def *defs)
{
	size_t count = 0;

	while (defs[count].name)
		count++;
	return count;
}

/* Build what getopt_long wants; the caller frees both. */
static void defs_to_getopt(const struct opt_def *defs, size_t count, struct option **longs,
			   char **shorts)
{
	char *end;

	*longs = cmlvm_alloc(count + 1, sizeof(**longs));
	*shorts = end = cmlvm_alloc(2 * count + 1, 1);
	for (size_t i = 0; i < count; i++) {
		(*longs)[i].name = defs[i].name;
		(*longs)[i].has_arg = defs[i].has_value ? required_argument : no_argument;
		(*longs)[i].val = LONG_BASE + (int)i;
		if (!defs[i].short_name)
			continue;
		*end++ = defs[i].short_name;
		if (defs[i].has_value)
			*end++ = ':';
	}
}

/* The definition getopt's return value stands for; a synonym shares the short name of the first. */
static const struct opt_def *def_find(const struct opt_def *defs, size_t count, int got)
{
	if (got >= LONG_BASE && got < LONG_BASE + (int)count) {
		const struct opt_def *def = &defs[got - LONG_BASE];

		if (!def->short_name)
			return def;
		got = def->short_name;
	}
	for (size_t i = 0; i < count; i++)
		if (defs[i].short_name && defs[i].short_name == got)
			return &defs[i];
	return NULL;
}

int opts_parse(const struct opt_def *defs, int argc, char **argv, struct opts *opts)
{
	size_t count = defs_count(defs);
	struct opts read = { 0 };
	const struct opt_def *def;
	struct option *longs;
	char *shorts;
	int got, rc = 0;

	defs_to_getopt(defs, count, &longs, &shorts);
	read.given =
		cmlvm_alloc((size_t)argc * 64, sizeof(*read.given)); /* -vvvv: several in a word */
	read.positional = cmlvm_alloc((size_t)argc, sizeof(*read.positional));
	optind = 0;
	opterr = 0;
	while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		def = def_find(defs, count, got);
		if (!def || read.given_count == (size_t)argc * 64) {
			rc = -EINVAL;
			goto out;
		}
		read.given[read.given_count++] =
			(struct opt_given){ def->name, def->has_value ? optarg : NULL };
	}
	for (int i = optind; i < argc; i++)
		read.positional[read.positional_count++] = argv[i];
	*opts = read;
	memset(&read, 0, sizeof(read));
out:
	opts_free(&read);
	free(longs);
	free(shorts);
	return rc;
}

void opts_free(struct opts *opts)
{
	free(opts->given);
	free(opts->positional);
	memset(opts, 0, sizeof(*opts));
}

unsigned int opts_count(const struct opts *opts, const char *name)
{
	unsigned int count = 0;

	for (size_t i = 0; i < opts->given_count; i++)
		count += !strcmp(opts->given[i].name, name);
	return count;
}

bool opts_has(const struct opts *opts, const char *name)
{
	return opts_count(opts, name) > 0;
}

const char *opts_value(const struct opts *opts, const char *name)
{
	for (size_t i = opts->given_count; i-- > 0;)
		if (!strcmp(opts->given[i].name, name))
			return opts->given[i].value;
	return NULL;
}

static bool words_hold(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += len)
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

bool opts_has_any(const struct opts *opts, const char *names)
{
	for (size_t i = 0; i < opts->given_count; i++)
		if (words_hold(names, opts->given[i].name))
			return true;
	return false;
}

static void given_emit(const struct opt_given *given, struct args *args)
{
	if (given->value)
		args_addf(args, "--%s=%s", given->name, given->value);
	else
		args_addf(args, "--%s", given->name);
}

void opts_emit_without(const struct opts *opts, const char *without, struct args *args)
{
	for (size_t i = 0; i < opts->given_count; i++)
		if (!words_hold(without, opts->given[i].name))
			given_emit(&opts->given[i], args);
}

void opts_emit_only(const struct opts *opts, const char *with, struct args *args)
{
	for (size_t i = 0; i < opts->given_count; i++)
		if (words_hold(with, opts->given[i].name))
			given_emit(&opts->given[i], args);
}

int opts_activation(const char *value, enum opt_activation *activation)
{
	static const struct {
		const char *word;
		enum opt_activation activation;
	} words[] = {
		{ "y", OPT_ACT_SHARED },     { "s", OPT_ACT_SHARED },
		{ "sy", OPT_ACT_SHARED },    { "ys", OPT_ACT_SHARED },
		{ "e", OPT_ACT_EXCLUSIVE },  { "ey", OPT_ACT_EXCLUSIVE },
		{ "ye", OPT_ACT_EXCLUSIVE }, { "a", OPT_ACT_AUTO },
		{ "ay", OPT_ACT_AUTO },	     { "ya", OPT_ACT_AUTO },
		{ "l", OPT_ACT_LOCAL },	     { "ly", OPT_ACT_LOCAL },
		{ "yl", OPT_ACT_LOCAL },     { "n", OPT_ACT_OFF },
		{ "en", OPT_ACT_OFF },	     { "ne", OPT_ACT_OFF },
		{ "sn", OPT_ACT_OFF },	     { "ns", OPT_ACT_OFF },
		{ "ln", OPT_ACT_OFF_LOCAL }, { "nl", OPT_ACT_OFF_LOCAL },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!value || strcmp(value, words[i].word) != 0)
			continue;
		*activation = words[i].activation;
		return 0;
	}
	return -EINVAL;
}
