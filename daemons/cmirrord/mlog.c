/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mlog.c - the log types clustered-disk and clustered-core, from CTR to DTR.
 *
 * A CTR opens the log device and reads its size, no more: it may come long before the RESUME, while
 * the device still belongs to the table that runs.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/daemon/lg.h"

static int disk_ctr(void *ctx, const struct kabi_req *req, void **log_out, const char **dev_out,
		    struct cm_errmsg *err);
static int core_ctr(void *ctx, const struct kabi_req *req, void **log_out, const char **dev_out,
		    struct cm_errmsg *err);
static void mlog_ctr_again(struct reg_inst *inst);
static void mlog_dtr(void *ctx, struct reg_inst *inst);
static void mlog_request(void *ctx, struct reg_inst *inst, const struct kabi_req *req);
static uint32_t mlog_region_size_sect(void *ctx, const struct reg_inst *inst);
typedef int instance_add_fn(struct cml *log, uint64_t luid, const struct kabi_ctr *ctr,
			    struct cm_errmsg *err);
static int mlog_ctr(struct host *host, const struct kabi_req *req, instance_add_fn *add,
		    struct mlog **out, bool *is_replay, struct cm_errmsg *err);
static int luid_add(struct mlog *mlog, uint64_t luid);
static int mlog_same(const struct mlog *mlog, const struct kabi_ctr *ctr, struct cm_errmsg *err);
static int mlog_create(struct host *host, const struct kabi_req *req, const struct kabi_ctr *ctr,
		       struct mlog **out, struct cm_errmsg *err);
static int mlog_open(struct mlog *mlog, const struct kabi_req *req, struct cm_errmsg *err);
static int core_open(struct mlog *mlog, struct cm_errmsg *err);
static void mlog_free(struct mlog *mlog, bool keep_file);
static void subject_set(struct mlog *mlog);
static void store_ready(void *ctx, int fd, uint32_t events);
static void legs_known(void *ctx, bool known);
static void legs_flushed(void *ctx, uint64_t id, int result);

static const struct outside_callbacks outside_callbacks = {
	.legs_known = legs_known,
	.flushed = legs_flushed,
};

void mlog_types_init(struct host *host)
{
	host->type_disk = (struct log_type){
		.word = "clustered-disk", .ctx = host, .ctr = disk_ctr, .dtr = mlog_dtr,
		.ctr_again = mlog_ctr_again,
		.request = mlog_request, .region_size_sect = mlog_region_size_sect,
	};
	host->type_core = host->type_disk;
	host->type_core.word = "clustered-core";
	host->type_core.ctr = core_ctr;
}

struct mlog *mlog_find(struct host *host, const char *uuid)
{
	uint32_t i;

	for (i = 0; i < host->mlog_count; i++)
		if (!strcmp(host->mlog[i]->uuid, uuid))
			return host->mlog[i];
	return NULL;
}

struct mlog *mlog_of(struct host *host, const struct cml *cml)
{
	uint32_t i;

	for (i = 0; i < host->mlog_count; i++)
		if (host->mlog[i]->cml == cml)
			return host->mlog[i];
	CM_UNREACHABLE();
}

/* ---- the type's operations ---- */

static int disk_ctr(void *ctx, const struct kabi_req *req, void **log_out, const char **dev_out,
		    struct cm_errmsg *err)
{
	struct mlog *mlog;
	bool is_replay;
	int r;

	r = mlog_ctr(ctx, req, cml_instance_add, &mlog, &is_replay, err);
	if (r)
		return r;
	*log_out = mlog;
	*dev_out = is_replay ? NULL : mlog->ctr.dev;
	return 0;
}

static int core_ctr(void *ctx, const struct kabi_req *req, void **log_out, const char **dev_out,
		    struct cm_errmsg *err)
{
	struct mlog *mlog;
	bool is_replay;
	int r;

	r = mlog_ctr(ctx, req, cml_instance_add, &mlog, &is_replay, err);
	if (r)
		return r;
	*log_out = mlog;
	*dev_out = NULL;
	return 0;
}

int mlog_ctr_kmod(struct host *host, const struct kabi_req *req, struct mlog **out,
		  struct cm_errmsg *err)
{
	bool is_replay;

