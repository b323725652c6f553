/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm - the LVM commands that know clustered mirrors, one program under several names.
 *
 * `lvcreate`, `lvchange`, `vgchange`, `lvremove` are links to it; `cmlvm COMMAND ARGS` is the same.
 * Any other name goes to stock lvm as it is.
 */
#include <stdio.h>
#include <string.h>

#include "lib/daemon/paths.h"
#include "tools/cmlvm_lvchange.h"
#include "tools/cmlvm_lvcreate.h"
#include "tools/cmlvm_lvremove.h"
#include "tools/cmlvm_stock.h"
#include "tools/cmlvm_vgchange.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "lvchange", cmd_lvchange },
	{ "lvcreate", cmd_lvcreate },
	{ "lvremove", cmd_lvremove },
	{ "vgchange", cmd_vgchange },
};

static char *base_name(char *path)
{
	char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void usage_print(FILE *out)
{
	fputs("usage: cmlvm lvcreate|lvchange|vgchange|lvremove ARGUMENTS\n"
	      "What does not concern a clustered mirror, and any other command, is run by the "
	      "stock lvm:\n"
	      "  " LVM_PATH "\n"
	      "  -h, --help       this text\n"
	      "  -V, --version    the version\n"
	      "See cmirror(7).\n",
	      out);
}

/* `cmlvm WORD`: is it about cmlvm itself? Then its exit code, else -1. */
static int own_word(const char *word)
{
	if (!word) {
		usage_print(stderr);
		return STOCK_INVALID;
	}
	if (!strcmp(word, "-h") || !strcmp(word, "--help")) {
		usage_print(stdout);
		return STOCK_OK;
	}
	if (!strcmp(word, "-V") || !strcmp(word, "--version")) {
		puts("cmlvm " CM_VERSION ", LVM commands for clustered mirrors");
		return STOCK_OK;
	}
	if (*word != '-')
		return -1;
	fprintf(stderr, "cmlvm: unknown option: %s\n", word);
	usage_print(stderr);
	return STOCK_INVALID;
}

int main(int argc, char **argv)
{
	int code;

	if (argc < 1)
		return STOCK_INVALID;
	if (!strcmp(base_name(argv[0]), "cmlvm")) {
		code = own_word(argv[1]);
		if (code >= 0)
			return code;
		argc--;
		argv++;
	}
	/* `lvm lvcreate` is another way to say lvcreate. */
	if (argc > 1 && !strcmp(base_name(argv[0]), "lvm")) {
		argc--;
		argv++;
	}
	argv[0] = base_name(argv[0]);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[0], commands[i].name) != 0)
			continue;
		code = commands[i].run(argc, argv);
		stock_close();
		return code;
	}
	return stock_exec(argv);
}
