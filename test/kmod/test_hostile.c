/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes that no daemon would send: from the bound socket, from another, and from one that may not.
 * Nothing of it may hurt the kernel; what was in range and has an effect is made good by a resume.
 */
#include "test/kmod/kt.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/wait.h>
#include <unistd.h>

#define CMDS	(CMIRROR_CMD_MAX + 3)
#define ATTRS	(CMIRROR_A_MAX + 3)
#define LEN_MAX	16

static uint16_t family;

struct sender {
	struct mnl_socket *sock;	/* NULL: the bound one, @fd */
	int fd;
	uint32_t sent, refused;
	int last;			/* error of the last answer */
};

static int family_attr(const struct nlattr *attr, void *ctx)
{
	(void)ctx;
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		family = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int family_note(const struct nlmsghdr *nlh, void *ctx)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), family_attr, ctx);
}

static struct nlmsghdr *begin(void *buf, uint16_t type, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = 1;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static void answers_read(struct sender *to)
{
	static uint8_t in[65536];
	const struct nlmsghdr *nlh;
	ssize_t got;
	int left;

	while ((got = recv(to->fd, in, sizeof(in), MSG_DONTWAIT)) > 0) {
		left = (int)got;
		for (nlh = (void *)in; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR && nlh->nlmsg_type != NLMSG_DONE)
				continue;
			to->last = err->error;	/* of both the first word */
			to->refused += err->error != 0;
		}
	}
}

static void put(struct sender *to, const struct nlmsghdr *nlh)
{
	to->sent++;
	(void)!send(to->fd, nlh, nlh->nlmsg_len, 0);
	answers_read(to);
}

static void sender_open(struct sender *to)
{
	memset(to, 0, sizeof(*to));
	to->sock = mnl_socket_open(NETLINK_GENERIC);
	if (!to->sock || mnl_socket_bind(to->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		kt_die("netlink", "no socket");
	to->fd = mnl_socket_get_fd(to->sock);
}

static void family_find(void)
{
	uint8_t buf[512], in[8192];
	struct nlmsghdr *nlh = begin(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	struct sender to;
	ssize_t got;

	sender_open(&to);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, CMIRROR_FAMILY);
	(void)!send(to.fd, nlh, nlh->nlmsg_len, 0);
	got = recv(to.fd, in, sizeof(in), 0);
	if (got > 0)
		(void)mnl_cb_run(in, (size_t)got, 0, 0, family_note, NULL);
	mnl_socket_close(to.sock);
	if (!family)
		kt_die("family", "not found");
}

/* Each command, alone and with each attribute in every length. */
static void lengths(struct sender *to, uint64_t luid)
{
	uint8_t buf[512], junk[LEN_MAX], cmd;
	uint16_t attr, len, flag;
	struct nlmsghdr *nlh;

	for (cmd = 0; cmd <= CMDS; cmd++) {
		for (attr = 0; attr <= ATTRS; attr++) {
			for (len = 0; len <= LEN_MAX; len++) {
				for (flag = 0; flag < LEN_MAX; flag++)
					junk[flag] = (uint8_t)rand();
				nlh = begin(buf, family, cmd);
				if (len % 4 == 1)
					nlh->nlmsg_flags |= NLM_F_DUMP;
				if (attr != CMIRROR_A_LUID)
					mnl_attr_put_u64(nlh, CMIRROR_A_LUID, luid);
				mnl_attr_put(nlh, attr, len, junk);
				put(to, nlh);
			}
		}
	}
}

static uint64_t any_u64(void)
{
	static const uint64_t edges[] = { 0, 1, 63, 64, KT_REGIONS - 1, KT_REGIONS, KT_REGIONS + 1,
		255, 256, 257, 1ull << 31, 1ull << 32, 1ull << 63, UINT64_MAX, UINT64_MAX - 63 };
	uint64_t i = (uint64_t)rand() % 30;

	return i < 15 ? edges[i] : (uint64_t)rand() % KT_REGIONS;
}

static void attrs_put(struct nlmsghdr *nlh)
{
	static uint8_t bits[CMIRROR_BITS_MAX + 64];
	size_t bytes = (size_t)rand() % 4 ? (size_t)rand() % 33 : (size_t)rand() % sizeof(bits);
	static const uint16_t u64s[] = { CMIRROR_A_SLOT_SECT, CMIRROR_A_EPOCH,
		CMIRROR_A_UUID_HASH, CMIRROR_A_FIRST, CMIRROR_A_COUNT, CMIRROR_A_LO, CMIRROR_A_HI,
		CMIRROR_A_FLUSH };
	size_t i;

	for (i = 0; i < sizeof(u64s) / sizeof(u64s[0]); i++)
		mnl_attr_put_u64(nlh, u64s[i], any_u64());
	mnl_attr_put_u64(nlh, CMIRROR_A_CLAIM, (uint64_t)rand() % 80);
	if (rand() % 2)
		mnl_attr_put_u64(nlh, CMIRROR_A_REGION, any_u64());
	mnl_attr_put_u32(nlh, CMIRROR_A_ERROR, rand() % 3 ? 0 : (uint32_t)-rand());
	mnl_attr_put_u32(nlh, CMIRROR_A_SLOT, (uint32_t)rand());
	mnl_attr_put_u32(nlh, CMIRROR_A_STICKY_MS, rand() % 3 ? 100 : (uint32_t)rand());
	mnl_attr_put_u32(nlh, CMIRROR_A_WAIT_MS, (uint32_t)rand() % 10002);
	mnl_attr_put_u8(nlh, CMIRROR_A_MODE, (uint8_t)(rand() % 4));
	mnl_attr_put_u8(nlh, CMIRROR_A_OOS_DURABLE, (uint8_t)(rand() % 2));
	mnl_attr_put_u8(nlh, CMIRROR_A_OP, (uint8_t)(rand() % 5));
	mnl_attr_put_u32(nlh, CMIRROR_A_PATIENCE_MS, (uint32_t)(rand() % 70000));
	for (i = 0; i < bytes; i++)
		bits[i] = (uint8_t)rand();
	mnl_attr_put(nlh, CMIRROR_A_BITS, bytes, bits);
}

/* Each command with all attributes, of the right length, in and out of range. */
static void values(struct sender *to, uint64_t luid, uint32_t count)
{
	static uint8_t buf[CMIRROR_BITS_MAX + 4096];
	struct nlmsghdr *nlh;

	while (count--) {
		uint8_t cmd = (uint8_t)(CMIRROR_CMD_GET + rand() % (CMIRROR_CMD_MAX - 2));

		nlh = begin(buf, family, cmd);
		mnl_attr_put_u64(nlh, CMIRROR_A_LUID, luid);
		attrs_put(nlh);
		put(to, nlh);
	}
}

/* Whether each message was refused, and a good one with @want. */
static bool all_refused(struct kt *kt, int want)
{
	uint8_t buf[512];
	struct sender to;
	struct nlmsghdr *nlh;

	sender_open(&to);
	lengths(&to, kt->luid);
	values(&to, kt->luid, 200);
	if (to.refused != to.sent)
		printf("# %u of %u refused\n", to.refused, to.sent);
	want = to.refused == to.sent ? want : 0;
	nlh = begin(buf, family, CMIRROR_CMD_GET);
	mnl_attr_put_u64(nlh, CMIRROR_A_LUID, kt->luid);
	put(&to, nlh);
	mnl_socket_close(to.sock);
	return want && to.last == want;
}

static void test_not_root(struct kt *kt)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		if (setuid(65534))
			_exit(1);
		_exit(!all_refused(kt, -EPERM));
	}
	waitpid(pid, &status, 0);
	IS_INT(status, 0, "not root: all is refused");
}

