/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_stock.h - the stock lvm: become it, or run one of its commands in this process.
 *
 * Becoming it (execv of the path found at configure time) is how everything that does not concern a
 * clustered mirror is served: arguments, output, exit status and signals are stock's own because it
 * *is* stock. Running a command in this process (liblvm2cmd) is for the steps of our own commands:
 * its messages are kept back, so that the user sees one line of ours when all is well and stock's
 * words when not.
 *
 * One thread: liblvm2cmd has one log function for the whole process.
 */
#ifndef CMLVM_STOCK_H
#define CMLVM_STOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/cmlvm_args.h"

/* Exit codes of lvm commands, lvm(8). */
#define STOCK_OK 0
#define STOCK_INVALID 3
#define STOCK_FAILED 5

/*
 * Become the stock command. @argv[0] is the name of the command ("lvcreate"), the rest its
 * arguments, NULL-terminated. Returns only when the stock lvm cannot be started: 127 after one
 * line on stderr.
 */
int stock_exec(char *const *argv);

/*
 * Run a stock command in this process; words[0] is its name. Prompts are not expected: pass -y.
 * @row, unless NULL, is called when the command succeeded, with each line it printed on standard
 * output or as a warning. All lines are kept until the next run for stock_messages_print().
 *
 * Returns STOCK_OK, STOCK_INVALID, STOCK_FAILED or another exit code of lvm.
 */
int stock_run(const struct args *words, void (*row)(void *ctx, const char *line), void *ctx);

/* Call @row with those lines of the last run, also when it failed. */
void stock_rows(void (*row)(void *ctx, const char *line), void *ctx);

enum stock_show {
	STOCK_SHOW_ERRORS, /* errors only */
	STOCK_SHOW_ALL, /* errors, warnings, ordinary output */
};
/* Print the messages of the last run as stock lvm would have: errors and warnings to stderr. */
void stock_messages_print(enum stock_show show);

/*
 * Print the ordinary messages and warnings of the last run, but not those that contain one of the
 * @skip_count strings @skip.
 */
void stock_messages_print_except(const char *const *skip, size_t skip_count);

/* Does a message of the last run contain @text? */
bool stock_messages_hold(const char *text);

/* Print verbose messages of stock commands as they come (-v given @verbose_count times). */
void stock_set_verbose(unsigned int verbose_count);

/* Free the messages. Harmless when nothing was run. */
void stock_close(void);

#endif
