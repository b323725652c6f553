/* SPDX-License-Identifier: GPL-2.0-only */
/* kmc.c - see kmc.h. */
#include "lib/kernel/kmc.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUF_BYTES	(CMIRROR_BITS_MAX + 16384u)	/* one message, either way */
#define NEWS_MAX	1024u	/* instances: 256 logs of 4 */
#define RCVBUF_BYTES	(1 << 20)

struct news {
	uint64_t luid;
	uint32_t ask;
};

struct kmc {
	struct mnl_socket *sock;
	uint32_t port;
	uint16_t family;
	uint32_t seq;
	char why[256];
	struct news news[NEWS_MAX];	/* that came while we waited for an answer */
	uint32_t news_count;
	bool news_lost;
	uint8_t out[BUF_BYTES];
	uint8_t in[BUF_BYTES];
};

typedef int answer_fn(const struct nlmsghdr *nlh, void *ctx);

/* ---- messages in ---- */

struct attrs {
	const struct nlattr *at[CMIRROR_A_MAX + 1];
};

static int attr_note(const struct nlattr *attr, void *ctx)
{
	struct attrs *attrs = ctx;
	uint16_t type = mnl_attr_get_type(attr);

	if (type <= CMIRROR_A_MAX)
		attrs->at[type] = attr;
	return MNL_CB_OK;
}

/* Those of a type may come several times: the last is noted. */
static void attrs_get(const struct nlmsghdr *nlh, struct attrs *attrs)
{
	memset(attrs, 0, sizeof(*attrs));
	(void)mnl_attr_parse(nlh, sizeof(struct genlmsghdr), attr_note, attrs);
}

static uint64_t u64_of(const struct attrs *attrs, int type)
{
	const struct nlattr *attr = attrs->at[type];

	return attr && mnl_attr_get_payload_len(attr) == 8 ? mnl_attr_get_u64(attr) : 0;
}

static uint32_t u32_of(const struct attrs *attrs, int type)
{
	const struct nlattr *attr = attrs->at[type];

	return attr && mnl_attr_get_payload_len(attr) == 4 ? mnl_attr_get_u32(attr) : 0;
}

static uint8_t u8_of(const struct attrs *attrs, int type)
{
	const struct nlattr *attr = attrs->at[type];

	return attr && mnl_attr_get_payload_len(attr) == 1 ? mnl_attr_get_u8(attr) : 0;
}

/* As much as there is room for; what is there less is 0. */
static uint32_t bytes_of(const struct nlattr *attr, void *out, size_t size)
{
	size_t len = attr ? mnl_attr_get_payload_len(attr) : 0;

	if (len > size)
		len = size;
	memset(out, 0, size);
	if (len)
		memcpy(out, mnl_attr_get_payload(attr), len);
	return (uint32_t)len;
}

static void text_of(const struct nlattr *attr, char *out, size_t size)
{
	(void)bytes_of(attr, out, size - 1);
	out[size - 1] = '\0';
}

static uint8_t cmd_of(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	return genl->cmd;
}

static void news_keep(struct kmc *kmc, const struct nlmsghdr *nlh)
{
	struct attrs attrs;
	struct news *news;
	uint32_t i;

	attrs_get(nlh, &attrs);
	for (i = 0; i < kmc->news_count; i++)
		if (kmc->news[i].luid == u64_of(&attrs, CMIRROR_A_LUID))
			break;
	if (i == NEWS_MAX) {
		kmc->news_lost = true;
		return;
	}
	news = &kmc->news[i];
	if (i == kmc->news_count) {
		kmc->news_count++;
		news->ask = 0;
	}
	news->luid = u64_of(&attrs, CMIRROR_A_LUID);
	news->ask |= u32_of(&attrs, CMIRROR_A_ASK);
}

static bool is_ours(const struct kmc *kmc, const struct nlmsghdr *nlh)
{
	return nlh->nlmsg_type == kmc->family &&
	       mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct genlmsghdr);
}

/* ---- commands ---- */

