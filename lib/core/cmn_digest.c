/* SPDX-License-Identifier: GPL-2.0-only */
/* cmn_digest.c - what a node is going to do next, as one number; for searches by tests. */
#include "lib/core/cml_int.h"

#include "base/hash.h"

static uint64_t of_bits(uint64_t hash, const struct bits *bits, uint64_t count)
{
	return cm_digest64(hash, bits->words, bits_words_for(count) * sizeof(uint64_t));
}

static uint64_t of_io(const struct cml_io *io)
{
	uint64_t hash, v[] = { io->kind, io->is_write, io->arg, io->gen, io->tries, io->retry_ms,
			 io->off };

	hash = cm_digest64(1, v, sizeof(v));
	return io->is_write ? cm_digest64(hash, io->page, io->len_bytes) : hash;
}

static uint64_t of_log(uint64_t hash, const struct cml *log)
{
	uint32_t i, pages = log->geom.map_pages ? log->geom.map_pages : 1;
	uint64_t ios = 0;

	hash = cm_digest64(hash, &log->state, sizeof(log->state));
	hash = cm_digest64(hash, &log->inst, offsetof(struct cml, io) - offsetof(struct cml, inst));
	hash = of_bits(hash, &log->marks, log->region_count);
	hash = of_bits(hash, &log->dirty, log->region_count);
	hash = of_bits(hash, &log->recent, log->region_count);
	hash = of_bits(hash, &log->oos, log->region_count);
	hash = of_bits(hash, &log->km.voided, log->region_count);
	hash = of_bits(hash, &log->km.failed, log->region_count);
	hash = cm_digest64(hash, log->slot_page, pages * sizeof(*log->slot_page));
	hash = cm_digest64(hash, log->oos_page, pages * sizeof(*log->oos_page));
	for (i = 0; i < CML_IO_MAX; i++)
		ios += log->io[i].is_used ? of_io(&log->io[i]) : 0;
	return cm_digest64(hash, &ios, sizeof(ios));
}

uint64_t cmn_digest(const struct cmn *cmn)
{
	uint64_t hash = cm_digest64(0, &cmn->seq,
				    offsetof(struct cmn, dir) - offsetof(struct cmn, seq));
	uint32_t i;

	for (i = 0; i < CML_LOGS_MAX; i++)
		if (cmn->dir[i].is_used)
			hash = cm_digest64(hash, &cmn->dir[i], sizeof(cmn->dir[i]));
	hash = cm_digest64(hash, cmn->proof, sizeof(cmn->proof));
	for (i = 0; i < cmn->log_count; i++)
		hash = of_log(hash, cmn->log[i]);
	return hash;
}
