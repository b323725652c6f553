// SPDX-License-Identifier: GPL-2.0-only
/*
 * cmk_slot.c - marks, and the pages of this node's slot on the log device.
 *
 * Only this file writes the slot while the instance runs. Format: doc/disk-format.md, "bitmap
 * page"; lib/format/disk_page.c is its other writer and its reader.
 *
 * Group commit: all marks of a pass go out with one write per page; marks that come while a write
 * is under way go with the next. One write of a page is under way at a time, and it carries the
 * bits as they were when it was submitted. A mark that was cleared counts as new when it is set
 * again, even if the disk has not heard of the clear: its write comes after that of the clear.
 */
#include <linux/crc32c.h>
#include <linux/mm.h>

#include "cmk.h"

#define CMK_MAP_MAGIC	0x70624D63u	/* bytes "cMbp" */

struct cmk_page_disk {
	__le32 magic;
	__le32 area;		/* slot number */
	__le32 csum;		/* CRC-32C of the page with this field 0 */
	__le32 page_nr;
	__le64 epoch;
	__le64 uuid_hash;
	u8 bits[CMK_PAGE_BYTES - CMK_PAGE_HDR_BYTES];
};

static_assert(sizeof(struct cmk_page_disk) == CMK_PAGE_BYTES);
static_assert(offsetof(struct cmk_page_disk, bits) == CMK_PAGE_HDR_BYTES);
static_assert(PAGE_SIZE % CMK_PAGE_BYTES == 0 && CMK_PAGE_REGIONS % 64 == 0);

int cmk_pages_create(struct cmk_log *log)
{
	u32 i;

	log->page_count = DIV_ROUND_UP_ULL(log->region_count, CMK_PAGE_REGIONS);
	log->page = kvcalloc(log->page_count, sizeof(*log->page), GFP_KERNEL);
	if (!log->page)
		return -ENOMEM;
	for (i = 0; i < log->page_count; i++) {
		log->page[i].log = log;
		log->page[i].nr = i;
		log->page[i].buf = alloc_page(GFP_KERNEL);
		if (!log->page[i].buf)
			return -ENOMEM;
	}
	return 0;
}

void cmk_pages_destroy(struct cmk_log *log)
{
	u32 i;

	for (i = 0; log->page && i < log->page_count; i++)
		if (log->page[i].buf)
			__free_page(log->page[i].buf);
	kvfree(log->page);
}

/* ---- marks ---- */

static struct cmk_page *page_of(const struct cmk_log *log, u64 region)
{
	return &log->page[div_u64(region, CMK_PAGE_REGIONS)];
}

bool cmk_is_durable(const struct cmk_log *log, u64 region)
{
	const struct cmk_page *page;

	if (!test_bit(region, log->marks))
		return false;
	if (!log->page)
		return true;
	page = page_of(log, region);
	return page->durable_gen >= page->set_gen;
}

static void page_changed(struct cmk_log *log, u64 region)
{
	if (log->page)
		page_of(log, region)->is_wanted = true;
}

void cmk_mark(struct cmk_log *log, u64 region)
{
	log->stats.marks++;
	__set_bit(region, log->dirty);
	__set_bit(region, log->recent);
	if (__test_and_set_bit(region, log->marks)) {
		log->stats.marks_hot++;
		return;
	}
	if (!log->mark_count++)
		cmk_clerk_wake(log);	/* it has to look when the mark may go */
	log->set_gen++;
	page_changed(log, region);
	if (log->page)
		page_of(log, region)->set_gen = log->set_gen;
}

void cmk_unmark(struct cmk_log *log, u64 region)
{
	__clear_bit(region, log->marks);
	log->mark_count--;
	log->stats.cleared++;
	page_changed(log, region);
}

/* ---- writing ---- */

/*
 * Words of a bitmap, as little endian bytes, cut off after the last region. A page begins at a
 * whole word: CMK_PAGE_REGIONS is a multiple of 64.
 */
static void bits_encode(const struct cmk_log *log, const struct cmk_page *page, u8 *bits)
{
	u64 first = (u64)page->nr * CMK_PAGE_REGIONS;
	u64 count = min_t(u64, log->region_count - first, CMK_PAGE_REGIONS);
	u64 bytes = DIV_ROUND_UP(count, 8);
	u64 i;

	for (i = 0; i < bytes; i++)
		bits[i] = log->marks[(first + i * 8) / BITS_PER_LONG] >>
			  (first + i * 8) % BITS_PER_LONG;
	memset(bits + bytes, 0, CMK_PAGE_BYTES - CMK_PAGE_HDR_BYTES - bytes);
}

static void page_encode(const struct cmk_log *log, struct cmk_page *page)
{
	struct cmk_page_disk *disk = page_address(page->buf);

	disk->magic = cpu_to_le32(CMK_MAP_MAGIC);
	disk->area = cpu_to_le32(log->slot);
	disk->csum = 0;
	disk->page_nr = cpu_to_le32(page->nr);
	disk->epoch = cpu_to_le64(log->epoch);
	disk->uuid_hash = cpu_to_le64(log->uuid_hash);
	bits_encode(log, page, disk->bits);
	disk->csum = cpu_to_le32(~crc32c(~0, disk, CMK_PAGE_BYTES));
}

static void page_write_end(struct bio *bio)
{
	struct cmk_page *page = bio->bi_private;
	struct cmk_log *log = page->log;
	unsigned long flags;

	spin_lock_irqsave(&log->lock, flags);
	page->is_inflight = false;
	if (!bio->bi_status) {
		page->tries = 0;
		page->durable_gen = page->inflight_gen;
	} else {
		page->is_wanted = true;
		page->retry_at = jiffies + msecs_to_jiffies(CMK_RETRY_MS);
		if (++page->tries >= CMK_WRITE_TRIES && !log->log_failed) {
			log->log_failed = true;
			cmk_ask(log, CMIRROR_ASK_LOG_FAILED);
		}
	}
	/* Under the lock: who waits for the last page in dtr frees the log when it has it. */
	cmk_clerk_wake(log);
	wake_up(&log->wait);
	spin_unlock_irqrestore(&log->lock, flags);
}

