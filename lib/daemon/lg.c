/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lg.c - journal lines: ring and carrier thread.
 *
 * The carrier has its own socket to /dev/log and may block there as long as it likes: the ring is
 * locked only while one line is copied in or out.
 */
#include "lib/daemon/lg.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define RING_LINES	1024u
#define CARRIER_STACK	(64u << 10)
#define CLOSE_WAIT_MS	1000

struct line {
	enum lg_level level;
	char text[LG_LINE_MAX];
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t news;		/* for the carrier: a line, or the end */
	pthread_cond_t carried;		/* for lg_flush() */
	pthread_t thread;
	bool has_thread;
	bool must_end;
	const char *name;
	bool to_stderr;
	enum lg_level level;
	int syslog_fd;			/* carrier only; -1 = not connected */
	uint64_t next; /* lines written since the start; line n is in ring[n % RING_LINES] */
	uint64_t out;			/* lines the carrier is done with */
	uint64_t lost;
	struct line ring[RING_LINES];
} lg = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.news = PTHREAD_COND_INITIALIZER,
	.carried = PTHREAD_COND_INITIALIZER,
	.name = "cmirror",
	.level = LG_INFO,
	.syslog_fd = -1,
};

static const char *const level_names[] = {"err", "warn", "info", "debug"};
static const int level_prios[] = {LOG_ERR, LOG_WARNING, LOG_INFO, LOG_DEBUG};

static const char *crash_path;

static void crash_came(int signo);
static void *carrier_run(void *unused);
static void line_out(const struct line *line);
static void lost_out(uint64_t lost);
static void syslog_out(enum lg_level level, const char *text);
static void deadline_in(struct timespec *at, int timeout_ms);

int lg_open(const char *name, bool to_stderr, enum lg_level level)
{
	pthread_attr_t attr;
	int r;

	CM_ASSERT(!lg.has_thread);
	lg.name = name;
	lg.to_stderr = to_stderr;
	lg.level = level;
	lg.must_end = false;
	lg.out = lg.next;

	r = pthread_attr_init(&attr);
	if (r)
		return -r;
	r = pthread_attr_setstacksize(&attr, CARRIER_STACK);
	if (!r)
		r = pthread_create(&lg.thread, &attr, carrier_run, NULL);
	(void)pthread_attr_destroy(&attr);	/* cannot fail on Linux */
	if (r)
		return -r;
	lg.has_thread = true;
	return 0;
}

void lg_close(void)
{
	if (!lg.has_thread)
		return;
	lg_flush(CLOSE_WAIT_MS);
	pthread_mutex_lock(&lg.lock);
	lg.must_end = true;
	pthread_cond_signal(&lg.news);
	/* A carrier that hangs in a dead syslogd is left behind: the process is about to end. */
	if (lg.out == lg.next) {
		pthread_mutex_unlock(&lg.lock);
		pthread_join(lg.thread, NULL);
		pthread_mutex_lock(&lg.lock);
	} else {
		pthread_detach(lg.thread);
	}
	lg.has_thread = false;
	pthread_mutex_unlock(&lg.lock);
}

void lg_flush(int timeout_ms)
{
	struct timespec at;
	uint64_t upto;

	if (!lg.has_thread)
		return;
	deadline_in(&at, timeout_ms);
	pthread_mutex_lock(&lg.lock);
	upto = lg.next;
	while (lg.out < upto)
		if (pthread_cond_timedwait(&lg.carried, &lg.lock, &at))
			break;
	pthread_mutex_unlock(&lg.lock);
}

void lg_line(enum lg_level level, const char *subject, const char *fmt, ...)
{
	struct timespec now;
	struct line *line;
	va_list args;
	int at;

	clock_gettime(CLOCK_MONOTONIC, &now);
	pthread_mutex_lock(&lg.lock);
	line = &lg.ring[lg.next % RING_LINES];
	line->level = level;
	at = snprintf(line->text, sizeof(line->text), "%lld.%03ld %s: %s%s",
		      (long long)now.tv_sec, now.tv_nsec / 1000000, level_names[level],
		      subject ? subject : "", subject ? ": " : "");
	if (at > 0 && (size_t)at < sizeof(line->text)) {
		va_start(args, fmt);
		(void)vsnprintf(line->text + at, sizeof(line->text) - (size_t)at, fmt, args);
		va_end(args);	/* cut lines are fine */
	}
	lg.next++;
	if (lg.has_thread)
		pthread_cond_signal(&lg.news);
	else if (level <= lg.level)
		fprintf(stderr, "%s: %s\n", lg.name, line->text);
	pthread_mutex_unlock(&lg.lock);
}

void lg_dump(void (*put)(void *ctx, const char *line), void *ctx)
{
	uint64_t i;

	pthread_mutex_lock(&lg.lock);
	for (i = lg.next > RING_LINES ? lg.next - RING_LINES : 0; i < lg.next; i++)
		put(ctx, lg.ring[i % RING_LINES].text);
	pthread_mutex_unlock(&lg.lock);
}

