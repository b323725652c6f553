/* SPDX-License-Identifier: GPL-2.0-only */
/* test_holder.c - daemons/cmirrord/holder.h: what waits in the channel is there for the next. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemons/cmirrord/holder.h"
#include "test/lib/tap.h"

static char path[96], log_path[96];

/* A log is active, or none is. */
static void log_set(bool is_active)
{
	int fd;

	(void)unlink(log_path);
	fd = is_active ? open(log_path, O_RDWR | O_CREAT, 0600) : -1;
	if (fd >= 0)
		close(fd);
}

/* A process called cm-holder whose parent is @parent; 0 = none. */
static pid_t holder_pid(pid_t parent)
{
	char name[64], line[256], *end;
	struct dirent *entry;
	pid_t found = 0, ppid;
	FILE *file;
	DIR *proc;

	proc = opendir("/proc");
	while (proc && (entry = readdir(proc))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(name, sizeof(name), "/proc/%.20s/stat", entry->d_name);
		file = fopen(name, "r");
		if (!file)
			continue;
		end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
		if (end && strstr(line, "(cm-holder)") && sscanf(end, ") %*c %d", &ppid) == 1 &&
		    ppid == parent)
			found = (pid_t)strtol(entry->d_name, NULL, 10);
		fclose(file);
	}
	if (proc)
		closedir(proc);
	return found;
}

static bool is_open(int kernel)
{
	return send(kernel, "?", 1, MSG_DONTWAIT | MSG_NOSIGNAL) == 1;
}

static bool closes(int kernel)
{
	unsigned int i;

	for (i = 0; i < 200 && is_open(kernel); i++)
		(void)poll(NULL, 0, 10);
	return i < 200;
}

static void test_hand_over(void)
{
	int pair[2], fd, next_fd, third_fd, channel;
	struct cm_errmsg err = {.text = ""};
	char text[16] = "";

	IS_INT(holder_take(path, &fd, &channel), -ENOENT, "no holder");
	if (!OK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "a channel"))
		return;
	if (!OK(!holder_fork(path, pair[0], &fd, &err), "a holder %s", err.text))
		return;
	/* The daemon dies. */
	close(fd);
	close(pair[0]);
	OK(send(pair[1], "one", 3, 0) == 3 && send(pair[1], "two", 3, 0) == 3, "requests");

	IS_INT(holder_take(path, &next_fd, &channel), 0, "the next daemon finds it");
	OK(recv(channel, text, sizeof(text), MSG_DONTWAIT) == 3 && !memcmp(text, "one", 3),
	   "the first request has waited");
	close(channel);

	IS_INT(holder_take(path, &third_fd, &channel), 0, "a third comes before it is missed");
	OK(recv(channel, text, sizeof(text), MSG_DONTWAIT) == 3 && !memcmp(text, "two", 3),
	   "the second request has waited");
	IS_INT((int)recv(next_fd, text, sizeof(text), 0), 0, "the former is not served any more");
	close(channel);
	close(next_fd);
	OK(is_open(pair[1]), "the channel is open");

	holder_end(third_fd);
	OK(!is_open(pair[1]), "and closed with the holder");
	OK(access(path, F_OK), "which leaves nothing in the folder");
	IS_INT(holder_take(path, &fd, &channel), -ENOENT, "no holder");
	close(pair[1]);
	(void)wait(NULL);
}

/* Somebody else listens there. */
static void test_strangers(void)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int listener, fd, channel, in;
	pid_t pid;

	listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	memcpy(addr.sun_path, path, strlen(path) + 1);
	if (!OK(!bind(listener, (struct sockaddr *)&addr, sizeof(addr)) && !listen(listener, 1),
		"a stranger"))
		return;
	pid = fork();
	if (!pid) {
		in = accept(listener, NULL, NULL);
		_exit(send(in, "cm-holder 9", 11, 0) != 11);
	}
	IS_INT(holder_take(path, &fd, &channel), -EPROTO, "another greeting, no channel");
	(void)waitpid(pid, NULL, 0);
	close(listener);
	IS_INT(holder_take(path, &fd, &channel), -ENOENT, "a socket file that nobody has");
}

static void wait_for_holder(struct loop *loop)
{
	unsigned int i;

	/* Some rounds more than until it listens: the connection comes after. */
	for (i = 0; i < 300; i++)
		loop_once(loop, 10);
}

