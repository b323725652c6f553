/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_kmod.c - the module dm-log-cmirror: its instances are known here by luid, what they say goes
 * to the core as looks, and what the core says goes to them.
 *
 * A look is taken at each NEWS, and again after each answer, for answering one thing may have left
 * another: the module says each thing until it has been dealt with.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/daemon/lg.h"

#define MARKS_BYTES	32768u	/* of one question */

static void kmod_ready(void *ctx, int fd, uint32_t events);
static void instance_found(void *ctx, const struct kmc_instance *inst);
static int instance_add(struct host *host, const struct kmc_instance *inst);
static void instance_del(struct host *host, uint64_t luid);
static void look(struct host *host, uint64_t luid);
static void marks_take(struct host *host, const struct reg_inst *inst);
static void all_look(struct host *host);

int host_kmod_open(struct host *host, struct cm_errmsg *err)
{
	struct cm_errmsg why = {.text = ""};
	int r;

	if (host->conf.client == CONF_CLIENT_CONNECTOR || host->kmc)
		return 0;
	r = kmc_open(&host->kmc, &why);
	if (r == -ENOENT && host->conf.client == CONF_CLIENT_AUTO)
		return 0;
	if (!r)
		r = loop_fd_add(host->loop, kmc_fd(host->kmc), EPOLLIN, kmod_ready, host);
	if (r)
		cm_err_set(err, "%s", why.text[0] ? why.text : cm_strerror(r));
	else
		lg_info("module dm-log-cmirror: new mirrors run with it");
	return r;
}

void host_kmod_start(struct host *host)
{
	if (host->kmc)
		all_look(host);
}

void host_kmod_close(struct host *host)
{
	if (!host->kmc)
		return;
	loop_fd_del(host->loop, kmc_fd(host->kmc));
	kmc_close(host->kmc);
	host->kmc = NULL;
}

void host_kmod_hold(struct host *host)
{
	uint32_t i;
	int r;

	for (i = 0; i < host->kmod_count; i++) {
		r = kmc_mode(host->kmc, host->kmod[i]->luid, CMIRROR_MODE_NONE, false);
		if (r)
			lg_line(LG_ERR, host->kmod[i]->uuid, "module: %s", cm_strerror(r));
	}
}

/* ---- instances ---- */

static struct reg_inst *inst_of(struct host *host, uint64_t luid)
{
	uint32_t i;

	for (i = 0; i < host->kmod_count; i++)
		if (host->kmod[i]->luid == luid)
			return host->kmod[i];
	return NULL;
}

bool host_kmod_knows(const struct host *host, uint64_t luid)
{
	return inst_of((struct host *)host, luid) != NULL;
}

/* As the stock client's CTR would say it, so that it is checked alike. */
static int request_from(const struct kmc_instance *inst, struct kabi_req *req)
{
	int len;

	memset(req, 0, sizeof(*req));
	req->type = KABI_CTR;
	req->luid = inst->luid;
	if (strlen(inst->uuid) >= sizeof(req->uuid))
		return -EINVAL;
	memcpy(req->uuid, inst->uuid, strlen(inst->uuid) + 1);
	len = snprintf(req->args, sizeof(req->args), "%llu clustered-%s %s",
		       (unsigned long long)(inst->region_count * inst->region_size_sect),
		       inst->type == CMIRROR_TYPE_CORE ? "core" : "disk", inst->args);
	return len < 0 || (size_t)len >= sizeof(req->args) ? -E2BIG : 0;
}

static int instance_add(struct host *host, const struct kmc_instance *inst)
{
	struct cm_errmsg err = {.text = ""};
	struct reg_inst *reg;
	struct mlog *mlog;
	struct kabi_req req;
	int r = request_from(inst, &req);

	if (!r && host->kmod_count == REGISTRY_INSTS_MAX)
		r = -ENOSPC;
	if (!r)
		r = mlog_ctr_kmod(host, &req, &mlog, &err);
	if (r) {
		lg_line(LG_ERR, inst->uuid, "table refused: %s",
			err.text[0] ? err.text : cm_strerror(r));
		return r;
	}
	r = registry_add(host->registry, req.uuid, req.luid,
			 inst->type == CMIRROR_TYPE_CORE ? &host->type_core : &host->type_disk,
			 mlog, &reg);
	CM_ASSERT(!r);
	host->kmod[host->kmod_count++] = reg;
	return 0;
}

static void instance_del(struct host *host, uint64_t luid)
{
	struct reg_inst *inst;
	uint32_t i;

	for (i = 0; i < host->kmod_count && host->kmod[i]->luid != luid; i++)
		;
	if (i == host->kmod_count)
		return;
	inst = host->kmod[i];
	host->kmod[i] = host->kmod[--host->kmod_count];
	inst->type->dtr(inst->type->ctx, inst);
	registry_del(host->registry, inst);
}

/* Also one that a former process knew: then nothing is asked. */
static void instance_found(void *ctx, const struct kmc_instance *inst)
{
	struct host *host = ctx;
	struct kmc_instance *list = host->kmod_found;

	if (host->kmod_found_count < HOST_KMOD_FOUND)
		list[host->kmod_found_count++] = *inst;
}

