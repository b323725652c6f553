/* SPDX-License-Identifier: GPL-2.0-only */
/* golden.c - see golden.h. */
#include "test/abi/golden.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_MAX	(128u * 1024u)
#define GUARD_BYTES	64u
#define GUARD		0xa5

static _Noreturn void fail(const char *name, int line, const char *what)
{
	fprintf(stderr, "golden file %s:%d: %s\n", name, line, what);
	exit(2);
}

static FILE *file_open(const char *name)
{
	static const char *const above[] = { ".", "..", "../..", "../../.." };
	const char *top = getenv("CM_TOP_SRCDIR");
	char path[1024];
	FILE *file = NULL;
	size_t i;

	for (i = 0; !file && i < sizeof(above) / sizeof(above[0]); i++) {
		snprintf(path, sizeof(path), "%s/test/abi/golden/%s", top ? top : above[i], name);
		file = fopen(path, "r");
	}
	return file;
}

static void append(struct golden *golden, unsigned long byte, unsigned long count,
		   const char *name, int line)
{
	if (byte > 255 || count > IMAGE_MAX - golden->len_bytes)
		fail(name, line, "byte or count too large");
	memset(golden->bytes + golden->len_bytes, (int)byte, count);
	golden->len_bytes += count;
}

/* One word at @at; returns what is behind it. */
static char *word_parse(char *at, struct golden *golden, const char *name, int line)
{
	unsigned long byte, count = 1;
	char *end;

	if (*at == '"') {
		for (at++; *at && *at != '"'; at++)
			append(golden, (unsigned char)*at, 1, name, line);
		if (!*at)
			fail(name, line, "string without an end");
		return at + 1;
	}
	if (*at == '@') {
		if (strtoul(at + 1, &end, 10) != golden->len_bytes)
			fail(name, line, "the bytes above do not end at this offset");
		return end;
	}
	if (!isxdigit((unsigned char)at[0]) || !isxdigit((unsigned char)at[1]))
		fail(name, line, "two hex digits expected");
	byte = strtoul(at, &end, 16);
	if (end != at + 2)
		fail(name, line, "two hex digits expected");
	if (*end == '*')
		count = strtoul(end + 1, &end, 10);
	append(golden, byte, count, name, line);
	return end;
}

struct golden golden_read(const char *name)
{
	struct golden golden = { malloc(IMAGE_MAX), 0 };
	FILE *file = file_open(name);
	char text[256];
	int line = 0;
	char *at;

	if (!file || !golden.bytes)
		fail(name, 0, "cannot be read; CM_TOP_SRCDIR names the top of the sources");
	while (fgets(text, sizeof(text), file)) {
		line++;
		for (at = text; *at && *at != '#';) {
			if (isspace((unsigned char)*at))
				at++;
			else
				at = word_parse(at, &golden, name, line);
		}
	}
	fclose(file);
	golden.bytes = realloc(golden.bytes, golden.len_bytes ? golden.len_bytes : 1);
	if (!golden.bytes)
		fail(name, line, "no memory");
	return golden;
}

void golden_free(struct golden *golden)
{
	free(golden->bytes);
	golden->bytes = NULL;
	golden->len_bytes = 0;
}

uint8_t *golden_copy(const uint8_t *bytes, size_t len_bytes)
{
	uint8_t *copy = malloc(len_bytes);

	if (!copy && len_bytes)
		fail("(copy)", 0, "no memory");
	if (len_bytes)
		memcpy(copy, bytes, len_bytes);
	return copy;
}

uint8_t *golden_out(size_t len_bytes)
{
	uint8_t *out = malloc(len_bytes + GUARD_BYTES);

	if (!out)
		fail("(output)", 0, "no memory");
	memset(out, GUARD, len_bytes + GUARD_BYTES);
	return out;
}

int golden_out_ok(uint8_t *out, size_t len_bytes)
{
	int ok = 1;
	size_t i;

	for (i = 0; i < GUARD_BYTES; i++)
		if (out[len_bytes + i] != GUARD)
			ok = 0;
	free(out);
	return ok;
}
