/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * preflight.c - would an activation be served? Asked by clvmd on every node before it loads
 * anything: a RESUME that is held is an unkillable ioctl.
 *
 * The cluster's side is answered at once. The log device is read in a helper thread of its own, so
 * that a dead one holds up this question only.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/store/bdev.h"

#define PREFLIGHTS_MAX	8u	/* at the same time */
#define LOOKS		3u	/* at a log that looks damaged: another node may be writing it */
#define LOOK_WAIT_NS	100000000
#define NAME_BYTES	300u	/* "VG/LV" of a log */

struct preflight {
	struct host *host;
	struct ctl_conn *conn;
	struct helper *helper;
	char uuid[KABI_UUID_BYTES];
	struct kabi_ctr ctr;
	char name[NAME_BYTES];		/* how people know the log */
	bool is_local;
	uint8_t machine_id[16];
	int result;
	struct cm_errmsg err;
};

static int ctr_from(const struct ctl_req *req, struct kabi_ctr *ctr, struct cm_errmsg *err);
static int now_check(struct host *host, const char *uuid, const struct kabi_ctr *ctr,
		     bool *is_known, struct cm_errmsg *err);
static int device_start(struct host *host, struct ctl_conn *conn, const struct ctl_req *req,
			const struct kabi_ctr *ctr);
static void device_run(void *job);
static void device_done(void *job);
static int device_check(struct preflight *pre);
static int log_read(int fd, const struct disk_geom *geom, const char *uuid, struct disk_log *log,
		    struct cm_errmsg *err);
static int superblock_check(struct preflight *pre, const struct disk_geom *geom,
			    const struct disk_sb *sb);

/* Which client the table shall be loaded with. */
static void good(struct host *host, struct ctl_conn *conn)
{
	ctl_ok(conn);
	ctl_put(conn, "client", "%s", host->kmc ? "kmod" : "connector");
}

void preflight_start(struct host *host, struct ctl_conn *conn, const struct ctl_req *req)
{
	const char *uuid = ctl_req_get(req, "uuid");
	struct cm_errmsg err = {.text = ""};
	struct kabi_ctr ctr;
	bool is_known = false;
	int r;

	if (!uuid || !*uuid || strlen(uuid) >= KABI_UUID_BYTES) {
		ctl_error(conn, -EINVAL, "preflight needs uuid=<dm uuid of the log>");
		ctl_end(conn);
		return;
	}
	r = ctr_from(req, &ctr, &err);
	if (!r)
		r = host_kmod_open(host, &err);
	if (!r)
		r = now_check(host, uuid, &ctr, &is_known, &err);
	if (!r && !is_known && ctr.dev[0]) {
		r = device_start(host, conn, req, &ctr);
		if (!r)
			return;		/* device_done() answers */
		cm_err_set(&err, "log device %s cannot be looked at: %s", ctr.dev, cm_strerror(r));
	}
	if (r)
		ctl_error(conn, r, "%s", err.text);
	else
		good(host, conn);
	ctl_end(conn);
}

/* Through the CTR line that will be loaded: what is refused there is refused here, in the same
 * words. */
static int ctr_from(const struct ctl_req *req, struct kabi_ctr *ctr, struct cm_errmsg *err)
{
	const char *type = ctl_req_get(req, "type"), *dev = ctl_req_get(req, "logdev");
	const char *legs = ctl_req_get(req, "legs");
	uint64_t len_sect, region_size_sect, gen = 0;
	char line[KABI_ARGS_MAX + 1];
	int r, len;

	r = ctl_req_get_u64(req, "len_sect", UINT64_MAX, &len_sect, err);
	if (!r)
		r = ctl_req_get_u64(req, "region_size_sect", UINT32_MAX, &region_size_sect, err);
	if (!r && ctl_req_get(req, "gen"))
		r = ctl_req_get_u64(req, "gen", UINT32_MAX, &gen, err);
	if (r)
		return r;
	len = snprintf(line, sizeof(line), "%llu %s %s %llu gen=%llu%s%s",
		       (unsigned long long)len_sect, type ? type : "clustered-disk", dev ? dev : "",
		       (unsigned long long)region_size_sect, (unsigned long long)gen,
		       legs ? " legs=" : "", legs ? legs : "");
	if (len < 0 || (size_t)len >= sizeof(line)) {
		cm_err_set(err, "arguments too long");
		return -EINVAL;
	}
	if (kabi_ctr_parse(line, ctr, err))
		return -EINVAL;
	if (ctr->region_count > DISK_REGIONS_MAX) {
		cm_err_set(err, "%llu regions are too many: use a larger region size",
			   (unsigned long long)ctr->region_count);
		return -E2BIG;
	}
	return 0;
}

static int now_check(struct host *host, const char *uuid, const struct kabi_ctr *ctr,
		     bool *is_known, struct cm_errmsg *err)
{
	const struct mlog *mlog = mlog_find(host, uuid);
	int r;

	r = cmn_check(host->cmn, err);
	if (r)
		return r;
	if (!mlog) {
		if (host->mlog_count < CML_LOGS_MAX)
			return 0;
		cm_err_set(err, "%u logs are active on this node, the most there can be",
			   CML_LOGS_MAX);
		return -ENOSPC;
	}
	*is_known = true;
	if (mlog->ctr.region_count == ctr->region_count &&
	    mlog->ctr.region_size_sect == ctr->region_size_sect && !strcmp(mlog->ctr.dev, ctr->dev))
		return 0;
	cm_err_set(err, "the log is in use here with %llu regions of %u sectors on %s: deactivate "
		   "the mirror on this node first", (unsigned long long)mlog->ctr.region_count,
		   mlog->ctr.region_size_sect, mlog->ctr.dev[0] ? mlog->ctr.dev : "no device");
	return -EBUSY;
}

