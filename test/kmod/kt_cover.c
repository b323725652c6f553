/* SPDX-License-Identifier: GPL-2.0-only */
/* kt_cover.c - devices under the mirror that fail or are slow; see kt.h. */
#include "test/kmod/kt.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECTORS (KT_REGIONS * KT_REGION_SECT)

static char under[3][64];	/* "LOG", "LEG0", "LEG1" */

static char *under_of(const char *var)
{
	return under[!strcmp(var, "LOG") ? 0 : !strcmp(var, "LEG0") ? 1 : 2];
}

int kt_sh(struct kt *kt, const char *fmt, ...)
{
	const char *argv[] = { "sh", "-c", NULL, NULL };
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	argv[2] = line;
	return kt_wait(kt, kt_run(argv), 20000);
}

static void table_of(char *out, size_t size, const char *dev, enum kt_cover how, unsigned int ms)
{
	unsigned int write_ms = how == KT_SLOW_WRITES ? ms : 0;

	if (how == KT_GOOD)
		snprintf(out, size, "0 %u linear %s 0", SECTORS, dev);
	else if (how == KT_NOTHING)
		snprintf(out, size, "0 %u zero", SECTORS);
	else if (how == KT_ERROR_ALL)
		snprintf(out, size, "0 %u error", SECTORS);
	else if (how == KT_ERROR_WRITES)
		snprintf(out, size, "0 %u flakey %s 0 0 3600 1 error_writes", SECTORS, dev);
	else
		snprintf(out, size, "0 %u delay %s 0 0 %s 0 %u %s 0 %u", SECTORS, dev, dev,
			 write_ms, dev, ms - write_ms);
}

void kt_cover(struct kt *kt, const char *var)
{
	char table[768], name[32], path[64];

	snprintf(under_of(var), sizeof(under[0]), "%s", kt_dev(var));
	table_of(table, sizeof(table), under_of(var), KT_GOOD, 0);
	if (kt_sh(kt, "dmsetup create kt-%s --table '%s'", var, table))
		kt_die(var, "cannot be covered");
	snprintf(name, sizeof(name), "KT_%s", var);
	snprintf(path, sizeof(path), "/dev/mapper/kt-%s", var);
	setenv(name, path, 1);
}

int kt_cover_try(struct kt *kt, const char *var, enum kt_cover how, unsigned int ms)
{
	char table[768];

	table_of(table, sizeof(table), under_of(var), how, ms);
	return kt_sh(kt, "dmsetup load kt-%s --table '%s' && "
		     "dmsetup suspend --noflush --nolockfs kt-%s && dmsetup resume kt-%s",
		     var, table, var, var);
}

void kt_cover_set(struct kt *kt, const char *var, enum kt_cover how, unsigned int ms)
{
	if (kt_cover_try(kt, var, how, ms))
		kt_die(var, "cannot be changed");
}

int kt_uncover(struct kt *kt, const char *var)
{
	char name[32];

	snprintf(name, sizeof(name), "KT_%s", var);
	setenv(name, under_of(var), 1);
	return kt_sh(kt, "dmsetup remove --retry kt-%s", var);
}

int kt_sync_count(void)
{
	FILE *in = popen("dmsetup status kt", "r");
	char text[256] = "", *slash;

	if (!in)
		return -1;
	(void)!fgets(text, sizeof(text), in);
	pclose(in);
	slash = strchr(text, '/');
	while (slash && slash > text && slash[-1] != ' ')
		slash--;
	return slash ? (int)strtol(slash, NULL, 10) : -1;
}
