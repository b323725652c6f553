/* SPDX-License-Identifier: GPL-2.0-only */
/* test_store.c - lib/store: asynchronous I/O on a file, and opening devices. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/store/bdev.h"
#include "lib/store/store.h"
#include "test/lib/tap.h"

#define PAGE	4096u

static char path[64];
static uint8_t page[STORE_DEPTH][PAGE] __attribute__((aligned(4096)));
static uint8_t back[STORE_DEPTH][PAGE] __attribute__((aligned(4096)));

/* Wait as the loop does; returns the number of completions, results in @result by id. */
static uint32_t reap(struct store *store, uint32_t want, int *result)
{
	struct pollfd pfd = {.fd = store_fd(store), .events = POLLIN};
	struct store_done done;
	uint32_t count = 0;

	while (count < want) {
		if (poll(&pfd, 1, 5000) != 1)
			break;
		while (store_reap(store, &done) == 1) {
			CM_ASSERT(done.id < STORE_DEPTH);
			result[done.id] = done.result;
			count++;
		}
	}
	return count;
}

static void test_transfer(void)
{
	int result[STORE_DEPTH];
	struct store_stats stats;
	struct cm_errmsg err;
	struct store *store;
	uint32_t i, bad = 0;

	if (!OK(!store_open(path, &store, &err), "open"))
		return;
	IS_U64(store_size_bytes(store), STORE_DEPTH * PAGE, "size");
	for (i = 0; i < STORE_DEPTH; i++) {
		memset(page[i], (int)i + 1, PAGE);
		bad += store_write(store, i, i * PAGE, PAGE, page[i]) != 0;
	}
	IS_U64(bad, 0, "as many writes as fit");
	IS_INT(store_write(store, 0, 0, PAGE, page[0]), -EBUSY, "and one more");
	memset(result, 99, sizeof(result));
	IS_U64(reap(store, STORE_DEPTH, result), STORE_DEPTH, "all complete");
	for (i = 0; i < STORE_DEPTH; i++)
		bad += result[i] != 0;
	for (i = 0; i < STORE_DEPTH; i++)
		bad += store_read(store, i, i * PAGE, PAGE, back[i]) != 0;
	IS_U64(reap(store, STORE_DEPTH, result), STORE_DEPTH, "reads too");
	IS_U64(bad, 0, "without error");
	IS_MEM(page, back, sizeof(page), "what was written is read");
	store_stats(store, &stats);
	IS_U64(stats.writes, STORE_DEPTH, "writes counted");
	IS_U64(stats.read_bytes, STORE_DEPTH * PAGE, "bytes counted");
	OK(store_close(store), "close");
}

static void test_errors(void)
{
	int result[STORE_DEPTH] = {0};
	struct store_stats stats;
	struct cm_errmsg err;
	struct store *store;

	if (!OK(!store_open(path, &store, &err), "open"))
		return;
	IS_INT(store_read(store, 0, STORE_DEPTH * PAGE, PAGE, back[0]), 0, "read behind the end");
	IS_INT(store_read(store, 1, (STORE_DEPTH - 1) * PAGE, 2 * PAGE, back[0]), 0, "across it");
	IS_INT(store_read(store, 2, UINT64_C(1) << 63, PAGE, back[0]), 0, "at no offset at all");
	IS_INT(store_read(store, 3, 0, PAGE, back[3]), 0, "and a good one");
	IS_U64(reap(store, 4, result), 4, "all complete");
	IS_INT(result[0], -EIO, "nothing read is an error");
	IS_INT(result[1], -EIO, "a short transfer is an error");
	IS_INT(result[2], -EINVAL, "what cannot be submitted is an error");
	IS_INT(result[3], 0, "and stops nobody else");
	store_stats(store, &stats);
	IS_U64(stats.errors, 3, "errors counted");
	OK(store_close(store), "close");
}

static void test_open(void)
{
	struct cm_errmsg err;
	struct store *store;
	dev_t number = 0;
	int fd = -1;

	IS_INT(store_open("/nonexistent", &store, &err), -ENODEV, "no such name");
	OK(strstr(err.text, "/nonexistent"), "named: %s", err.text);
	IS_INT(store_open("/dev/null", &store, &err), -ENOTBLK, "not a disk");
	IS_INT(bdev_number_parse("253:2", &number), 0, "a number");
	OK(number == makedev(253, 2), "its value");
	IS_INT(bdev_number_parse("253:2 ", &number), -EINVAL, "not with a blank");
	IS_INT(bdev_number_parse("253:", &number), -EINVAL, "not half of it");
	IS_INT(bdev_number_parse("-1:2", &number), -EINVAL, "not with a sign");
	IS_INT(bdev_number_parse("4294967549:2", &number), -EINVAL, "not 2^32 and 253 as 253");
	if (geteuid()) {
		SKIP("device by number", "needs root");
		return;
	}
	IS_INT(bdev_open("511:99", O_RDONLY, &fd, &err), -ENODEV, "no such number");
	OK(strstr(err.text, "511:99"), "named: %s", err.text);
}

/* A device by its number, as a mirror's table names it. */
static void test_number(void)
{
	struct cm_errmsg err;
	char number[32];
	struct stat st;
	FILE *list;
	unsigned int major_nr = 0, minor_nr = 0;
	char name[64], device[80];
	bool found = false;
	int fd = -1;

	list = fopen("/proc/partitions", "r");
	while (list && !found && fgets(name, sizeof(name), list))
		found = sscanf(name, "%u %u %*u %60s", &major_nr, &minor_nr, device) == 3;
	if (list)
		fclose(list);
	if (geteuid() || !found) {
		SKIP("open by number", "needs root and a block device");
		return;
	}
	snprintf(number, sizeof(number), "%u:%u", major_nr, minor_nr);
	if (bdev_open(number, O_RDONLY, &fd, &err) == -EPERM) {
		SKIP("open by number", "a container without access to block devices");
		return;
	}
	OK(fd >= 0, "open %s (%s)", number, device);
	OK(fd >= 0 && !fstat(fd, &st) && st.st_rdev == makedev(major_nr, minor_nr),
	   "it is that one");
	close(fd);
}

int main(void)
{
	int fd;

	alarm(60);
	snprintf(path, sizeof(path), "./test_store.%d", (int)getpid());
	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (!OK(fd >= 0 && !ftruncate(fd, STORE_DEPTH * PAGE), "a file"))
		return tap_done();
	close(fd);
	test_transfer();
	test_errors();
	unlink(path);
	test_open();
	test_number();
	return tap_done();
}
