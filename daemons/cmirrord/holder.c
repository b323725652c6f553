/* SPDX-License-Identifier: GPL-2.0-only */
#include "daemons/cmirrord/holder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "daemons/cmirrord/persist.h"
#include "lib/daemon/fds.h"
#include "lib/daemon/memlock.h"
#include "lib/daemon/unix_addr.h"

#define TAKE_S		5	/* a holder that lives answers at once */
#define STACK_BYTES	(32u << 10)
#define CHANNEL_FD	3
#define LISTEN_FD	4

/* The process's own. */
struct server {
	const char *path;
	struct stat place;	/* of the socket in the folder */
	int fd;			/* the daemon's connection; -1 = none */
};

static int addr_make(const char *path, struct sockaddr_un *addr);
static int connect_to(const char *path);
static int greeting_take(int fd, int *channel_out);
static bool peer_is_root(int fd);
static int place_make(const char *path, struct stat *place);
static void process_run(struct server *server, int listen_fd, int channel)
	__attribute__((noreturn));
static void fds_arrange(int listen_fd, int channel);
static void serve(struct server *server) __attribute__((noreturn));
static void daemon_accept(struct server *server);
static void daemon_hear(struct server *server);
static int greeting_send(int fd);
static void daemon_gone(struct server *server);
static void idle(struct server *server);
static void channel_empty(void);
static bool channel_is_filling(void);
static bool is_replaced(const struct server *server);
static bool is_needed(const struct server *server);
static bool names_have_log(const char *names, size_t bytes);
static void end(const struct server *server) __attribute__((noreturn));

/* ---- who wants it ---- */

int holder_take(const char *path, int *fd_out, int *channel_out)
{
	int fd, r;

	fd = connect_to(path);
	if (fd == -ECONNREFUSED)
		return -ENOENT;		/* its holder was killed */
	if (fd < 0)
		return fd;
	r = greeting_take(fd, channel_out);
	if (r) {
		close(fd);
		return r;
	}
	*fd_out = fd;
	return 0;
}

int holder_connect(const char *path, int *fd_out)
{
	int fd = connect_to(path);

	if (fd < 0)
		return fd;
	*fd_out = fd;
	return 0;
}

static int addr_make(const char *path, struct sockaddr_un *addr)
{
	return strlen(path) < HOLDER_PATH_MAX ? unix_addr(path, addr) : -ENAMETOOLONG;
}

static int connect_to(const char *path)
{
	struct timeval patience = {.tv_sec = TAKE_S};
	struct sockaddr_un addr;
	int fd, r;

	r = addr_make(path, &addr);
	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
	    connect(fd, (const struct sockaddr *)&addr, sizeof(addr)))
		r = -errno;
	else if (!peer_is_root(fd))
		r = -EPERM;
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

static bool peer_is_root(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return !getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) && len == sizeof(cred) &&
	       cred.uid == geteuid();
}

/* The greeting and exactly one descriptor. */
static int greeting_take(int fd, int *channel_out)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char text[sizeof(HOLDER_GREETING)] = "";
	struct iovec iov = {.iov_base = text, .iov_len = sizeof(text)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *cmsg;
	int channel = -1;
	ssize_t got;

	do {
		got = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got <= 0)
		return !got || errno == ECONNRESET ? -ENOENT : -errno;
	cmsg = CMSG_FIRSTHDR(&msg);
	if (cmsg && cmsg->cmsg_level == SOL_SOCKET && cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&channel, CMSG_DATA(cmsg), sizeof(channel));
	if (channel >= 0 && got == (ssize_t)strlen(HOLDER_GREETING) &&
	    !strcmp(text, HOLDER_GREETING)) {
		*channel_out = channel;
		return 0;
	}
	if (channel >= 0)
		close(channel);
	return -EPROTO;
}

int holder_fork(const char *path, int channel, int *fd_out, struct cm_errmsg *err)
{
	struct server server = {.path = path, .fd = -1};
	int listen_fd, fd, again = -1, r;
	pid_t pid;

	listen_fd = place_make(path, &server.place);
	if (listen_fd < 0) {
		cm_err_set(err, "%s: %s", path, cm_strerror(listen_fd));
		return listen_fd;
	}
	pid = fork();
	if (!pid)
		process_run(&server, listen_fd, channel);
	r = pid < 0 ? -errno : 0;
	close(listen_fd);
	if (!r)
		r = holder_take(path, &fd, &again);
	if (r) {
		cm_err_set(err, "process that holds the kernel's channel: %s", cm_strerror(r));
		return r;
	}
	close(again);	/* the one we have given it */
	*fd_out = fd;
	return 0;
}

void holder_end(int fd)
{
	struct timeval patience = {.tv_sec = 1};
	char byte;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (send(fd, HOLDER_END, strlen(HOLDER_END), MSG_NOSIGNAL) > 0 &&
	    recv(fd, &byte, 1, 0) > 0) {
		/* nothing is said there; it ends */
	}
	close(fd);
}

/* ---- the process ---- */

/* A listening socket at @path. Returns it, or negative errno. */
static int place_make(const char *path, struct stat *place)
{
	struct sockaddr_un addr;
	int fd, r;

	r = addr_make(path, &addr);
	if (r)
		return r;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	(void)unlink(path);
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) || chmod(path, 0600) ||
	    listen(fd, 4) || stat(path, place)) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

void holder_become(const char *path, int channel, void (*ready)(void *ctx, int result), void *ctx)
{
	struct server server = {.path = path, .fd = -1};
	int listen_fd = place_make(path, &server.place);

	ready(ctx, listen_fd < 0 ? listen_fd : 0);
	if (listen_fd < 0)
		_exit(1);
	process_run(&server, listen_fd, channel);
}