/* What is there, and what is not any more. */
static void all_look(struct host *host)
{
	uint32_t i, k;
	int r;

	host->kmod_found_count = 0;
	r = kmc_instances(host->kmc, instance_found, host);
	if (r) {
		lg_err("module dm-log-cmirror: %s", cm_strerror(r));
		return;
	}
	for (i = host->kmod_count; i-- > 0;) {
		for (k = 0; k < host->kmod_found_count; k++)
			if (host->kmod_found[k].luid == host->kmod[i]->luid)
				break;
		if (k == host->kmod_found_count)
			instance_del(host, host->kmod[i]->luid);
	}
	for (k = 0; k < host->kmod_found_count; k++) {
		const struct kmc_instance *inst = &host->kmod_found[k];

		r = inst_of(host, inst->luid) ? 0 : instance_add(host, inst);
		if (inst->ask & CMIRROR_ASK_CTR && kmc_ctr_done(host->kmc, inst->luid, r))
			lg_line(LG_WARN, inst->uuid, "table went before it was answered");
		if (!r)
			look(host, inst->luid);
	}
}

/* ---- news ---- */

static void news_take(struct host *host)
{
	uint64_t luid;
	uint32_t ask;
	int r;

	while ((r = kmc_news(host->kmc, &luid, &ask)) == 1) {
		if (host->is_fenced)
			continue;
		if (ask & CMIRROR_ASK_GONE)
			instance_del(host, luid);
		else if (inst_of(host, luid))
			look(host, luid);
		else
			all_look(host);
	}
	if (r == -ENOBUFS)
		all_look(host);
	else if (r)
		lg_err("module dm-log-cmirror: %s", cm_strerror(r));
}

static void kmod_ready(void *ctx, int fd, uint32_t events)
{
	(void)fd;
	(void)events;
	news_take(ctx);
	host_settle(ctx);
}

bool host_kmod_settle(struct host *host)
{
	if (!host->kmc || !kmc_has_news(host->kmc))
		return false;
	news_take(host);
	return true;
}

static void look(struct host *host, uint64_t luid)
{
	static struct kmod_look now;	/* some KiB; one thread */
	const struct reg_inst *inst = inst_of(host, luid);
	struct cmn_event ev = {.type = CMN_EV_KMOD, .look = &now};
	int r;

	if (!inst)
		return;
	r = kmc_look(host->kmc, luid, &now);
	if (r == -ENODEV) {
		instance_del(host, luid);
		return;
	}
	if (r) {
		lg_line(LG_ERR, inst->uuid, "module: %s", cm_strerror(r));
		return;
	}
	if (now.ask & CMIRROR_ASK_STOP)
		marks_take(host, inst);
	ev.log = ((struct mlog *)inst->log)->cml;
	host_step(host, &ev);
}

uint64_t host_kmod_stats(struct host *host, const struct mlog *mlog, struct cmirror_stats *stats)
{
	static struct kmod_look now;
	uint64_t marks = 0;
	uint32_t i, k;

	memset(stats, 0, sizeof(*stats));
	for (i = 0; i < host->kmod_count; i++) {
		const __u64 *from = (const __u64 *)&now.stats;
		__u64 *to = (__u64 *)stats;

		if (host->kmod[i]->log != mlog ||
		    kmc_look(host->kmc, host->kmod[i]->luid, &now))
			continue;
		marks += now.mark_count;
		for (k = 0; k < sizeof(*stats) / sizeof(*to); k++)
			to[k] += from[k];
	}
	return marks;
}

void host_kmod_look(struct host *host, uint64_t luid)
{
	look(host, luid);
}

/* The slot is ours again: its bits before the end of the suspend. */
static void marks_take(struct host *host, const struct reg_inst *inst)
{
	static uint8_t bits[MARKS_BYTES];
	const struct mlog *mlog = inst->log;
	struct cmn_event ev = {.type = CMN_EV_KMOD_MARKS, .log = mlog->cml, .buf = bits};
	uint64_t first, count;

	for (first = 0; first < mlog->ctr.region_count; first += count) {
		count = mlog->ctr.region_count - first;
		if (count > MARKS_BYTES * 8u)
			count = MARKS_BYTES * 8u;
		/* What cannot be told counts as marked: it is copied once more, no worse. */
		if (kmc_marks_get(host->kmc, inst->luid, first, count, bits))
			memset(bits, 0xff, sizeof(bits));
		ev.id = first;
		ev.len_bytes = (size_t)((count + 7) / 8);
		host_step(host, &ev);
	}
}

/* ---- the core's effects: inside a step ---- */

void host_kmod_push(struct host *host, const struct cmn_effect *fx)
{
	int r = kmc_push(host->kmc, fx->push);

	if (r && r != -ENODEV)
		lg_line(LG_ERR, cml_uuid(fx->log), "module: command %d: %s %s",
			(int)fx->push->type, cm_strerror(r), kmc_why(host->kmc));
}

static int start(struct host *host, const struct cmn_effect *fx)
{
	struct cml_slot_where where;
	struct kmc_slot slot;

	if (fx->reply->error)
		return kmc_start(host->kmc, fx->luid, NULL, HOST_STICKY_MS, fx->reply->error);
	cml_slot_where(fx->log, &where);
	slot = (struct kmc_slot){.slot = where.slot, .sect = where.off / 512,
				 .epoch = where.epoch, .uuid_hash = where.uuid_hash};
	return kmc_start(host->kmc, fx->luid, cml_is_core(fx->log) ? NULL : &slot, HOST_STICKY_MS,
			 0);
}

void host_kmod_reply(struct host *host, const struct cmn_effect *fx)
{
	int r = 0;

	if (fx->reply->type == KABI_RESUME)
		r = start(host, fx);
	else if (fx->reply->type == KABI_POSTSUSPEND)
		r = kmc_stop_done(host->kmc, fx->luid);
	/* Not asked: it ran already, or the ioctl was killed. */
	if (r && r != -EALREADY && r != -ENODEV)
		lg_line(LG_ERR, cml_uuid(fx->log), "module: %s %s", cm_strerror(r),
			kmc_why(host->kmc));
	host_late(host, &(struct late){.type = CMN_EV_KMOD, .id = fx->luid});
}