void lg_crash_file(const char *path)
{
	static const int signos[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE};
	struct sigaction action = {.sa_handler = crash_came, .sa_flags = (int)SA_RESETHAND};
	unsigned int i;

	crash_path = path;
	for (i = 0; i < CM_ARRAY_COUNT(signos); i++)
		(void)sigaction(signos[i], &action, NULL);	/* these can be handled */
}

/* Without the lock: its holder may be the one that crashed. A line half written is better than
 * none. */
static void crash_came(int signo)
{
	uint64_t i = lg.next > RING_LINES ? lg.next - RING_LINES : 0;
	int fd = open(crash_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	for (; fd >= 0 && i < lg.next; i++) {
		const char *text = lg.ring[i % RING_LINES].text;

		if (write(fd, text, strnlen(text, LG_LINE_MAX)) < 0 || write(fd, "\n", 1) < 0)
			break;
	}
	(void)raise(signo);	/* SA_RESETHAND: the default comes when the handler returns */
}

int lg_level_parse(const char *word, enum lg_level *level)
{
	unsigned int i;

	for (i = 0; i < CM_ARRAY_COUNT(level_names); i++)
		if (!strcasecmp(word, level_names[i])) {
			*level = (enum lg_level)i;
			return 0;
		}
	return -EINVAL;
}

const char *lg_level_name(enum lg_level level)
{
	return level_names[level];
}

static void *carrier_run(void *unused)
{
	struct line line;
	uint64_t lost;

	(void)unused;
	(void)prctl(PR_SET_NAME, "cm-journal", 0, 0, 0);	/* a name only */
	pthread_mutex_lock(&lg.lock);
	for (;;) {
		while (lg.out == lg.next && !lg.must_end)
			pthread_cond_wait(&lg.news, &lg.lock);
		if (lg.out == lg.next)
			break;
		lost = 0;
		if (lg.next - lg.out > RING_LINES) {
			lost = lg.next - lg.out - RING_LINES;
			lg.out += lost;
		}
		line = lg.ring[lg.out % RING_LINES];
		pthread_mutex_unlock(&lg.lock);

		if (lost)
			lost_out(lost);
		if (line.level <= lg.level)
			line_out(&line);

		pthread_mutex_lock(&lg.lock);
		lg.lost += lost;
		lg.out++;
		pthread_cond_broadcast(&lg.carried);
	}
	pthread_mutex_unlock(&lg.lock);
	return NULL;
}

static void lost_out(uint64_t lost)
{
	struct line line = {.level = LG_WARN};

	(void)snprintf(line.text, sizeof(line.text), "%llu journal lines lost: "
		       "the journal is slower than this daemon", (unsigned long long)lost);
	line_out(&line);
}

static void line_out(const struct line *line)
{
	char buf[LG_LINE_MAX + 64];
	const char *text;
	ssize_t done;
	int len;

	if (!lg.to_stderr) {
		/* syslog has its own clock and priorities */
		text = strstr(line->text, ": ");
		syslog_out(line->level, text ? text + 2 : line->text);
		return;
	}
	len = snprintf(buf, sizeof(buf), "%s: %s\n", lg.name, line->text);
	if (len <= 0)
		return;
	do {
		done = write(STDERR_FILENO, buf, (size_t)len < sizeof(buf) ? (size_t)len
									   : sizeof(buf) - 1);
	} while (done < 0 && errno == EINTR);
}

/* By hand and not by syslog(3): vsyslog holds a lock of libc while it blocks, and any other thread
 * that logs, a library of ours too, would wait for it. */
static void syslog_out(enum lg_level level, const char *text)
{
	static const struct sockaddr_un addr = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
	char buf[LG_LINE_MAX + 96];
	int len, tries;

	len = snprintf(buf, sizeof(buf), "<%d>%s[%d]: %s", LOG_DAEMON | level_prios[level],
		       lg.name, (int)getpid(), text);
	if (len <= 0)
		return;
	if ((size_t)len >= sizeof(buf))
		len = (int)sizeof(buf) - 1;
	for (tries = 0; tries < 2; tries++) {
		if (lg.syslog_fd < 0)
			lg.syslog_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (lg.syslog_fd < 0)
			return;
		if (sendto(lg.syslog_fd, buf, (size_t)len, MSG_NOSIGNAL,
			   (const struct sockaddr *)&addr, sizeof(addr)) >= 0)
			return;
		close(lg.syslog_fd); /* syslogd was restarted, or is not there: the ring has it */
		lg.syslog_fd = -1;
	}
}

static void deadline_in(struct timespec *at, int timeout_ms)
{
	clock_gettime(CLOCK_REALTIME, at);
	at->tv_sec += timeout_ms / 1000;
	at->tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (at->tv_nsec >= 1000000000) {
		at->tv_nsec -= 1000000000;
		at->tv_sec++;
	}
}
