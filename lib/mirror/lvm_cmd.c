/* SPDX-License-Identifier: GPL-2.0-only */
/* lvm_cmd.c - fork, exec, collect stdout and the last line of stderr under a deadline. */
#include "lib/mirror/lvm_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct text {
	char *buf;
	size_t len_bytes, size_bytes;
};

static int64_t now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int text_add(struct text *t, const char *data, size_t len_bytes)
{
	char *bigger;

	if (t->len_bytes + len_bytes >= LVM_CMD_OUT_MAX)
		return -EFBIG;
	if (t->len_bytes + len_bytes + 1 > t->size_bytes) {
		size_t size = (t->len_bytes + len_bytes + 1) * 2;

		bigger = realloc(t->buf, size);
		if (!bigger)
			return -ENOMEM;
		t->buf = bigger;
		t->size_bytes = size;
	}
	memcpy(t->buf + t->len_bytes, data, len_bytes);
	t->len_bytes += len_bytes;
	t->buf[t->len_bytes] = '\0';
	return 0;
}

static _Noreturn void child(char *const argv[], int out_fd, int err_fd)
{
	int null_fd = open("/dev/null", O_RDWR);
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(out_fd, 1) < 0 || dup2(err_fd, 2) < 0)
		_exit(126);
	(void)close_range(3, ~0U, 0);
	(void)setenv("LC_ALL", "C", 1);
	(void)setenv("LVM_SUPPRESS_FD_WARNINGS", "1", 1);
	(void)execv(LVM_PATH, argv);
	_exit(127);
}

/* Read both pipes to their ends, or until the deadline. */
static int collect(int fds[2], struct text text[2], int64_t deadline_ms)
{
	struct pollfd p[2] = { { fds[0], POLLIN, 0 }, { fds[1], POLLIN, 0 } };
	char buf[16384];

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left_ms = deadline_ms - now_ms();
		int r = left_ms > 0 ? poll(p, 2, (int)left_ms) : 0;

		if (!r)
			return -ETIMEDOUT;
		if (r < 0 && errno != EINTR)
			return -errno;
		for (int i = 0; r > 0 && i < 2; i++) {
			ssize_t n;

			if (p[i].fd < 0 || !p[i].revents)
				continue;
			n = read(p[i].fd, buf, sizeof(buf));
			if (n > 0) {
				int e = text_add(&text[i], buf, (size_t)n);

				if (e)
					return e;
			} else if (!n || errno != EINTR) {
				p[i].fd = -1;
			}
		}
	}
	return 0;
}

/* The first line that is no warning, without leading blanks: lvm says the cause first, then what it
 * gives up. */
static const char *cause(struct text *t)
{
	char *line, *at = NULL;

	if (!t->buf)
		return "";
	for (line = strtok_r(t->buf, "\n", &at); line; line = strtok_r(NULL, "\n", &at)) {
		line += strspn(line, " ");
		if (*line && strncmp(line, "WARNING", 7) && strncmp(line, "Reading VG", 10))
			return line;
	}
	return "";
}

static int verdict(int status, struct text *errors, char *const argv[], struct cm_errmsg *err)
{
	const char *why = cause(errors);

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		cm_err_set(err, "cannot execute %s", LVM_PATH);
		return -ENOENT;
	}
	if (WIFEXITED(status) && *why)
		cm_err_set(err, "lvm %s: %s", argv[1], why);
	else if (WIFEXITED(status))
		cm_err_set(err, "lvm %s failed with status %d", argv[1], WEXITSTATUS(status));
	else
		cm_err_set(err, "lvm %s was killed by signal %d", argv[1], WTERMSIG(status));
	return -EIO;
}

static int run(char *const argv[], int timeout_s, struct text text[2], struct cm_errmsg *err)
{
	int out[2] = { -1, -1 }, errs[2] = { -1, -1 }, fds[2], status, r;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(errs, O_CLOEXEC) < 0) {
		r = -errno;
		cm_err_set(err, "lvm %s: no pipe: %s", argv[1], cm_strerror(r));
		goto out_pipes;
	}
	pid = fork();
	if (!pid)
		child(argv, out[1], errs[1]);
	if (pid < 0) {
		r = -errno;
		cm_err_set(err, "lvm %s: no process: %s", argv[1], cm_strerror(r));
		goto out_pipes;
	}
	(void)close(out[1]);
	(void)close(errs[1]);
	out[1] = errs[1] = -1;
	fds[0] = out[0];
	fds[1] = errs[0];
	r = collect(fds, text, now_ms() + (int64_t)timeout_s * 1000);
	if (r) {
		(void)kill(pid, SIGKILL);
		cm_err_set(err, "lvm %s did not end in %d s: %s", argv[1], timeout_s,
			   cm_strerror(r));
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!r)
		r = verdict(status, &text[1], argv, err);
out_pipes:
	for (int i = 0; i < 2; i++) {
		if (out[i] >= 0)
			(void)close(out[i]);
		if (errs[i] >= 0)
			(void)close(errs[i]);
	}
	return r;
}

int lvm_cmd_run(char *const argv[], int timeout_s, char **out, struct cm_errmsg *err)
{
	struct text text[2] = { { NULL, 0, 0 }, { NULL, 0, 0 } };
	int r = run(argv, timeout_s, text, err);

	if (!r && out && !text[0].buf)
		text[0].buf = strdup("");
	if (!r && out && !text[0].buf)
		r = -ENOMEM;
	if (!r && out)
		*out = text[0].buf;
	else
		free(text[0].buf);
	free(text[1].buf);
	return r;
}

static int file_read(const char *path, char **text, struct cm_errmsg *err)
{
	struct text t = { NULL, 0, 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = fd < 0 ? -errno : 0;
	char buf[16384];

	while (!r) {
		ssize_t n = read(fd, buf, sizeof(buf));

		if (n < 0)
			r = -errno;
		else if (!n)
			break;
		else
			r = text_add(&t, buf, (size_t)n);
	}
	if (fd >= 0)
		(void)close(fd);
	if (!r && !t.buf)
		r = -ENODATA;
	if (r) {
		free(t.buf);
		cm_err_set(err, "cannot read the metadata text %s: %s", path, cm_strerror(r));
		return r;
	}
	*text = t.buf;
	return 0;
}

int lvm_cmd_vg_text(const char *dir, const char *vg_name, int timeout_s, char **text,
		    struct cm_errmsg *err)
{
	char path[256], vg[130];
	char *argv[] = { (char *)"lvm", (char *)"vgcfgbackup", (char *)"-q", (char *)"-f", path, vg,
			 NULL };
	int r;

	if (snprintf(path, sizeof(path), "%s/text.%ld", dir, (long)getpid()) >= (int)sizeof(path) ||
	    snprintf(vg, sizeof(vg), "%s", vg_name) >= (int)sizeof(vg)) {
		cm_err_set(err, "name of the volume group is too long");
		return -ENAMETOOLONG;
	}
	r = lvm_cmd_run(argv, timeout_s, NULL, err);
	if (!r)
		r = file_read(path, text, err);
	(void)unlink(path);
	return r;
}
