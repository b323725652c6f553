/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmlvm_wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/cmlvm_args.h"
#include "tools/cmlvm_ask.h"

#ifndef WIPEFS_PATH
#define WIPEFS_PATH "/sbin/wipefs" /* of util-linux, which is essential in Debian */
#endif
#define START_BYTES 4096u

/* Run wipefs with its output in @out (NULL: none). Returns its exit status, or negative errno. */
static int wipefs_run(const struct args *words, FILE **out)
{
	int fds[2], status;
	pid_t pid;

	if (pipe(fds) < 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		int rc = -errno;

		close(fds[0]);
		close(fds[1]);
		return rc;
	}
	if (pid == 0) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(WIPEFS_PATH, words->word);
		_exit(127);
	}
	close(fds[1]);
	*out = fdopen(fds[0], "r");
	if (!*out) {
		close(fds[0]);
		return -ENOMEM;
	}
	/* A list of signatures is far smaller than a pipe: wipefs ends before anybody reads. */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -EIO;
}

static int wipefs_failed(const char *shown, int code)
{
	fprintf(stderr,
		"  Looking for old signatures on %s failed (%s: %s %d); lvcreate -Wn leaves them "
		"alone.\n",
		shown, WIPEFS_PATH, code < 0 ? strerror(-code) : "exit status", code);
	return code < 0 ? code : -EIO;
}

/* Returns how many signatures there are and may go, or negative errno. */
static int signatures_ask(const char *path, const char *shown, bool is_yes)
{
	struct args words = ARGS_EMPTY;
	char type[64], offset[32];
	FILE *list = NULL;
	int code, count = 0;

	args_add(&words, "wipefs");
	args_add(&words, "--noheadings");
	args_add(&words, "--output=TYPE,OFFSET");
	args_add(&words, path);
	code = wipefs_run(&words, &list);
	args_free(&words);
	while (!code && fscanf(list, "%63s %31s", type, offset) == 2) {
		count++;
		if (is_yes || ask_yes("WARNING: %s signature detected on %s at offset %s. Wipe it",
				      type, shown, offset))
			continue;
		fprintf(stderr,
			"  Signature left alone: %s is not created. (lvcreate -Wn keeps "
			"signatures.)\n",
			shown);
		count = -ECANCELED;
		break;
	}
	if (list)
		fclose(list);
	return code ? wipefs_failed(shown, code) : count;
}

int wipe_signatures(const char *path, const char *shown, bool is_yes)
{
	int code, count = signatures_ask(path, shown, is_yes);
	struct args words = ARGS_EMPTY;
	FILE *out = NULL;

	if (count <= 0)
		return count;
	args_add(&words, "wipefs");
	args_add(&words, "--all");
	args_add(&words, "--quiet");
	args_add(&words, path);
	code = wipefs_run(&words, &out);
	args_free(&words);
	if (out)
		fclose(out);
	if (code)
		return wipefs_failed(shown, code);
	printf("  Wiped %d signature(s) on %s.\n", count, shown);
	return 0;
}

int wipe_start(const char *path, const char *shown)
{
	void *zeroes = NULL;
	int rc = 0, fd = open(path, O_RDWR | O_DIRECT | O_EXCL | O_CLOEXEC);

	if (fd < 0) {
		rc = -errno;
		goto out;
	}
	if (posix_memalign(&zeroes, START_BYTES, START_BYTES)) {
		rc = -ENOMEM;
		goto out_close;
	}
	memset(zeroes, 0, START_BYTES);
	if (pwrite(fd, zeroes, START_BYTES, 0) != START_BYTES || fdatasync(fd) < 0)
		rc = errno ? -errno : -EIO;
	free(zeroes);
out_close:
	close(fd);
out:
	if (rc)
		fprintf(stderr, "  Zeroing the start of %s (%s) failed: %s.\n", shown, path,
			strerror(-rc));
	return rc;
}
