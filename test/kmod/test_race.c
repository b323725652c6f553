/* SPDX-License-Identifier: GPL-2.0-only */
/* Marks against clears, and writes against new tables. */
#include "test/kmod/kt.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS		3
#define STICKY_MS	300

static bool is_marked(uint32_t region)
{
	/* Not while it is written: once more. */
	return kt_disk_mark(region) == 1 || kt_disk_mark(region) == 1;
}

/*
 * L11. Writes here and there; each mark must be on disk as long as the write is younger than the
 * marks are sticky. Short rests let regions get idle, so that batches of clears run all the time.
 */
static int hammer(uint32_t seed, int ms)
{
	int64_t end_ms = kt_now_ms() + ms, since_ms;
	uint32_t region;
	bool marked;

	srand(seed);
	while (kt_now_ms() < end_ms) {
		region = (uint32_t)rand() % 40;
		since_ms = kt_now_ms();
		if (!kt_put(region, (uint8_t)rand()))
			return 2;
		marked = is_marked(region);
		if (!marked && kt_now_ms() - since_ms < STICKY_MS)
			return 3;
		(void)poll(NULL, 0, rand() % 20);
	}
	return 0;
}

static void writers_start(pid_t *pid, int ms)
{
	uint32_t i;

	for (i = 0; i < WRITERS; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(hammer(i + 1, ms));
	}
}

static void writers_end(struct kt *kt, const pid_t *pid, const char *what)
{
	uint32_t i, differ = 0;

	for (i = 0; i < WRITERS; i++)
		IS_INT(kt_wait(kt, pid[i], 15000), 0, "%s: writer %u", what, i);
	for (i = 0; i < KT_REGIONS; i++)
		differ += kt_byte(kt_dev("LEG0"), i) != kt_byte(kt_dev("LEG1"), i);
	IS_U64(differ, 0, "%s: the legs are equal", what);
}

static void test_clears(struct kt *kt)
{
	pid_t pid[WRITERS];

	writers_start(pid, 6000);
	writers_end(kt, pid, "clears");
	IS_INT(kt_look(kt)->stats.cleared > 20, 1, "many marks went meanwhile");
}

/* Both instances of the uuid are there for a while; every write is done by one or the other. */
static void test_reload(struct kt *kt)
{
	uint64_t luid;
	pid_t pid[WRITERS];
	int i;

	writers_start(pid, 6000);
	for (i = 0; i < 8; i++) {
		luid = kt->luid;
		IS_INT(kt_reload(kt, false), 0, "reload %d", i);
		OK(kt->luid != luid, "another instance");
		(void)kt_pump(kt, 0, 300);
	}
	writers_end(kt, pid, "reload");
}

/* A table that is loaded and never runs; one whose legs are not there, after its log is. */
static void test_never_run(struct kt *kt)
{
	kt_asked_reset(kt);
	IS_INT(kt_sh(kt, "dmsetup table kt > /run/kt-table && dmsetup load kt < /run/kt-table"), 0,
	       "a second table");
	IS_INT(kt_dmsetup(kt, "clear", "kt", NULL), 0, "is dropped");
	OK(kt_pump(kt, CMIRROR_ASK_GONE, 1000), "its instance is gone");
	kt_asked_reset(kt);
	OK(kt_sh(kt, "sed 's/handle_errors/nonsense/' /run/kt-table | dmsetup load kt") > 0,
	   "one with a bad feature is refused");
	OK(kt_pump(kt, CMIRROR_ASK_GONE, 1000), "its instance is gone too");
	OK(kt_sh(kt, "sed 's/ 2 [0-9:]* 0 / 2 240:77 0 /' /run/kt-table | dmsetup load kt") > 0,
	   "one without a leg too");
	OK(kt_write(kt, 3, 3), "the first goes on");
}

int main(void)
{
	struct kt kt = { .sticky_ms = STICKY_MS };

	kt_bind(&kt);
	IS_INT(kt_create(&kt, false), 0, "create");
	for (uint32_t i = 0; i < KT_REGIONS; i++) {
		kt_fill(kt_dev("LEG0"), i, 0);
		kt_fill(kt_dev("LEG1"), i, 0);
	}
	test_clears(&kt);
	test_reload(&kt);
	kt.luid = 0;
	IS_U64(kt_takeover(&kt), 1, "one instance is left");
	test_never_run(&kt);
	kt.luid = 0;
	IS_U64(kt_takeover(&kt), 1, "one instance is left");
	IS_INT(kt_remove(&kt), 0, "remove");
	kt_unbind(&kt);
	return tap_done();
}