static void test_bound(struct kt *kt)
{
	struct sender to = { .fd = kmc_fd(kt->kmc) };
	pid_t pid = kt_write_start(3, 3);

	lengths(&to, kt->luid);
	OK(to.refused > to.sent / 2, "bound: most of %u messages are refused", to.sent);
	values(&to, kt->luid, 3000);
	OK(to.refused > 0, "and some of those with the right lengths");
	OK(kt_look(kt)->luid == kt->luid, "it answers");
	IS_INT(kmc_mode(kt->kmc, kt->luid, CMIRROR_MODE_ALL, true), 0, "all writes go on");
	for (uint64_t claim = 1; claim < 80; claim++)
		(void)!kmc_thaw(kt->kmc, kt->luid, claim, NULL);
	IS_INT(kt_wait(kt, pid, 5000), 0, "a write that was under way is done");
}

static void test_log_is_clean(void)
{
	static char text[1 << 20];
	int got = klogctl(3, text, sizeof(text) - 1);

	OK(got > 0, "the kernel's messages");
	text[got > 0 ? got : 0] = '\0';
	OK(!strstr(text, "WARNING:") && !strstr(text, "BUG:") && !strstr(text, "Call Trace"),
	   "nothing went wrong there");
}

int main(void)
{
	struct kt kt = { .kmc = NULL };

	srand(1);
	kt_bind(&kt);
	family_find();
	IS_INT(kt_create(&kt, false), 0, "create");
	OK(all_refused(&kt, -ENOTCONN), "another socket: all is refused");
	test_not_root(&kt);
	test_bound(&kt);
	IS_INT(kt_dmsetup(&kt, "suspend", "--noflush", "kt"), 0, "suspend");
	IS_INT(kt_dmsetup(&kt, "resume", "kt", NULL), 0, "resume");
	OK(kt_write(&kt, 5, 5), "a write");
	IS_INT(kt_disk_mark(5), 1, "is marked");
	IS_INT(kt_remove(&kt), 0, "remove");
	test_log_is_clean();
	kt_unbind(&kt);
	return tap_done();
}
