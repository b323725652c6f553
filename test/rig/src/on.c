/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rig-on [-i] [-t] [-w SECS] ADDRESS PIDFILE COMMAND...
 *
 * Runs COMMAND on the node that PIDFILE (see rig-box) and ADDRESS belong to. One word is given to
 * bash -c, several are the argument vector. Output is COMMAND's byte for byte, the exit status
 * its own (128 + signal). 255 with a line on stderr: the node does not run, died meanwhile, or
 * could not be reached.
 *
 * -i: pass stdin on (else COMMAND reads /dev/null)   -t: on a terminal   -w: wait for the node's
 * agent that long (default 10 s)
 */
#define _GNU_SOURCE
#include "wire.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>

#define EXIT_RIG 255

struct session {
	const char *address, *pidfile;
	long wait_secs;
	bool with_stdin, with_tty;
	int sock, node;		/* node: pidfd, readable once the node is dead */
	char **command;
};

static struct termios tty_before;

static void tty_restore(void)
{
	tcsetattr(0, TCSANOW, &tty_before);
}

static void fail(const struct session *s, const char *why)
{
	fprintf(stderr, "rig: node at %s: %s\n", s->address, why);
	exit(EXIT_RIG);
}

static void usage(void)
{
	fputs("usage: rig-on [-i] [-t] [-w SECS] ADDRESS PIDFILE COMMAND...\n", stderr);
	exit(EXIT_RIG);
}

static void parse(struct session *s, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+itw:")) != -1) {
		if (c == 'i')
			s->with_stdin = true;
		else if (c == 't')
			s->with_stdin = s->with_tty = true;
		else if (c == 'w')
			s->wait_secs = strtol(optarg, NULL, 10);
		else
			usage();
	}
	if (argc - optind < 3)
		usage();
	s->address = argv[optind];
	s->pidfile = argv[optind + 1];
	s->command = argv + optind + 2;
}

static int node_pidfd(const struct session *s)
{
	FILE *f = fopen(s->pidfile, "r");
	int pid = 0, fd;

	if (!f || fscanf(f, "%d", &pid) != 1 || pid <= 0)
		fail(s, "does not run");
	fclose(f);
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		fail(s, "does not run any more");
	return fd;
}

static bool node_died(const struct session *s, int wait_ms)
{
	struct pollfd p = { .fd = s->node, .events = POLLIN };

	return poll(&p, 1, wait_ms) > 0;
}

/* One attempt, at most 2 s: the agent of a booting node may not be there yet. */
static int connect_once(const struct session *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(RIG_PORT) };
	struct timeval t = { 2, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0 || inet_pton(AF_INET, s->address, &a.sin_addr) != 1)
		usage();
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
		close(fd);
		return -1;
	}
	t.tv_sec = 0;
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

static int connect_node(const struct session *s)
{
	time_t end = time(NULL) + s->wait_secs;
	int fd;

	while ((fd = connect_once(s)) < 0) {
		if (node_died(s, 50))
			fail(s, "died");
		if (time(NULL) >= end)
			fail(s, "its agent does not answer");
	}
	return fd;
}

static void send_or_fail(const struct session *s, char type, const void *data, size_t len_bytes)
{
	int r = rig_send(s->sock, type, data, (uint32_t)len_bytes);

	if (r == -EMSGSIZE)
		fail(s, "argument too long");
	if (r < 0)
		fail(s, node_died(s, 200) ? "died" : "connection lost");
}

static void send_winsize(const struct session *s)
{
	struct winsize w;

	if (s->with_tty && ioctl(0, TIOCGWINSZ, &w) == 0)
		send_or_fail(s, 'W', &w, sizeof(w));
}

static void send_request(const struct session *s)
{
	for (char **a = s->command; *a; a++)
		send_or_fail(s, 'A', *a, strlen(*a));
	if (s->with_tty)
		send_or_fail(s, 'T', NULL, 0);
	send_or_fail(s, 'R', NULL, 0);
	send_winsize(s);
	if (!s->with_stdin)
		send_or_fail(s, 'C', NULL, 0);
}

/* Returns false when stdin has ended. */
static bool pump_stdin(const struct session *s)
{
	char buf[RIG_FRAME_MAX_BYTES];
	ssize_t n = read(0, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	send_or_fail(s, n > 0 ? 'I' : 'C', buf, n > 0 ? (size_t)n : 0);
	return n > 0;
}

static void pump_node(const struct session *s)
{
	char buf[RIG_FRAME_MAX_BYTES];
	struct rig_frame f;
	int32_t status;

	if (rig_recv(s->sock, &f, buf) < 0)
		fail(s, node_died(s, 200) ? "died" : "connection lost");
	if (f.type == 'O' || f.type == 'E') {
		if (rig_write_all(f.type == 'O' ? 1 : 2, buf, f.len_bytes) < 0)
			exit(128 + SIGPIPE);
	} else if (f.type == 'X' && f.len_bytes == sizeof(status)) {
		memcpy(&status, buf, sizeof(status));
		exit(status);
	} else {
		fail(s, "unknown answer");
	}
}

static volatile sig_atomic_t resized;

static void on_winch(int sig)
{
	(void)sig;
	resized = 1;
}

static void tty_raw(void)
{
	struct sigaction sa = { .sa_handler = on_winch };
	struct termios t;

	if (tcgetattr(0, &tty_before) < 0)
		return;
	t = tty_before;
	cfmakeraw(&t);
	atexit(tty_restore);
	tcsetattr(0, TCSANOW, &t);
	sigaction(SIGWINCH, &sa, NULL);
}

static void pump(const struct session *s)
{
	struct pollfd p[3] = {
		{ .fd = s->sock, .events = POLLIN },
		{ .fd = s->with_stdin ? 0 : -1, .events = POLLIN },
		{ .fd = s->node, .events = POLLIN },
	};

	for (;;) {
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			fail(s, strerror(errno));
		if (resized) {
			resized = 0;
			send_winsize(s);
			continue;
		}
		if (p[0].revents)
			pump_node(s);
		else if (p[2].revents)
			fail(s, "died");
		if (p[1].revents && !pump_stdin(s))
			p[1].fd = -1;
	}
}

int main(int argc, char **argv)
{
	struct session s = { .wait_secs = 10 };

	signal(SIGPIPE, SIG_IGN);
	parse(&s, argc, argv);
	s.node = node_pidfd(&s);
	s.sock = connect_node(&s);
	send_request(&s);
	if (s.with_tty)
		tty_raw();
	pump(&s);
}
