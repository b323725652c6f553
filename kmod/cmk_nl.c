// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_nl.c - commands of the daemon. What each takes and returns is in cmirror.h.
 *
 * All bytes are checked here, by the policy and by the helpers below; the rest of the module takes
 * regions and ranges for good.
 */
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/version.h>

#include "cmk.h"

static u32 daemon_port;		/* under cmk_mutex; read without */

u32 cmk_daemon(void)
{
	return READ_ONCE(daemon_port);
}

static struct netlink_range_validation sticky_range = { .min = 100, .max = 600000 };
static struct netlink_range_validation patience_range = { .min = 0, .max = 60000 };

static const struct nla_policy policy[CMIRROR_A_MAX + 1] = {
	[CMIRROR_A_VERSION_MIN] = { .type = NLA_U16 },
	[CMIRROR_A_VERSION_MAX] = { .type = NLA_U16 },
	[CMIRROR_A_LUID] = { .type = NLA_U64 },
	[CMIRROR_A_ERROR] = NLA_POLICY_RANGE(NLA_S32, -4095, 0),
	[CMIRROR_A_SLOT] = { .type = NLA_U32 },
	[CMIRROR_A_SLOT_SECT] = { .type = NLA_U64 },
	[CMIRROR_A_EPOCH] = { .type = NLA_U64 },
	[CMIRROR_A_UUID_HASH] = { .type = NLA_U64 },
	[CMIRROR_A_STICKY_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &sticky_range),
	[CMIRROR_A_MODE] = NLA_POLICY_RANGE(NLA_U8, CMIRROR_MODE_NONE, CMIRROR_MODE_ALL),
	[CMIRROR_A_OOS_DURABLE] = NLA_POLICY_RANGE(NLA_U8, 0, 1),
	[CMIRROR_A_OP] = NLA_POLICY_RANGE(NLA_U8, CMIRROR_OP_SET, CMIRROR_OP_LOAD),
	[CMIRROR_A_FIRST] = { .type = NLA_U64 },
	[CMIRROR_A_COUNT] = { .type = NLA_U64 },
	[CMIRROR_A_BITS] = { .type = NLA_BINARY, .len = CMIRROR_BITS_MAX },
	[CMIRROR_A_CLAIM] = { .type = NLA_U64 },
	[CMIRROR_A_LO] = { .type = NLA_U64 },
	[CMIRROR_A_HI] = { .type = NLA_U64 },
	[CMIRROR_A_WAIT_MS] = NLA_POLICY_RANGE(NLA_U32, 0, 10000),
	[CMIRROR_A_PATIENCE_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &patience_range),
	[CMIRROR_A_REGION] = { .type = NLA_U64 },
	[CMIRROR_A_FLUSH] = { .type = NLA_U64 },
};

/* ---- attributes ---- */

static bool has(struct genl_info *info, int attr)
{
	if (info->attrs[attr])
		return true;
	GENL_SET_ERR_MSG(info, "an attribute is missing");
	return false;
}

static u64 get_u64(struct genl_info *info, int attr)
{
	return nla_get_u64(info->attrs[attr]);
}

/* FIRST and BITS: a range of bytes that lies in the map. */
static int bits_get(struct genl_info *info, const struct cmk_log *log, u64 *first, u32 *bytes)
{
	u64 at;
	u32 len;

	if (!has(info, CMIRROR_A_FIRST) || !has(info, CMIRROR_A_BITS))
		return -EINVAL;
	at = get_u64(info, CMIRROR_A_FIRST);
	len = nla_len(info->attrs[CMIRROR_A_BITS]);
	if (at % 64) {
		GENL_SET_ERR_MSG(info, "FIRST is no multiple of 64");
		return -EINVAL;
	}
	if (at >= log->region_count || len > DIV_ROUND_UP(log->region_count - at, 8)) {
		GENL_SET_ERR_MSG(info, "regions beyond the end of the mirror");
		return -ERANGE;
	}
	*first = at;
	*bytes = len;
	return 0;
}

