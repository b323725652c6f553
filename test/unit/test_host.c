/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_host.c - cmirrord's host over a socket pair that plays the kernel, the local provider, and a
 * file as log device: what is answered to whom, and what a next process finds.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemons/cmirrord/host.h"
#include "lib/kernel/kch_connector.h"
#include "test/lib/tap.h"

#define LUID	0xffff888012345600u

static char dir[64], ctl_path[96], log_path[96], small_path[96];
static int kernel;		/* our end */
static struct loop *loop;
static uint32_t seq;

static int fake_open(int channel, struct kch **out)
{
	return kch_connector_over(channel, false, out);
}

static struct kch_ops fake_ops;

static struct host *host_start(void)
{
	struct host_config config = {
		.provider = "local", .kch_ops = &fake_ops, .ctl_path = ctl_path, .run_dir = dir,
	};
	struct host *host = NULL;
	struct cm_errmsg err;
	struct conf conf;
	int pair[2];

	conf_defaults(&conf);
	config.conf = &conf;
	fake_ops = kch_connector;
	fake_ops.open = fake_open;
	config.offside_fd = offside_fork(-1, NULL);
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) || loop_create(&loop))
		return NULL;
	kernel = pair[1];
	config.channel = pair[0];
	config.hold_fd = -1;
	config.loop = loop;
	if (!OK(!host_create(&config, &host, &err), "host: %s", err.text))
		return NULL;
	return host;
}

/* A request; its answer, or error 1 when none comes within a second. */
static struct kabi_reply ask(struct kabi_req *req)
{
	struct kabi_reply reply = {.error = 1};
	uint8_t buf[2048];
	unsigned int i;
	ssize_t got;
	size_t len;

	req->luid = req->luid ? req->luid : LUID;
	if (!req->uuid[0])
		memcpy(req->uuid, "LVM-test", 9);
	req->version = req->version ? req->version : 3;
	req->seq = ++seq;
	len = kabi_req_encode(req, buf);
	if (send(kernel, buf, len, 0) != (ssize_t)len)
		return reply;
	for (i = 0; i < 100; i++) {
		loop_once(loop, 10);
		got = recv(kernel, buf, sizeof(buf), MSG_DONTWAIT);
		if (got <= 0)
			continue;
		if (kabi_reply_decode(buf, (size_t)got, &reply) || reply.seq != seq)
			reply.error = 2;
		break;
	}
	return reply;
}

static int ask_error(uint32_t type)
{
	struct kabi_req req = {.type = type, .region_count = 1};

	if (type == KABI_FLUSH || type == KABI_RESUME || type == KABI_GET_SYNC_COUNT)
		req.region_count = 0;
	return ask(&req).error;
}

static struct kabi_reply ctr_of(const char *uuid, uint64_t luid, uint32_t version, const char *args)
{
	struct kabi_req req = {.type = KABI_CTR, .luid = luid, .version = version};

	snprintf(req.uuid, sizeof(req.uuid), "%s", uuid);
	snprintf(req.args, sizeof(req.args), "%s", args);
	return ask(&req);
}

static void test_unknown(void)
{
	static const uint32_t replayed[] = {
		KABI_IN_SYNC, KABI_FLUSH, KABI_MARK_REGION, KABI_CLEAR_REGION, KABI_GET_RESYNC_WORK,
		KABI_SET_REGION_SYNC, KABI_GET_SYNC_COUNT, KABI_STATUS_INFO,
		KABI_IS_REMOTE_RECOVERING,
	};
	unsigned int i;

	for (i = 0; i < CM_ARRAY_COUNT(replayed); i++)
		IS_INT(ask_error(replayed[i]), -ESRCH, "%s of an unknown log: replay it",
		       kabi_type_name(replayed[i]));
	IS_INT(ask_error(KABI_DTR), 0, "nothing to destroy");
	IS_INT(ask_error(KABI_PRESUSPEND), 0, "nothing to stop");
	IS_INT(ask_error(KABI_POSTSUSPEND), 0, "nothing to stop");
	IS_INT(ask_error(KABI_RESUME), 0, "a RESUME has no replay: an error could cost data");
	IS_INT(ask_error(KABI_IS_CLEAN), -ENOSYS, "a type no kernel sends");
	IS_INT(ask_error(99), -ENOSYS, "a type nobody knows");
}

