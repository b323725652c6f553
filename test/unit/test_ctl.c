/* SPDX-License-Identifier: GPL-2.0-only */
/* test_ctl.c - lib/daemon/ctl.h: request lines, server and client over a real socket. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/daemon/ctl.h"
#include "test/lib/tap.h"

static void test_parse(void)
{
	static const char *const bad[] = {"", "   ", "a=b", "v x", "v =1", "v a=\"x", "v a=1 a=2",
					  "v a=\"x\"y", "v a\"b=1"};
	char line[256];
	struct cm_errmsg err;
	struct ctl_req req;
	uint64_t number = 0;
	unsigned int i;

	snprintf(line, sizeof(line), "%s",
		 "status  uuid=LVM-abc name=\"a \\\"b\\\" \\\\ c\" n=42 empty=");
	if (OK(!ctl_req_parse(line, &req, &err), "a good line")) {
		IS_STR(req.verb, "status", "verb");
		IS_U64(req.arg_count, 4, "arguments");
		IS_STR(ctl_req_get(&req, "uuid"), "LVM-abc", "plain value");
		IS_STR(ctl_req_get(&req, "name"), "a \"b\" \\ c", "quoted value");
		IS_STR(ctl_req_get(&req, "empty"), "", "empty value");
		IS_STR(ctl_req_get(&req, "no"), NULL, "no such key");
		IS_INT(ctl_req_get_u64(&req, "n", 42, &number, &err), 0, "a number");
		IS_U64(number, 42, "its value");
		IS_INT(ctl_req_get_u64(&req, "n", 41, &number, &err), -EINVAL, "above the limit");
		IS_INT(ctl_req_get_u64(&req, "uuid", 41, &number, &err), -EINVAL, "no number");
		IS_INT(ctl_req_get_u64(&req, "x", 41, &number, &err), -ENOENT, "no key");
	}
	for (i = 0; i < CM_ARRAY_COUNT(bad); i++) {
		snprintf(line, sizeof(line), "%s", bad[i]);
		IS_INT(ctl_req_parse(line, &req, &err), -EINVAL, "refused: [%s]", bad[i]);
	}
	snprintf(line, sizeof(line), "%s", "v");
	for (i = 0; i <= CTL_ARGS_MAX; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), " k%u=", i);
	IS_INT(ctl_req_parse(line, &req, &err), -EINVAL, "too many arguments");
}

static void test_add(void)
{
	char buf[64] = "v", copy[64];
	struct cm_errmsg err;
	struct ctl_req req;
	size_t size;

	IS_INT(ctl_req_add(buf, sizeof(buf), "k", "a \"\\ b"), 0, "add a value that needs quotes");
	snprintf(copy, sizeof(copy), "%s", buf);
	if (OK(!ctl_req_parse(copy, &req, &err), "parse it back"))
		IS_STR(ctl_req_get(&req, "k"), "a \"\\ b", "the same value");
	IS_INT(ctl_req_add(buf, sizeof(buf), "k", "a\nb"), -EINVAL, "a newline");
	for (size = 2; size < 13; size++) {
		snprintf(buf, sizeof(buf), "%s", "v");
		memset(buf + 2, 'g', sizeof(buf) - 2);
		if (ctl_req_add(buf, size, "k", "\"\"\"") || buf[size] != 'g')
			OK(!strcmp(buf, "v") && buf[size] == 'g', "size %zu: untouched", size);
	}
}

struct fixture {
	struct loop *loop;
	struct ctl_server *server;
	char path[64];
	struct ctl_conn *held;
	char last_verb[32];
	const char *request;	/* client thread */
	ctl_line_fn *line;
	int result;
	struct cm_errmsg err;
	char lines[65536];
	size_t len;
};

static void handler(void *ctx, struct ctl_conn *conn, const struct ctl_req *req)
{
	struct fixture *fx = ctx;
	int i;

	snprintf(fx->last_verb, sizeof(fx->last_verb), "%s", req->verb);
	if (!strcmp(req->verb, "hold")) {
		fx->held = conn;
		return;
	}
	if (!strcmp(req->verb, "fail")) {
		ctl_error(conn, -1401, "no\nquorum");
		ctl_put(conn, "node", "2");
		ctl_end(conn);
		return;
	}
	ctl_ok(conn);
	ctl_put(conn, "a", "x=%s", ctl_req_get(req, "x") ? ctl_req_get(req, "x") : "none");
	ctl_next_object(conn);
	ctl_put(conn, "b", "two\nlines");
	if (!strcmp(req->verb, "big"))
		for (i = 0; i < 40000; i++)
			ctl_put(conn, "n", "%d", i);
	ctl_end(conn);
}

static void line_note(void *ctx, const char *key, const char *value)
{
	struct fixture *fx = ctx;

	if (fx->len < sizeof(fx->lines) - 300)
		fx->len += (size_t)snprintf(fx->lines + fx->len, 300, "%s|%s;", key, value);
	else
		snprintf(fx->lines, sizeof(fx->lines), "last %s|%s", key, value);
}

