/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests and replies of the kernel: rules of each payload, what a reply may be, and every word of
 * a constructor line. The bytes themselves are in test/abi/.
 */
#include "lib/format/kabi.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/tap.h"

#define OFF_CN_LEN	(16 + 16)
#define OFF_RQ		36
#define OFF_UUID	(OFF_RQ + 8)
#define OFF_VERSION	(OFF_RQ + 140)
#define OFF_TYPE	(OFF_RQ + 152)
#define OFF_DATA_SIZE	(OFF_RQ + 156)
#define OFF_DATA	(OFF_RQ + 160)

static uint8_t dgram[KABI_DGRAM_MAX + 64];

/* A datagram of @type with @data_bytes of payload, suitable or not. Returns its length. */
static size_t dgram_make(uint32_t type, const void *data, uint32_t data_bytes)
{
	struct kabi_req req = { .type = KABI_RESUME, .version = 3, .seq = 5, .uuid = "u" };
	uint32_t nlmsg_len = OFF_DATA + data_bytes;
	uint16_t cn_len = (uint16_t)(160 + data_bytes);

	memset(dgram, 0, sizeof(dgram));
	if (kabi_req_encode(&req, dgram) != OFF_DATA)
		abort();
	memcpy(dgram, &nlmsg_len, 4);
	memcpy(dgram + OFF_CN_LEN, &cn_len, 2);
	memcpy(dgram + OFF_TYPE, &type, 4);
	memcpy(dgram + OFF_DATA_SIZE, &data_bytes, 4);
	if (data_bytes)
		memcpy(dgram + OFF_DATA, data, data_bytes);
	return nlmsg_len;
}

static int decode(uint32_t type, const void *data, uint32_t data_bytes, struct kabi_req *req)
{
	size_t len_bytes = dgram_make(type, data, data_bytes);

	return kabi_req_decode(dgram, len_bytes, req);
}

static void test_payloads(void)
{
	static const uint32_t bare[] = {
		KABI_DTR, KABI_PRESUSPEND, KABI_POSTSUSPEND, KABI_RESUME, KABI_GET_REGION_SIZE,
		KABI_GET_RESYNC_WORK, KABI_GET_SYNC_COUNT, KABI_STATUS_INFO,
	};
	static const uint32_t one[] = { KABI_IN_SYNC, KABI_IS_REMOTE_RECOVERING };
	static const uint32_t many[] = { KABI_FLUSH, KABI_MARK_REGION, KABI_CLEAR_REGION };
	uint64_t region[41] = { 11, 22 };
	struct kabi_req req;
	uint32_t i, bytes;

	for (i = 0; i < CM_ARRAY_COUNT(bare); i++) {
		IS_INT(decode(bare[i], NULL, 0, &req), 0, "%s", kabi_type_name(bare[i]));
		IS_INT(decode(bare[i], region, 8, &req), CM_E_KABI_PAYLOAD, "%s with a payload",
		       kabi_type_name(bare[i]));
	}
	for (i = 0; i < CM_ARRAY_COUNT(one); i++)
		for (bytes = 0; bytes <= 24; bytes++)
			IS_INT(decode(one[i], region, bytes, &req),
			       bytes == 8 ? 0 : CM_E_KABI_PAYLOAD, "%s of %u bytes",
			       kabi_type_name(one[i]), bytes);
	for (i = 0; i < CM_ARRAY_COUNT(many); i++) {
		IS_INT(decode(many[i], region, 0, &req), 0, "%s of nothing",
		       kabi_type_name(many[i]));
		IS_U64(req.region_count, 0, "no regions");
		IS_INT(decode(many[i], region, 256, &req), 0, "%s of 32", kabi_type_name(many[i]));
		IS_U64(req.region_count, 32, "32 regions");
		IS_U64(req.region_nr[1], 22, "in order");
		IS_INT(decode(many[i], region, 264, &req), CM_E_KABI_PAYLOAD, "%s of 33",
		       kabi_type_name(many[i]));
		IS_INT(decode(many[i], region, 12, &req), CM_E_KABI_PAYLOAD, "%s of one and a half",
		       kabi_type_name(many[i]));
	}
	region[1] = 0;
	IS_INT(decode(KABI_SET_REGION_SYNC, region, 16, &req), 0, "SET_REGION_SYNC to 0");
	OK(!req.in_sync && req.region_nr[0] == 11 && req.region_count == 1, "region 11");
	region[1] = 1;
	OK(!decode(KABI_SET_REGION_SYNC, region, 16, &req) && req.in_sync, "to 1");
	region[1] = 2;
	IS_INT(decode(KABI_SET_REGION_SYNC, region, 16, &req), CM_E_KABI_PAYLOAD, "to 2");
	region[1] = UINT64_MAX;
	IS_INT(decode(KABI_SET_REGION_SYNC, region, 16, &req), CM_E_KABI_PAYLOAD, "to -1");
	IS_INT(decode(KABI_SET_REGION_SYNC, region, 8, &req), CM_E_KABI_PAYLOAD, "to nothing");
}

