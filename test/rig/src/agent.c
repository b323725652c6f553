/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rig-agent ADDRESS SYSLOG: PID 1 of a node. Serves commands on the control link (wire.h), one
 * process per connection, and reaps what daemons leave behind. A command ends with its first
 * process: daemons it started may keep stdout open and live on. A client that goes away takes its
 * command's process group with it. What comes to /dev/log is appended to the file SYSLOG.
 */
#define _GNU_SOURCE
#include "devlog.h"
#include "wire.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define ARGS_MAX 1024

struct session {
	int sock, in, out, err;		/* in, out, err: the command's; -1 when closed */
	int sigchld;
	pid_t pid;
	bool with_tty;
	char *args[ARGS_MAX + 1];
	int arg_count;
	char pending[RIG_FRAME_MAX_BYTES];	/* stdin data the command has not taken yet */
	size_t pending_bytes, pending_off;
	bool stdin_ended;
};

static void die(const char *what)
{
	fprintf(stderr, "rig-agent: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_on(const char *address)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(RIG_PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), one = 1;

	if (fd < 0 || inet_pton(AF_INET, address, &a.sin_addr) != 1)
		die(address);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 64) < 0)
		die(address);
	return fd;
}

static int sigchld_fd(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		die("signalfd");
	return fd;
}

static void sigchld_clear(int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) > 0)
		;
}

/* --- one command ------------------------------------------------------------------------ */

static void read_request(struct session *s)
{
	char buf[RIG_FRAME_MAX_BYTES];
	struct rig_frame f;

	for (;;) {
		if (rig_recv(s->sock, &f, buf) < 0)
			_exit(1);
		if (f.type == 'R' && s->arg_count)
			return;
		if (f.type == 'T')
			s->with_tty = true;
		else if (f.type == 'A' && s->arg_count < ARGS_MAX)
			s->args[s->arg_count++] = strndup(buf, f.len_bytes);
		else
			_exit(1);
	}
}

