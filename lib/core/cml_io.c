/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_io.c - pages under way to and from the log device.
 *
 * A write that fails is tried again a few times: a FLUSH error is final for a table (the kernel
 * then holds its writes until the mirror is changed), so a path that comes back in seconds must
 * not cause one.
 */
#include "lib/core/cml_int.h"

struct cml_io *cml_io_get(struct cml *log, enum cml_io_kind kind, uint32_t arg)
{
	uint32_t i;

	for (i = 0; i < CML_IO_MAX; i++) {
		struct cml_io *io = &log->io[i];

		if (io->is_used)
			continue;
		io->is_used = true;
		io->kind = kind;
		io->arg = arg;
		io->tries = 0;
		io->retry_ms = 0;
		io->len_bytes = DISK_PAGE_BYTES;
		return io;
	}
	return NULL;
}

void cml_io_put(struct cml_io *io)
{
	CM_ASSERT(io->is_used);
	io->is_used = false;
}

uint32_t cml_io_busy(const struct cml *log)
{
	uint32_t i, n = 0;

	for (i = 0; i < CML_IO_MAX; i++)
		n += log->io[i].is_used;
	return n;
}

static struct disk_page_id page_id(const struct cml *log, uint32_t area, uint32_t page_nr)
{
	return (struct disk_page_id){
		.epoch = log->epoch,
		.uuid_hash = log->uuid_hash,
		.area = area,
		.page_nr = page_nr,
	};
}

int cml_page_check(const struct cml *log, uint32_t area, uint32_t page_nr, const uint8_t *page)
{
	struct disk_page_id id = page_id(log, area, page_nr);

	return disk_page_check(&log->geom, &id, page);
}

void cml_page_encode(const struct cml *log, uint32_t area, uint32_t page_nr,
		     const struct bits *map, uint8_t *page)
{
	struct disk_page_id id = page_id(log, area, page_nr);

	disk_page_encode(&log->geom, &id, map, page);
}

static void submit(struct cml *log, struct cml_io *io)
{
	struct cmn_effect fx = {
		.type = io->is_write ? CMN_FX_DISK_WRITE : CMN_FX_DISK_READ,
		.log = log,
		.id = (uint64_t)(io - log->io),
		.off = io->off,
		.buf = io->page,
		.len_bytes = io->len_bytes,
	};

	CM_ASSERT(!log->cfg.is_core);
	io->retry_ms = 0;
	log->cmn->emit(log->cmn->host, &fx);
}

void cml_io_read(struct cml *log, struct cml_io *io, uint64_t off)
{
	io->is_write = false;
	io->off = off;
	log->stats.reads++;
	submit(log, io);
}

void cml_io_write(struct cml *log, struct cml_io *io, uint64_t off)
{
	io->is_write = true;
	io->off = off;
	submit(log, io);
}

void cml_log_failed(struct cml *log)
{
	log->log_failed = true;
	if (log->state == CML_ST_ACTIVE)
		cml_state_set(log, CML_ST_FAILED, "log device failed");
}

static void failed(struct cml *log, const struct cml_io *io, int result)
{
	if (log->log_failed)
		return;
	cmn_journal(log->cmn, log, CMN_LG_ERR,
		    "log device: %s at byte %llu failed (%s): the log is failed on this node; "
		    "repair the mirror's log",
		    io->is_write ? "write" : "read", (unsigned long long)io->off,
		    cm_strerror(result));
	cml_log_failed(log);
}

/*
 * A bitmap that cannot be read says that all is dirty, and is written again, which a disk can do
 * that has lost a sector. Of the superblock there are two. Without block 0 nobody knows whose the
 * device is.
 */
static bool does_without(const struct cml_io *io)
{
	return !io->is_write && io->off;
}

static bool try_again(struct cml *log, struct cml_io *io)
{
	if (io->tries >= CML_DISK_RETRIES)
		return false;
	if (!io->tries++)
		cmn_journal(log->cmn, log, CMN_LG_WARN,
			    "log device: %s at byte %llu failed; trying again",
			    io->is_write ? "write" : "read", (unsigned long long)io->off);
	io->retry_ms = log->cmn->now_ms + CML_DISK_RETRY_MS;
	return true;
}

static void write_done(struct cml *log, struct cml_io *io)
{
	switch (io->kind) {
	case CML_IO_SLOT:
		cml_slot_done(log, io);
		break;
	case CML_IO_OOS:
		cml_oos_done(log, io);
		break;
	case CML_IO_SB:
		cml_sb_done(log, io);
		break;
	case CML_IO_OPEN:
		cml_open_done(log, io, 0);
		break;
	case CML_IO_MERGE_CLEAR:
		cml_merge_done(log, io, 0);
		break;
	case CML_IO_EXPORT:
		cml_export_done(log, io);
		break;
	default:
		CM_UNREACHABLE();
	}
}

static void read_done(struct cml *log, struct cml_io *io, int result)
{
	switch (io->kind) {
	case CML_IO_OPEN:
		cml_open_done(log, io, result);
		break;
	case CML_IO_SLOT_READ:
		cml_slot_read_done(log, io, result);
		break;
	case CML_IO_TAKEOVER:
		cml_take_done(log, io, result);
		break;
	case CML_IO_MERGE_READ:
		cml_merge_done(log, io, result);
		break;
	default:
		CM_UNREACHABLE();
	}
}

void cml_io_done(struct cml *log, uint64_t id, int result)
{
	struct cml_io *io;

	CM_ASSERT(id < CML_IO_MAX);
	io = &log->io[id];
	CM_ASSERT(io->is_used && !io->retry_ms);
	if (result && try_again(log, io))
		return;
	if (result && !does_without(io))
		failed(log, io, result);
	if (!io->is_write)
		read_done(log, io, result);
	else if (!result)
		write_done(log, io);
	/* else: what it should have made durable never is; its page stays marked as under way */
	cml_io_put(io);
}

void cml_io_timer(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_IO_MAX; i++)
		if (log->io[i].is_used && log->io[i].retry_ms &&
		    log->cmn->now_ms >= log->io[i].retry_ms)
			submit(log, &log->io[i]);
}