static void test_args(void)
{
	char args[KABI_ARGS_MAX + 8];
	struct kabi_req req;

	memset(args, 'a', sizeof(args));
	IS_INT(decode(KABI_CTR, args, KABI_ARGS_MAX, &req), 0, "CTR of %d bytes", KABI_ARGS_MAX);
	IS_U64(strlen(req.args), KABI_ARGS_MAX, "all of them");
	IS_INT(decode(KABI_CTR, args, KABI_ARGS_MAX + 1, &req), CM_E_KABI_PAYLOAD, "one more");
	IS_INT(decode(KABI_CTR, args, 0, &req), CM_E_KABI_PAYLOAD, "CTR of nothing");
	IS_INT(decode(KABI_CTR, "", 1, &req), CM_E_KABI_PAYLOAD, "CTR of a NUL");
	IS_INT(decode(KABI_CTR, "ab", 3, &req), 0, "CTR with its NUL");
	IS_STR(req.args, "ab", "without it");
	IS_INT(decode(KABI_CTR, "a\0b", 3, &req), CM_E_KABI_PAYLOAD, "a NUL within");
	IS_INT(decode(KABI_CTR, "ab\0", 4, &req), CM_E_KABI_PAYLOAD, "two NULs");
}

static void test_headers(void)
{
	size_t len_bytes = dgram_make(KABI_RESUME, NULL, 0);
	struct kabi_req req;
	uint32_t word;

	word = 1;
	memcpy(dgram + OFF_VERSION, &word, 4);
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_VERSION, "version 1");
	word = 4;
	memcpy(dgram + OFF_VERSION, &word, 4);
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_VERSION, "version 4");
	word = 2;
	memcpy(dgram + OFF_VERSION, &word, 4);
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), 0, "version 2");
	IS_U64(req.version, 2, "is told");

	word = 0;
	memcpy(dgram + OFF_TYPE, &word, 4);
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_TYPE, "type 0");
	word = 0x105;
	memcpy(dgram + OFF_TYPE, &word, 4);
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_TYPE, "a flag above the type");

	dgram_make(KABI_RESUME, NULL, 0);
	memset(dgram + OFF_UUID, 0, KABI_UUID_BYTES);
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_UUID, "no uuid");
	memset(dgram + OFF_UUID, 'u', KABI_UUID_BYTES);
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_UUID, "uuid without a NUL");
	dgram[OFF_UUID + KABI_UUID_BYTES - 1] = 0;
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), 0, "uuid of 128");
	IS_U64(strlen(req.uuid), 128, "all of it");

	dgram_make(KABI_RESUME, NULL, 0);
	dgram[16] = 1;	/* proc connector */
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_CNID, "another connector id");
	dgram_make(KABI_RESUME, NULL, 0);
	dgram[4] = 2;
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_CNID, "NLMSG_ERROR");
	IS_INT(kabi_req_decode(dgram, 0, &req), CM_E_KABI_SHORT, "nothing");
	dgram_make(KABI_RESUME, NULL, 0);
	dgram[OFF_DATA_SIZE] = 8;
	IS_INT(kabi_req_decode(dgram, len_bytes, &req), CM_E_KABI_LEN, "data_size of more");
}