	return mlog_ctr(host, req, cml_instance_add_kmod, out, &is_replay, err);
}

static int mlog_ctr(struct host *host, const struct kabi_req *req, instance_add_fn *add,
		    struct mlog **out, bool *is_replay, struct cm_errmsg *err)
{
	struct kabi_ctr ctr;
	struct mlog *mlog;
	int r;

	if (kabi_ctr_parse(req->args, &ctr, err))
		return -EINVAL;
	mlog = mlog_find(host, req->uuid);
	if (mlog)
		r = mlog_same(mlog, &ctr, err);
	else
		r = mlog_create(host, req, &ctr, &mlog, err);
	if (r)
		return r;
	*is_replay = persist_has_luid(&mlog->persist, req->luid);
	r = add(mlog->cml, req->luid, &ctr, err);
	if (!r)
		r = luid_add(mlog, req->luid);
	if (r) {
		host->has_chores = true;	/* a log just made for it goes again */
		return r;
	}
	mlog->inst_count++;
	outside_quiet(mlog->outside, false);
	orphan_luid_gone(host, req->uuid, req->luid);
	lg_line(LG_INFO, mlog->subject, "%s: %llu regions of %u KiB%s%s",
		*is_replay ? "table of a former cmirrord" : "table loaded",
		(unsigned long long)ctr.region_count, ctr.region_size_sect / 2,
		ctr.dev[0] ? ", log device " : ", core log", ctr.dev);
	*out = mlog;
	return 0;
}

/* Places of tables that were loaded and never resumed, or were suspended, and have not come back
 * are given up when there is no other: at worst their CTR fails once (host_kernel.c). */
static int luid_add(struct mlog *mlog, uint64_t luid)
{
	const struct persist_head *head = mlog->persist.head;
	uint32_t i;

	if (!persist_luid_add(&mlog->persist, luid))
		return 0;
	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (!head->is_running[i] &&
		    !registry_find(mlog->host->registry, mlog->uuid, head->luid[i]))
			persist_luid_del(&mlog->persist, head->luid[i]);
	return persist_luid_add(&mlog->persist, luid);
}

/* cml_instance_add() compares the geometry; this the rest. */
static int mlog_same(const struct mlog *mlog, const struct kabi_ctr *ctr, struct cm_errmsg *err)
{
	if (strcmp(mlog->ctr.type_word, ctr->type_word)) {
		cm_err_set(err, "in use here as %s, cannot be %s at the same time",
			   mlog->ctr.type_word, ctr->type_word);
		return -EBUSY;
	}
	if (strcmp(mlog->ctr.dev, ctr->dev)) {
		cm_err_set(err, "in use here with log device %s, cannot be on %s at the same time",
			   mlog->ctr.dev, ctr->dev);
		return -EBUSY;
	}
	return 0;
}

static void mlog_ctr_again(struct reg_inst *inst)
{
	struct mlog *mlog = inst->log;

	cml_instance_again(mlog->cml, inst->luid);
}

static void mlog_dtr(void *ctx, struct reg_inst *inst)
{
	struct host *host = ctx;
	struct mlog *mlog = inst->log;

	CM_ASSERT(!host->is_stepping && mlog->inst_count);
	host->is_stepping = true;
	cmn_instance_del(host->cmn, mlog->cml, inst->luid, loop_now_ms(host->loop), host_emit,
			 host);
	host->is_stepping = false;
	persist_luid_del(&mlog->persist, inst->luid);
	mlog->inst_count--;
	if (!mlog->inst_count)
		outside_quiet(mlog->outside, true);
	host->has_chores = true;
}

static void mlog_request(void *ctx, struct reg_inst *inst, const struct kabi_req *req)
{
	struct mlog *mlog = inst->log;
	struct cmn_event ev = {.type = CMN_EV_KERNEL, .log = mlog->cml, .req = req};

	host_step(ctx, &ev);
}

static uint32_t mlog_region_size_sect(void *ctx, const struct reg_inst *inst)
{
	const struct mlog *mlog = inst->log;

	(void)ctx;
	return mlog->ctr.region_size_sect;
}