static struct nlmsghdr *cmd_begin(struct kmc *kmc, uint16_t family, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(kmc->out);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	nlh->nlmsg_seq = ++kmc->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static int why_note(const struct nlattr *attr, void *ctx)
{
	struct kmc *kmc = ctx;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
		text_of(attr, kmc->why, sizeof(kmc->why));
	return MNL_CB_OK;
}

/* The end of an answer: 0 or negative errno, and maybe a text behind a copy of our message. */
static int error_of(struct kmc *kmc, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	size_t skip = sizeof(*err);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
		return -EBADMSG;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += ((err->msg.nlmsg_len + 3u) & ~3u) - sizeof(err->msg);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && mnl_nlmsg_get_payload_len(nlh) > skip)
		(void)mnl_attr_parse(nlh, (unsigned int)skip, why_note, kmc);
	return err->error;
}

/* The end of a dump: it may have failed. */
static int done_of(const struct nlmsghdr *nlh)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
	return error < 0 ? error : 0;
}

/* One message of what was received. 1 = the answer goes on, else it ends with that. */
static int message(struct kmc *kmc, const struct nlmsghdr *nlh, answer_fn *answer, void *ctx)
{
	if (is_ours(kmc, nlh) && !nlh->nlmsg_seq) {
		if (cmd_of(nlh) == CMIRROR_CMD_NEWS)
			news_keep(kmc, nlh);
		return 1;
	}
	if (nlh->nlmsg_seq != kmc->seq)
		return 1;	/* of a command that was given up */
	if (nlh->nlmsg_type == NLMSG_ERROR)
		return error_of(kmc, nlh);
	if (nlh->nlmsg_type == NLMSG_DONE)
		return done_of(nlh);
	if (answer && mnl_nlmsg_get_payload_len(nlh) >= sizeof(struct genlmsghdr))
		return answer(nlh, ctx) ? -EBADMSG : 1;
	return 1;
}

/* libmnl takes a length of 2 GiB and more for a negative one, which is less than what is left. */
static bool message_ok(const struct nlmsghdr *nlh, int left)
{
	return mnl_nlmsg_ok(nlh, left) && nlh->nlmsg_len <= (uint32_t)left;
}

/*
 * Never waits: the kernel has answered when sendto() returns. t0: news have filled the socket's
 * buffer. t1: a command; its answer is dropped, and ENOBUFS noted. t2: the news are read, and
 * nothing is behind them. Who waited there would wait for ever.
 */