/* CLAIM, LO, HI. */
static int range_get(struct genl_info *info, const struct cmk_log *log, u64 *id, u64 *lo, u64 *hi)
{
	if (!has(info, CMIRROR_A_CLAIM) || !has(info, CMIRROR_A_LO) || !has(info, CMIRROR_A_HI))
		return -EINVAL;
	*id = get_u64(info, CMIRROR_A_CLAIM);
	*lo = get_u64(info, CMIRROR_A_LO);
	*hi = get_u64(info, CMIRROR_A_HI);
	if (!*id || *lo >= *hi || *hi - *lo > CMIRROR_CLAIM_MAX) {
		GENL_SET_ERR_MSG(info, "a claim is 1 to 256 regions, and has a number");
		return -EINVAL;
	}
	if (*hi > log->region_count) {
		GENL_SET_ERR_MSG(info, "regions beyond the end of the mirror");
		return -ERANGE;
	}
	return 0;
}

static int region_get(struct genl_info *info, const struct cmk_log *log, u64 *region)
{
	if (!has(info, CMIRROR_A_REGION))
		return -EINVAL;
	*region = get_u64(info, CMIRROR_A_REGION);
	return *region < log->region_count ? 0 : -ERANGE;
}

/* ---- commands of an instance: under cmk_mutex ---- */

static int do_ctr_done(struct genl_info *info, struct cmk_log *log)
{
	if (!has(info, CMIRROR_A_ERROR))
		return -EINVAL;
	return cmk_answer(log, CMIRROR_ASK_CTR, nla_get_s32(info->attrs[CMIRROR_A_ERROR]));
}

/* The slot's pages lie within the log device. */
static int slot_get(struct genl_info *info, struct cmk_log *log)
{
	u64 sect, end;

	if (!has(info, CMIRROR_A_SLOT) || !has(info, CMIRROR_A_SLOT_SECT) ||
	    !has(info, CMIRROR_A_EPOCH) || !has(info, CMIRROR_A_UUID_HASH))
		return -EINVAL;
	sect = get_u64(info, CMIRROR_A_SLOT_SECT);
	end = bdev_nr_sectors(log->dev->bdev);
	if (sect % CMK_PAGE_SECT || sect > end ||
	    (u64)log->page_count * CMK_PAGE_SECT > end - sect) {
		GENL_SET_ERR_MSG(info, "the slot does not lie on the log device");
		return -ERANGE;
	}
	spin_lock_irq(&log->lock);
	if (log->state == CMIRROR_RESUMING) {
		log->slot = nla_get_u32(info->attrs[CMIRROR_A_SLOT]);
		log->slot_sect = sect;
		log->epoch = get_u64(info, CMIRROR_A_EPOCH);
		log->uuid_hash = get_u64(info, CMIRROR_A_UUID_HASH);
	}
	spin_unlock_irq(&log->lock);
	return 0;
}

static int do_start(struct genl_info *info, struct cmk_log *log)
{
	int error, r;

	if (!has(info, CMIRROR_A_ERROR))
		return -EINVAL;
	error = nla_get_s32(info->attrs[CMIRROR_A_ERROR]);
	if (!error) {
		if (!has(info, CMIRROR_A_STICKY_MS))
			return -EINVAL;
		r = log->dev ? slot_get(info, log) : 0;
		if (r)
			return r;
		spin_lock_irq(&log->lock);
		if (log->state == CMIRROR_RESUMING)
			log->sticky_ms = nla_get_u32(info->attrs[CMIRROR_A_STICKY_MS]);
		spin_unlock_irq(&log->lock);
	}
	return cmk_answer(log, CMIRROR_ASK_RESUME, error);
}

static int do_stop_done(struct genl_info *info, struct cmk_log *log)
{
	return cmk_answer(log, CMIRROR_ASK_STOP, 0);
}

static int do_oos(struct genl_info *info, struct cmk_log *log)
{
	u64 first;
	u32 bytes;
	int r;

	if (!has(info, CMIRROR_A_OP))
		return -EINVAL;
	r = bits_get(info, log, &first, &bytes);
	if (r)
		return r;
	spin_lock_irq(&log->lock);
	cmk_oos_change(log, nla_get_u8(info->attrs[CMIRROR_A_OP]), first,
		       nla_data(info->attrs[CMIRROR_A_BITS]), bytes);
	cmk_changed(log);
	spin_unlock_irq(&log->lock);
	return 0;
}