/* ---- life ---- */

static int mlog_create(struct host *host, const struct kabi_req *req, const struct kabi_ctr *ctr,
		       struct mlog **out, struct cm_errmsg *err)
{
	struct mlog *mlog;
	int r;

	if (host->mlog_count == CML_LOGS_MAX) {
		cm_err_set(err, "%u logs are active on this node already, the most there can be",
			   CML_LOGS_MAX);
		return -ENOSPC;
	}
	mlog = calloc(1, sizeof(*mlog));
	if (!mlog) {
		cm_err_set(err, "no memory");
		return -ENOMEM;
	}
	mlog->host = host;
	mlog->ctr = *ctr;
	memcpy(mlog->uuid, req->uuid, sizeof(mlog->uuid));
	mlog_own_name(req->uuid, mlog->own_name);
	r = mlog_open(mlog, req, err);
	if (r) {
		mlog_free(mlog, mlog->persist.is_old);
		return r;
	}
	subject_set(mlog);
	host->mlog[host->mlog_count++] = mlog;
	*out = mlog;
	return 0;
}

static int mlog_open(struct mlog *mlog, const struct kabi_req *req, struct cm_errmsg *err)
{
	struct host *host = mlog->host;
	uint64_t size_sect;
	int r;

	if (mlog->ctr.region_count > DISK_REGIONS_MAX) {
		for (size_sect = mlog->ctr.region_size_sect;
		     (mlog->ctr.len_sect - 1) / size_sect >= DISK_REGIONS_MAX; size_sect *= 2)
			;
		cm_err_set(err, "%llu regions are too many: use a region size of at least %llu KiB",
			   (unsigned long long)mlog->ctr.region_count,
			   (unsigned long long)size_sect / 2);
		return -E2BIG;
	}
	if (mlog->ctr.dev[0]) {
		r = store_open(mlog->ctr.dev, &mlog->store, err);
		if (r) {
			cm_err_wrap(err, "log device");
			return r;
		}
	}
	r = persist_open(host->run_dir, mlog->uuid, req->args,
			 cml_persist_bytes(mlog->ctr.region_count), &mlog->persist, err);
	if (r)
		return r;
	r = core_open(mlog, err);
	if (r)
		return r;
	/*
	 * The former process may have been coordinator, and its oos lock has outlived it. The node
	 * that took over waits for that lock before it tells us anything, so it goes now. No write
	 * of the former process can be under way: it did not end before its last one had. Whoever
	 * owns the lock next, perhaps we, reads the disk first.
	 */
	if (mlog->persist.is_old)
		clu_disown(host->clu, mlog->own_name);
	r = outside_create(host->outside_hub, mlog->uuid, &outside_callbacks, mlog, &mlog->outside);
	if (!r && mlog->store)
		r = loop_fd_add(host->loop, store_fd(mlog->store), EPOLLIN, store_ready, mlog);
	if (r)
		cm_err_set(err, "helper threads: %s", cm_strerror(r));
	return r;
}

static int core_open(struct mlog *mlog, struct cm_errmsg *err)
{
	struct cml_config config = {
		.is_core = !mlog->store,
		.dev_bytes = mlog->store ? store_size_bytes(mlog->store) : 0,
		.ctr = mlog->ctr,
		.persist = mlog->persist.core,
		.persist_is_old = mlog->persist.is_old,
	};
	struct cml *cml;
	int r;

	memcpy(config.uuid, mlog->uuid, sizeof(config.uuid));
	r = cml_create(&config, &cml, err);
	if (r == CM_E_DISK_GEOMETRY)
		return -EINVAL;
	if (r == CM_E_DISK_SPACE)
		return -ENOSPC;
	if (r)
		return r < -999 ? -EBUSY : r;
	r = cmn_attach(mlog->host->cmn, cml);
	if (r) {
		cml_destroy(cml);
		cm_err_set(err, "log cannot be attached: %s", cm_strerror(r));
		return r;
	}
	mlog->cml = cml;
	return 0;
}