static void test_bad_ctr(void)
{
	char args[256];

	IS_INT(ctr_of("a", 1, 3, " ").error, -EINVAL, "no arguments");
	IS_INT(ctr_of("a", 1, 3, "64 snapshot-log 8").error, -EINVAL, "a type that is not ours");
	IS_INT(ctr_of("a", 1, 3, "64 clustered-core 3").error, -EINVAL, "region size 3");
	IS_INT(ctr_of("a", 1, 3, "999999999999 clustered-core 2").error, -E2BIG, "regions");
	IS_INT(ctr_of("a", 1, 3, "64 clustered-disk 511:9 2").error, -ENODEV, "no such device");
	snprintf(args, sizeof(args), "64 clustered-disk %s 2", small_path);
	IS_INT(ctr_of("a", 1, 3, args).error, -ENOSPC, "a log too small");
	IS_INT(ask_error(KABI_GET_SYNC_COUNT), -ESRCH, "nothing is left of them");
}

/* A CTR that nobody answered for 15 s, and its repetition: the kernel hears the second answer. */
static void test_waited(const char *args)
{
	struct kabi_req req = {
		.type = KABI_CTR, .luid = LUID + 8, .version = 3, .uuid = "LVM-test",
	};
	struct kabi_req dtr = {.type = KABI_DTR, .luid = LUID + 8};
	struct kabi_reply reply = {.error = 1};
	uint8_t buf[2048];
	ssize_t got;
	uint32_t i;

	snprintf(req.args, sizeof(req.args), "%s", args);
	for (i = 0; i < 2; i++) {
		req.seq = ++seq;
		OK(send(kernel, buf, kabi_req_encode(&req, buf), 0) > 0, "a request waits");
	}
	for (i = 0; i < 100 && reply.seq != seq; i++) {
		loop_once(loop, 10);
		while ((got = recv(kernel, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
			OK(!kabi_reply_decode(buf, (size_t)got, &reply), "an answer");
	}
	IS_STR((char *)reply.data, log_path, "the answer that counts has the device word");
	IS_INT(ask(&dtr).error, 0, "DTR");
}

static void test_life(struct host *host)
{
	struct kabi_req req = {.type = KABI_GET_REGION_SIZE};
	struct kabi_reply reply;
	char args[256], other[256];
	uint64_t size = 0;

	snprintf(args, sizeof(args), "65536 clustered-disk %s 1024", log_path);
	reply = ctr_of("LVM-test", LUID, 3, args);
	IS_INT(reply.error, 0, "CTR");
	IS_STR((char *)reply.data, log_path, "answered with the device word");
	IS_U64(reply.data_bytes, strlen(log_path) + 1, "and its NUL");
	reply = ctr_of("LVM-test", LUID, 3, args);
	IS_INT(reply.error, 0, "the same again");
	IS_U64(reply.data_bytes, 0, "without the word: a replay has no room for it");
	test_waited(args);
	reply = ask(&req);
	memcpy(&size, reply.data, sizeof(size));
	IS_U64(size, 1024, "region size");

	snprintf(other, sizeof(other), "131072 clustered-disk %s 1024", log_path);
	IS_INT(ctr_of("LVM-test", LUID + 64, 3, other).error, -EBUSY, "another geometry");
	IS_INT(ctr_of("LVM-test", LUID + 64, 3, "65536 clustered-core 1024").error, -EBUSY,
	       "another type");
	reply = ctr_of("LVM-test", LUID + 64, 2, args);
	IS_INT(reply.error, 0, "a second table, by a kernel of version 2");
	req = (struct kabi_req){.type = KABI_DTR, .luid = LUID + 64};
	IS_INT(ask(&req).error, 0, "which goes again");
	IS_INT(ask_error(KABI_RESUME), 0, "RESUME");
	IS_INT(ask_error(KABI_MARK_REGION), 0, "MARK");
	IS_INT(ask_error(KABI_FLUSH), 0, "FLUSH");
	OK(host_has_live(host), "an instance runs");
	IS_INT(ctr_of("LVM-other", LUID + 128, 3, "64 clustered-core 2").error, 0, "another log");
}

/* As a process that was killed: its successor finds the file and asks for nothing but a replay. */
static void test_successor(void)
{
	struct kabi_req req = {.type = KABI_DTR}, lost = {.type = KABI_DTR, .luid = LUID + 128};
	struct kabi_req cleared = {.type = KABI_DTR, .luid = LUID + 256, .uuid = "LVM-test"};
	struct kabi_reply reply;
	struct host *host;
	char args[256];

	close(kernel);
	host = host_start();
	if (!host)
		return;
	IS_INT(ask_error(KABI_MARK_REGION), -ESRCH, "a successor asks for a replay");
	memcpy(lost.uuid, "LVM-other", 10);
	IS_INT(ask(&lost).error, 0, "DTR of a table that did not come back: nothing stays of it");
	snprintf(args, sizeof(args), "65536 clustered-disk %s 1024", log_path);
	IS_INT(ctr_of("LVM-test", LUID + 256, 3, args).error, 0, "another table of it is loaded");
	IS_INT(ask(&cleared).error, 0, "and cleared");
	loop_once(loop, 10);
	IS_U64(host->mlog_count, 0, "the log is closed");
	OK(host_has_live(host), "the table that is active counts");
	reply = ctr_of("LVM-test", LUID, 3, args);
	IS_INT(reply.error, 0, "CTR, replayed");
	IS_U64(reply.data_bytes, 0, "its answer is empty");
	IS_INT(ask_error(KABI_RESUME), 0, "RESUME, replayed");
	IS_INT(ask_error(KABI_MARK_REGION), 0, "MARK");
	IS_INT(ask_error(KABI_CLEAR_REGION), 0, "CLEAR");
	IS_INT(ask_error(KABI_PRESUSPEND), 0, "PRESUSPEND");
	/* The legs are not known here: the marks cannot be dropped, they go out of sync. */
	IS_INT(ask_error(KABI_POSTSUSPEND), 0, "POSTSUSPEND");
	IS_INT(ask(&req).error, 0, "DTR");
	loop_once(loop, 10);
	OK(!host_has_live(host), "nothing runs");
	IS_U64(host->mlog_count, 0, "the log is closed");
	host_destroy(host);
	loop_destroy(loop);
}

int main(void)
{
	struct host *host;
	char file[128];
	int fd;

	alarm(120);
	snprintf(dir, sizeof(dir), "./t_host.%d", (int)getpid());
	if (!OK(!mkdir(dir, 0700), "a folder"))
		return tap_done();
	snprintf(ctl_path, sizeof(ctl_path), "%s/sock", dir);
	snprintf(file, sizeof(file), "%s/logdev", dir);
	fd = open(file, O_RDWR | O_CREAT, 0600);
	OK(fd >= 0 && !ftruncate(fd, 4 << 20) && realpath(file, log_path), "a log device");
	close(fd);
	snprintf(file, sizeof(file), "%s/small", dir);
	fd = open(file, O_RDWR | O_CREAT, 0600);
	OK(fd >= 0 && !ftruncate(fd, 65536) && realpath(file, small_path), "a small one");
	close(fd);

	host = host_start();
	if (host) {
		test_unknown();
		test_bad_ctr();
		test_life(host);
		test_successor();
	}
	unlink(log_path);
	unlink(small_path);
	OK(!rmdir(dir), "no file is left in /run");
	return tap_done();
}