static int do_mode(struct genl_info *info, struct cmk_log *log)
{
	if (!has(info, CMIRROR_A_MODE) || !has(info, CMIRROR_A_OOS_DURABLE))
		return -EINVAL;
	spin_lock_irq(&log->lock);
	log->want_mode = nla_get_u8(info->attrs[CMIRROR_A_MODE]);
	/* What has failed here the daemon has not on disk, or has not heard of when it said so. */
	log->oos_durable = nla_get_u8(info->attrs[CMIRROR_A_OOS_DURABLE]) &&
			   find_first_bit(log->failed, log->region_count) >= log->region_count;
	cmk_changed(log);
	spin_unlock_irq(&log->lock);
	return 0;
}

static void marks_put(struct cmk_log *log, u64 first, const u8 *bits, u32 bytes)
{
	u64 i, r;

	for (i = 0; i < bytes * 8ULL; i++) {
		r = first + i;
		if (r >= log->region_count)
			return;
		if (!cmk_bit_get(bits, i) || __test_and_set_bit(r, log->marks))
			continue;
		__set_bit(r, log->recent);
		log->mark_count++;
	}
}

static int do_marks(struct genl_info *info, struct cmk_log *log)
{
	u64 first;
	u32 bytes;
	int r = bits_get(info, log, &first, &bytes);

	if (r)
		return r;
	spin_lock_irq(&log->lock);
	if (log->state == CMIRROR_RESUMING)
		marks_put(log, first, nla_data(info->attrs[CMIRROR_A_BITS]), bytes);
	else
		r = -EBUSY;
	spin_unlock_irq(&log->lock);
	return r;
}

static int do_freeze(struct genl_info *info, struct cmk_log *log)
{
	struct cmk_freeze what = { .id = 0 };
	int r = range_get(info, log, &what.id, &what.lo, &what.hi);

	if (r)
		return r;
	if (!has(info, CMIRROR_A_WAIT_MS) || !has(info, CMIRROR_A_PATIENCE_MS))
		return -EINVAL;
	what.wait_ms = nla_get_u32(info->attrs[CMIRROR_A_WAIT_MS]);
	what.void_at = jiffies +
		       msecs_to_jiffies(nla_get_u32(info->attrs[CMIRROR_A_PATIENCE_MS]));
	spin_lock_irq(&log->lock);
	r = cmk_freeze(log, &what);
	spin_unlock_irq(&log->lock);
	return r;
}

static int do_thaw(struct genl_info *info, struct cmk_log *log)
{
	u64 id, region = 0;
	int r;

	if (!has(info, CMIRROR_A_CLAIM))
		return -EINVAL;
	id = get_u64(info, CMIRROR_A_CLAIM);
	if (!id)
		return -EINVAL;
	if (info->attrs[CMIRROR_A_REGION]) {
		r = region_get(info, log, &region);
		if (r)
			return r;
	}
	spin_lock_irq(&log->lock);
	cmk_thaw(log, id, info->attrs[CMIRROR_A_REGION] ? &region : NULL);
	spin_unlock_irq(&log->lock);
	return 0;
}

static int do_claim(struct genl_info *info, struct cmk_log *log)
{
	struct cmk_claim what = { .id = 0 };
	int r = range_get(info, log, &what.id, &what.lo, &what.hi);

	if (r)
		return r;
	if (!has(info, CMIRROR_A_BITS))
		return -EINVAL;
	if (nla_len(info->attrs[CMIRROR_A_BITS]) != DIV_ROUND_UP(what.hi - what.lo, 8)) {
		GENL_SET_ERR_MSG(info, "BITS are not those of the claim");
		return -EINVAL;
	}
	memcpy(what.out, nla_data(info->attrs[CMIRROR_A_BITS]),
	       nla_len(info->attrs[CMIRROR_A_BITS]));
	spin_lock_irq(&log->lock);
	r = cmk_claim(log, &what);
	spin_unlock_irq(&log->lock);
	return r;
}

