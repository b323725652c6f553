/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The local provider, and what clu.c checks for every provider: nothing happens inside a call,
 * everything out of clu_dispatch(), in order.
 */
#include "lib/cluster/clu.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "test/lib/tap.h"

static char seen[4096];
static struct clu *clu;
static uint32_t echoes;

static void note(const char *fmt, ...) CM_PRINTF(1, 2);

static void note(const char *fmt, ...)
{
	size_t at = strlen(seen);
	va_list args;

	va_start(args, fmt);
	vsnprintf(seen + at, sizeof(seen) - at, fmt, args);
	va_end(args);
}

static void on_view(void *ctx, const struct clu_view *view)
{
	(void)ctx;
	note("view %u of %u%s%s;", (unsigned int)view->nr, view->member_count,
	     view->usable ? " usable" : "", view->quorate ? " quorate" : "");
}

static void on_message(void *ctx, uint32_t from, const uint8_t *buf, size_t len_bytes)
{
	(void)ctx;
	note("msg %u %.*s;", from, (int)len_bytes, (const char *)buf);
	if (echoes > 0 && echoes-- > 0)
		note("%d;", clu_send(clu, "echo", 4));
}

static void on_owned(void *ctx, const char *name, int result)
{
	(void)ctx;
	note("owned %s %d;", name, result);
	if (strcmp(name, "giveup") == 0)
		clu_disown(clu, name);
}

static void on_dead(void *ctx, uint32_t nodeid, int result)
{
	(void)ctx;
	note("dead %u %d;", nodeid, result);
}

static void on_node_lock(void *ctx, bool is_held)
{
	(void)ctx;
	note("node_lock %d %d;", is_held, clu_node_lock_adopted(clu));
}

static void on_lost(void *ctx, const char *reason)
{
	(void)ctx;
	note("lost %s;", reason);
}

static bool on_may_stop(void *ctx)
{
	(void)ctx;
	return true;
}

static const struct clu_callbacks callbacks = {
	.view = on_view, .message = on_message, .owned = on_owned, .dead = on_dead,
	.node_lock = on_node_lock, .lost = on_lost, .may_stop = on_may_stop,
};

static bool is_readable(void)
{
	int fds[CLU_FDS_MAX];
	struct pollfd p = { .events = POLLIN };

	if (clu_fds(clu, fds) != 1)
		return false;
	p.fd = fds[0];
	return poll(&p, 1, 0) == 1;
}

/* Dispatch until quiet; what was seen. */
static const char *dispatch(void)
{
	int rounds = 0;

	seen[0] = '\0';
	while (is_readable() && rounds++ < 10)
		clu_dispatch(clu);
	return seen;
}

static int open_local(bool with_locks)
{
	struct clu_config config = {
		.provider = "local", .group = "test", .with_locks = with_locks,
		.callbacks = &callbacks,
	};
	struct cm_errmsg err;

	return clu_create(&config, &clu, &err);
}

static void test_unknown_provider(void)
{
	struct clu_config config = { .provider = "o2cb", .group = "g", .callbacks = &callbacks };
	struct cm_errmsg err;

	IS_INT(clu_create(&config, &clu, &err), -EINVAL, "an unknown provider");
	IS_STR(err.text, "unknown cluster provider \"o2cb\": corosync and local are known",
	       "is named, and the known ones");
}

static void test_start(void)
{
	struct cm_errmsg err;

	IS_INT(open_local(true), 0, "opens");
	IS_U64(clu_nodeid(clu), 1, "node 1");
	IS_STR(clu_provider(clu), "local", "provider");
	OK(clu_fencing_on(clu), "fencing is no question");
	IS_INT(clu_timeout_ms(clu), -1, "no timer");
	IS_STR(dispatch(), "view 1 of 1 usable quorate;node_lock 1 1;", "view 1 and the lock");
	IS_STR(dispatch(), "", "once");
	IS_STR(clu_node_name(clu, 1), "this node", "own name");
	IS_STR(clu_node_name(clu, 7), "node 7", "another's name");
	IS_INT(clu_require(clu, CLU_CAP_MULTICAST | CLU_CAP_OWN | CLU_CAP_PROVE_DEAD, &err), 0,
	       "what it can");
	IS_INT(clu_require(clu, CLU_CAP_QUORUM | CLU_CAP_KILL_NODE, &err), -ENOTSUP,
	       "what it cannot");
	IS_STR(err.text, "provider local cannot kill a node: there is no cluster software; use "
	       "--cluster corosync", "by name, with the cure");
	IS_INT(clu_kill_node(clu, 2, "x"), -ENOTSUP, "nor does it try");
	clu_destroy(clu);
}