/* Lengths that agree with each other, but not with a request: a payload of -60 bytes. */
static void test_short_requests(void)
{
	uint32_t nlmsg_len = OFF_RQ + 100, minus = (uint32_t)-60;
	uint16_t cn_len = 100;
	struct kabi_req req;

	dgram_make(KABI_RESUME, NULL, 0);
	memcpy(dgram, &nlmsg_len, 4);
	memcpy(dgram + OFF_CN_LEN, &cn_len, 2);
	memcpy(dgram + OFF_DATA_SIZE, &minus, 4);
	IS_INT(kabi_req_decode(dgram, nlmsg_len, &req), CM_E_KABI_SHORT, "100 bytes of request");
	nlmsg_len = OFF_RQ;
	cn_len = 0;
	memcpy(dgram, &nlmsg_len, 4);
	memcpy(dgram + OFF_CN_LEN, &cn_len, 2);
	IS_INT(kabi_req_decode(dgram, nlmsg_len, &req), CM_E_KABI_SHORT, "a short reply");
}

static void test_encode_decode(void)
{
	struct kabi_req req, got;
	unsigned int wrong = 0;
	size_t len_bytes;
	uint32_t i;

	srand(1);
	for (i = 0; i < 20000; i++) {
		memset(&req, 0, sizeof(req));
		req.luid = (uint64_t)rand() << 33 ^ (uint64_t)rand();
		memset(req.uuid, 'a' + rand() % 26, 1 + (size_t)rand() % 128);
		req.version = 2 + (uint32_t)rand() % 2;
		req.seq = (uint32_t)rand();
		req.type = 1 + (uint32_t)rand() % 20;
		if (req.type == KABI_CTR)
			memset(req.args, 'x', 1 + (size_t)rand() % KABI_ARGS_MAX);
		if (req.type >= KABI_FLUSH && req.type <= KABI_CLEAR_REGION)
			req.region_count = (uint32_t)rand() % (KABI_REGIONS_MAX + 1);
		if (req.type == KABI_IN_SYNC || req.type == KABI_IS_REMOTE_RECOVERING ||
		    req.type == KABI_SET_REGION_SYNC)
			req.region_count = 1;
		for (uint32_t j = 0; j < req.region_count; j++)
			req.region_nr[j] = (uint64_t)rand() << 20;
		req.in_sync = req.type == KABI_SET_REGION_SYNC && rand() % 2;
		len_bytes = kabi_req_encode(&req, dgram);
		wrong += len_bytes > KABI_DGRAM_MAX || kabi_req_decode(dgram, len_bytes, &got) ||
			 memcmp(&got, &req, sizeof(got));
	}
	IS_U64(wrong, 0, "decode(encode(x)) == x");
}

/* ---- replies ---- */

static void encode_reply(void *arg)
{
	uint8_t buf[KABI_REPLY_MAX];

	kabi_reply_encode(arg, buf);
}

