/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clutool - a group member to play with: prints what the cluster layer says, does what it is told.
 *
 *	clutool [-c PROVIDER] [-g GROUP] [-l] [-u] [-i FIFO]
 *	-c corosync|local   default corosync       -l  with locks
 *	-g GROUP            default clutool        -u  allow_no_fencing
 *	-i FIFO             commands from there (never ends), else from stdin
 *
 * Commands, one per line:
 *	send TEXT           flood COUNT BYTES      wait MS      (read no command for so long)
 *	own NAME            disown NAME            prove NODE   release NODE
 *	kill NODE           veto on|off            fencing      stats
 *	quit  (leave, keep the locks)              clean  (leave, give them up)
 *
 * Lines printed (NAME=VALUE where it helps), each after the seconds since the start:
 *	ready nodeid=1 name=n1 fencing=on
 *	view nr=200002 members=1,2,3 usable=1 quorate=1
 *	cut from=200002 of=1,2,3 to=200006 of=1,3 msgs=17 hash=...
 *	                                               what was delivered in the view that ends
 *	msg from=2 TEXT     owned NAME RESULT    dead NODE RESULT    node_lock held adopted|fresh
 *	node_lock lost      lost REASON          may_stop yes|no     end
 * Two members that go from one view to the same next one (by number and members, for the two sides
 * of a partition may count alike) print the same cut.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "lib/cluster/clu.h"

#define MEMBERS_BYTES	(CLU_NODES_MAX * 11)

struct tool {
	struct clu *clu;
	int in_fd;
	char line[256];
	size_t line_bytes;
	uint64_t start_ms, wait_until_ms;
	uint64_t view_nr, msgs, hash;
	char members[MEMBERS_BYTES];	/* of that view */
	uint64_t flood_left;
	size_t flood_bytes;
	bool has_veto, is_over, is_clean;
};

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static void say(struct tool *tool, const char *fmt, ...) CM_PRINTF(2, 3);