static int do_claim_cut(struct genl_info *info, struct cmk_log *log)
{
	if (!has(info, CMIRROR_A_CLAIM) || !has(info, CMIRROR_A_HI) ||
	    !get_u64(info, CMIRROR_A_CLAIM))
		return -EINVAL;
	spin_lock_irq(&log->lock);
	cmk_claim_cut(log, get_u64(info, CMIRROR_A_CLAIM), get_u64(info, CMIRROR_A_HI));
	spin_unlock_irq(&log->lock);
	return 0;
}

static int do_claim_end(struct genl_info *info, struct cmk_log *log)
{
	int r;

	if (!has(info, CMIRROR_A_CLAIM) || !get_u64(info, CMIRROR_A_CLAIM))
		return -EINVAL;
	spin_lock_irq(&log->lock);
	r = cmk_claim_end(log, get_u64(info, CMIRROR_A_CLAIM));
	spin_unlock_irq(&log->lock);
	return r;
}

static int do_flush(struct genl_info *info, struct cmk_log *log)
{
	if (!has(info, CMIRROR_A_FLUSH) || !get_u64(info, CMIRROR_A_FLUSH))
		return -EINVAL;
	spin_lock_irq(&log->lock);
	log->flush_id = get_u64(info, CMIRROR_A_FLUSH);
	cmk_ask_over(log, CMIRROR_ASK_FLUSHED);
	cmk_clerk_wake(log);
	spin_unlock_irq(&log->lock);
	return 0;
}

static int do_failed_done(struct genl_info *info, struct cmk_log *log)
{
	u64 region;
	int r = region_get(info, log, &region);

	if (r)
		return r;
	spin_lock_irq(&log->lock);
	__clear_bit(region, log->failed);
	if (log->ask & CMIRROR_ASK_FAILED &&
	    find_first_bit(log->failed, log->region_count) >= log->region_count)
		cmk_ask_over(log, CMIRROR_ASK_FAILED);
	spin_unlock_irq(&log->lock);
	return 0;
}

/* ---- answers with a message ---- */

static int answer_send(struct genl_info *info, struct cmk_log *log,
		       int (*fill)(struct sk_buff *skb, struct genl_info *info,
				   struct cmk_log *log), u8 cmd)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE + CMIRROR_BITS_MAX, GFP_NOIO);
	void *head;
	int r = -EMSGSIZE;

	if (!skb)
		return -ENOMEM;
	head = genlmsg_put_reply(skb, info, &cmk_family, 0, cmd);
	if (head)
		r = fill(skb, info, log);
	if (r) {
		nlmsg_free(skb);
		return r;
	}
	genlmsg_end(skb, head);
	return genlmsg_reply(skb, info);
}

static int fill_all(struct sk_buff *skb, struct genl_info *info, struct cmk_log *log)
{
	return cmk_tell_all(skb, log);
}

static int do_get(struct genl_info *info, struct cmk_log *log)
{
	return answer_send(info, log, fill_all, CMIRROR_CMD_GET);
}

static int fill_marks(struct sk_buff *skb, struct genl_info *info, struct cmk_log *log)
{
	u64 first = get_u64(info, CMIRROR_A_FIRST), i;
	u64 count = min(get_u64(info, CMIRROR_A_COUNT), log->region_count - first);
	u32 bytes = DIV_ROUND_UP(count, 8);
	struct nlattr *attr;
	u8 *bits;

	if (nla_put_u64_64bit(skb, CMIRROR_A_LUID, log->luid, CMIRROR_A_PAD) ||
	    nla_put_u64_64bit(skb, CMIRROR_A_FIRST, first, CMIRROR_A_PAD))
		return -EMSGSIZE;
	attr = nla_reserve(skb, CMIRROR_A_BITS, bytes);
	if (!attr)
		return -EMSGSIZE;
	bits = nla_data(attr);
	memset(bits, 0, bytes);
	spin_lock_irq(&log->lock);
	for (i = find_next_bit(log->marks, first + count, first); i < first + count;
	     i = find_next_bit(log->marks, first + count, i + 1))
		cmk_bit_put(bits, i - first);
	spin_unlock_irq(&log->lock);
	return 0;
}

