/* SPDX-License-Identifier: GPL-2.0-only */
/* child.c - see child.h. */
#include "daemons/clvmd/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become_worker(const char *const *args, int in_fd, int out_fd)
{
	char *argv[CHILD_ARGS_MAX + 3];
	sigset_t none;
	int n = 0;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* The new ends may be 0 or 1 themselves when we were started without stdio. */
	in_fd = fcntl(in_fd, F_DUPFD, 3);
	out_fd = fcntl(out_fd, F_DUPFD, 3);
	if (in_fd < 0 || out_fd < 0 || dup2(in_fd, 0) < 0 || dup2(out_fd, 1) < 0)
		_exit(126);
	(void)close_range(3, ~0U, 0);
	argv[n++] = (char *)"clvmd";
	argv[n++] = (char *)"--worker";
	while (args[n - 2] && n < CHILD_ARGS_MAX + 2) {
		argv[n] = (char *)(uintptr_t)args[n - 2];
		n++;
	}
	argv[n] = NULL;
	(void)execv("/proc/self/exe", argv);
	_exit(127);
}

/* Returns the pid, or negative errno. */
static pid_t spawn(const char *const *args, int *in_fd, int *out_fd)
{
	int in[2], out[2], r;
	pid_t pid;

	if (pipe2(in, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(out, O_CLOEXEC) < 0) {
		r = -errno;
		goto out_in;
	}
	pid = fork();
	if (!pid)
		become_worker(args, in[0], out[1]);
	if (pid < 0) {
		r = -errno;
		goto out_out;
	}
	(void)close(in[0]);
	(void)close(out[1]);
	*in_fd = in[1];
	*out_fd = out[0];
	return pid;

out_out:
	(void)close(out[0]);
	(void)close(out[1]);
out_in:
	(void)close(in[0]);
	(void)close(in[1]);
	return r;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void child_forget(struct child *child)
{
	if (!child->pid)
		return;
	loop_fd_del(child->loop, child->out_fd);
	close_fd(&child->in_fd);
	close_fd(&child->out_fd);
	child->pid = 0;
}

/* Hand out whole lines; a line that does not fit is cut where the buffer ends. */
static void lines_out(struct child *child)
{
	char *newline;

	while (child->pid && (newline = memchr(child->buf, '\n', child->have_bytes))) {
		size_t len = (size_t)(newline - child->buf) + 1;
		char line[CHILD_LINE_MAX];

		*newline = '\0';
		memcpy(line, child->buf, len);
		child->have_bytes -= len;
		memmove(child->buf, child->buf + len, child->have_bytes);
		child->on_line(child->ctx, line);
	}
	if (child->have_bytes == sizeof(child->buf))
		child->have_bytes = 0;
}

static void on_readable(void *ctx, int fd, uint32_t events)
{
	struct child *child = ctx;
	ssize_t n =
		read(fd, child->buf + child->have_bytes, sizeof(child->buf) - child->have_bytes);

	(void)events;
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n > 0) {
		child->have_bytes += (size_t)n;
		lines_out(child);
		return;
	}
	child_forget(child);
	child->on_end(child->ctx);
}

int child_start(struct child *child, struct loop *loop, const char *const *args,
		void (*on_line)(void *ctx, char *line), void (*on_end)(void *ctx), void *ctx)
{
	int in_fd, out_fd, r;
	pid_t pid = spawn(args, &in_fd, &out_fd);

	if (pid < 0)
		return pid;
	r = loop_fd_add(loop, out_fd, EPOLLIN, on_readable, child);
	if (r) {
		(void)close(in_fd);
		(void)close(out_fd);
		return r;
	}
	*child = (struct child){ .loop = loop, .in_fd = in_fd, .out_fd = out_fd, .pid = pid,
				 .on_line = on_line, .on_end = on_end, .ctx = ctx };
	return 0;
}

bool child_is_running(const struct child *child)
{
	return child->pid != 0;
}

void child_order(struct child *child, const char *word)
{
	char line[16];
	size_t len = strlen(word);

	CM_ASSERT(len < sizeof(line) - 1);
	memcpy(line, word, len);
	line[len++] = '\n';
	/* A pipe has room for hundreds of these; EPIPE: it is dying, and its end will be seen. */
	if (child->pid && write(child->in_fd, line, len) < 0)
		return;
}

int child_run(const char *const *args, void (*on_line)(void *ctx, char *line), void *ctx)
{
	struct child child = { .on_line = on_line, .ctx = ctx };
	ssize_t n;

	child.pid = spawn(args, &child.in_fd, &child.out_fd);
	if (child.pid < 0)
		return child.pid;
	for (;;) {
		n = read(child.out_fd, child.buf + child.have_bytes,
			 sizeof(child.buf) - child.have_bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		child.have_bytes += (size_t)n;
		lines_out(&child);
	}
	close_fd(&child.in_fd);
	close_fd(&child.out_fd);
	while (waitpid(child.pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

void child_reap(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}
