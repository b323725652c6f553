/* SPDX-License-Identifier: GPL-2.0-only */
/* test_hash.c - base/hash.h; the source itself, for its two ways to the same checksum. */
#include "base/hash.c"

#include <string.h>

#include "test/lib/tap.h"

/* RFC 3720 B.4: 32 bytes of zeros, of ones, rising, falling. */
static void crc_vectors(void)
{
	uint8_t buf[32];

	IS_U64(cm_crc32c(0, "123456789", 9), 0xe3069283u, "crc32c of the digits");
	IS_U64(cm_crc32c(0, "", 0), 0, "crc32c of nothing");
	memset(buf, 0, sizeof(buf));
	IS_U64(cm_crc32c(0, buf, sizeof(buf)), 0x8a9136aau, "crc32c of zeros");
	memset(buf, 0xff, sizeof(buf));
	IS_U64(cm_crc32c(0, buf, sizeof(buf)), 0x62a8ab43u, "crc32c of ones");
	for (unsigned int i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)i;
	IS_U64(cm_crc32c(0, buf, sizeof(buf)), 0x46dd794eu, "crc32c of 0 to 31");
	for (unsigned int i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(31 - i);
	IS_U64(cm_crc32c(0, buf, sizeof(buf)), 0x113fdb5cu, "crc32c of 31 to 0");
	IS_U64(cm_crc32c(cm_crc32c(0, "1234", 4), "56789", 5), 0xe3069283u, "crc32c in pieces");
}

/* Bit by bit, for every value of one byte: that the table is what the polynomial says. */
static void crc_table_whole(void)
{
	bool is_ok = true;

	for (unsigned int i = 0; i < 256; i++) {
		uint8_t byte = (uint8_t)i;
		uint32_t crc = ~(uint32_t)0 ^ byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
		is_ok = is_ok && cm_crc32c(0, &byte, 1) == ~crc;
	}
	OK(is_ok, "crc32c of each byte");
}

/* Machines with and without the instruction read each other's disks. */
static void crc_both_ways(void)
{
	uint8_t buf[64];
	bool is_ok = true;

	for (unsigned int i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)(i * i + 17 * i);
	for (size_t from = 0; from < 9; from++)
		for (size_t len = 0; len <= sizeof(buf) - from; len++)
			is_ok = is_ok && crc_by_table(~7u, buf + from, len) ==
				~cm_crc32c(7, buf + from, len);
	OK(is_ok, "crc32c by table and by instruction, each length and alignment");
}

static void hashes(void)
{
	uint8_t zeros[16] = { 0 };
	bool is_ok = true;

	/* Computed apart from this code: nodes of different builds compare hashes. */
	IS_U64(cm_hash64(0, "", 0), 0x8e0839c562050fdeu, "hash of nothing");
	IS_U64(cm_hash64(0, "123456789", 9), 0x1aa6d1623247abedu, "hash of the digits");
	OK(cm_hash64(0, "a", 1) != cm_hash64(1, "a", 1), "the seed counts");
	for (size_t i = 0; i < sizeof(zeros); i++)
		is_ok = is_ok && cm_hash64(0, zeros, i) != cm_hash64(0, zeros, i + 1);
	OK(is_ok, "the number of zeros counts");
	for (size_t i = 0; i < sizeof(zeros) * 8; i++) {
		uint64_t before = cm_hash64(0, zeros, sizeof(zeros)), after;

		zeros[i / 8] = (uint8_t)(1u << i % 8);
		after = cm_hash64(0, zeros, sizeof(zeros));
		zeros[i / 8] = 0;
		is_ok = is_ok && __builtin_popcountll(before ^ after) > 12;
	}
	OK(is_ok, "each bit of the input turns many of the output");
}

int main(void)
{
	crc_vectors();
	crc_table_whole();
	crc_both_ways();
	hashes();
	return tap_done();
}
