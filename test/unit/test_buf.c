/* SPDX-License-Identifier: GPL-2.0-only */
/* test_buf.c - base/buf.h. */
#include "base/buf.h"

#include <string.h>

#include "test/lib/tap.h"

static const uint8_t golden[20] = {
	0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a, 0x09, 0x08,
	'a', 'b', 0, 0, 0
};

static void write_all(void)
{
	uint8_t buf[21];
	struct buf_wr wr;

	memset(buf, 0xee, sizeof(buf));
	wr_init(&wr, buf, 20);
	wr_u8(&wr, 0x01);
	wr_u16(&wr, 0x0203);
	wr_u32(&wr, 0x04050607);
	wr_u64(&wr, 0x08090a0b0c0d0e0fu);
	wr_bytes(&wr, "ab", 2);
	IS_U64(wr_len(&wr), 17, "length so far");
	wr_zero(&wr, 3);
	OK(!wr_failed(&wr), "a full buffer is no failure");
	IS_MEM(buf, golden, 20, "the bytes, lowest first");
	wr_bytes(&wr, NULL, 0);
	wr_zero(&wr, 0);
	OK(!wr_failed(&wr), "nothing fits in nothing");
	wr_u8(&wr, 1);
	OK(wr_failed(&wr), "one more does not");
	IS_U64(buf[20], 0xee, "and did not happen");
	IS_U64(wr_len(&wr), 20, "the length stays");
}

static void write_short(void)
{
	uint8_t buf[8] = { 0 };
	struct buf_wr wr;

	wr_init(&wr, buf, 7);
	wr_u64(&wr, ~(uint64_t)0);
	OK(wr_failed(&wr), "eight bytes into seven");
	wr_u8(&wr, 0xff);
	IS_U64(wr_len(&wr), 0, "after a failure nothing is written, fits or not");
	IS_U64(buf[0], 0, "not a byte");
	wr_init(&wr, buf, 3);
	wr_zero(&wr, SIZE_MAX);
	OK(wr_failed(&wr), "a length near the end of memory does not wrap around");
	wr_init(&wr, NULL, 0);
	wr_u8(&wr, 0);
	OK(wr_failed(&wr) && !wr_len(&wr), "an empty buffer takes nothing");
}

static void read_all(void)
{
	uint8_t two[2];
	struct buf_rd rd;

	rd_init(&rd, golden, sizeof(golden));
	IS_U64(rd_u8(&rd), 0x01, "u8");
	IS_U64(rd_u16(&rd), 0x0203, "u16");
	IS_U64(rd_u32(&rd), 0x04050607, "u32");
	IS_U64(rd_u64(&rd), 0x08090a0b0c0d0e0fu, "u64");
	rd_bytes(&rd, two, 2);
	IS_MEM(two, "ab", 2, "bytes");
	IS_U64(rd_left(&rd), 3, "what is left");
	rd_skip(&rd, 3);
	OK(!rd_failed(&rd) && !rd_left(&rd), "read to the end");
	rd_bytes(&rd, NULL, 0);
	rd_skip(&rd, 0);
	OK(!rd_failed(&rd), "nothing more is no failure");
	IS_U64(rd_u8(&rd), 0, "past the end is 0");
	OK(rd_failed(&rd), "and a failure");
}

static void read_short(void)
{
	uint8_t buf[8], dst[4] = { 1, 2, 3, 4 };
	struct buf_rd rd;

	memset(buf, 0xff, sizeof(buf));
	rd_init(&rd, buf, 7);
	IS_U64(rd_u64(&rd), 0, "eight bytes out of seven");
	IS_U64(rd_u8(&rd), 0, "after a failure every read is 0");
	IS_U64(rd_left(&rd), 0, "and nothing is left");
	rd_bytes(&rd, dst, sizeof(dst));
	IS_MEM(dst, "\0\0\0\0", 4, "bytes are 0 too");
	rd_init(&rd, buf, 3);
	IS_U64(rd_u32(&rd), 0, "four out of three");
	rd_init(&rd, buf, 1);
	IS_U64(rd_u16(&rd), 0, "two out of one");
	rd_init(&rd, buf, 3);
	rd_skip(&rd, SIZE_MAX);
	OK(rd_failed(&rd), "a length near the end of memory does not wrap around");
	rd_init(&rd, NULL, 0);
	OK(!rd_failed(&rd) && !rd_left(&rd), "an empty buffer is no failure yet");
}

int main(void)
{
	write_all();
	write_short();
	read_all();
	read_short();
	return tap_done();
}