static void *client_run(void *ctx)
{
	struct fixture *fx = ctx;

	fx->len = 0;
	fx->lines[0] = 0;
	fx->result = ctl_client_call(fx->path, fx->request, 5, fx->line, fx, &fx->err);
	loop_stop(fx->loop, 0);
	return NULL;
}

static void call_with(struct fixture *fx, const char *request, ctl_line_fn *line)
{
	pthread_t thread;
	unsigned int rounds;

	fx->request = request;
	fx->line = line;
	fx->held = NULL;
	if (!OK(!pthread_create(&thread, NULL, client_run, fx), "client thread"))
		return;
	for (rounds = 0; rounds < 2000 && pthread_tryjoin_np(thread, NULL); rounds++) {
		loop_once(fx->loop, 5);
		if (fx->held && rounds > 5) {
			ctl_ok(fx->held);
			ctl_put(fx->held, "late", "1");
			ctl_end(fx->held);
			fx->held = NULL;
		}
	}
}

static void call(struct fixture *fx, const char *request)
{
	call_with(fx, request, line_note);
}

static void test_calls(struct fixture *fx)
{
	char *longer = malloc(CTL_REQ_MAX + 10);

	call(fx, "ask x=\"1 2\"");
	IS_INT(fx->result, 0, "ok");
	IS_STR(fx->lines, "a|x=1 2;|;b|two lines;", "lines and objects");
	call(fx, "fail");
	IS_INT(fx->result, -1401, "the daemon's number");
	IS_STR(fx->err.text, "no quorum", "its text, in one line");
	IS_STR(fx->lines, "node|2;", "lines behind an error arrive too");
	call(fx, "hold");
	IS_INT(fx->result, 0, "a late answer");
	IS_STR(fx->lines, "late|1;", "arrives");
	call(fx, "big");
	IS_INT(fx->result, 0, "a reply larger than any socket buffer");
	IS_STR(fx->lines, "last n|39999", "whole");
	call_with(fx, "big", NULL);
	IS_INT(fx->result, 0, "one whose lines nobody wants");
	call_with(fx, "fail", NULL);
	IS_INT(fx->result, -1401, "or one with an error in front of them");
	call(fx, "a=b");
	IS_INT(fx->result, -EINVAL, "a bad line is answered");
	memset(longer, 'x', CTL_REQ_MAX + 5);
	longer[CTL_REQ_MAX + 5] = 0;
	call(fx, longer);
	IS_INT(fx->result, -EMSGSIZE, "a long one is not sent");
	free(longer);
}

/* Clients that say nothing must not keep others out. */
static void test_silent_clients(struct fixture *fx)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fds[CTL_CONNS_MAX + 3];
	unsigned int i;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", fx->path);
	for (i = 0; i < CM_ARRAY_COUNT(fds); i++) {
		fds[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(fds[i], (struct sockaddr *)&addr, sizeof(addr)))
			OK(false, "connect %u", i);
		loop_once(fx->loop, 0);
	}
	call(fx, "ask");
	IS_INT(fx->result, 0, "served beside %zu silent clients", CM_ARRAY_COUNT(fds));
	for (i = 0; i < CM_ARRAY_COUNT(fds); i++)
		close(fds[i]);
	for (i = 0; i < CM_ARRAY_COUNT(fds); i++)
		loop_once(fx->loop, 0);
}

/* A client that goes away before its answer: the handler's conn stays good. */
static void test_gone_client(struct fixture *fx)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	unsigned int rounds;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", fx->path);
	fx->held = NULL;
	OK(!connect(fd, (struct sockaddr *)&addr, sizeof(addr)) && write(fd, "hold\n", 5) == 5,
	   "ask, and");
	for (rounds = 0; rounds < 200 && !fx->held; rounds++)
		loop_once(fx->loop, 5);
	close(fd);
	loop_once(fx->loop, 5);
	loop_once(fx->loop, 5);
	if (OK(fx->held != NULL, "go away")) {
		ctl_ok(fx->held);
		ctl_put(fx->held, "k", "v");
		ctl_end(fx->held);
	}
	call(fx, "ask");
	IS_INT(fx->result, 0, "the next one is served");
}

int main(void)
{
	static struct fixture fx;
	struct stat st;

	alarm(60);
	test_parse();
	test_add();
	snprintf(fx.path, sizeof(fx.path), "/tmp/test_ctl.%d.sock", (int)getpid());
	if (!OK(!loop_create(&fx.loop) &&
		!ctl_server_create(fx.loop, fx.path, handler, &fx, &fx.server, &fx.err), "server"))
		return tap_done();
	OK(!stat(fx.path, &st) && (st.st_mode & 0777) == 0600, "the socket is for its owner only");
	test_calls(&fx);
	test_silent_clients(&fx);
	test_gone_client(&fx);
	ctl_server_destroy(fx.server);
	IS_INT(ctl_client_call(fx.path, "ask", 5, NULL, NULL, &fx.err), -ECONNREFUSED,
	       "nobody there");
	loop_destroy(fx.loop);
	return tap_done();
}