static void test_replies(void)
{
	struct kabi_reply eagain = { .type = KABI_FLUSH, .error = -EAGAIN };
	struct kabi_reply positive = { .type = KABI_FLUSH, .error = EIO };
	struct kabi_reply flush_data = { .type = KABI_FLUSH, .data_bytes = 8 };
	struct kabi_reply sync_bare = { .type = KABI_IN_SYNC };
	struct kabi_reply sync_error = { .type = KABI_IN_SYNC, .error = -ESRCH };
	struct kabi_reply sync_both = { .type = KABI_IN_SYNC, .error = -ESRCH, .data_bytes = 8 };
	struct kabi_reply ctr_open = { .type = KABI_CTR, .data_bytes = 2, .data = "ab" };
	struct kabi_reply ctr_long = { .type = KABI_CTR, .data_bytes = KABI_DEV_MAX + 1 };
	struct kabi_reply ctr_bare = { .type = KABI_CTR };
	struct kabi_reply status = { .type = KABI_STATUS_INFO, .data_bytes = KABI_REPLY_DATA_MAX };
	struct kabi_reply enosys = { .type = 200, .error = -ENOSYS };
	static const char text[KABI_REPLY_DATA_MAX + 1];
	uint8_t buf[KABI_REPLY_MAX];
	struct kabi_reply got;

	OK(tap_dies(encode_reply, &eagain), "-EAGAIN is never said: the kernel would loop");
	OK(tap_dies(encode_reply, &positive), "a positive error");
	OK(tap_dies(encode_reply, &flush_data), "a payload that the kernel has no room for");
	OK(tap_dies(encode_reply, &sync_bare), "no payload where the kernel reads one");
	OK(tap_dies(encode_reply, &sync_both), "an error and a payload");
	OK(tap_dies(encode_reply, &ctr_open), "a device name without a NUL");
	OK(tap_dies(encode_reply, &ctr_long), "a device name too long for the kernel");

	IS_U64(kabi_reply_encode(&sync_error, buf), 36 + 160 + 8, "-ESRCH keeps the room");
	OK(!kabi_reply_decode(buf, 36 + 160 + 8, &got) && got.error == -ESRCH && !got.data_bytes,
	   "and carries no answer");
	sync_error.error = -EIO;
	IS_U64(kabi_reply_encode(&sync_error, buf), 36, "another error is short");
	IS_U64(kabi_reply_encode(&ctr_bare, buf), 36, "CTR without a device is short");
	IS_U64(kabi_reply_encode(&enosys, buf), 36, "an unknown type can be refused");
	OK(!kabi_reply_decode(buf, 36, &got) && got.error == -ENOSYS, "with its error");
	IS_U64(kabi_reply_encode(&status, buf), KABI_REPLY_MAX, "the longest reply");
	buf[24] = 0;	/* sequence number in cn_msg is not what a full reply is matched by */
	OK(!kabi_reply_decode(buf, KABI_REPLY_MAX, &got) &&
	   got.data_bytes == KABI_REPLY_DATA_MAX, "decodes");

	/* The same bytes as a request, longer than any payload we send. */
	dgram_make(KABI_STATUS_INFO, text, sizeof(text));
	IS_INT(kabi_reply_decode(dgram, OFF_DATA + sizeof(text), &got), CM_E_KABI_PAYLOAD,
	       "a longer one");

	kabi_reply_encode(&enosys, buf);
	buf[16 + 12] = EAGAIN;
	IS_INT(kabi_reply_decode(buf, 36, &got), CM_E_KABI_PAYLOAD, "-EAGAIN is not accepted");
	IS_STR(kabi_type_name(KABI_MARK_REGION), "MARK_REGION", "a name");
	IS_STR(kabi_type_name(0), "?", "no name");
	IS_STR(kabi_type_name(18), "?", "no name");
	IS_STR(kabi_type_name(UINT32_MAX), "?", "no name");
}

/* ---- constructor lines ---- */

