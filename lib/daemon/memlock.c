/* SPDX-License-Identifier: GPL-2.0-only */
#include "lib/daemon/memlock.h"

#include <alloca.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER	57	/* linux/prctl.h since 5.6 */
#endif

static void stack_touch(size_t bytes);
static int heap_touch(size_t bytes);
static int oom_exempt(void);

int memlock_all(size_t stack_bytes, size_t heap_bytes, struct cm_errmsg *err)
{
	struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};
	const char *flusher = "", *oom = "";
	int r;

	/* No arena per thread (64 MiB of address space each, locked), no mmap for big blocks, no
	 * memory given back: what was once touched stays ours. */
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_MMAP_MAX, 0);
	(void)mallopt(M_TRIM_THRESHOLD, -1);
	(void)setrlimit(RLIMIT_MEMLOCK, &unlimited);	/* mlockall tells when it was needed */

	if (mlockall(MCL_CURRENT | MCL_FUTURE)) {
		r = -errno;
		cm_err_set(err,
			   "locking memory: %s (needs CAP_IPC_LOCK, or a higher memlock limit)",
			   cm_strerror(r));
		return r;
	}
	stack_touch(stack_bytes);
	r = heap_touch(heap_bytes);
	if (r) {
		cm_err_set(err, "no %zu bytes of memory to lock", heap_bytes);
		return r;
	}
	if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0))
		flusher = " PR_SET_IO_FLUSHER";
	if (oom_exempt())
		oom = " oom_score_adj";
	cm_err_set(err, "%s%s", flusher, oom);
	return 0;
}

static void stack_touch(size_t bytes)
{
	volatile char *stack = alloca(bytes);
	size_t i;

	for (i = 0; i < bytes; i += 4096)
		stack[i] = 0;
}

static int heap_touch(size_t bytes)
{
	char *heap = malloc(bytes);

	if (!heap)
		return -ENOMEM;
	memset(heap, 1, bytes);
	__asm__ volatile("" : : "r"(heap) : "memory");	/* else the compiler drops all three */
	free(heap);
	return 0;
}

static int oom_exempt(void)
{
	int fd, r = 0;

	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, "-1000", 5) != 5)
		r = -EIO;
	close(fd);
	return r;
}
