/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_args.h - a growing list of command words.
 *
 * Words are copied; the list owns them. Memory running out ends the program with a message: a
 * command line tool has nothing better to do. One thread.
 */
#ifndef CMLVM_ARGS_H
#define CMLVM_ARGS_H

#include <stdbool.h>
#include <stddef.h>

struct args {
	char **word; /* NULL-terminated once a word was added */
	size_t count;
};

#define ARGS_EMPTY      \
	{               \
		NULL, 0 \
	}

/* Append a copy of @word. */
void args_add(struct args *args, const char *word);
/* Append one formatted word. */
void args_addf(struct args *args, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Free all words; the list is empty and usable again. */
void args_free(struct args *args);

/*
 * Join all words into the one-line form that liblvm2cmd splits: words apart by spaces, each in
 * quotes.
 *
 * Returns a string the caller frees, or NULL when a word holds both kinds of quotes, which that
 * form cannot express; *@bad_word then is that word.
 */
char *args_line(const struct args *args, const char **bad_word);

/* strdup() and malloc() that end the program when memory is out. */
char *cmlvm_strdup(const char *s);
void *cmlvm_alloc(size_t count, size_t size_bytes);

#endif