static int receive(struct kmc *kmc, answer_fn *answer, void *ctx)
{
	ssize_t got = recv(kmc_fd(kmc), kmc->in, sizeof(kmc->in), MSG_DONTWAIT | MSG_TRUNC);
	const struct nlmsghdr *nlh = (const void *)kmc->in;
	int left = (int)got, r = 1;

	if (got < 0) {
		if (errno != ENOBUFS && errno != EAGAIN)
			return -errno;
		kmc->news_lost = true;
		return errno == ENOBUFS ? 1 : -ENOBUFS;
	}
	if ((size_t)got > sizeof(kmc->in))
		return -EMSGSIZE;
	for (; r == 1 && message_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		r = message(kmc, nlh, answer, ctx);
	return r;
}

/* News may stand before the answer. */
static int cmd_end(struct kmc *kmc, const struct nlmsghdr *nlh, answer_fn *answer, void *ctx)
{
	int r = 1;

	kmc->why[0] = '\0';
	if (mnl_socket_sendto(kmc->sock, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (r == 1)
		r = receive(kmc, answer, ctx);
	return r > 0 ? -EBADMSG : r;
}

static struct nlmsghdr *inst_begin(struct kmc *kmc, uint8_t cmd, uint64_t luid)
{
	struct nlmsghdr *nlh = cmd_begin(kmc, kmc->family, cmd, NLM_F_ACK);

	mnl_attr_put_u64(nlh, CMIRROR_A_LUID, luid);
	return nlh;
}

static int inst_end(struct kmc *kmc, const struct nlmsghdr *nlh)
{
	return cmd_end(kmc, nlh, NULL, NULL);
}

/* ---- open ---- */

static int family_attr(const struct nlattr *attr, void *ctx)
{
	uint16_t *family = ctx;

	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID && mnl_attr_get_payload_len(attr) == 2)
		*family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int family_note(const struct nlmsghdr *nlh, void *ctx)
{
	(void)mnl_attr_parse(nlh, sizeof(struct genlmsghdr), family_attr, ctx);
	return 0;
}

static int family_find(struct kmc *kmc)
{
	struct nlmsghdr *nlh = cmd_begin(kmc, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	uint16_t family = 0;
	int r;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, CMIRROR_FAMILY);
	r = cmd_end(kmc, nlh, family_note, &family);
	if (r)
		return r;
	kmc->family = family;
	return family ? 0 : -ENOENT;
}

static int bind_module(struct kmc *kmc)
{
	struct nlmsghdr *nlh = cmd_begin(kmc, kmc->family, CMIRROR_CMD_BIND, NLM_F_ACK);

	mnl_attr_put_u16(nlh, CMIRROR_A_VERSION_MIN, CMIRROR_VERSION_MIN);
	mnl_attr_put_u16(nlh, CMIRROR_A_VERSION_MAX, CMIRROR_VERSION);
	return cmd_end(kmc, nlh, NULL, NULL);
}

static void option_set(struct kmc *kmc, int option)
{
	int on = 1;

	(void)mnl_socket_setsockopt(kmc->sock, option, &on, sizeof(on));
}

static int sock_open(struct kmc *kmc)
{
	int size = RCVBUF_BYTES, fd;

	kmc->sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!kmc->sock)
		return -errno;
	if (mnl_socket_bind(kmc->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	fd = mnl_socket_get_fd(kmc->sock);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	option_set(kmc, NETLINK_EXT_ACK);
	option_set(kmc, NETLINK_CAP_ACK);
	kmc->port = mnl_socket_get_portid(kmc->sock);
	return 0;
}

static void open_err_set(const struct kmc *kmc, int r, struct cm_errmsg *err)
{
	switch (r) {
	case -ENOENT:
		cm_err_set(err, "module dm-log-cmirror is not loaded: modprobe dm-log-cmirror");
		break;
	case -EPERM:
		cm_err_set(err, "module dm-log-cmirror: must be run as root");
		break;
	default:
		cm_err_set(err, "module dm-log-cmirror: %s",
			   kmc->why[0] ? kmc->why : cm_strerror(r));
	}
}

int kmc_open(struct kmc **out, struct cm_errmsg *err)
{
	struct kmc *kmc = calloc(1, sizeof(*kmc));
	int r;

	if (!kmc)
		return -ENOMEM;
	r = sock_open(kmc);
	if (!r)
		r = family_find(kmc);
	if (!r)
		r = bind_module(kmc);
	if (r) {
		open_err_set(kmc, r, err);
		kmc_close(kmc);
		return r;
	}
	*out = kmc;
	return 0;
}

void kmc_close(struct kmc *kmc)
{
	if (kmc->sock)
		(void)mnl_socket_close(kmc->sock);
	free(kmc);
}

int kmc_fd(const struct kmc *kmc)
{
	return mnl_socket_get_fd(kmc->sock);
}

const char *kmc_why(const struct kmc *kmc)
{
	return kmc->why;
}

/* ---- news ---- */

static int news_receive(struct kmc *kmc)
{
	ssize_t got = recv(kmc_fd(kmc), kmc->in, sizeof(kmc->in), MSG_DONTWAIT);
	const struct nlmsghdr *nlh = (const void *)kmc->in;
	int left = (int)got;

	if (got < 0) {
		kmc->news_lost |= errno == ENOBUFS;
		return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -errno;
	}
	for (; message_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		(void)message(kmc, nlh, NULL, NULL);
	return 0;
}

bool kmc_has_news(const struct kmc *kmc)
{
	return kmc->news_count || kmc->news_lost;
}

int kmc_news(struct kmc *kmc, uint64_t *luid, uint32_t *ask)
{
	int r = kmc->news_count ? 0 : news_receive(kmc);

	if (r)
		return r;
	if (kmc->news_lost) {
		kmc->news_lost = false;
		return -ENOBUFS;
	}
	if (!kmc->news_count)
		return 0;
	*luid = kmc->news[0].luid;
	*ask = kmc->news[0].ask;
	kmc->news_count--;
	memmove(kmc->news, kmc->news + 1, kmc->news_count * sizeof(kmc->news[0]));
	return 1;
}

/* ---- questions ---- */

struct instances {
	void (*found)(void *ctx, const struct kmc_instance *inst);
	void *ctx;
};

static int instance_note(const struct nlmsghdr *nlh, void *ctx)
{
	const struct instances *to = ctx;
	struct kmc_instance inst;
	struct attrs attrs;

	attrs_get(nlh, &attrs);
	inst.luid = u64_of(&attrs, CMIRROR_A_LUID);
	inst.type = u8_of(&attrs, CMIRROR_A_TYPE);
	inst.state = u8_of(&attrs, CMIRROR_A_STATE);
	inst.region_size_sect = u32_of(&attrs, CMIRROR_A_REGION_SECT);
	inst.region_count = u64_of(&attrs, CMIRROR_A_REGIONS);
	inst.ask = u32_of(&attrs, CMIRROR_A_ASK);
	text_of(attrs.at[CMIRROR_A_UUID], inst.uuid, sizeof(inst.uuid));
	text_of(attrs.at[CMIRROR_A_DEV], inst.dev, sizeof(inst.dev));
	text_of(attrs.at[CMIRROR_A_ARGS], inst.args, sizeof(inst.args));
	if (!inst.luid || !inst.region_count || !inst.region_size_sect)
		return -EBADMSG;
	to->found(to->ctx, &inst);
	return 0;
}

int kmc_instances(struct kmc *kmc, void (*found)(void *ctx, const struct kmc_instance *inst),
		  void *ctx)
{
	struct instances to = { found, ctx };
	struct nlmsghdr *nlh = cmd_begin(kmc, kmc->family, CMIRROR_CMD_INSTANCES, NLM_F_DUMP);

	return cmd_end(kmc, nlh, instance_note, &to);
}

static void claim_bits_of(const struct nlattr *nest, struct kmod_bits *out)
{
	struct attrs attrs = { { NULL } };

	(void)mnl_attr_parse_nested(nest, attr_note, &attrs);
	out->claim_id = u64_of(&attrs, CMIRROR_A_CLAIM);
	out->bytes = bytes_of(attrs.at[CMIRROR_A_BITS], out->bits, sizeof(out->bits));
	out->is_done = u8_of(&attrs, CMIRROR_A_IS_DONE);
}

/* Those of which there may be several. */
static int look_attr(const struct nlattr *attr, void *ctx)
{
	struct kmod_look *look = ctx;

	if (mnl_attr_get_type(attr) == CMIRROR_A_FROZEN && look->frozen_count < CMIRROR_FREEZES)
		claim_bits_of(attr, &look->frozen[look->frozen_count++]);
	if (mnl_attr_get_type(attr) == CMIRROR_A_COPIED && look->copied_count < CMIRROR_CLAIMS)
		claim_bits_of(attr, &look->copied[look->copied_count++]);
	return MNL_CB_OK;
}

static int look_note(const struct nlmsghdr *nlh, void *ctx)
{
	struct kmod_look *look = ctx;
	struct attrs attrs;

	attrs_get(nlh, &attrs);
	memset(look, 0, sizeof(*look));
	look->luid = u64_of(&attrs, CMIRROR_A_LUID);
	look->state = u8_of(&attrs, CMIRROR_A_STATE);
	look->mode = u8_of(&attrs, CMIRROR_A_MODE);
	look->ask = u32_of(&attrs, CMIRROR_A_ASK);
	look->mark_count = u64_of(&attrs, CMIRROR_A_COUNT);
	look->flush_id = u64_of(&attrs, CMIRROR_A_FLUSH);
	look->flush_error = (int)u32_of(&attrs, CMIRROR_A_ERROR);
	look->void_count = bytes_of(attrs.at[CMIRROR_A_VOIDS], look->voids, sizeof(look->voids)) /
			   (uint32_t)sizeof(look->voids[0]);
	look->failed_count = bytes_of(attrs.at[CMIRROR_A_FAILED], look->failed,
				      sizeof(look->failed)) /
			     (uint32_t)sizeof(look->failed[0]);
	(void)bytes_of(attrs.at[CMIRROR_A_STATS], &look->stats, sizeof(look->stats));
	(void)mnl_attr_parse(nlh, sizeof(struct genlmsghdr), look_attr, look);
	return look->luid ? 0 : -EBADMSG;
}

int kmc_look(struct kmc *kmc, uint64_t luid, struct kmod_look *look)
{
	return cmd_end(kmc, inst_begin(kmc, CMIRROR_CMD_GET, luid), look_note, look);
}

struct marks {
	uint8_t *bits;
	size_t bytes;
};

static int marks_note(const struct nlmsghdr *nlh, void *ctx)
{
	const struct marks *marks = ctx;
	struct attrs attrs;

	attrs_get(nlh, &attrs);
	(void)bytes_of(attrs.at[CMIRROR_A_BITS], marks->bits, marks->bytes);
	return attrs.at[CMIRROR_A_BITS] ? 0 : -EBADMSG;
}

int kmc_marks_get(struct kmc *kmc, uint64_t luid, uint64_t first, uint64_t count, uint8_t *bits)
{
	struct marks marks = { bits, (size_t)((count + 7) / 8) };
	struct nlmsghdr *nlh = inst_begin(kmc, CMIRROR_CMD_MARKS_GET, luid);

	mnl_attr_put_u64(nlh, CMIRROR_A_FIRST, first);
	mnl_attr_put_u64(nlh, CMIRROR_A_COUNT, count);
	return cmd_end(kmc, nlh, marks_note, &marks);
}

/* ---- what is to hold ---- */

static void error_put(struct nlmsghdr *nlh, int error)
{
	CM_ASSERT(error <= 0 && error >= -4095);
	mnl_attr_put_u32(nlh, CMIRROR_A_ERROR, (uint32_t)error);
}

int kmc_ctr_done(struct kmc *kmc, uint64_t luid, int error)
{
	struct nlmsghdr *nlh = inst_begin(kmc, CMIRROR_CMD_CTR_DONE, luid);

	error_put(nlh, error);
	return inst_end(kmc, nlh);
}

int kmc_start(struct kmc *kmc, uint64_t luid, const struct kmc_slot *slot, uint32_t sticky_ms,
	      int error)
{
	struct nlmsghdr *nlh = inst_begin(kmc, CMIRROR_CMD_START, luid);

	error_put(nlh, error);
	mnl_attr_put_u32(nlh, CMIRROR_A_STICKY_MS, sticky_ms);
	if (slot) {
		mnl_attr_put_u32(nlh, CMIRROR_A_SLOT, slot->slot);
		mnl_attr_put_u64(nlh, CMIRROR_A_SLOT_SECT, slot->sect);
		mnl_attr_put_u64(nlh, CMIRROR_A_EPOCH, slot->epoch);
		mnl_attr_put_u64(nlh, CMIRROR_A_UUID_HASH, slot->uuid_hash);
	}
	return inst_end(kmc, nlh);
}

int kmc_stop_done(struct kmc *kmc, uint64_t luid)
{
	return inst_end(kmc, inst_begin(kmc, CMIRROR_CMD_STOP_DONE, luid));
}

static void bits_put(struct nlmsghdr *nlh, uint64_t first, const uint8_t *bits, uint32_t bytes)
{
	CM_ASSERT(first % 64 == 0 && bytes <= CMIRROR_BITS_MAX);
	mnl_attr_put_u64(nlh, CMIRROR_A_FIRST, first);
	mnl_attr_put(nlh, CMIRROR_A_BITS, bytes, bits);
}

int kmc_oos(struct kmc *kmc, uint64_t luid, uint8_t op, uint64_t first, const uint8_t *bits,
	    uint32_t bytes)
{
	struct nlmsghdr *nlh = inst_begin(kmc, CMIRROR_CMD_OOS, luid);

	mnl_attr_put_u8(nlh, CMIRROR_A_OP, op);
	bits_put(nlh, first, bits, bytes);
	return inst_end(kmc, nlh);
}

int kmc_mode(struct kmc *kmc, uint64_t luid, uint8_t mode, bool oos_durable)
{
	struct nlmsghdr *nlh = inst_begin(kmc, CMIRROR_CMD_MODE, luid);

	mnl_attr_put_u8(nlh, CMIRROR_A_MODE, mode);
	mnl_attr_put_u8(nlh, CMIRROR_A_OOS_DURABLE, oos_durable);
	return inst_end(kmc, nlh);
}

int kmc_marks(struct kmc *kmc, uint64_t luid, uint64_t first, const uint8_t *bits, uint32_t bytes)
{
	struct nlmsghdr *nlh = inst_begin(kmc, CMIRROR_CMD_MARKS, luid);

	bits_put(nlh, first, bits, bytes);
	return inst_end(kmc, nlh);
}

static struct nlmsghdr *claim_begin(struct kmc *kmc, uint8_t cmd, uint64_t luid, uint64_t claim_id)
{
	struct nlmsghdr *nlh = inst_begin(kmc, cmd, luid);

	mnl_attr_put_u64(nlh, CMIRROR_A_CLAIM, claim_id);
	return nlh;
}

static void range_put(struct nlmsghdr *nlh, uint64_t lo, uint64_t hi)
{
	mnl_attr_put_u64(nlh, CMIRROR_A_LO, lo);
	mnl_attr_put_u64(nlh, CMIRROR_A_HI, hi);
}

int kmc_freeze(struct kmc *kmc, uint64_t luid, uint64_t claim_id, uint64_t lo, uint64_t hi,
	       uint32_t wait_ms, uint32_t patience_ms)
{
	struct nlmsghdr *nlh = claim_begin(kmc, CMIRROR_CMD_FREEZE, luid, claim_id);

	range_put(nlh, lo, hi);
	mnl_attr_put_u32(nlh, CMIRROR_A_WAIT_MS, wait_ms);
	mnl_attr_put_u32(nlh, CMIRROR_A_PATIENCE_MS, patience_ms);
	return inst_end(kmc, nlh);
}

int kmc_thaw(struct kmc *kmc, uint64_t luid, uint64_t claim_id, const uint64_t *region)
{
	struct nlmsghdr *nlh = claim_begin(kmc, CMIRROR_CMD_THAW, luid, claim_id);

	if (region)
		mnl_attr_put_u64(nlh, CMIRROR_A_REGION, *region);
	return inst_end(kmc, nlh);
}

int kmc_claim(struct kmc *kmc, uint64_t luid, uint64_t claim_id, uint64_t lo, uint64_t hi,
	      const uint8_t *out)
{
	struct nlmsghdr *nlh = claim_begin(kmc, CMIRROR_CMD_CLAIM, luid, claim_id);

	range_put(nlh, lo, hi);
	mnl_attr_put(nlh, CMIRROR_A_BITS, (size_t)((hi - lo + 7) / 8), out);
	return inst_end(kmc, nlh);
}

int kmc_claim_cut(struct kmc *kmc, uint64_t luid, uint64_t claim_id, uint64_t hi)
{
	struct nlmsghdr *nlh = claim_begin(kmc, CMIRROR_CMD_CLAIM_CUT, luid, claim_id);

	mnl_attr_put_u64(nlh, CMIRROR_A_HI, hi);
	return inst_end(kmc, nlh);
}

int kmc_claim_end(struct kmc *kmc, uint64_t luid, uint64_t claim_id)
{
	return inst_end(kmc, claim_begin(kmc, CMIRROR_CMD_CLAIM_END, luid, claim_id));
}

int kmc_flush(struct kmc *kmc, uint64_t luid, uint64_t flush_id)
{
	struct nlmsghdr *nlh = inst_begin(kmc, CMIRROR_CMD_FLUSH, luid);

	mnl_attr_put_u64(nlh, CMIRROR_A_FLUSH, flush_id);
	return inst_end(kmc, nlh);
}

int kmc_failed_done(struct kmc *kmc, uint64_t luid, uint64_t region)
{
	struct nlmsghdr *nlh = inst_begin(kmc, CMIRROR_CMD_FAILED_DONE, luid);

	mnl_attr_put_u64(nlh, CMIRROR_A_REGION, region);
	return inst_end(kmc, nlh);
}

int kmc_push(struct kmc *kmc, const struct kmod_push *push)
{
	switch (push->type) {
	case KMOD_PUSH_OOS:
		return kmc_oos(kmc, push->luid, push->op, push->first, push->bits, push->bytes);
	case KMOD_PUSH_MARKS:
		return kmc_marks(kmc, push->luid, push->first, push->bits, push->bytes);
	case KMOD_PUSH_MODE:
		return kmc_mode(kmc, push->luid, push->mode, push->oos_durable);
	case KMOD_PUSH_FREEZE:
		return kmc_freeze(kmc, push->luid, push->claim_id, push->lo, push->hi,
				  push->wait_ms, push->patience_ms);
	case KMOD_PUSH_THAW:
		return kmc_thaw(kmc, push->luid, push->claim_id, NULL);
	case KMOD_PUSH_REGION_OUT:
		return kmc_thaw(kmc, push->luid, push->claim_id, &push->region_nr);
	case KMOD_PUSH_CLAIM:
		return kmc_claim(kmc, push->luid, push->claim_id, push->lo, push->hi, push->bits);
	case KMOD_PUSH_CLAIM_CUT:
		return kmc_claim_cut(kmc, push->luid, push->claim_id, push->hi);
	case KMOD_PUSH_CLAIM_END:
		return kmc_claim_end(kmc, push->luid, push->claim_id);
	case KMOD_PUSH_FAILED_DONE:
		return kmc_failed_done(kmc, push->luid, push->region_nr);
	}
	CM_UNREACHABLE();
}