static int do_marks_get(struct genl_info *info, struct cmk_log *log)
{
	if (!has(info, CMIRROR_A_FIRST) || !has(info, CMIRROR_A_COUNT))
		return -EINVAL;
	if (get_u64(info, CMIRROR_A_FIRST) >= log->region_count)
		return -ERANGE;
	if (get_u64(info, CMIRROR_A_FIRST) % 64 || !get_u64(info, CMIRROR_A_COUNT) ||
	    get_u64(info, CMIRROR_A_COUNT) > CMIRROR_BITS_MAX * 8ULL)
		return -EINVAL;
	return answer_send(info, log, fill_marks, CMIRROR_CMD_MARKS_GET);
}

static int fill_version(struct sk_buff *skb, struct genl_info *info, struct cmk_log *log)
{
	u16 hi = nla_get_u16(info->attrs[CMIRROR_A_VERSION_MAX]);

	return nla_put_u16(skb, CMIRROR_A_VERSION, min_t(u16, hi, CMIRROR_VERSION));
}

/* ---- who may ---- */

static int do_bind(struct genl_info *info)
{
	u16 lo, hi;

	if (!has(info, CMIRROR_A_VERSION_MIN) || !has(info, CMIRROR_A_VERSION_MAX))
		return -EINVAL;
	lo = nla_get_u16(info->attrs[CMIRROR_A_VERSION_MIN]);
	hi = nla_get_u16(info->attrs[CMIRROR_A_VERSION_MAX]);
	if (lo > CMIRROR_VERSION || hi < CMIRROR_VERSION_MIN) {
		GENL_SET_ERR_MSG(info, "the module speaks version 1 to 1: update it, or cmirrord");
		return -EPROTONOSUPPORT;
	}
	if (daemon_port && daemon_port != info->snd_portid) {
		GENL_SET_ERR_MSG(info, "another cmirrord is bound");
		return -EBUSY;
	}
	WRITE_ONCE(daemon_port, info->snd_portid);
	return answer_send(info, NULL, fill_version, CMIRROR_CMD_BIND);
}

typedef int cmk_do_fn(struct genl_info *info, struct cmk_log *log);

static cmk_do_fn *const commands[CMIRROR_CMD_MAX + 1] = {
	[CMIRROR_CMD_GET] = do_get,
	[CMIRROR_CMD_CTR_DONE] = do_ctr_done,
	[CMIRROR_CMD_START] = do_start,
	[CMIRROR_CMD_STOP_DONE] = do_stop_done,
	[CMIRROR_CMD_OOS] = do_oos,
	[CMIRROR_CMD_MODE] = do_mode,
	[CMIRROR_CMD_MARKS] = do_marks,
	[CMIRROR_CMD_FREEZE] = do_freeze,
	[CMIRROR_CMD_THAW] = do_thaw,
	[CMIRROR_CMD_CLAIM] = do_claim,
	[CMIRROR_CMD_CLAIM_CUT] = do_claim_cut,
	[CMIRROR_CMD_CLAIM_END] = do_claim_end,
	[CMIRROR_CMD_FLUSH] = do_flush,
	[CMIRROR_CMD_FAILED_DONE] = do_failed_done,
	[CMIRROR_CMD_MARKS_GET] = do_marks_get,
};

static int bound_do(struct genl_info *info)
{
	struct cmk_log *log;

	if (!daemon_port || daemon_port != info->snd_portid) {
		GENL_SET_ERR_MSG(info, "this socket is not bound");
		return -ENOTCONN;
	}
	if (!has(info, CMIRROR_A_LUID))
		return -EINVAL;
	log = cmk_find(get_u64(info, CMIRROR_A_LUID));
	if (!log) {
		GENL_SET_ERR_MSG(info, "no instance has that number");
		return -ENODEV;
	}
	spin_lock_irq(&log->lock);
	log->stats.told++;
	spin_unlock_irq(&log->lock);
	return commands[info->genlhdr->cmd](info, log);
}

