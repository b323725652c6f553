/* SPDX-License-Identifier: GPL-2.0-only */
/* trace_kmod.c - the module of a node (kmod/cmirror.h), and what stands on the log device. */
#include <stdio.h>
#include <string.h>

#include "base/bits.h"
#include "test/trace/trace_int.h"

void trace_kctr(struct trace_node *n, uint64_t luid)
{
	struct kabi_ctr ctr;
	struct cm_errmsg err;

	trace_table(n, &ctr);
	CM_ASSERT(!cml_instance_add_kmod(n->log, luid, &ctr, &err));
}

/* As the daemon does: the marks that are handed back first, then what the module wants. */
void trace_klook(struct trace_node *n, const struct trace_klook *klook)
{
	static struct kmod_look look;
	static uint8_t marks[1024];
	struct cmn_event ev = { .type = CMN_EV_KMOD_MARKS, .log = n->log };

	memset(&look, 0, sizeof(look));
	look.luid = klook->luid;
	look.state = klook->state;
	look.ask = klook->ask;
	look.failed_count = klook->has_failed;
	look.failed[0] = klook->failed;
	if (look.ask & CMIRROR_ASK_STOP) {
		marks[0] = klook->marks;
		ev.buf = marks;
		ev.len_bytes = (n->t->region_count + 7) / 8;
		trace_step(n, &ev);
	}
	ev.type = CMN_EV_KMOD;
	ev.look = &look;
	trace_step(n, &ev);
}

void trace_kwrite(struct trace_node *n, uint8_t marks)
{
	uint64_t words[1024] = { marks };
	struct cml_slot_where where;
	struct disk_page_id id = { .page_nr = 0 };
	struct bits map = { .words = words, .count = n->t->region_count };

	CM_ASSERT(n->t->region_count <= 64 * CM_ARRAY_COUNT(words));
	cml_slot_where(n->log, &where);
	id.epoch = where.epoch;
	id.uuid_hash = where.uuid_hash;
	id.area = where.slot;
	disk_page_encode(&n->t->geom, &id, &map, n->t->dev + where.off);
}

void trace_close(struct trace_node *n)
{
	CM_ASSERT(cml_is_idle(n->log));
	cmn_detach(n->cmn, n->log);
	cml_destroy(n->log);
	n->log = NULL;
	trace_forget(n);
}

static void regions_print(char *out, size_t size, const uint8_t *bytes)
{
	size_t len = 0;
	uint32_t r;

	*out = 0;
	for (r = 0; r < 16; r++)
		if (bytes[r / 8] & 1u << r % 8)
			len += (size_t)snprintf(out + len, size - len, " %u", r);
}

void trace_show(struct trace_node *n)
{
	const struct trace *t = n->t;
	char slot[64], oos[64];

	regions_print(slot, sizeof(slot), t->dev + disk_slot_off(&t->geom, 0, 0) +
						  DISK_PAGE_HDR_BYTES);
	regions_print(oos, sizeof(oos), t->dev + disk_oos_off(&t->geom, 0) + DISK_PAGE_HDR_BYTES);
	trace_out(n->t, "slot0%s\n", slot);
	trace_out(n->t, "oos%s\n", oos);
}