static void test_messages(void)
{
	static uint8_t big[CLU_MSG_MAX + 1];
	struct clu_stats stats;
	uint32_t n = 0;

	if (!OK(open_local(false) == 0, "opens"))
		return;
	IS_INT(clu_send(clu, "a", 1), 0, "sent before the first view");
	IS_STR(seen, "", "not delivered inside the call");
	IS_STR(dispatch(), "view 1 of 1 usable quorate;msg 1 a;", "delivered in the view");
	echoes = 1;
	IS_INT(clu_send(clu, "b", 1), 0, "b");
	IS_INT(clu_send(clu, "c", 1), 0, "c");
	seen[0] = '\0';
	clu_dispatch(clu);
	IS_STR(seen, "msg 1 b;0;msg 1 c;", "what a callback sends waits for the next round");
	IS_STR(dispatch(), "msg 1 echo;", "and comes there");
	IS_INT(clu_send(clu, big, 0), -EMSGSIZE, "empty");
	IS_INT(clu_send(clu, big, sizeof(big)), -EMSGSIZE, "too long");
	while (clu_send(clu, big, CLU_MSG_MAX) == 0)
		n++;
	IS_INT(clu_send(clu, big, CLU_MSG_MAX), -ENOBUFS, "full");
	OK(n >= 60 && clu_send_room(clu) < CLU_MSG_MAX, "after %u long ones", n);
	dispatch();
	OK(clu_send_room(clu) >= 4000000, "and empty again");
	clu_stats(clu, &stats);
	IS_U64(stats.sent_msgs, 4 + n, "sent");
	IS_U64(stats.received_msgs, 4 + n, "received");
	IS_U64(stats.received_bytes, stats.sent_bytes, "the same bytes");
	clu_destroy(clu);
}

static void test_locks(void)
{
	char name[CLU_OWN_NAME_MAX + 2];
	uint32_t i;

	if (!OK(open_local(true) == 0, "opens"))
		return;
	dispatch();
	IS_INT(clu_own(clu, "oos:x"), 0, "own");
	IS_INT(clu_own(clu, "giveup"), 0, "another, given up in the callback");
	IS_INT(clu_prove_dead(clu, 3), 0, "prove");
	IS_INT(clu_prove_dead(clu, 3), 0, "twice: one answer");
	IS_INT(clu_prove_dead(clu, 4), 0, "prove, then no longer wanted");
	clu_proof_release(clu, 4);
	IS_STR(dispatch(), "owned oos:x 0;owned giveup 0;dead 3 0;", "granted");
	IS_INT(clu_own(clu, "oos:x"), 0, "own again");
	IS_STR(dispatch(), "owned oos:x 0;", "says so again");
	IS_INT(clu_own(clu, "oos:y"), 0, "own");
	clu_disown(clu, "oos:y");
	IS_STR(dispatch(), "", "taken back");
	IS_INT(clu_prove_dead(clu, 1), -EINVAL, "oneself");
	IS_INT(clu_prove_dead(clu, 0), -EINVAL, "nobody");
	IS_INT(clu_own(clu, ""), -EINVAL, "no name");
	IS_INT(clu_own(clu, "node:2"), -EINVAL, "a node lock");
	memset(name, 'x', sizeof(name));
	name[CLU_OWN_NAME_MAX + 1] = '\0';
	IS_INT(clu_own(clu, name), -EINVAL, "name too long");
	name[CLU_OWN_NAME_MAX] = '\0';
	IS_INT(clu_own(clu, name), 0, "longest name");
	for (i = 0; i < CLU_OWN_MAX; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		if (clu_own(clu, name))
			break;
	}
	IS_U64(i, CLU_OWN_MAX - 2, "no more than CLU_OWN_MAX, oos:x and the longest among them");
	clu_leave_clean(clu);

	if (!OK(open_local(false) == 0, "opens without locks"))
		return;
	IS_STR(dispatch(), "view 1 of 1 usable quorate;", "only the view");
	IS_INT(clu_own(clu, "oos:x"), -ENOTSUP, "no own");
	IS_INT(clu_prove_dead(clu, 3), -ENOTSUP, "no proof");
	clu_destroy(clu);
	clu_destroy(NULL);
}

int main(void)
{
	test_unknown_provider();
	test_start();
	test_messages();
	test_locks();
	return tap_done();
}