static int cmk_doit(struct sk_buff *skb, struct genl_info *info)
{
	int r;

	if (!netlink_capable(skb, CAP_SYS_ADMIN))
		return -EPERM;
	mutex_lock(&cmk_mutex);
	r = info->genlhdr->cmd == CMIRROR_CMD_BIND ? do_bind(info) : bound_do(info);
	mutex_unlock(&cmk_mutex);
	return r;
}

static int cmk_dump(struct sk_buff *skb, struct netlink_callback *cb)
{
	u64 *last = (u64 *)cb->ctx;	/* luid; others may come and go between two calls */
	struct cmk_log *log;
	int r = 0;

	if (!netlink_capable(cb->skb, CAP_SYS_ADMIN))
		return -EPERM;
	mutex_lock(&cmk_mutex);
	if (daemon_port != NETLINK_CB(cb->skb).portid)
		r = -ENOTCONN;
	list_for_each_entry(log, &cmk_logs, list) {
		if (r)
			break;
		if (log->luid <= *last)
			continue;
		r = cmk_tell_instance(skb, log, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq);
		if (!r)
			*last = log->luid;
	}
	mutex_unlock(&cmk_mutex);
	if (r && r != -EMSGSIZE)
		return r;
	return skb->len;
}

/* The daemon is gone: what nobody is there for has to wait. */
static int released(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *notify = data;
	struct cmk_log *log;

	if (event != NETLINK_URELEASE || notify->protocol != NETLINK_GENERIC ||
	    notify->net != &init_net || !notify->portid || notify->portid != cmk_daemon())
		return NOTIFY_DONE;
	mutex_lock(&cmk_mutex);
	WRITE_ONCE(daemon_port, 0);
	list_for_each_entry(log, &cmk_logs, list) {
		spin_lock_irq(&log->lock);
		log->told = 0;	/* the next one has heard nothing */
		log->want_mode = min_t(u8, log->want_mode, CMIRROR_MODE_IN_SYNC);
		cmk_changed(log);
		spin_unlock_irq(&log->lock);
	}
	mutex_unlock(&cmk_mutex);
	return NOTIFY_DONE;
}

static struct notifier_block release_notifier = { .notifier_call = released };

#define CMK_OP(name) { .cmd = CMIRROR_CMD_##name, .doit = cmk_doit }

static const struct genl_small_ops ops[] = {
	CMK_OP(BIND),
	{ .cmd = CMIRROR_CMD_INSTANCES, .dumpit = cmk_dump },
	CMK_OP(GET),
	CMK_OP(CTR_DONE),
	CMK_OP(START),
	CMK_OP(STOP_DONE),
	CMK_OP(OOS),
	CMK_OP(MODE),
	CMK_OP(MARKS),
	CMK_OP(FREEZE),
	CMK_OP(THAW),
	CMK_OP(CLAIM),
	CMK_OP(CLAIM_CUT),
	CMK_OP(CLAIM_END),
	CMK_OP(FLUSH),
	CMK_OP(FAILED_DONE),
	CMK_OP(MARKS_GET),
};

struct genl_family cmk_family __ro_after_init = {
	.name = CMIRROR_FAMILY,
	.version = CMIRROR_FAMILY_VERSION,
	.maxattr = CMIRROR_A_MAX,
	.policy = policy,
	.module = THIS_MODULE,
	.parallel_ops = true,	/* cmk_mutex is enough */
	.small_ops = ops,
	.n_small_ops = ARRAY_SIZE(ops),
	.resv_start_op = __CMIRROR_CMD_END,
};

int cmk_nl_register(void)
{
	int r = netlink_register_notifier(&release_notifier);

	if (r)
		return r;
	r = genl_register_family(&cmk_family);
	if (r)
		netlink_unregister_notifier(&release_notifier);
	return r;
}

void cmk_nl_unregister(void)
{
	genl_unregister_family(&cmk_family);
	netlink_unregister_notifier(&release_notifier);
}