static void test_ctr_good(void)
{
	struct cm_errmsg err;
	struct kabi_ctr ctr;
	char word[32];

	IS_INT(kabi_ctr_parse("2097152 clustered-disk 253:2 4096 nosync gen=7 "
			      "legs=0123456789abcdef", &ctr, &err), 0, "a full line");
	IS_U64(ctr.len_sect, 2097152, "length");
	IS_STR(ctr.type_word, "clustered-disk", "type");
	IS_STR(ctr.dev, "253:2", "device");
	IS_U64(ctr.region_size_sect, 4096, "region size");
	IS_U64(ctr.region_count, 512, "region count");
	IS_INT(ctr.sync, KABI_SYNC_NOSYNC, "nosync");
	OK(ctr.has_gen && ctr.gen == 7, "generation");
	IS_U64(ctr.legs_hash, 0x0123456789abcdef, "legs");

	IS_INT(kabi_ctr_parse("2097152 clustered-core 4096", &ctr, &err), 0, "the shortest line");
	OK(!ctr.dev[0] && !ctr.has_gen && !ctr.gen && !ctr.legs_hash, "nothing else is set");
	IS_INT(ctr.sync, KABI_SYNC_DEFAULT, "neither sync nor nosync");
	IS_INT(kabi_ctr_parse("5000 clustered-disk /dev/vg/l_mlog 1024 legs=FFFFFFFFFFFFFFFF "
			      "gen=4294967295 sync", &ctr, &err), 0, "words in another order");
	OK(ctr.gen == UINT32_MAX && ctr.legs_hash == UINT64_MAX && ctr.sync == KABI_SYNC_FORCE,
	   "all of them");
	IS_U64(ctr.region_count, 5, "the last region is smaller");
	IS_STR(ctr.dev, "/dev/vg/l_mlog", "a path");
	/* LVM reduces the region size to what divides the mirror; this is the least. */
	IS_INT(kabi_ctr_parse("2 clustered-core 2", &ctr, &err), 0, "a mirror of one region");
	IS_U64(ctr.region_count, 1, "one");
	IS_INT(kabi_ctr_parse("18446744073709551615 clustered-core 2147483648", &ctr, &err), 0,
	       "the largest numbers");
	IS_U64(ctr.region_count, (uint64_t)1 << 33, "without overflow");

	IS_INT(kabi_ctr_type_word("99 snapshot-log any words", word, &err), 0, "another type");
	IS_STR(word, "snapshot-log", "is told");
	IS_INT(kabi_ctr_type_word("99", word, &err), CM_E_KABI_ARGS, "no type word");
	IS_INT(kabi_ctr_type_word("9x type", word, &err), CM_E_KABI_ARGS, "no length");
	IS_INT(kabi_ctr_type_word("9 a23456789012345678901234567890123", word, &err),
	       CM_E_KABI_ARGS, "a type word too long");
	IS_INT(kabi_ctr_type_word("9 a234567890123456789012345678901", word, NULL), 0,
	       "31 characters, nobody wants the text");
}

