// SPDX-License-Identifier: GPL-2.0-only
/* cmk_tell.c - what the daemon is told: NEWS, and the answers to INSTANCES and GET. */
#include "cmk.h"

/* ---- NEWS ---- */

static int news_send(u64 luid, u32 ask)
{
	u32 port = cmk_daemon();
	struct sk_buff *skb;
	void *head;

	if (!port)
		return -ENOTCONN;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_NOIO);
	if (!skb)
		return -ENOMEM;
	head = genlmsg_put(skb, 0, 0, &cmk_family, 0, CMIRROR_CMD_NEWS);
	if (!head || nla_put_u64_64bit(skb, CMIRROR_A_LUID, luid, CMIRROR_A_PAD) ||
	    nla_put_u32(skb, CMIRROR_A_ASK, ask)) {
		nlmsg_free(skb);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return genlmsg_unicast(&init_net, skb, port);
}

int cmk_tell_news(struct cmk_log *log, u32 ask)
{
	return news_send(log->luid, ask);
}

int cmk_tell_gone(u64 luid)
{
	return news_send(luid, CMIRROR_ASK_GONE);
}

/* ---- INSTANCES ---- */

static int put_instance(struct sk_buff *skb, struct cmk_log *log)
{
	struct mapped_device *md = dm_table_get_md(log->ti->table);
	char dev[32];
	u32 ask;
	u8 state;

	format_dev_t(dev, disk_devt(dm_disk(md)));
	spin_lock_irq(&log->lock);
	state = log->state;
	ask = log->ask;
	spin_unlock_irq(&log->lock);
	if (nla_put_u64_64bit(skb, CMIRROR_A_LUID, log->luid, CMIRROR_A_PAD) ||
	    nla_put_string(skb, CMIRROR_A_UUID, log->uuid) ||
	    nla_put_string(skb, CMIRROR_A_DEV, dev) ||
	    nla_put_u8(skb, CMIRROR_A_TYPE, log->dev ? CMIRROR_TYPE_DISK : CMIRROR_TYPE_CORE) ||
	    nla_put_u32(skb, CMIRROR_A_REGION_SECT, log->region_sect) ||
	    nla_put_u64_64bit(skb, CMIRROR_A_REGIONS, log->region_count, CMIRROR_A_PAD) ||
	    nla_put_string(skb, CMIRROR_A_ARGS, log->args) ||
	    nla_put_u8(skb, CMIRROR_A_STATE, state) || nla_put_u32(skb, CMIRROR_A_ASK, ask))
		return -EMSGSIZE;
	return 0;
}

int cmk_tell_instance(struct sk_buff *skb, struct cmk_log *log, u32 portid, u32 seq)
{
	void *head = genlmsg_put(skb, portid, seq, &cmk_family, NLM_F_MULTI,
				 CMIRROR_CMD_INSTANCES);

	if (!head)
		return -EMSGSIZE;
	if (put_instance(skb, log)) {
		genlmsg_cancel(skb, head);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, head);
	return 0;
}

/* ---- GET: under log->lock ---- */

static int put_claim_bits(struct sk_buff *skb, int attr, u64 id, const u8 *bits, u64 count,
			  int is_done)
{
	struct nlattr *nest = nla_nest_start(skb, attr);

	if (!nest || nla_put_u64_64bit(skb, CMIRROR_A_CLAIM, id, CMIRROR_A_PAD) ||
	    nla_put(skb, CMIRROR_A_BITS, DIV_ROUND_UP(count, 8), bits))
		return -EMSGSIZE;
	if (is_done >= 0 && nla_put_u8(skb, CMIRROR_A_IS_DONE, is_done))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int put_freezes(struct sk_buff *skb, const struct cmk_log *log)
{
	int i, r = 0;

	for (i = 0; !r && i < CMIRROR_FREEZES; i++) {
		const struct cmk_freeze *freeze = &log->freeze[i];

		if (freeze->id && freeze->is_told)
			r = put_claim_bits(skb, CMIRROR_A_FROZEN, freeze->id, freeze->written,
					   freeze->hi - freeze->lo, -1);
	}
	return r;
}

static int put_claims(struct sk_buff *skb, const struct cmk_log *log)
{
	int i, r = 0;

	for (i = 0; !r && i < CMIRROR_CLAIMS; i++) {
		const struct cmk_claim *claim = &log->claim[i];

		if (claim->id)
			r = put_claim_bits(skb, CMIRROR_A_COPIED, claim->id, claim->copied,
					   claim->hi - claim->lo, claim->is_done);
	}
	return r;
}

/* The first CMIRROR_LIST_MAX: when they are dealt with, GET tells the next. */
static int put_list(struct sk_buff *skb, const struct cmk_log *log, int attr,
		    const unsigned long *map)
{
	u64 r, list[CMIRROR_LIST_MAX];
	int n = 0;

	for (r = find_first_bit(map, log->region_count);
	     r < log->region_count && n < CMIRROR_LIST_MAX;
	     r = find_next_bit(map, log->region_count, r + 1))
		list[n++] = r;
	return n ? nla_put(skb, attr, n * sizeof(*list), list) : 0;
}

static int put_lists(struct sk_buff *skb, const struct cmk_log *log)
{
	int r = 0;

	if (log->ask & CMIRROR_ASK_VOID)
		r = put_list(skb, log, CMIRROR_A_VOIDS, log->voids);
	if (!r && log->ask & CMIRROR_ASK_FAILED)
		r = put_list(skb, log, CMIRROR_A_FAILED, log->failed);
	return r;
}

static int put_flushed(struct sk_buff *skb, const struct cmk_log *log)
{
	if (!(log->ask & CMIRROR_ASK_FLUSHED))
		return 0;
	if (nla_put_u64_64bit(skb, CMIRROR_A_FLUSH, log->flushed_id, CMIRROR_A_PAD))
		return -EMSGSIZE;
	return nla_put_s32(skb, CMIRROR_A_ERROR, log->flushed_error);
}

static int put_state(struct sk_buff *skb, struct cmk_log *log)
{
	if (nla_put_u64_64bit(skb, CMIRROR_A_LUID, log->luid, CMIRROR_A_PAD) ||
	    nla_put_u8(skb, CMIRROR_A_STATE, log->state) ||
	    nla_put_u32(skb, CMIRROR_A_ASK, log->ask) ||
	    nla_put_u8(skb, CMIRROR_A_MODE, log->want_mode) ||
	    nla_put_u64_64bit(skb, CMIRROR_A_COUNT, log->mark_count, CMIRROR_A_PAD) ||
	    nla_put(skb, CMIRROR_A_STATS, sizeof(log->stats), &log->stats))
		return -EMSGSIZE;
	log->told |= log->ask;
	return 0;
}

int cmk_tell_all(struct sk_buff *skb, struct cmk_log *log)
{
	int r;

	spin_lock_irq(&log->lock);
	r = put_state(skb, log);
	if (!r)
		r = put_freezes(skb, log);
	if (!r)
		r = put_claims(skb, log);
	if (!r)
		r = put_lists(skb, log);
	if (!r)
		r = put_flushed(skb, log);
	spin_unlock_irq(&log->lock);
	return r;
}
