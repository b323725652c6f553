/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_kernel.c - requests of the kernel: which instance, and what needs no core.
 *
 * For what the kernel makes of each answer see dm-log-userspace-{base,transfer}.c: -ESRCH to an
 * ordinary request makes it replay CTR and RESUME and ask again, which is how a restarted daemon
 * gets to know it; silence makes it ask again every 15 s; a positive number is taken for success.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <string.h>

#include "lib/daemon/lg.h"

static void ctr_handle(struct host *host, const struct kabi_req *req);
static void ctr_again(struct host *host, struct reg_inst *inst, const struct kabi_req *req);
static void ctr_reply(struct host *host, const struct kabi_req *req, const char *dev);
static void ctr_again(struct host *host, struct reg_inst *inst, const struct kabi_req *req)
{
	bool waited_together = inst->batch == host->batch;

	if (!waited_together && inst->type->ctr_again)
		inst->type->ctr_again(inst);
	ctr_reply(host, req, waited_together ? inst->dev : NULL);
}

static void dtr_handle(struct host *host, struct reg_inst *inst, const struct kabi_req *req);
static void region_size_reply(struct host *host, struct reg_inst *inst, const struct kabi_req *req);
static int unknown_error(uint32_t type);
static bool is_served(uint32_t type);

void host_kernel_ready(void *ctx, int fd, uint32_t events)
{
	struct host *host = ctx;
	struct kabi_req req;

	(void)fd;
	(void)events;
	host->batch++;
	while (host->kch_ops->next(host->kch, &req) == 1)
		if (!host->is_fenced)
			host_request(host, &req);
	host_settle(host);
}

void host_request(struct host *host, const struct kabi_req *req)
{
	struct reg_inst *inst;

	if (!is_served(req->type)) {
		lg_dbg("request of type %u: not served", req->type);
		host_reply(host, req, -ENOSYS);
		return;
	}
	inst = registry_find(host->registry, req->uuid, req->luid);
	if (req->type == KABI_CTR) {
		if (inst)
			ctr_again(host, inst, req);
		else
			ctr_handle(host, req);
	} else if (!inst) {
		if (req->type == KABI_DTR)
			orphan_dtr(host, req->uuid, req->luid);
		host_reply(host, req, unknown_error(req->type));
	} else if (req->type == KABI_DTR) {
		dtr_handle(host, inst, req);
	} else if (req->type == KABI_GET_REGION_SIZE) {
		region_size_reply(host, inst, req);
	} else {
		inst->type->request(inst->type->ctx, inst, req);
	}
}

void host_reply(struct host *host, const struct kabi_req *req, int error)
{
	struct kabi_reply reply = {
		.luid = req->luid, .seq = req->seq, .type = req->type, .error = error,
	};

	if (error > 0 || error < -999)
		reply.error = -EINVAL;	/* a domain code means nothing to the kernel */
	host->kch_ops->reply(host->kch, &reply);
}

static bool is_served(uint32_t type)
{
	return type >= KABI_CTR && type <= KABI_IS_REMOTE_RECOVERING && type != KABI_IS_CLEAN &&
	       type != KABI_STATUS_TABLE;
}

/*
 * Nothing to do is success; a replay is asked for where the kernel has one. It has none for RESUME:
 * an error would make it take the answer that it replays for as -ESRCH, and IN_SYNC for 0, and
 * write one leg without a mark. After 0 its next request is answered -ESRCH, and all is told again.
 */
static int unknown_error(uint32_t type)
{
	switch (type) {
	case KABI_DTR:
	case KABI_PRESUSPEND:
	case KABI_POSTSUSPEND:
	case KABI_RESUME:
		return 0;
	default:
		return -ESRCH;
	}
}

/*
 * In a replay the kernel has no room for the device word, takes the answer for too long, and tries
 * again for ever. A replay of an instance of a former process is known by the luid in its file; one
 * whose file is lost fails once and is then known here: its next CTR comes seconds later. One that
 * has waited together with the first is the first once more, repeated after 15 s, and the kernel
 * takes only the answer to the last: it gets the word, too.
 */
static void ctr_handle(struct host *host, const struct kabi_req *req)
{
	struct cm_errmsg err = {.text = ""};
	const struct log_type *type;
	const char *dev = NULL;
	struct reg_inst *inst;
	void *log = NULL;
	char word[32];
	int r;

	r = kabi_ctr_type_word(req->args, word, &err);
	if (r)
		goto out;
	type = registry_type_find(host->registry, word, &err);
	if (!type) {
		r = -EINVAL;
		goto out;
	}
	r = type->ctr(type->ctx, req, &log, &dev, &err);
	if (r)
		goto out;
	r = registry_add(host->registry, req->uuid, req->luid, type, log, &inst);
	CM_ASSERT(!r); /* the logs and luids of all types together fit: REGISTRY_INSTS_MAX */
	inst->dev = dev;
	inst->batch = host->batch;
	ctr_reply(host, req, dev);
	return;
out:
	lg_line(LG_ERR, req->uuid, "table refused: %s", err.text);
	host_reply(host, req, r);
}

static void ctr_reply(struct host *host, const struct kabi_req *req, const char *dev)
{
	struct kabi_reply reply = {.luid = req->luid, .seq = req->seq, .type = req->type};

	if (dev && req->version >= 2) {
		reply.data_bytes = (uint32_t)strlen(dev) + 1;
		CM_ASSERT(reply.data_bytes <= KABI_DEV_MAX);
		memcpy(reply.data, dev, reply.data_bytes);
	}
	host->kch_ops->reply(host->kch, &reply);
}

static void dtr_handle(struct host *host, struct reg_inst *inst, const struct kabi_req *req)
{
	inst->type->dtr(inst->type->ctx, inst);
	registry_del(host->registry, inst);
	/* Now, so that the log device is closed when the kernel goes on: its remover may be next.
	 * */
	if (host->has_chores)
		mlog_chores(host);
	host_reply(host, req, 0);
}

static void region_size_reply(struct host *host, struct reg_inst *inst, const struct kabi_req *req)
{
	uint64_t size_sect = inst->type->region_size_sect(inst->type->ctx, inst);
	struct kabi_reply reply = {
		.luid = req->luid, .seq = req->seq, .type = req->type,
		.data_bytes = sizeof(size_sect),
	};

	memcpy(reply.data, &size_sect, sizeof(size_sect));
	host->kch_ops->reply(host->kch, &reply);
}