static void process_run(struct server *server, int listen_fd, int channel)
{
	static char path[HOLDER_PATH_MAX];
	struct cm_errmsg err;

	memcpy(path, server->path, strlen(server->path) + 1);	/* addr_make() has looked */
	server->path = path;
	(void)prctl(PR_SET_NAME, "cm-holder", 0, 0, 0);	/* a name only */
	(void)setsid();			/* ^C is for the daemon */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	if (chdir("/"))
		_exit(1);
	fds_arrange(listen_fd, channel);
	if (memlock_all(STACK_BYTES, 0, &err)) {
		/* Better one that may be paged out than none. cmirrord itself does not start. */
	}
	serve(server);
}

/* Nothing of whoever forked us: pidfile, pipe to the starter, standard error. */
static void fds_arrange(int listen_fd, int channel)
{
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int fds[] = {null_fd, null_fd, null_fd, [CHANNEL_FD] = channel,
			   [LISTEN_FD] = listen_fd};

	if (null_fd < 0 || fds_keep(fds, CM_ARRAY_COUNT(fds)))
		_exit(1);
}

static void serve(struct server *server)
{
	for (;;) {
		struct pollfd fds[2] = {
			{.fd = LISTEN_FD, .events = POLLIN}, {.fd = server->fd, .events = POLLIN},
		};
		int count = poll(fds, 2, server->fd < 0 ? HOLDER_EMPTY_MS : -1);

		if (!count)
			idle(server);
		if (count <= 0)
			continue;
		if (fds[1].revents)
			daemon_hear(server);
		if (fds[0].revents)
			daemon_accept(server);
	}
}

static void daemon_accept(struct server *server)
{
	int fd = accept4(LISTEN_FD, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (!peer_is_root(fd) || greeting_send(fd)) {
		close(fd);
		return;
	}
	if (server->fd >= 0)
		close(server->fd);	/* there is one daemon: the former has just died */
	server->fd = fd;
}

static int greeting_send(int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char text[] = HOLDER_GREETING;
	struct iovec iov = {.iov_base = text, .iov_len = strlen(text)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
			     .msg_controllen = sizeof(control)};
	struct cmsghdr *cmsg;
	int channel = CHANNEL_FD;

	memset(&control, 0, sizeof(control));
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &channel, sizeof(channel));
	return sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static void daemon_hear(struct server *server)
{
	char text[sizeof(HOLDER_END)] = "";
	ssize_t got = recv(server->fd, text, sizeof(text), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got == (ssize_t)strlen(HOLDER_END) && !memcmp(text, HOLDER_END, strlen(HOLDER_END)))
		end(server);
	if (got > 0)
		return;		/* a word of a later version */
	daemon_gone(server);
}

/*
 * One that fails to start, and is started again every second, is never away for long enough to be
 * missed, and takes nothing out of the channel: so look at that here, too.
 */
static void daemon_gone(struct server *server)
{
	close(server->fd);
	server->fd = -1;
	if (is_replaced(server))
		_exit(0);	/* the channel is somebody else's */
	if (!is_needed(server))
		end(server);
	if (channel_is_filling())
		channel_empty();
}

static void idle(struct server *server)
{
	if (is_replaced(server))
		_exit(0);
	if (!is_needed(server))
		end(server);
	channel_empty();
}

static void end(const struct server *server)
{
	if (!is_replaced(server))
		(void)unlink(server->path);
	close(CHANNEL_FD);	/* before the connection, which is waited for */
	_exit(0);
}

static void channel_empty(void)
{
	char byte;

	while (recv(CHANNEL_FD, &byte, 1, MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR)
		;
}

static bool is_replaced(const struct server *server)
{
	struct stat st;

	return !stat(server->path, &st) &&
	       (st.st_dev != server->place.st_dev || st.st_ino != server->place.st_ino);
}

/* More than half full. What that is in requests, the kernel decides. */
static bool channel_is_filling(void)
{
	uint32_t info[SK_MEMINFO_VARS] = {0};
	socklen_t len = sizeof(info);

	return !getsockopt(CHANNEL_FD, SOL_SOCKET, SO_MEMINFO, info, &len) &&
	       info[SK_MEMINFO_RMEM_ALLOC] > info[SK_MEMINFO_RCVBUF] / 2;
}

/*
 * Is there a file of a log? Each instance that was answered is in one. Without opendir(), which
 * allocates. A folder that cannot be read tells nothing.
 */
static bool is_needed(const struct server *server)
{
	_Alignas(struct dirent64) char names[2048];
	char dir[HOLDER_PATH_MAX];
	bool found = false;
	long got;
	int fd;

	memcpy(dir, server->path, strlen(server->path) + 1);
	if (!strrchr(dir, '/'))
		return true;
	*strrchr(dir, '/') = 0;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return true;
	do {
		got = syscall(SYS_getdents64, fd, names, sizeof(names));
		if (got > 0)
			found = names_have_log(names, (size_t)got);
	} while (got > 0 && !found);
	close(fd);
	return found || got < 0;
}

static bool names_have_log(const char *names, size_t bytes)
{
	const struct dirent64 *entry;
	size_t at;

	for (at = 0; at < bytes; at += entry->d_reclen) {
		entry = (const void *)(names + at);
		if (!strncmp(entry->d_name, PERSIST_PREFIX, strlen(PERSIST_PREFIX)))
			return true;
	}
	return false;
}