/* A word that no file answers to may be one of the shell's own; if not, the shell says so. */
static void exec_command(struct session *s)
{
	char *argv[ARGS_MAX + 5] = { (char *)"bash", (char *)"-c", s->args[0], NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (s->arg_count > 1) {
		execvp(s->args[0], s->args);
		argv[2] = (char *)"\"$@\"";
		argv[3] = (char *)"bash";
		memcpy(argv + 4, s->args, (size_t)s->arg_count * sizeof(*argv));
	}
	execvp(argv[0], argv);
	perror("rig-agent: bash");
	_exit(126);
}

static void spawn_tty(struct session *s)
{
	int master;

	s->pid = forkpty(&master, NULL, NULL, NULL);
	if (s->pid < 0)
		die("forkpty");
	if (!s->pid)
		exec_command(s);
	fcntl(master, F_SETFD, FD_CLOEXEC);
	s->in = dup(master);
	s->out = master;
	s->err = -1;
}

static void spawn_pipes(struct session *s)
{
	int in[2], out[2], err[2];

	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		die("pipe");
	s->pid = fork();
	if (s->pid < 0)
		die("fork");
	if (!s->pid) {
		setsid();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		exec_command(s);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	s->in = in[1];
	s->out = out[0];
	s->err = err[0];
}

static void set_nonblock(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void client_gone(const struct session *s)
{
	kill(-s->pid, SIGKILL);
	_exit(0);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* Passes on what there is; false when there was nothing (more). */
static bool pump_out(struct session *s, int *fd, char type)
{
	char buf[RIG_FRAME_MAX_BYTES];
	ssize_t n = *fd < 0 ? 0 : read(*fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {	/* a pty whose other end is closed says EIO */
		close_fd(fd);
		return false;
	}
	if (rig_send(s->sock, type, buf, (uint32_t)n) < 0)
		client_gone(s);
	return true;
}

static void pump_in(struct session *s)
{
	ssize_t n = 0;

	if (s->pending_bytes > s->pending_off)
		n = write(s->in, s->pending + s->pending_off, s->pending_bytes - s->pending_off);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		close_fd(&s->in);	/* the command does not want it */
		n = (ssize_t)(s->pending_bytes - s->pending_off);
	}
	if (n > 0)
		s->pending_off += (size_t)n;
	if (s->pending_off == s->pending_bytes && s->stdin_ended)
		close_fd(&s->in);
}

static void from_client(struct session *s)
{
	struct rig_frame f;

	if (rig_recv(s->sock, &f, s->pending) < 0)
		client_gone(s);
	s->pending_bytes = s->pending_off = 0;
	if (f.type == 'I' && s->in >= 0)
		s->pending_bytes = f.len_bytes;
	else if (f.type == 'C')
		s->stdin_ended = true;
	else if (f.type == 'W' && f.len_bytes == sizeof(struct winsize) && s->with_tty)
		ioctl(s->out, TIOCSWINSZ, s->pending);
	if (s->in >= 0)
		pump_in(s);
}

/* False once the command's first process has ended; then *status is its exit status. */
static bool command_runs(struct session *s, int32_t *status)
{
	int st;

	sigchld_clear(s->sigchld);
	if (waitpid(s->pid, &st, WNOHANG) != s->pid)
		return true;
	*status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
	return false;
}

static void pump_once(struct session *s)
{
	bool stdin_waits = s->in >= 0 && s->pending_off < s->pending_bytes;
	struct pollfd p[] = {
		{ .fd = s->sock, .events = stdin_waits ? 0 : POLLIN },
		{ .fd = stdin_waits ? s->in : -1, .events = POLLOUT },
		{ .fd = s->out, .events = POLLIN },
		{ .fd = s->err, .events = POLLIN },
		{ .fd = s->sigchld, .events = POLLIN },
	};

	if (poll(p, 5, -1) < 0)
		return;
	if (p[2].revents)
		pump_out(s, &s->out, 'O');
	if (p[3].revents)
		pump_out(s, &s->err, 'E');
	if (p[1].revents)
		pump_in(s);
	if (p[0].revents)
		from_client(s);
}

static void serve(int sock)
{
	static struct session s;
	int32_t status = 0;

	s.sock = sock;
	signal(SIGPIPE, SIG_IGN);
	read_request(&s);
	s.sigchld = sigchld_fd();
	if (s.with_tty)
		spawn_tty(&s);
	else
		spawn_pipes(&s);
	set_nonblock(s.in);
	set_nonblock(s.out);
	set_nonblock(s.err);
	while (command_runs(&s, &status))
		pump_once(&s);
	while (pump_out(&s, &s.out, 'O'))
		;
	while (pump_out(&s, &s.err, 'E'))
		;
	rig_send(s.sock, 'X', &status, sizeof(status));
	_exit(0);
}

/* --- PID 1 ------------------------------------------------------------------------------ */

static void accept_all(int listener)
{
	int sock;
	pid_t pid;

	while ((sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		pid = fork();
		if (!pid) {
			close(listener);
			serve(sock);
		}
		if (pid < 0)
			fprintf(stderr, "rig-agent: fork: %s\n", strerror(errno));
		close(sock);
	}
}

int main(int argc, char **argv)
{
	struct pollfd p[3];

	if (argc != 3) {
		fputs("usage: rig-agent ADDRESS SYSLOG\n", stderr);
		return 2;
	}
	p[0] = (struct pollfd){ .fd = listen_on(argv[1]), .events = POLLIN };
	p[1] = (struct pollfd){ .fd = sigchld_fd(), .events = POLLIN };
	p[2] = (struct pollfd){ .fd = devlog_open(), .events = POLLIN };
	fprintf(stderr, "rig-agent: ready\n");
	for (;;) {
		poll(p, 3, -1);
		if (p[0].revents)
			accept_all(p[0].fd);
		if (p[2].revents)
			devlog_pump(p[2].fd, argv[2]);
		sigchld_clear(p[1].fd);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			;
	}
}
