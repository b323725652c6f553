/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay.c - every committed input (test/fuzz/corpus/NAME/) through its decoder, one test for each
 * decoder, without clang: for make check.
 *
 * A decoder runs in a child process: one that crashes fails its own test, which tells the file.
 * With arguments, "NAME FILE...": these files, in this process, for a debugger.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/fuzz/fuzz.h"
#include "test/lib/tap.h"

/* FUZZ_LIST(X) is X(NAME) of every fuzzer, from fuzz.mk. */
#define DECLARE(name) int fuzz_##name##_one(const uint8_t *data, size_t size);
#define ELEMENT(name) { #name, fuzz_##name##_one },
FUZZ_LIST(DECLARE)

static const struct fuzzer {
	const char *name;
	int (*one)(const uint8_t *data, size_t size);
} fuzzers[] = { FUZZ_LIST(ELEMENT) };

#define INPUT_MAX	65536u

/* What the child is at: shared with it. */
static struct at {
	char path[512];
	unsigned int count;
} *at;

static void file_run(const struct fuzzer *fuzzer, const char *path)
{
	static uint8_t input[INPUT_MAX];
	FILE *file = fopen(path, "re");
	uint8_t *data;
	size_t size;

	if (!file) {
		(void)fprintf(stderr, "cannot read %s\n", path);
		exit(2);
	}
	size = fread(input, 1, sizeof(input), file);
	(void)fclose(file);
	data = malloc(size ? size : 1);
	CM_ASSERT(data);
	memcpy(data, input, size);
	(void)fuzzer->one(data, size);
	free(data);
}

static void corpus_run(const struct fuzzer *fuzzer)
{
	struct dirent *entry;
	char dir[256];
	DIR *stream;

	(void)snprintf(dir, sizeof(dir), "%s/test/fuzz/corpus/%s", CM_TOP_SRCDIR, fuzzer->name);
	stream = opendir(dir);
	while (stream && (entry = readdir(stream))) {
		if (*entry->d_name == '.')
			continue;
		(void)snprintf(at->path, sizeof(at->path), "%s/%s", dir, entry->d_name);
		file_run(fuzzer, at->path);
		at->count++;
	}
	if (stream)
		(void)closedir(stream);
	fuzzer->one((const uint8_t *)"", 0);
}

static void fuzzer_test(const struct fuzzer *fuzzer)
{
	int status = -1;
	bool is_good;
	pid_t pid;

	memset(at, 0, sizeof(*at));
	(void)fflush(stdout);
	pid = fork();
	if (!pid) {
		corpus_run(fuzzer);
		exit(0);
	}
	CM_ASSERT(pid > 0 && waitpid(pid, &status, 0) == pid);
	is_good = !status && at->count;
	OK(is_good, "%s: %u files", fuzzer->name, at->count);
	if (!is_good && *at->path)
		(void)printf("# test/fuzz/replay %s %s\n", fuzzer->name, at->path);
}

int main(int argc, char **argv)
{
	size_t i;
	int k;

	at = mmap(NULL, sizeof(*at), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CM_ASSERT(at != MAP_FAILED);
	for (i = 0; i < CM_ARRAY_COUNT(fuzzers); i++) {
		if (argc < 2)
			fuzzer_test(&fuzzers[i]);
		for (k = 2; k < argc && !strcmp(argv[1], fuzzers[i].name); k++)
			file_run(&fuzzers[i], argv[k]);
	}
	return argc < 2 ? tap_done() : 0;
}
