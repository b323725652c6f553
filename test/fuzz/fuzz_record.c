/* SPDX-License-Identifier: GPL-2.0-only */
/* What clvmd remembers of a mirror, in a file of /run. The folder is put elsewhere. */
#undef CM_RUN_DIR
#define CM_RUN_DIR	"/proc/self/fd/900"
#include "daemons/clvmd/record.c"

#include "test/fuzz/fuzz.h"

#define UUID	"LVM-8uPrffqdQzQTUm14hrfAUGWxdkE5oCovndlw9hRi2VBMAaAs1NxnXcLmzWFYQIXe"

static unsigned int each_count;

static void each(void *ctx, const struct record *record)
{
	each_count++;
	CM_ASSERT(!memcmp(ctx, record, sizeof(*record)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record record, again;
	struct cm_errmsg err;
	char lv_uuid[39];

	(void)fuzz_dir(900);
	fuzz_file("clvmd/" UUID, data, size);
	if (record_read(UUID, &record))
		return 0;
	record_lv_uuid(record.dm_uuid, lv_uuid);
	each_count = 0;
	record_each(each, &record);
	CM_ASSERT(each_count == 1);
	CM_ASSERT(!record_write(&record, &err) && !record_read(UUID, &again));
	CM_ASSERT(!memcmp(&record, &again, sizeof(record)));
	return 0;
}