static void say(struct tool *tool, const char *fmt, ...)
{
	uint64_t ms = now_ms() - tool->start_ms;
	va_list args;

	printf("%llu.%03llu ", (unsigned long long)(ms / 1000), (unsigned long long)(ms % 1000));
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

static const char *result_text(int result)
{
	return result ? cm_errname(result) : "ok";
}

/* ---- callbacks ---- */

static void on_view(void *ctx, const struct clu_view *view)
{
	struct tool *tool = ctx;
	char members[MEMBERS_BYTES] = "";
	size_t at = 0;
	uint32_t i;

	for (i = 0; i < view->member_count; i++)
		at += (size_t)snprintf(members + at, sizeof(members) - at, "%s%u", i ? "," : "",
				       view->member[i]);
	if (view->nr != tool->view_nr) {
		if (tool->view_nr)
			say(tool, "cut from=%llx of=%s to=%llx of=%s msgs=%llu hash=%016llx",
			    (unsigned long long)tool->view_nr, tool->members,
			    (unsigned long long)view->nr, members,
			    (unsigned long long)tool->msgs, (unsigned long long)tool->hash);
		tool->view_nr = view->nr;
		memcpy(tool->members, members, sizeof(members));
		tool->msgs = 0;
		tool->hash = 0;
	}
	say(tool, "view nr=%llx members=%s usable=%d quorate=%d", (unsigned long long)view->nr,
	    members, view->usable, view->quorate);
}

static void on_message(void *ctx, uint32_t from, const uint8_t *buf, size_t len_bytes)
{
	struct tool *tool = ctx;
	size_t i;

	tool->msgs++;
	tool->hash = (tool->hash ^ from) * 0x100000001b3ull;
	for (i = 0; i < len_bytes; i++)
		tool->hash = (tool->hash ^ buf[i]) * 0x100000001b3ull;
	if (buf[0] != 0)	/* not of a flood */
		say(tool, "msg from=%u %.*s", from, (int)len_bytes, (const char *)buf);
}

static void on_owned(void *ctx, const char *name, int result)
{
	say(ctx, "owned %s %s", name, result_text(result));
}

static void on_dead(void *ctx, uint32_t nodeid, int result)
{
	say(ctx, "dead %u %s", nodeid, result_text(result));
}

static void on_node_lock(void *ctx, bool is_held)
{
	struct tool *tool = ctx;

	if (is_held)
		say(tool, "node_lock held %s",
		    clu_node_lock_adopted(tool->clu) ? "adopted" : "fresh");
	else
		say(tool, "node_lock lost");
}

static void on_lost(void *ctx, const char *reason)
{
	struct tool *tool = ctx;

	say(tool, "lost %s", reason);
	tool->is_over = true;
}

static bool on_may_stop(void *ctx)
{
	struct tool *tool = ctx;

	say(tool, "may_stop %s", tool->has_veto ? "no" : "yes");
	return !tool->has_veto;
}

/* ---- commands ---- */

static void flood(struct tool *tool)
{
	static uint8_t buf[CLU_MSG_MAX];

	while (tool->flood_left > 0) {
		buf[0] = 0;
		memcpy(buf + 1, &tool->flood_left, sizeof(tool->flood_left));
		if (clu_send(tool->clu, buf, tool->flood_bytes))
			return;		/* full: after the next dispatch */
		tool->flood_left--;
	}
}

static void check(struct tool *tool, const char *what, int r)
{
	if (r)
		say(tool, "%s: %s", what, cm_errname(r));
}

static void stats(struct tool *tool)
{
	struct clu_stats st;

	clu_stats(tool->clu, &st);
	say(tool, "stats sent=%llu/%llu received=%llu/%llu retries=%llu views=%llu",
	    (unsigned long long)st.sent_msgs, (unsigned long long)st.sent_bytes,
	    (unsigned long long)st.received_msgs, (unsigned long long)st.received_bytes,
	    (unsigned long long)st.send_retries, (unsigned long long)st.views);
}

static void flood_start(struct tool *tool, const char *arg)
{
	unsigned long long count, bytes;

	if (sscanf(arg, "%llu %llu", &count, &bytes) != 2 || bytes < 16 || bytes > CLU_MSG_MAX) {
		say(tool, "flood: COUNT BYTES (16..%u)", CLU_MSG_MAX);
		return;
	}
	tool->flood_left = count;
	tool->flood_bytes = bytes;
}

static void command(struct tool *tool, char *line)
{
	char *arg = strchr(line, ' ');
	uint32_t nodeid;

	if (arg)
		*arg++ = '\0';
	else
		arg = line + strlen(line);
	nodeid = (uint32_t)strtoul(arg, NULL, 10);
	if (strcmp(line, "send") == 0)
		check(tool, "send", clu_send(tool->clu, arg, strlen(arg)));
	else if (strcmp(line, "flood") == 0)
		flood_start(tool, arg);
	else if (strcmp(line, "wait") == 0)
		tool->wait_until_ms = now_ms() + strtoul(arg, NULL, 10);
	else if (strcmp(line, "own") == 0)
		check(tool, "own", clu_own(tool->clu, arg));
	else if (strcmp(line, "disown") == 0)
		clu_disown(tool->clu, arg);
	else if (strcmp(line, "prove") == 0)
		check(tool, "prove", clu_prove_dead(tool->clu, nodeid));
	else if (strcmp(line, "release") == 0)
		clu_proof_release(tool->clu, nodeid);
	else if (strcmp(line, "kill") == 0)
		check(tool, "kill", clu_kill_node(tool->clu, nodeid, "clutool"));
	else if (strcmp(line, "veto") == 0)
		tool->has_veto = strcmp(arg, "on") == 0;
	else if (strcmp(line, "fencing") == 0)
		say(tool, "fencing %s", clu_fencing_on(tool->clu) ? "on" : "off");
	else if (strcmp(line, "stats") == 0)
		stats(tool);
	else if (strcmp(line, "quit") == 0 || strcmp(line, "clean") == 0) {
		tool->is_clean = line[0] == 'c';
		tool->is_over = true;
	} else
		say(tool, "unknown command %s", line);
}

/* Lines that are whole; stops at one that waits or ends. */
static void commands(struct tool *tool)
{
	char *end;

	while (!tool->is_over && now_ms() >= tool->wait_until_ms && tool->flood_left == 0) {
		end = memchr(tool->line, '\n', tool->line_bytes);
		if (!end)
			break;
		*end++ = '\0';
		command(tool, tool->line);
		tool->line_bytes -= (size_t)(end - tool->line);
		memmove(tool->line, end, tool->line_bytes);
	}
}

static void read_commands(struct tool *tool)
{
	ssize_t n = read(tool->in_fd, tool->line + tool->line_bytes,
			 sizeof(tool->line) - 1 - tool->line_bytes);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		tool->is_over = true;
	if (n > 0)
		tool->line_bytes += (size_t)n;
}

static int loop_timeout_ms(const struct tool *tool)
{
	uint64_t now = now_ms();
	int ms = clu_timeout_ms(tool->clu);

	if (tool->wait_until_ms > now &&
	    (ms < 0 || (uint64_t)ms > tool->wait_until_ms - now))
		ms = (int)(tool->wait_until_ms - now);
	return ms;
}

static void run(struct tool *tool)
{
	struct pollfd fds[CLU_FDS_MAX + 1];
	int clu_fd[CLU_FDS_MAX];
	uint32_t i, count;

	while (!tool->is_over) {
		count = clu_fds(tool->clu, clu_fd);
		for (i = 0; i < count; i++)
			fds[i] = (struct pollfd){ .fd = clu_fd[i], .events = POLLIN };
		fds[count] = (struct pollfd){ .fd = tool->in_fd, .events = POLLIN };
		if (tool->line_bytes == sizeof(tool->line) - 1 ||
		    tool->wait_until_ms > now_ms() || tool->flood_left > 0)
			fds[count].fd = -1;
		if (poll(fds, count + 1, loop_timeout_ms(tool)) < 0 && errno != EINTR)
			break;
		clu_dispatch(tool->clu);
		if (fds[count].fd >= 0 && fds[count].revents)
			read_commands(tool);
		flood(tool);
		commands(tool);
		flood(tool);
	}
}

int main(int argc, char **argv)
{
	static const struct clu_callbacks callbacks = {
		.view = on_view, .message = on_message, .owned = on_owned, .dead = on_dead,
		.node_lock = on_node_lock, .lost = on_lost, .may_stop = on_may_stop,
	};
	static struct tool tool;
	struct clu_config config = {
		.provider = "corosync", .group = "clutool", .callbacks = &callbacks, .ctx = &tool,
	};
	struct cm_errmsg err;
	int opt, r;

	tool.start_ms = now_ms();
	while ((opt = getopt(argc, argv, "c:g:lui:")) != -1) {
		switch (opt) {
		case 'c':
			config.provider = optarg;
			break;
		case 'g':
			config.group = optarg;
			break;
		case 'l':
			config.with_locks = true;
			break;
		case 'u':
			config.allow_no_fencing = true;
			break;
		case 'i':
			tool.in_fd = open(optarg, O_RDWR | O_CLOEXEC);
			break;
		default:
			return 2;
		}
	}
	if (tool.in_fd < 0) {
		perror("clutool: -i");
		return 2;
	}
	r = clu_create(&config, &tool.clu, &err);
	if (r) {
		fprintf(stderr, "clutool: %s (%s)\n", err.text, cm_errname(r));
		return 1;
	}
	say(&tool, "ready nodeid=%u name=%s fencing=%s", clu_nodeid(tool.clu),
	    clu_node_name(tool.clu, clu_nodeid(tool.clu)),
	    clu_fencing_on(tool.clu) ? "on" : "off");
	run(&tool);
	if (tool.is_clean)
		clu_leave_clean(tool.clu);
	else
		clu_destroy(tool.clu);
	say(&tool, "end");
	return 0;
}