static void test_respawn(void)
{
	int pair[2], fd, channel, offside_fd;
	struct cm_errmsg err = {.text = ""};
	struct offside *off;
	struct hold *hold;
	struct loop *loop;
	pid_t pid;

	if (!OK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "a channel") ||
	    !OK(!holder_fork(path, pair[0], &fd, &err), "in place of the file: %s", err.text))
		return;
	offside_fd = offside_fork(pair[0], path);
	if (!OK(!loop_create(&loop) && !offside_create(loop, offside_fd, &off) &&
		!hold_create(loop, off, path, fd, &hold), "a daemon"))
		return;
	pid = holder_pid(getpid());
	if (!OK(pid > 0 && !kill(pid, SIGKILL), "the holder is killed"))
		return;
	(void)waitpid(pid, NULL, 0);
	wait_for_holder(loop);
	/* The daemon and all it forked are gone but the second holder. */
	hold_destroy(hold, false);
	offside_destroy(off);
	loop_destroy(loop);
	close(pair[0]);
	OK(send(pair[1], "one", 3, 0) == 3, "a request with no daemon");
	if (!OK(!holder_take(path, &fd, &channel), "there is another holder"))
		return;
	OK(is_open(pair[1]), "the channel is open");
	close(channel);
	holder_end(fd);
	OK(closes(pair[1]), "no process has it any more");
	close(pair[1]);
}

/* cmirrord was killed with nothing active: a new table shall be refused, not wait. */
static void test_nothing_active(void)
{
	struct cm_errmsg err = {.text = ""};
	int pair[2], fd;

	log_set(false);
	if (!OK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "a channel") ||
	    !OK(!holder_fork(path, pair[0], &fd, &err), "a holder %s", err.text))
		return;
	close(pair[0]);
	close(fd);
	OK(closes(pair[1]), "it ends with the daemon");
	while (wait(NULL) > 0)
		;
	OK(access(path, F_OK), "and leaves nothing in the folder");
	close(pair[1]);
	log_set(true);
}

/* A socket whose buffer counts what waits in it, as the kernel's multicast does. */
static int user_netlink(struct sockaddr_nl *addr)
{
	int fd = socket(PF_NETLINK, SOCK_DGRAM, NETLINK_USERSOCK);
	socklen_t len = sizeof(*addr);

	*addr = (struct sockaddr_nl){.nl_family = AF_NETLINK};
	if (fd < 0 || bind(fd, (struct sockaddr *)addr, len) ||
	    getsockname(fd, (struct sockaddr *)addr, &len))
		return -1;
	return fd;
}

static bool request_fits(int from, const struct sockaddr_nl *to)
{
	char request[512] = "";

	return sendto(from, request, sizeof(request), MSG_DONTWAIT, (const struct sockaddr *)to,
		      sizeof(*to)) == (ssize_t)sizeof(request);
}

/* A daemon that fails to start, and is started again each second, reads nothing. */
static void test_flapping(void)
{
	struct sockaddr_nl kernel_addr, addr;
	int kernel = user_netlink(&kernel_addr), channel = user_netlink(&addr), fd, again;
	struct cm_errmsg err = {.text = ""};
	unsigned int i;

	if (!OK(kernel >= 0 && channel >= 0, "a channel that counts") ||
	    !OK(!holder_fork(path, channel, &fd, &err), "a holder %s", err.text))
		return;
	close(fd);
	close(channel);
	OK(request_fits(kernel, &addr), "a request");
	OK(!holder_take(path, &fd, &channel), "a daemon");
	close(fd);
	OK(!holder_take(path, &fd, &again), "another");
	OK(recv(again, &i, sizeof(i), MSG_DONTWAIT) > 0, "little that waits is left alone");
	for (i = 0; i < 100000 && request_fits(kernel, &addr); i++)
		;
	OK(i && i < 100000, "it is full");
	close(fd);
	close(channel);
	close(again);
	if (!OK(!holder_take(path, &fd, &channel), "one more"))
		return;
	OK(request_fits(kernel, &addr), "there is room again");
	close(channel);
	holder_end(fd);
	(void)wait(NULL);
	close(kernel);
}

/* One whose place another has taken takes nothing out of the channel, which is in use. */
static void test_displaced(void)
{
	struct cm_errmsg err = {.text = ""};
	int pair[2], fd, next_fd;
	char text[16];
	pid_t first;

	if (!OK(!socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), "a channel") ||
	    !OK(!holder_fork(path, pair[0], &fd, &err), "a holder %s", err.text) ||
	    !OK((first = holder_pid(getpid())) > 0, "its pid") ||
	    !OK(!holder_fork(path, pair[0], &next_fd, &err), "another %s", err.text))
		return;
	OK(send(pair[1], "one", 3, 0) == 3, "a request");
	close(fd);
	IS_INT(waitpid(first, NULL, 0), first, "the first ends");
	OK(recv(pair[0], text, sizeof(text), MSG_DONTWAIT) == 3, "without it");
	OK(!access(path, F_OK), "the place is the other's");
	holder_end(next_fd);
	while (wait(NULL) > 0)
		;
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	char dir[] = "/tmp/cm-holder.XXXXXX";

	alarm(60);
	(void)signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/holder.sock", dir);
	snprintf(log_path, sizeof(log_path), "%s/log-1", dir);
	log_set(true);
	test_hand_over();
	test_strangers();
	test_respawn();
	test_nothing_active();
	test_flapping();
	test_displaced();
	log_set(false);
	(void)unlink(path);
	if (rmdir(dir))
		OK(false, "%s is not empty", dir);
	return tap_done();
}
