/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_stock.h"

#include <errno.h>
#include <lvm2cmd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef LVM_PATH
#error "LVM_PATH (absolute path of the stock lvm) comes from configure"
#endif

struct message {
	int level;
	char *text;
};

static struct {
	unsigned int verbose_count;
	struct message *message;
	size_t message_count;
} stock;

static void messages_forget(void)
{
	for (size_t i = 0; i < stock.message_count; i++)
		free(stock.message[i].text);
	free(stock.message);
	stock.message = NULL;
	stock.message_count = 0;
}

/* The log function of liblvm2cmd: one call per line, no context argument, hence the static above.
 */
static void message_keep(int level, const char *file, int line, int dm_errno, const char *text)
{
	struct message *grown;

	(void)file;
	(void)line;
	(void)dm_errno;
	level &= 7; /* higher bits route the text inside lvm */
	if (level > LVM2_LOG_PRINT) {
		if (level - LVM2_LOG_PRINT <= (int)stock.verbose_count)
			fprintf(stderr, "    %s\n", text);
		return;
	}
	grown = realloc(stock.message, (stock.message_count + 1) * sizeof(*grown));
	if (!grown)
		return;
	stock.message = grown;
	grown[stock.message_count].level = level;
	grown[stock.message_count++].text = cmlvm_strdup(text);
}

void stock_set_verbose(unsigned int verbose_count)
{
	stock.verbose_count = verbose_count;
}

/*
 * A handle lives for one command only. Some options of a command stay behind in it: after a look
 * with
 * --nolocking the next command, an activation, would take no locks either.
 */
static void *handle_open(void)
{
	void *handle;

	lvm2_log_fn(message_keep);
	handle = lvm2_init();
	if (!handle) {
		fputs("  The stock LVM library does not start (liblvm2cmd).\n", stderr);
		return NULL;
	}
	/* A clustered mirror is not for stock lvm's own monitoring, whose repair knows nothing of
	 * other nodes. */
	lvm2_disable_dmeventd_monitoring(handle);
	messages_forget();
	return handle;
}

void stock_close(void)
{
	messages_forget();
}

int stock_exec(char *const *argv)
{
	stock_close();
	fflush(NULL);
	execv(LVM_PATH, argv);
	fprintf(stderr, "  Cannot run the stock lvm %s: %s. Install the package lvm2.\n", LVM_PATH,
		strerror(errno));
	return 127;
}

int stock_run(const struct args *words, void (*row)(void *ctx, const char *line), void *ctx)
{
	mode_t umask_before = umask(022);
	const char *bad_word;
	void *handle = NULL;
	char *line;
	int code;

	umask(umask_before);
	messages_forget();
	line = args_line(words, &bad_word);
	if (!line) {
		fprintf(stderr, "  Argument with both kinds of quotes cannot be passed on: %s\n",
			bad_word);
		return STOCK_INVALID;
	}
	handle = handle_open();
	code = handle ? lvm2_run(handle, line) : LVM2_PROCESSING_FAILED;
	if (handle)
		lvm2_exit(handle);
	umask(umask_before); /* the library has its own */
	free(line);
	if (row && code == LVM2_COMMAND_SUCCEEDED)
		stock_rows(row, ctx);
	return code == LVM2_COMMAND_SUCCEEDED ? STOCK_OK : code;
}

void stock_rows(void (*row)(void *ctx, const char *line), void *ctx)
{
	for (size_t i = 0; i < stock.message_count; i++)
		if (stock.message[i].level == LVM2_LOG_PRINT)
			row(ctx, stock.message[i].text);
}

bool stock_messages_hold(const char *text)
{
	for (size_t i = 0; i < stock.message_count; i++)
		if (strstr(stock.message[i].text, text))
			return true;
	return false;
}

/* Stock lvm prints its answers on stdout, errors and warnings on stderr; the library tells them
 * apart no more. */
static void message_print(const struct message *message)
{
	bool is_answer =
		message->level == LVM2_LOG_PRINT && strncmp(message->text, "WARNING: ", 9) != 0;

	fprintf(is_answer ? stdout : stderr, "  %s\n", message->text);
}

void stock_messages_print(enum stock_show show)
{
	for (size_t i = 0; i < stock.message_count; i++)
		if (show == STOCK_SHOW_ALL || stock.message[i].level <= LVM2_LOG_ERROR)
			message_print(&stock.message[i]);
}

void stock_messages_print_except(const char *const *skip, size_t skip_count)
{
	for (size_t i = 0; i < stock.message_count; i++) {
		bool is_skipped = false;

		for (size_t k = 0; k < skip_count; k++)
			is_skipped |= strstr(stock.message[i].text, skip[k]) != NULL;
		if (!is_skipped)
			message_print(&stock.message[i]);
	}
}
