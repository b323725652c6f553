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

static int usage(void)
{
	puts("cmlvm " CM_VERSION ": LVM commands for clustered mirrors\n"
	     "usage: cmlvm lvcreate|lvchange|vgchange|lvremove ARGUMENTS\n"
	     "What does not concern a clustered mirror, and any other command, is run by the stock "
	     "lvm:\n"
	     "  " LVM_PATH "\n"
	     "See cmirror(7).");
	return STOCK_OK;
}

int main(int argc, char **argv)
{
	int code;

	if (argc < 1)
		return STOCK_INVALID;
	if (!strcmp(base_name(argv[0]), "cmlvm")) {
		if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "--version"))
			return usage();
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
