/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemons/cmirrord/offside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemons/cmirrord/holder.h"
#include "lib/daemon/fds.h"
#include "lib/daemon/lg.h"
#include "lib/store/bdev.h"

#define JOBS_MAX	1024u	/* two per log, and some that nobody waits for */
#define JOBS_FD		0	/* in the process */
#define CHANNEL_FD	1

struct answer {
	uint64_t id;
	int32_t result;
	uint32_t failed;
};

struct waiter {
	uint64_t id;		/* 0 = free */
	offside_done_fn *done;	/* NULL: forgotten */
	void *ctx;
};

struct offside {
	struct loop *loop;
	int fd;			/* -1: the process has died */
	uint64_t last_id;
	struct waiter waiter[JOBS_MAX];
};

static void process_run(int fd, int channel, const char *holder_path) __attribute__((noreturn));
static void fds_arrange(int fd, int channel);
static void job_fork(const struct offside_job *job, const char *holder_path);
static void holder_ready(void *ctx, int result);
static void answer_send(int fd, const struct offside_job *job, int result, uint32_t failed);
static void answers_take(void *ctx, int fd, uint32_t events);
static void process_died(struct offside *off);
static int device_flush(const char *dev);
static int device_read(const char *dev);

int offside_fork(int channel, const char *holder_path)
{
	int fds[2], r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return -errno;
	pid = fork();
	if (pid < 0) {
		r = -errno;
		close(fds[0]);
		close(fds[1]);
		return r;
	}
	if (!pid)
		process_run(fds[1], channel, holder_path);
	close(fds[1]);
	return fds[0];
}

/* ---- in the process ---- */

static void process_run(int fd, int channel, const char *holder_path)
{
	struct offside_job job;
	ssize_t got;

	(void)prctl(PR_SET_NAME, "cm-offside", 0, 0, 0);	/* a name only */
	(void)signal(SIGCHLD, SIG_IGN);		/* nobody waits for the children */
	(void)signal(SIGINT, SIG_IGN);		/* ^C is for the daemon; we end when it does */
	fds_arrange(fd, channel);
	for (;;) {
		got = recv(JOBS_FD, &job, sizeof(job), 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got != (ssize_t)sizeof(job))
			_exit(0);	/* the daemon has ended */
		job_fork(&job, holder_path);
	}
}

/* Not stderr, not the pipe to the starter: whoever reads those waits for their last holder. */
static void fds_arrange(int fd, int channel)
{
	const int fds[] = {[JOBS_FD] = fd, [CHANNEL_FD] = channel};

	if (fds_keep(fds, CM_ARRAY_COUNT(fds)))
		_exit(1);
}

static void job_fork(const struct offside_job *job, const char *holder_path)
{
	uint32_t failed = 0;
	pid_t pid = fork();
	int result;

	if (pid < 0)
		answer_send(JOBS_FD, job, -errno, 0);
	if (pid)
		return;
	(void)signal(SIGPIPE, SIG_IGN);
	if (job->op == OFFSIDE_HOLD && holder_path)
		holder_become(holder_path, CHANNEL_FD, holder_ready, (void *)(uintptr_t)job);
	close(CHANNEL_FD);
	result = offside_run(job, &failed);
	answer_send(JOBS_FD, job, result, failed);
	_exit(0);
}

static void holder_ready(void *ctx, int result)
{
	answer_send(JOBS_FD, ctx, result, 0);
}

static void answer_send(int fd, const struct offside_job *job, int result, uint32_t failed)
{
	struct answer answer = {.id = job->id, .result = result, .failed = failed};

	if (send(fd, &answer, sizeof(answer), MSG_NOSIGNAL) < 0) {
		/* the daemon has ended: nobody waits */
	}
}

int offside_run(const struct offside_job *job, uint32_t *failed)
{
	int r, first = 0;
	uint32_t i;

	if (job->op == OFFSIDE_READ)
		return device_read(job->dev[0]);
	if (job->op != OFFSIDE_FLUSH)
		return -EOPNOTSUPP;
	for (i = 0; i < job->dev_count && i < OFFSIDE_DEVS_MAX; i++) {
		r = device_flush(job->dev[i]);
		if (r && !first) {
			first = r;
			*failed = i;
		}
	}
	return first;
}

