/* SPDX-License-Identifier: GPL-2.0-only */
/* test_offside.c - daemons/cmirrord/offside.h: jobs in a process of their own, and its end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemons/cmirrord/offside.h"
#include "test/lib/tap.h"

struct seen {
	unsigned int count;
	int result;
	uint32_t failed;
};

static void job_done(void *ctx, int result, uint32_t failed)
{
	struct seen *seen = ctx;

	seen->count++;
	seen->result = result;
	seen->failed = failed;
}

static void wait_for(struct loop *loop, const struct seen *seen, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < 500 && seen->count < count; i++)
		loop_once(loop, 10);
}

static void test_jobs(struct loop *loop, struct offside *off, const char *path)
{
	struct offside_job job = {.op = OFFSIDE_READ, .dev_count = 1};
	struct seen seen = {.count = 0}, gone = {.count = 0};
	uint64_t id;

	snprintf(job.dev[0], sizeof(job.dev[0]), "%s", path);
	OK(offside_start(off, &job, job_done, &seen) > 0, "a read");
	wait_for(loop, &seen, 1);
	IS_U64(seen.count, 1, "ends");
	IS_INT(seen.result, 0, "well");

	job.op = OFFSIDE_FLUSH;
	job.dev_count = 3;
	snprintf(job.dev[1], sizeof(job.dev[1]), "/nonexistent");
	snprintf(job.dev[2], sizeof(job.dev[2]), "/dev/null");
	OK(offside_start(off, &job, job_done, &seen) > 0, "a flush of three, two of them bad");
	wait_for(loop, &seen, 2);
	IS_INT(seen.result, -ENODEV, "the first error");
	IS_U64(seen.failed, 1, "and whose it is");

	id = offside_start(off, &job, job_done, &gone);
	offside_forget(off, id);
	OK(offside_start(off, &job, job_done, &seen) > 0, "one forgotten, one not");
	wait_for(loop, &seen, 3);
	loop_once(loop, 50);
	IS_U64(gone.count, 0, "the forgotten one is silent");
}

static void test_death(struct loop *loop, struct offside *off, int fd)
{
	struct offside_job job = {.op = OFFSIDE_READ, .dev_count = 1};
	struct seen seen = {.count = 0};
	unsigned int i;

	/* What the process does when it is not spoken to in its own tongue: it ends. */
	OK(send(fd, "x", 1, 0) == 1, "the process ends");
	snprintf(job.dev[0], sizeof(job.dev[0]), "/nonexistent");
	/* One of these may still be taken: by the process, or by the socket of one that has died.
	 * */
	for (i = 0; i < 100 && offside_start(off, &job, job_done, &seen); i++)
		loop_once(loop, 10);
	OK(i < 100, "no jobs after its death");
	wait_for(loop, &seen, i);
	IS_U64(seen.count, i, "those under way end");
	OK(!i || seen.result < 0, "and fail");
}

int main(void)
{
	char path[24];
	struct offside *off;
	struct loop *loop;
	int fd, file;

	alarm(60);
	snprintf(path, sizeof(path), "./t_off.%d", (int)getpid());
	file = open(path, O_RDWR | O_CREAT, 0600);
	if (!OK(file >= 0 && !ftruncate(file, 8192), "a file"))
		return tap_done();
	fd = offside_fork(-1, NULL);
	if (OK(fd >= 0 && !loop_create(&loop) && !offside_create(loop, fd, &off), "a process")) {
		test_jobs(loop, off, path);
		test_death(loop, off, fd);
		offside_destroy(off);
		loop_destroy(loop);
	}
	close(file);
	unlink(path);
	return tap_done();
}