/* Takes the page for a write, if it is wanted and its last failure is long enough ago. */
static bool page_take(struct cmk_log *log, struct cmk_page *page)
{
	bool is_taken;

	spin_lock_irq(&log->lock);
	is_taken = page->is_wanted && !page->is_inflight && !log->log_failed && cmk_is_live(log) &&
		   (!page->tries || time_after_eq(jiffies, page->retry_at));
	if (is_taken) {
		page->is_wanted = false;
		page->is_inflight = true;
		page->inflight_gen = page->set_gen;
		page_encode(log, page);
		log->stats.slot_writes++;
	}
	spin_unlock_irq(&log->lock);
	return is_taken;
}

static void page_submit(struct cmk_log *log, struct cmk_page *page)
{
	struct bio *bio = &page->bio;

	bio_init(bio, log->dev->bdev, &page->vec, 1, REQ_OP_WRITE | REQ_SYNC | REQ_FUA);
	bio->bi_iter.bi_sector = log->slot_sect + (sector_t)page->nr * CMK_PAGE_SECT;
	bio->bi_end_io = page_write_end;
	bio->bi_private = page;
	__bio_add_page(bio, page->buf, CMK_PAGE_BYTES, 0);
	submit_bio(bio);
}

void cmk_pages_write(struct cmk_log *log)
{
	u32 i;

	for (i = 0; log->page && i < log->page_count; i++)
		if (page_take(log, &log->page[i]))
			page_submit(log, &log->page[i]);
}

void cmk_write_work(struct work_struct *work)
{
	cmk_pages_write(container_of(work, struct cmk_log, write_work));
}

void cmk_pages_write_later(struct cmk_log *log)
{
	if (log->page)
		queue_work(cmk_wq, &log->write_work);
}

void cmk_pages_forget(struct cmk_log *log)
{
	u32 i;

	for (i = 0; log->page && i < log->page_count; i++) {
		log->page[i].durable_gen = log->page[i].set_gen;
		log->page[i].is_wanted = false;
		log->page[i].tries = 0;
	}
	log->flushed_gen = log->set_gen;
}

bool cmk_pages_retry(const struct cmk_log *log, unsigned long *when)
{
	bool is_any = false;
	u32 i;

	if (!cmk_is_live(log) || log->log_failed)
		return false;
	for (i = 0; log->page && i < log->page_count; i++) {
		const struct cmk_page *page = &log->page[i];

		if (!page->tries || !page->is_wanted || page->is_inflight)
			continue;
		if (!is_any || time_before(page->retry_at, *when))
			*when = page->retry_at;
		is_any = true;
	}
	return is_any;
}

/* What bits that are set and not durable wait for; those of several pages for the last of these. */
enum wait_for {
	WAIT_OVER,		/* there are none, or there is no hope for them */
	WAIT_RETRY,		/* of a write that failed */
	WAIT_SUBMIT,		/* of one that nobody has submitted yet: we do */
	WAIT_NOTHING,		/* nobody is ever going to write them */
	WAIT_END,		/* of one that is under way */
};

static enum wait_for page_waits(const struct cmk_log *log, const struct cmk_page *page)
{
	if (page->set_gen <= page->durable_gen)
		return WAIT_OVER;
	if (page->is_inflight)
		return WAIT_END;
	if (!page->is_wanted || !cmk_is_live(log))
		return WAIT_NOTHING;
	return page->tries ? WAIT_RETRY : WAIT_SUBMIT;
}

static enum wait_for pages_wait(struct cmk_log *log)
{
	enum wait_for all = WAIT_OVER;
	u32 i;

	spin_lock_irq(&log->lock);
	for (i = 0; !log->log_failed && i < log->page_count; i++)
		all = max(all, page_waits(log, &log->page[i]));
	spin_unlock_irq(&log->lock);
	return all;
}

/* Returns whether somebody was going to write them. */
static bool all_durable_wait(struct cmk_log *log)
{
	enum wait_for what;

	while ((what = pages_wait(log)) != WAIT_OVER) {
		if (WARN_ON_ONCE(what == WAIT_NOTHING))
			return false;
		if (what == WAIT_RETRY)
			schedule_timeout_uninterruptible(msecs_to_jiffies(CMK_RETRY_MS) / 4 + 1);
		cmk_pages_write(log);
		wait_event(log->wait, pages_wait(log) != WAIT_END);
	}
	return true;
}

int cmk_flush(struct cmk_log *log)
{
	bool is_durable;
	u64 set_gen;

	spin_lock_irq(&log->lock);
	set_gen = log->set_gen;
	if (set_gen == log->flushed_gen || !log->page) {
		spin_unlock_irq(&log->lock);
		return 0;
	}
	log->stats.mark_batches++;
	spin_unlock_irq(&log->lock);
	is_durable = all_durable_wait(log);
	spin_lock_irq(&log->lock);
	is_durable &= !log->log_failed;
	if (is_durable)
		log->flushed_gen = set_gen;
	spin_unlock_irq(&log->lock);
	return is_durable ? 0 : -EIO;
}

bool cmk_pages_are_idle(struct cmk_log *log)
{
	bool is_idle = true;
	u32 i;

	spin_lock_irq(&log->lock);
	for (i = 0; log->page && i < log->page_count; i++)
		is_idle &= !log->page[i].is_inflight;
	spin_unlock_irq(&log->lock);
	return is_idle;
}
