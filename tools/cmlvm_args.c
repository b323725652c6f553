/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_args.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void out_of_memory(void)
{
	fputs("  Out of memory.\n", stderr);
	exit(5);
}

char *cmlvm_strdup(const char *s)
{
	char *copy = strdup(s);

	if (!copy)
		out_of_memory();
	return copy;
}

void *cmlvm_alloc(size_t count, size_t size_bytes)
{
	void *mem = calloc(count ? count : 1, size_bytes);

	if (!mem)
		out_of_memory();
	return mem;
}

static void args_take(struct args *args, char *word)
{
	char **grown = realloc(args->word, (args->count + 2) * sizeof(*grown));

	if (!grown)
		out_of_memory();
	args->word = grown;
	args->word[args->count++] = word;
	args->word[args->count] = NULL;
}

void args_add(struct args *args, const char *word)
{
	args_take(args, cmlvm_strdup(word));
}

void args_addf(struct args *args, const char *fmt, ...)
{
	char *word = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&word, fmt, ap);
	va_end(ap);
	if (len < 0)
		out_of_memory();
	args_take(args, word);
}

void args_free(struct args *args)
{
	for (size_t i = 0; i < args->count; i++)
		free(args->word[i]);
	free(args->word);
	args->word = NULL;
	args->count = 0;
}

char *args_line(const struct args *args, const char **bad_word)
{
	size_t len_bytes = 1;
	char *line, *end;

	for (size_t i = 0; i < args->count; i++) {
		if (strchr(args->word[i], '\'') && strchr(args->word[i], '"')) {
			*bad_word = args->word[i];
			return NULL;
		}
		len_bytes += strlen(args->word[i]) + 3;
	}
	line = end = cmlvm_alloc(len_bytes, 1);
	for (size_t i = 0; i < args->count; i++) {
		char quote = strchr(args->word[i], '\'') ? '"' : '\'';
		size_t word_bytes = strlen(args->word[i]);

		if (i)
			*end++ = ' ';
		*end++ = quote;
		memcpy(end, args->word[i], word_bytes);
		end += word_bytes;
		*end++ = quote;
	}
	return line;
}
