/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the module tells over generic netlink: which answer is waited for, then messages as one
 * recv() gives them. The static readers are reached by including their file; there is no socket.
 */
#include "lib/kernel/kmc.c"

#include "test/fuzz/fuzz.h"

#define FAMILY		32
#define MARKS_BYTES	64u

static void instance_look(void *ctx, const struct kmc_instance *inst)
{
	(void)ctx;
	CM_ASSERT(inst->luid && inst->region_count && inst->region_size_sect);
	CM_ASSERT(memchr(inst->uuid, 0, sizeof(inst->uuid)) &&
		  memchr(inst->dev, 0, sizeof(inst->dev)) &&
		  memchr(inst->args, 0, sizeof(inst->args)));
}

static void look_check(const struct kmod_look *look)
{
	CM_ASSERT(look->frozen_count <= CMIRROR_FREEZES && look->copied_count <= CMIRROR_CLAIMS);
	CM_ASSERT(look->void_count <= CMIRROR_LIST_MAX && look->failed_count <= CMIRROR_LIST_MAX);
	for (uint32_t i = 0; i < look->frozen_count; i++)
		CM_ASSERT(look->frozen[i].bytes <= KMOD_CLAIM_BYTES);
	for (uint32_t i = 0; i < look->copied_count; i++)
		CM_ASSERT(look->copied[i].bytes <= KMOD_CLAIM_BYTES);
}

/* As receive() does. */
static void messages(struct kmc *kmc, const uint8_t *bytes, size_t size, answer_fn *answer,
		     void *ctx)
{
	const struct nlmsghdr *nlh = (const void *)bytes;
	int left = (int)size, r = 1;

	for (; r == 1 && message_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		r = message(kmc, nlh, answer, ctx);
}

static void news_look(struct kmc *kmc)
{
	uint64_t luid;
	uint32_t ask, count = kmc->news_count;

	CM_ASSERT(count <= NEWS_MAX && memchr(kmc->why, 0, sizeof(kmc->why)));
	while (kmc->news_count) {
		CM_ASSERT(kmc_has_news(kmc));
		if (kmc_news(kmc, &luid, &ask) == 1)
			CM_ASSERT(--count == kmc->news_count);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct kmc kmc;
	static struct kmod_look look;
	struct instances to = { instance_look, NULL };
	struct marks marks = { malloc(MARKS_BYTES), MARKS_BYTES };
	uint8_t kind = size ? *data : 0, *bytes;
	uint16_t family = 0;
	struct buf_rd rd;

	rd_init(&rd, data, size);
	rd_skip(&rd, 1);
	size = rd_left(&rd);
	bytes = fuzz_take(&rd, MNL_ALIGN(size));	/* libmnl looks at whole words */
	kmc.family = FAMILY;
	kmc.seq = 1;
	kmc.news_count = 0;
	memset(&look, 0, sizeof(look));
	CM_ASSERT(marks.bits);
	if (kind % 5 == 0)
		messages(&kmc, bytes, size, look_note, &look);
	else if (kind % 5 == 1)
		messages(&kmc, bytes, size, instance_note, &to);
	else if (kind % 5 == 2)
		messages(&kmc, bytes, size, marks_note, &marks);
	else if (kind % 5 == 3)
		messages(&kmc, bytes, size, family_note, &family);
	else
		messages(&kmc, bytes, size, NULL, NULL);
	look_check(&look);
	news_look(&kmc);
	free(marks.bits);
	free(bytes);
	return 0;
}
