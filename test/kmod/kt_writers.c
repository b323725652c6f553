/* SPDX-License-Identifier: GPL-2.0-only */
/* kt_writers.c - see kt_writers.h. */
#include "test/kmod/kt_writers.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MIRROR	"/dev/mapper/kt"

struct child {
	struct ktw_plan plan;
	struct ktw_tally *tally;
	uint32_t nr, sticky_ms;
	int fd;
	uint64_t *buf;
	uint64_t last[KT_REGIONS];	/* 0 = not known */
	uint64_t next;
};

static volatile sig_atomic_t is_over;

static void over(int sig)
{
	(void)sig;
	is_over = 1;
}

static off_t block_of(const struct child *c, uint32_t region)
{
	return (off_t)region * KT_REGION_BYTES + c->nr * KTW_BLOCK_BYTES;
}

/* The first error is what one wants to know. */
static bool wrong(struct child *c, const char *what, uint32_t region, int64_t number)
{
	if (!c->tally->error[0])
		snprintf(c->tally->error, sizeof(c->tally->error), "region %u: %s (%lld)", region,
			 what, (long long)number);
	return false;
}

static bool block_write(struct child *c, uint32_t region)
{
	uint32_t i;

	c->next++;
	for (i = 0; i < KTW_BLOCK_BYTES / sizeof(*c->buf); i++)
		c->buf[i] = c->next;
	if (pwrite(c->fd, c->buf, KTW_BLOCK_BYTES, block_of(c, region)) != KTW_BLOCK_BYTES)
		return wrong(c, "write", region, -errno);
	c->last[region] = c->next;
	c->tally->writes++;
	return true;
}

static bool block_read(struct child *c, uint32_t region)
{
	uint32_t i;

	if (pread(c->fd, c->buf, KTW_BLOCK_BYTES, block_of(c, region)) != KTW_BLOCK_BYTES)
		return wrong(c, "read", region, -errno);
	c->tally->reads++;
	for (i = 0; c->last[region] && i < KTW_BLOCK_BYTES / sizeof(*c->buf); i++)
		if (c->buf[i] != c->last[region])
			return wrong(c, "reads what was before", region,
				     (int64_t)(c->last[region] - c->buf[i]));
	return true;
}

/* L11. The page may be half new when it is read; so twice. */
static bool mark_look(struct child *c, uint32_t region, int64_t since_ms)
{
	bool is_marked = kt_disk_mark(region) == 1 || kt_disk_mark(region) == 1;

	if (!is_marked && kt_now_ms() - since_ms < c->sticky_ms)
		return wrong(c, "written, and not marked on disk", region,
			     kt_now_ms() - since_ms);
	c->tally->marks++;
	return true;
}

static bool block_flush(struct child *c)
{
	if (fdatasync(c->fd))
		return wrong(c, "flush", 0, -errno);
	c->tally->flushes++;
	return true;
}

static bool once(struct child *c, uint32_t turn)
{
	const struct ktw_plan *plan = &c->plan;
	uint32_t region = plan->lo + (uint32_t)rand() % (plan->hi - plan->lo);
	int64_t since_ms = kt_now_ms();

	if (plan->reads_only)
		return block_read(c, region);
	if (!block_write(c, region))
		return false;
	if (plan->marks_every && !(turn % plan->marks_every) && !mark_look(c, region, since_ms))
		return false;
	if (plan->flush_every && !(turn % plan->flush_every) && !block_flush(c))
		return false;
	return turn % 4 || block_read(c, region);
}

static void run(struct child *c, uint32_t seed)
{
	struct sigaction act = { .sa_handler = over, .sa_flags = SA_RESTART };
	uint32_t turn, i;

	sigaction(SIGTERM, &act, NULL);
	srand(seed);
	c->next = (uint64_t)seed << 32;
	c->fd = open(MIRROR, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (c->fd < 0 || posix_memalign((void **)&c->buf, 4096, KTW_BLOCK_BYTES)) {
		wrong(c, "open", 0, -errno);
		_exit(1);
	}
	for (turn = 1; !is_over; turn++) {
		if (!once(c, turn))
			_exit(1);
		if (c->plan.rest_ms)
			(void)poll(NULL, 0, rand() % (int)c->plan.rest_ms);
	}
	for (i = c->plan.lo; i < c->plan.hi; i++)
		if (c->last[i] && !block_read(c, i))
			_exit(1);
	_exit(0);
}

void ktw_open(struct ktw *w)
{
	memset(w, 0, sizeof(*w));
	w->tally = mmap(NULL, KTW_MAX * sizeof(*w->tally), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->tally == MAP_FAILED)
		kt_die("writers", strerror(errno));
}

void ktw_start(struct kt *kt, struct ktw *w, const struct ktw_plan *plan, uint32_t seed)
{
	struct child c = { .plan = *plan, .nr = w->count, .sticky_ms = kt->sticky_ms,
			   .tally = &w->tally[w->count] };
	pid_t pid;

	memset(c.tally, 0, sizeof(*c.tally));
	pid = fork();
	if (!pid) {
		kt_unbind(kt);		/* or the daemon would live on in us */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		run(&c, seed);
	}
	if (pid < 0)
		kt_die("writers", strerror(errno));
	w->pid[w->count++] = pid;
}

void ktw_end(struct kt *kt, struct ktw *w, int ms)
{
	uint32_t i;

	for (i = 0; i < w->count; i++)
		kill(w->pid[i], SIGTERM);
	for (i = 0; i < w->count; i++) {
		const struct ktw_tally *t = &w->tally[i];
		int r = kt_wait(kt, w->pid[i], ms);

		IS_INT(r, 0, "writer %u: %u written, %u read, %u marks, %u flushes%s%s", i,
		       t->writes, t->reads, t->marks, t->flushes,
		       t->error[0] ? ": " : "", t->error);
		OK(t->reads > 0, "writer %u has come forward", i);
	}
	w->count = 0;
}