static void test_ctr_bad(void)
{
	/* line, what the text must name */
	static const char *const bad[][2] = {
		{ "", "mirror length \"\"" },
		{ "0 clustered-core 2", "mirror length \"0\"" },
		{ "-1 clustered-core 2", "mirror length \"-1\"" },
		{ "+1 clustered-core 2", "mirror length \"+1\"" },
		{ "0x10 clustered-core 2", "mirror length \"0x10\"" },
		{ "18446744073709551616 clustered-core 2", "mirror length" },
		{ "99", "log type \"\"" },
		{ "99 disk 253:2 2", "clustered-disk or clustered-core" },
		{ "99 clustered_disk 253:2 2", "clustered-disk or clustered-core" },
		{ "99 clustered-disk", "log device \"\"" },
		{ "99 clustered-disk 2", "log device \"2\"" },
		{ "99 clustered-disk 253: 2", "log device \"253:\"" },
		{ "99 clustered-disk :2 2", "log device \":2\"" },
		{ "99 clustered-disk 4096:2 2", "log device \"4096:2\"" },
		{ "99 clustered-disk 1:1048576 2", "log device \"1:1048576\"" },
		{ "99 clustered-disk 253:2:1 2", "log device \"253:2:1\"" },
		{ "99 clustered-disk / 2", "log device \"/\"" },
		{ "99 clustered-disk dev/log 2", "log device \"dev/log\"" },
		{ "99 clustered-disk 253:2", "region size \"\"" },
		{ "99 clustered-core", "region size \"\"" },
		{ "99 clustered-core 0", "region size \"0\"" },
		{ "99 clustered-core 1", "region size \"1\"" },
		{ "99 clustered-core 3", "region size \"3\"" },
		{ "99 clustered-core 2k", "region size \"2k\"" },
		{ "9999999999 clustered-core 4294967296", "region size \"4294967296\"" },
		{ "99 clustered-core 128", "larger than the mirror of 99 sectors" },
		{ "99 clustered-core 2 block_on_error", "\"block_on_error\" is unknown" },
		{ "99 clustered-core 2 Sync", "\"Sync\" is unknown" },
		{ "99 clustered-core 2 nosyncs", "\"nosyncs\" is unknown" },
		{ "99 clustered-core 2 gen", "\"gen\" is unknown" },
		{ "99 clustered-core 2 sync sync", "\"sync\": twice" },
		{ "99 clustered-core 2 sync nosync", "both sync and nosync" },
		{ "99 clustered-core 2 gen=1 gen=1", "\"gen=1\": twice" },
		{ "99 clustered-core 2 gen=", "gen=<number" },
		{ "99 clustered-core 2 gen=-1", "gen=<number" },
		{ "99 clustered-core 2 gen=4294967296", "gen=<number" },
		{ "99 clustered-core 2 gen=99999999999999999999", "gen=<number" },
		{ "99 clustered-core 2 legs=0123456789abcde", "16 hex digits" },
		{ "99 clustered-core 2 legs=0123456789abcdef0", "16 hex digits" },
		{ "99 clustered-core 2 legs=0123456789abcdeg", "16 hex digits" },
		{ "99 clustered-core 2 legs=0x23456789abcdef", "16 hex digits" },
		{ "99 clustered-core 2 legs=0123456789abcdef legs=0123456789abcdef", "twice" },
		{ "99 clustered-core 2\t", "byte 0x09 at character 20" },
		{ "99 clustered-core 2 \xc3\xbc", "byte 0xc3" },
	};
	struct kabi_ctr ctr, before;
	struct cm_errmsg err;
	size_t i;

	memset(&before, 0x5a, sizeof(before));
	for (i = 0; i < CM_ARRAY_COUNT(bad); i++) {
		ctr = before;
		err.text[0] = 0;
		IS_INT(kabi_ctr_parse(bad[i][0], &ctr, &err), CM_E_KABI_ARGS, "\"%s\"", bad[i][0]);
		if (!OK(strstr(err.text, bad[i][1]) != NULL, "names it"))
			printf("# \"%s\" has no \"%s\"\n", err.text, bad[i][1]);
		OK(!memcmp(&ctr, &before, sizeof(ctr)), "writes nothing");
	}
	IS_INT(kabi_ctr_parse("99 clustered-core 3", &ctr, NULL), CM_E_KABI_ARGS, "without a text");
}

/* The kernel can send a line of 332 characters once, but not again with its NUL. */
static void test_ctr_length(void)
{
	char args[KABI_ARGS_MAX + 2];
	static const char head[] = "99 clustered-disk /";
	static const char tail[] = " 2";
	struct cm_errmsg err;
	struct kabi_ctr ctr;

	snprintf(args, sizeof(args), "%s%0*d%s", head, KABI_DEV_MAX - 2, 0, tail);
	IS_INT(kabi_ctr_parse(args, &ctr, &err), 0, "a device word of %d", KABI_DEV_MAX - 1);
	IS_U64(strlen(ctr.dev), KABI_DEV_MAX - 1, "all of it");
	snprintf(args, sizeof(args), "%s%0*d%s", head, KABI_DEV_MAX - 1, 0, tail);
	IS_INT(kabi_ctr_parse(args, &ctr, &err), CM_E_KABI_ARGS, "one more");

	memset(args, ' ', sizeof(args));
	memcpy(args, "99 clustered-core", 17);
	memcpy(args + KABI_ARGS_MAX - 2, "2", 2);
	IS_INT(kabi_ctr_parse(args, &ctr, &err), 0, "a line of %d", KABI_ARGS_MAX - 1);
	memset(args + KABI_ARGS_MAX - 2, ' ', 2);
	memcpy(args + KABI_ARGS_MAX - 1, "2", 2);
	IS_INT(kabi_ctr_parse(args, &ctr, &err), CM_E_KABI_ARGS, "a line of %d", KABI_ARGS_MAX);
	OK(strstr(err.text, "at most 331") != NULL, "says how many");
}

int main(void)
{
	test_payloads();
	test_args();
	test_headers();
	test_short_requests();
	test_encode_decode();
	test_replies();
	test_ctr_good();
	test_ctr_bad();
	test_ctr_length();
	return tap_done();
}