/*
 * fdatasync() of a block device is a flush of its cache, also through a descriptor opened for
 * reading only; and closing one opened for reading wakes no udev rule, as closing a writer's would.
 */
static int device_flush(const char *dev)
{
	int fd, r;

	r = bdev_open(dev, O_RDONLY, &fd, NULL);
	if (r)
		return r;
	r = fdatasync(fd) ? -errno : 0;
	close(fd);
	return r;
}

static int device_read(const char *dev)
{
	static uint8_t block[4096] __attribute__((aligned(4096)));
	int fd, r, block_bytes = 512;
	ssize_t got;

	r = bdev_open(dev, O_RDONLY | O_DIRECT, &fd, NULL);
	if (r)
		return r;
	if (ioctl(fd, BLKSSZGET, &block_bytes) || block_bytes > (int)sizeof(block))
		block_bytes = 512;	/* a file, in tests */
	got = pread(fd, block, (size_t)block_bytes, 0);
	if (got != block_bytes)
		r = got < 0 ? -errno : -EIO;
	close(fd);
	return r;
}

/* ---- in the daemon ---- */

int offside_create(struct loop *loop, int fd, struct offside **out)
{
	struct offside *off;
	int r;

	off = calloc(1, sizeof(*off));
	if (!off)
		return -ENOMEM;
	off->loop = loop;
	off->fd = fd;
	r = loop_fd_add(loop, fd, EPOLLIN, answers_take, off);
	if (r) {
		free(off);
		return r;
	}
	*out = off;
	return 0;
}

void offside_destroy(struct offside *off)
{
	if (off->fd >= 0) {
		loop_fd_del(off->loop, off->fd);
		close(off->fd);
	}
	free(off);
}

uint64_t offside_start(struct offside *off, struct offside_job *job, offside_done_fn *done,
		       void *ctx)
{
	struct waiter *waiter;

	for (waiter = off->waiter; waiter < off->waiter + JOBS_MAX && waiter->id; waiter++)
		;
	if (waiter == off->waiter + JOBS_MAX || off->fd < 0)
		return 0;
	job->id = off->last_id + 1;
	if (send(off->fd, job, sizeof(*job), MSG_DONTWAIT | MSG_NOSIGNAL) != (ssize_t)sizeof(*job))
		return 0;
	*waiter = (struct waiter){.id = job->id, .done = done, .ctx = ctx};
	return ++off->last_id;
}

void offside_forget(struct offside *off, uint64_t id)
{
	uint32_t i;

	for (i = 0; i < JOBS_MAX && id; i++)
		if (off->waiter[i].id == id)
			off->waiter[i].done = NULL;
}

static void answers_take(void *ctx, int fd, uint32_t events)
{
	struct offside *off = ctx;
	struct answer answer;
	struct waiter waiter;
	ssize_t got;
	uint32_t i;

	(void)events;
	got = recv(fd, &answer, sizeof(answer), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got != (ssize_t)sizeof(answer)) {
		process_died(off);
		return;
	}
	for (i = 0; i < JOBS_MAX; i++)
		if (off->waiter[i].id == answer.id)
			break;
	if (i == JOBS_MAX)
		return;
	waiter = off->waiter[i];
	off->waiter[i].id = 0;
	if (waiter.done)
		waiter.done(waiter.ctx, answer.result, answer.failed);
}

static void process_died(struct offside *off)
{
	struct waiter waiter;
	uint32_t i;

	lg_err("the process that flushes legs and wakes mirrors was killed: marks stay set until "
	       "cmirrord is restarted");
	loop_fd_del(off->loop, off->fd);
	close(off->fd);
	off->fd = -1;
	for (i = 0; i < JOBS_MAX; i++) {
		waiter = off->waiter[i];
		off->waiter[i].id = 0;
		if (waiter.id && waiter.done)
			waiter.done(waiter.ctx, -EPIPE, 0);
	}
}