/* Also of one that was made in part. */
static void mlog_free(struct mlog *mlog, bool keep_file)
{
	struct host *host = mlog->host;
	bool is_closed = true;

	if (mlog->store)
		loop_fd_del(host->loop, store_fd(mlog->store));
	if (mlog->outside)
		outside_destroy(mlog->outside);
	if (mlog->cml) {
		cmn_detach(host->cmn, mlog->cml);
		cml_destroy(mlog->cml);
	}
	persist_close(&mlog->persist, keep_file);
	if (mlog->store)
		is_closed = store_close(mlog->store);
	if (!is_closed)
		lg_line(LG_WARN, mlog->subject, "log device %s does not close: it hangs",
			mlog->ctr.dev);
	free(mlog);
}

void mlog_chores(struct host *host)
{
	struct mlog *mlog;
	uint32_t i = 0;

	host->has_chores = false;
	while (i < host->mlog_count) {
		mlog = host->mlog[i];
		if (mlog->must_rescan) {
			mlog->must_rescan = false;
			outside_resumed(mlog->outside);
		}
		if (mlog->inst_count) {
			i++;
			continue;
		}
		/* Late events name their log: first these. */
		if (!cml_is_idle(mlog->cml) || host->late_count) {
			host->has_chores = true;
			i++;
			continue;
		}
		lg_line(LG_INFO, mlog->subject, "closed");
		host->mlog[i] = host->mlog[--host->mlog_count];
		/* An orphan's table may be active, though the one that has just gone was not. */
		mlog_free(mlog, persist_running_count(mlog->persist.head));
	}
}

void mlog_drop_all(struct host *host)
{
	/* Logs without running instances: tables that were loaded and never resumed. The kernel
	 * will be answered -ESRCH by the next process and tell it about them. */
	while (host->mlog_count) {
		struct mlog *mlog = host->mlog[--host->mlog_count];

		if (!cml_is_idle(mlog->cml)) {
			lg_line(LG_WARN, mlog->subject, "left as it is");
			continue;	/* the process ends in a moment */
		}
		mlog_free(mlog, mlog->inst_count != 0);
	}
}

void mlog_own_name(const char *uuid, char name[HOST_OWN_NAME_BYTES])
{
	(void)snprintf(name, HOST_OWN_NAME_BYTES, "oos:%016llx",
		       (unsigned long long)disk_uuid_hash(uuid));
}

uint32_t mlog_known_running(const struct mlog *mlog)
{
	const struct persist_head *head = mlog->persist.head;
	uint32_t i, count = 0;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		count += head->luid[i] && head->is_running[i] &&
			 registry_find(mlog->host->registry, mlog->uuid, head->luid[i]);
	return count;
}

void mlog_note_running(struct mlog *mlog, uint64_t luid, bool running)
{
	persist_running_set(&mlog->persist, luid, running);
}

static void subject_set(struct mlog *mlog)
{
	const char *name = outside_name(mlog->outside);
	size_t len = strlen(mlog->uuid);

	(void)snprintf(mlog->subject, sizeof(mlog->subject), "%.40s%s[%s]", name, *name ? " " : "",
		       mlog->uuid + (len > 8 ? len - 8 : 0));
}

/* ---- from outside ---- */

static void store_ready(void *ctx, int fd, uint32_t events)
{
	struct mlog *mlog = ctx;
	struct host *host = mlog->host;
	struct store_done done;

	(void)fd;
	(void)events;
	while (store_reap(mlog->store, &done) == 1) {
		struct cmn_event ev = {
			.type = CMN_EV_DISK_DONE, .log = mlog->cml, .id = done.id,
			.result = done.result,
		};

		host_step(host, &ev);
	}
	host_settle(host);
}

static void legs_known(void *ctx, bool known)
{
	struct mlog *mlog = ctx;

	if (known)
		subject_set(mlog);
	host_late(mlog->host, &(struct late){.type = CMN_EV_LEGS_KNOWN, .mlog = mlog,
					     .result = known ? 0 : -ENXIO});
}

static void legs_flushed(void *ctx, uint64_t id, int result)
{
	struct mlog *mlog = ctx;

	host_late(mlog->host, &(struct late){.type = CMN_EV_LEGS_FLUSHED, .mlog = mlog, .id = id,
					     .result = result});
}
