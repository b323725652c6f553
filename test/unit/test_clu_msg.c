/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The small pure parts of the corosync provider: its bytes on the wire, its send queue, what it
 * reads out of dlm_controld's configuration.
 */
#include "lib/cluster/clu_msg.h"

#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "lib/cluster/clu_dlmcontrol.h"
#include "lib/cluster/clu_sendq.h"
#include "test/lib/tap.h"

/* By hand: ring 0x1122334455 of node 7, number 6, processes 1.100 and, waiting, 1.258. */
static const uint8_t golden[] = {
	'C', 'M', 'c', 'l', 1, 2, 0, 0,
	0x55, 0x44, 0x33, 0x22, 0x11, 0, 0, 0, 7, 0, 0, 0, 6, 0, 0, 0, 2, 0, 0, 0,
	1, 0, 0, 0, 100, 0, 0, 0, 0,
	1, 0, 0, 0, 2, 1, 0, 0, 1,
};

static const struct clv_proposal golden_prop = {
	.ring = { 7, 0x1122334455 }, .number = 6, .count = 2,
	.proc = { { 1, 100 }, { 1, 258 } }, .is_waiting = { false, true },
};

static int decode(const uint8_t *buf, size_t len_bytes)
{
	struct clv_proposal prop;
	enum clu_msg_type type;

	return clu_msg_decode(buf, len_bytes, &type, &prop);
}

static int decode_with(size_t at, uint8_t value)
{
	uint8_t buf[sizeof(golden)];

	memcpy(buf, golden, sizeof(buf));
	buf[at] = value;
	return decode(buf, sizeof(buf));
}

static void test_msg(void)
{
	uint8_t buf[CLU_MSG_PROPOSAL_BYTES_MAX + 1] = { 0 };
	struct clv_proposal prop;
	enum clu_msg_type type;
	size_t i;

	IS_U64(clu_msg_proposal(buf, &golden_prop), sizeof(golden), "length");
	IS_MEM(buf, golden, sizeof(golden), "bytes");
	memset(&prop, 0xff, sizeof(prop));
	IS_INT(clu_msg_decode(golden, sizeof(golden), &type, &prop), 0, "decoded");
	OK(type == CLU_MSG_PROPOSAL && prop.ring.seq == 0x1122334455 && prop.ring.nodeid == 7 &&
	   prop.number == 6 && prop.count == 2 && prop.proc[1].pid == 258 &&
	   prop.is_waiting[1] && !prop.is_waiting[0], "to what it was");
	for (i = 0; i < sizeof(golden); i++)
		if (decode(golden, i) != CM_E_WIRE_SHORT)
			break;
	IS_U64(i, sizeof(golden), "every shorter one is too short");
	memcpy(buf, golden, sizeof(golden));
	IS_INT(decode(buf, sizeof(golden) + 1), CM_E_WIRE_LEN, "a longer one");
	IS_INT(decode_with(3, 'x'), CM_E_WIRE_MAGIC, "magic");
	IS_INT(decode_with(4, 2), CM_E_WIRE_VERSION, "version");
	IS_INT(decode_with(5, 3), CM_E_WIRE_TYPE, "type");
	IS_INT(decode_with(6, 1), CM_E_WIRE_FIELD, "spare bytes");
	IS_INT(decode_with(15, 1), CM_E_WIRE_FIELD, "a seq that does not leave room for numbers");
	IS_INT(decode_with(20, 7), CM_E_WIRE_FIELD, "odd number");
	IS_INT(decode_with(20, 0), CM_E_WIRE_FIELD, "number 0");
	IS_INT(decode_with(22, 0x10), CM_E_WIRE_FIELD, "a number too big");
	IS_INT(decode_with(24, 0), CM_E_WIRE_FIELD, "nobody");
	IS_INT(decode_with(24, 129), CM_E_WIRE_FIELD, "too many");
	IS_INT(decode_with(28, 0), CM_E_WIRE_FIELD, "node 0");
	IS_INT(decode_with(28, 2), CM_E_WIRE_FIELD, "not ascending");
	IS_INT(decode_with(36, 2), CM_E_WIRE_FIELD, "waiting is 0 or 1");

	clu_msg_head(buf, CLU_MSG_APP);
	IS_INT(decode(buf, CLU_MSG_HEAD_BYTES), CM_E_WIRE_SHORT, "nothing in it");
	IS_INT(clu_msg_decode(buf, CLU_MSG_HEAD_BYTES + 1, &type, &prop), 0, "one byte in it");
	IS_INT(type, CLU_MSG_APP, "of a caller");
}

/* A queue against a model: messages are runs of a counter. */
static void test_sendq(void)
{
	struct clu_sendq q;
	uint8_t body[200];
	const uint8_t *got;
	size_t len_bytes, room, i;
	uint64_t rng = 1;
	uint32_t pushed = 0, popped = 0, step, full = 0, bad = 0, promised = 0;

	IS_INT(clu_sendq_create(&q, 1024), 0, "create");
	OK(!clu_sendq_peek(&q, &len_bytes), "empty");
	IS_U64(clu_sendq_room(&q), 1024 - 16, "room of an empty one");
	for (step = 0; step < 100000; step++) {
		rng = rng * 6364136223846793005u + 1442695040888963407u;
		if (rng >> 40 & 1) {
			len_bytes = 1 + pushed * 2246822519u % 180;
			memset(body, (int)(pushed & 0xff), sizeof(body));
			room = clu_sendq_room(&q);
			if (clu_sendq_push(&q, body, 3, body, len_bytes - 1) == 0)
				pushed++;
			else if (len_bytes + 2 <= room)
				promised++;
			else
				full++;
			continue;
		}
		got = clu_sendq_peek(&q, &len_bytes);
		if (!got)
			continue;
		if (len_bytes != 1 + popped * 2246822519u % 180 + 2)
			bad++;
		for (i = 0; i < len_bytes; i++)
			bad += got[i] != (uint8_t)popped;
		clu_sendq_pop(&q);
		popped++;
	}
	OK(popped > 5000 && full > 100, "%u in, %u out, %u times full", pushed, popped, full);
	IS_U64(bad, 0, "every byte in order");
	IS_U64(promised, 0, "room never promises too much");
	IS_U64(q.count, pushed - popped, "count");
	clu_sendq_destroy(&q);
}

static int parse(const char *text)
{
	bool is_on;
	int r = clu_dlmcontrol_parse(text, &is_on);

	return r ? r : is_on;
}

static void test_dlmcontrol(void)
{
	IS_INT(parse("daemon_debug=0\nenable_fencing=1\nenable_startup_fencing=1\n"), 1, "on");
	IS_INT(parse("enable_fencing=0 (dlm.conf)\nenable_startup_fencing=1\n"), 0, "off");
	IS_INT(parse("enable_fencing=1 (cli option)\nenable_startup_fencing=0 (dlm.conf)"), 0,
	       "without startup fencing");
	IS_INT(parse("xenable_fencing=1\nenable_startup_fencing=1"), CM_E_CLU_LOST, "no such line");
	IS_INT(parse("enable_fencing=\nenable_startup_fencing=1"), CM_E_CLU_LOST, "no value");
	IS_INT(parse(""), CM_E_CLU_LOST, "nothing");
}

int main(void)
{
	test_msg();
	test_sendq();
	test_dlmcontrol();
	return tap_done();
}
