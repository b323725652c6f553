/* SPDX-License-Identifier: GPL-2.0-only */
/* test_le.c - base/le.h. */
#include "base/le.h"

#include "test/lib/tap.h"

struct packed_by_itself {
	uint8_t one;
	struct le64 eight;
	struct le16 two;
	struct le32 four;
};

CM_STATIC_ASSERT(sizeof(struct packed_by_itself) == 15);

int main(void)
{
	static const uint8_t bytes[15] = { 0xff, 0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x81,
		0x34, 0x92, 0x78, 0x56, 0x34, 0xf2 };
	struct packed_by_itself s = { 0xff, {{0}}, {{0}}, {{0}} };

	le64_set(&s.eight, 0x8102030405060708u);
	le16_set(&s.two, 0x9234);
	le32_set(&s.four, 0xf2345678u);
	IS_MEM(&s, bytes, sizeof(s), "the lowest byte comes first, on odd addresses too");
	IS_U64(le64_get(&s.eight), 0x8102030405060708u, "64 bits");
	IS_U64(le32_get(&s.four), 0xf2345678u, "32 bits, without a sign");
	IS_U64(le16_get(&s.two), 0x9234, "16 bits, without a sign");
	return tap_done();
}