/* ---- the log device ---- */

static int device_start(struct host *host, struct ctl_conn *conn, const struct ctl_req *req,
			const struct kabi_ctr *ctr)
{
	const char *name = ctl_req_get(req, "name");
	struct identity id;
	struct preflight *pre;
	int r;

	if (host->preflight_count == PREFLIGHTS_MAX)
		return -EBUSY;
	pre = calloc(1, sizeof(*pre));
	if (!pre)
		return -ENOMEM;
	r = identity_read(&id, NULL);
	if (!r)
		r = helper_create(host->helpers, "cm-preflight", &pre->helper);
	if (r) {
		free(pre);
		return r;
	}
	pre->host = host;
	pre->conn = conn;
	pre->ctr = *ctr;
	pre->is_local = host->is_local;
	memcpy(pre->machine_id, id.machine_id, sizeof(pre->machine_id));
	(void)snprintf(pre->uuid, sizeof(pre->uuid), "%s", ctl_req_get(req, "uuid"));
	(void)snprintf(pre->name, sizeof(pre->name), "%s", name && *name ? name : ctr->dev);
	if (helper_start(pre->helper, device_run, device_done, pre))
		CM_UNREACHABLE();
	host->preflight_count++;
	return 0;
}

static void device_run(void *job)
{
	struct preflight *pre = job;

	pre->result = device_check(pre);
	if (pre->result)
		cm_err_wrap(&pre->err, "log %s", pre->name);
}

static void device_done(void *job)
{
	struct preflight *pre = job;

	pre->host->preflight_count--;
	helper_destroy(pre->helper);
	if (pre->result)
		ctl_error(pre->conn, pre->result, "%s", pre->err.text);
	else
		good(pre->host, pre->conn);
	ctl_end(pre->conn);
	free(pre);
}

static int device_check(struct preflight *pre)
{
	static const struct timespec wait = {.tv_nsec = LOOK_WAIT_NS};
	struct disk_geom geom;
	struct disk_log log;
	uint64_t bytes = 0;
	unsigned int i;
	int fd, r;

	r = bdev_open(pre->ctr.dev, O_RDONLY | O_DIRECT, &fd, &pre->err);
	if (r)
		return r;
	r = bdev_size(fd, &bytes);
	if (r) {
		cm_err_set(&pre->err, "%s", cm_strerror(r));
		goto out;
	}
	r = disk_geom_init(&geom, bytes, pre->ctr.region_count, pre->ctr.region_size_sect,
			   DISK_SLOTS_MAX, &pre->err);
	if (r)
		goto out;
	for (i = 0, r = -EAGAIN; r && i < LOOKS; i++) {
		if (i)
			nanosleep(&wait, NULL);
		r = log_read(fd, &geom, pre->uuid, &log, &pre->err);
	}
	if (!r && log.kind == DISK_LOG_OURS)
		r = superblock_check(pre, &geom, &log.sb);
out:
	close(fd);
	return r;
}

/* The header before the superblocks, as disk_log_look() wants it. Its errors, or the read's errno.
 */
static int log_read(int fd, const struct disk_geom *geom, const char *uuid, struct disk_log *log,
		    struct cm_errmsg *err)
{
	static _Thread_local uint8_t page[3][DISK_PAGE_BYTES] __attribute__((aligned(4096)));
	const uint64_t off[3] = {0, geom->sb_off[0], geom->sb_off[1]};
	unsigned int i;
	ssize_t got;
	int r;

	for (i = 0; i < 3; i++) {
		got = pread(fd, page[i], sizeof(page[i]), (off_t)off[i]);
		if (got == (ssize_t)sizeof(page[i]))
			continue;
		r = got < 0 ? -errno : -EIO;
		cm_err_set(err, "cannot be read: %s", cm_strerror(r));
		return r;
	}
	return disk_log_look(page[0], (const uint8_t *const[]){page[1], page[2]}, uuid, log, err);
}

static int superblock_check(struct preflight *pre, const struct disk_geom *geom,
			    const struct disk_sb *sb)
{
	uint32_t i;
	int r;

	if (sb->state != DISK_SB_ACTIVE)
		return 0;	/* it will be rebuilt */
	r = disk_sb_match(sb, geom, pre->uuid);
	if (r) {
		cm_err_set(&pre->err, "in use with %llu regions of %u sectors, not %llu of %u: "
			   "deactivate the mirror everywhere first",
			   (unsigned long long)sb->region_count, sb->region_size_sect,
			   (unsigned long long)geom->region_count, geom->region_size_sect);
		return r;
	}
	if (sb->legs_hash && pre->ctr.legs_hash &&
	    (sb->legs_hash != pre->ctr.legs_hash || sb->gen != pre->ctr.gen)) {
		cm_err_set(&pre->err, "active with generation %u of the legs, not %u: refresh this "
			   "node's metadata, or deactivate the mirror everywhere first", sb->gen,
			   pre->ctr.gen);
		return -ESTALE;
	}
	for (i = 0; pre->is_local && i < sb->slot_count; i++)
		if (sb->slot[i].state == DISK_SLOT_RUNNING &&
		    memcmp(sb->slot[i].machine_id, pre->machine_id, sizeof(pre->machine_id))) {
			cm_err_set(&pre->err, "in use by node %u, another machine: start the "
				   "cluster software here", sb->slot[i].nodeid);
			return -EBUSY;
		}
	return 0;
}
