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

/* Behind its NUL a text may still have what a former line of the same key said. */
static bool is_same(const struct record *a, const struct record *b)
{
	return a->phase == b->phase && a->is_all == b->is_all && !strcmp(a->vg, b->vg) &&
	       !strcmp(a->lv, b->lv) && !strcmp(a->dm_uuid, b->dm_uuid) &&
	       !strcmp(a->log_uuid, b->log_uuid) && !strcmp(a->vg_lock_args, b->vg_lock_args) &&
	       !strcmp(a->lv_lock_args, b->lv_lock_args);
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
	CM_ASSERT(is_same(&record, &again));
	return 0;
}
