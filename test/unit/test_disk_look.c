/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Is this a log device, and whose? Every state that a kernel, lvm or we leave behind is taken,
 * everything else is refused; and no wrong byte turns a header of ours into a good one.
 */
#include "lib/format/disk.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "test/lib/tap.h"

#define UUID	"LVM-a1"
#define OTHER	"LVM-b2"
#define HEADER_BYTES	36u	/* of the poison, checksum included */

static uint8_t block0[DISK_PAGE_BYTES], sb_page[2][DISK_PAGE_BYTES];

static int look(struct disk_log *log, struct cm_errmsg *err)
{
	const uint8_t *const pages[2] = { sb_page[0], sb_page[1] };

	return disk_log_look(block0, pages, UUID, log, err);
}

static void classic(bool poison, const char *uuid)
{
	struct disk_geom geom;
	struct bits oos;

	if (disk_geom_init(&geom, 4u << 20, 1000, 1024, 32, NULL) || bits_alloc(&oos, 1000))
		abort();
	disk_classic_encode(&geom, 0, &oos, poison, 7, uuid, block0);
	bits_free(&oos);
}

static void superblock(unsigned int copy, uint32_t state, uint64_t seq, const char *uuid)
{
	struct disk_sb sb = {
		.seq = seq, .epoch = 7, .state = state, .dev_bytes = 4u << 20, .region_count = 1000,
		.region_size_sect = 1024, .slot_count = 32,
	};

	memcpy(sb.uuid, uuid, strlen(uuid));
	disk_sb_encode(&sb, sb_page[copy]);
}

/* As while a mirror is active: the founder's two writes. */
static void ours(void)
{
	classic(true, UUID);
	superblock(0, DISK_SB_IMPORT, 8, UUID);
	superblock(1, DISK_SB_ACTIVE, 9, UUID);
}

static void takes(enum disk_log_kind kind, const char *what)
{
	struct disk_log log = { .kind = (enum disk_log_kind)99 };
	struct cm_errmsg err = { .text = "" };

	IS_INT(look(&log, &err), 0, "%s", what);
	IS_INT(log.kind, kind, "its kind");
	IS_STR(err.text, "", "nothing said");
}

static void refuses(int want, const char *text, const char *what)
{
	struct disk_log log, before;
	struct cm_errmsg err = { .text = "" };

	memset(&before, 0x5a, sizeof(before));
	log = before;
	IS_INT(look(&log, &err), want, "%s", what);
	OK(strstr(err.text, text), "says: %s", err.text);
	OK(!memcmp(&log, &before, sizeof(log)), "nothing written");
}

static void test_taken(void)
{
	struct disk_log log;

	ours();
	classic(false, UUID);
	takes(DISK_LOG_CLASSIC, "stock activation after a crash of ours");
	superblock(0, DISK_SB_ACTIVE, 10, OTHER);
	takes(DISK_LOG_CLASSIC, "recycled extents under a header by lvcreate");
	memset(sb_page, 0xff, sizeof(sb_page));
	takes(DISK_LOG_CLASSIC, "anything at all under it");
	block0[4] = 1;
	takes(DISK_LOG_CLASSIC, "version 1 of the kernel's header");
	memset(block0 + DISK_CLASSIC_BITS_OFF, 0xff, sizeof(block0) - DISK_CLASSIC_BITS_OFF);
	memset(block0 + 16, 0xff, DISK_CLASSIC_BITS_OFF - 16);
	takes(DISK_LOG_CLASSIC, "behind the kernel's header stands what may");

	memset(block0, 0, sizeof(block0));
	takes(DISK_LOG_NEW, "wiped by stock --resync, rubbish behind it");
	memset(sb_page, 0, sizeof(sb_page));
	takes(DISK_LOG_NEW, "zeros");

	ours();
	takes(DISK_LOG_OURS, "in use");
	OK(!look(&log, NULL) && log.sb.seq == 9 && log.sb.state == DISK_SB_ACTIVE, "the newest");
	superblock(0, DISK_SB_ACTIVE, 10, UUID);
	OK(!look(&log, NULL) && log.sb.seq == 10, "in the other copy");
	sb_page[0][100] ^= 1;
	OK(!look(&log, NULL) && log.sb.seq == 9, "one copy torn: the other");
	superblock(0, DISK_SB_ACTIVE, 10, OTHER);
	OK(!look(&log, NULL) && log.sb.seq == 9, "one copy of an earlier log: the other");
}

static void test_refused(void)
{
	ours();
	memset(block0, 0xff, sizeof(block0));
	refuses(CM_E_DISK_MAGIC, "begins with ffffffff", "ones");
	memset(block0, 0, sizeof(block0));
	block0[DISK_CLASSIC_BITS_OFF - 1] = 1;
	refuses(CM_E_DISK_MAGIC, "begins with 00000000", "zeros but for one byte");
	memcpy(block0, "XFSB", 4);
	refuses(CM_E_DISK_MAGIC, "no header", "a file system");
	classic(false, UUID);
	block0[4] = 7;
	refuses(CM_E_DISK_MAGIC, "unknown version 7", "a kernel's header of another version");
	classic(true, OTHER);
	refuses(CM_E_DISK_UUID, "another mirror", "poison of another log");

	ours();
	superblock(0, DISK_SB_ACTIVE, 8, OTHER);
	superblock(1, DISK_SB_ACTIVE, 9, OTHER);
	refuses(CM_E_DISK_UUID, "superblocks belong to another", "superblocks of another log");
	ours();
	sb_page[0][9] ^= 1;
	sb_page[1][4000] ^= 1;
	refuses(CM_E_DISK_CSUM, "both superblocks are torn", "both superblocks torn");
	memset(sb_page, 0, sizeof(sb_page));
	refuses(CM_E_DISK_CSUM, "both superblocks are torn", "poison, and no superblock");
}

/* A copy as a later version would write it: the checksum is good, the rest may mean anything. */
static void test_later_version(void)
{
	uint32_t csum;
	int i;

	ours();
	sb_page[0][4] = 2;
	memset(sb_page[0] + 8, 0, 4);
	csum = cm_crc32c(0, sb_page[0], DISK_PAGE_BYTES);
	for (i = 0; i < 4; i++)
		sb_page[0][8 + i] = (uint8_t)(csum >> 8 * i);
	refuses(CM_E_DISK_VERSION, "later version", "a superblock of a later version");
	classic(false, UUID);
	takes(DISK_LOG_CLASSIC, "under a kernel's header it does not count");
}

/* Of the header of an active log every single bit counts. */
static void test_header_bits(void)
{
	unsigned int bit, taken = 0;
	struct disk_log log;

	for (bit = 0; bit < HEADER_BYTES * 8; bit++) {
		ours();
		block0[bit / 8] ^= (uint8_t)(1u << bit % 8);
		taken += !look(&log, NULL);
	}
	IS_U64(taken, 0, "no wrong bit in the header is taken");
	ours();
	block0[8] ^= 1;
	refuses(CM_E_DISK_CSUM, "the header is torn", "a wrong bit");
}

int main(void)
{
	test_taken();
	test_refused();
	test_later_version();
	test_header_bits();
	return tap_done();
}
