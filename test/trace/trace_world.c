/* SPDX-License-Identifier: GPL-2.0-only */
/* trace_world.c - the nodes of a screenplay, and what comes out of them. */
#include "lib/format/disk_hdr.h"
#include "test/trace/trace_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void trace_out(struct trace *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->out + t->out_len, sizeof(t->out) - t->out_len, fmt, ap);
	va_end(ap);
	CM_ASSERT(n >= 0 && (size_t)n < sizeof(t->out) - t->out_len);
	t->out_len += (uint32_t)n;
}

/* ---- effects, in words ---- */

static void out_place(const struct trace *t, uint64_t off, char *text, size_t size)
{
	const struct disk_geom *g = &t->geom;
	uint32_t slot;

	if (off < (uint64_t)g->classic_pages * DISK_PAGE_BYTES) {
		snprintf(text, size, "classic");
		return;
	}
	if (off == g->sb_off[0] || off == g->sb_off[1]) {
		snprintf(text, size, "superblock");
		return;
	}
	if (off >= g->oos_off && off < g->oos_off + (uint64_t)g->map_pages * DISK_PAGE_BYTES) {
		snprintf(text, size, "oos");
		return;
	}
	for (slot = 0; slot < g->slot_count; slot++)
		if (off == disk_slot_off(g, slot, 0))
			break;
	snprintf(text, size, "slot%u", slot);
}

static void out_bits(struct trace *t, const struct wire_msg *msg)
{
	uint64_t bits = 0;

	if (!msg->blob_bytes || msg->type == WIRE_STATE)
		return;
	memcpy(&bits, msg->blob, msg->blob_bytes < 8 ? msg->blob_bytes : 8);
	trace_out(t, " 0x%llx", (unsigned long long)bits);
}

static void out_send(struct trace_node *n, const struct wire_msg *msg)
{
	struct trace *t = n->t;

	trace_out(t, "%u send %s", n->nodeid, wire_type_name(msg->type));
	if (msg->type == WIRE_JOIN && msg->u.join.again)
		trace_out(t, " again%s", msg->u.join.has_state ? " with state" : "");
	if (msg->type == WIRE_HELLO && msg->u.hello.has_orphans)
		trace_out(t, " with orphans");
	if (msg->type == WIRE_SLOT)
		trace_out(t, " %u for %u", msg->u.slot.slot, msg->u.slot.nodeid);
	if (msg->type == WIRE_PROPOSE)
		trace_out(t, " %llu to %llu", (unsigned long long)msg->u.propose.lo,
			  (unsigned long long)msg->u.propose.hi);
	if (msg->type == WIRE_PROPOSE && msg->u.propose.patience_ms)
		trace_out(t, " patience %u", msg->u.propose.patience_ms);
	if (msg->type == WIRE_ACK && msg->u.ack.is_busy)
		trace_out(t, " busy");
	if (msg->type == WIRE_VOID)
		trace_out(t, " %llu", (unsigned long long)msg->u.void_.region_nr);
	if (msg->type == WIRE_MERGE)
		trace_out(t, " of %u", msg->u.merge.nodeid);
	if (msg->type == WIRE_MERGED)
		trace_out(t, " of %u", msg->u.merged.nodeid);
	out_bits(t, msg);
	trace_out(t, "\n");
}

static void fx_send(struct trace_node *n, const struct cmn_effect *fx)
{
	struct trace *t = n->t;
	struct trace_msg *m = &t->msg[t->msg_count++];
	struct wire_msg msg;

	CM_ASSERT(t->msg_count < TRACE_MSGS);
	m->sender = n->nodeid;
	m->pending = n->members;
	m->is_seen = false;
	m->len_bytes = (uint32_t)fx->len_bytes;
	m->buf = malloc(fx->len_bytes);
	CM_ASSERT(m->buf && !wire_decode(fx->buf, fx->len_bytes, &msg));
	if (msg.type == WIRE_ACK)
		msg.u.ack.is_busy = n->is_busy;
	CM_ASSERT(wire_encode(&msg, m->buf) == fx->len_bytes);
	out_send(n, &msg);
}

static void fx_reply(struct trace_node *n, const struct kabi_reply *reply)
{
	uint64_t v;
	uint32_t i;

	trace_out(n->t, "%u reply %s %d", n->nodeid, kabi_type_name(reply->type), reply->error);
	for (i = 0; i + 8 <= reply->data_bytes; i += 8) {
		memcpy(&v, reply->data + i, 8);
		trace_out(n->t, " %llu", (unsigned long long)v);
	}
	trace_out(n->t, "\n");
}

static void fx_disk(struct trace_node *n, const struct cmn_effect *fx)
{
	struct trace_dio *d = &n->dio[n->dio_count++];
	char place[32];

	CM_ASSERT(n->dio_count < TRACE_DIOS);
	d->is_write = fx->type == CMN_FX_DISK_WRITE;
	d->off = fx->off;
	d->id = fx->id;
	d->buf = fx->buf;
	out_place(n->t, fx->off, place, sizeof(place));
	trace_out(n->t, "%u %s %s\n", n->nodeid, d->is_write ? "write" : "read", place);
}

static void emit(void *host, const struct cmn_effect *fx)
{
	struct trace_node *n = host;
	struct trace *t = n->t;

	switch (fx->type) {
	case CMN_FX_SEND:
		fx_send(n, fx);
		return;
	case CMN_FX_REPLY:
		fx_reply(n, fx->reply);
		return;
	case CMN_FX_KMOD:
		if (fx->push->type <= KMOD_PUSH_MARKS)
			trace_out(t, "%u push %s %02x%02x\n", n->nodeid,
				  fx->push->type == KMOD_PUSH_OOS ? "oos" : "marks",
				  fx->push->bits[0], fx->push->bytes > 1 ? fx->push->bits[1] : 0);
		return;
	case CMN_FX_DISK_READ:
	case CMN_FX_DISK_WRITE:
		fx_disk(n, fx);
		return;
	case CMN_FX_OWN:
		n->own_asked = true;
		trace_out(t, "%u own\n", n->nodeid);
		return;
	case CMN_FX_DISOWN:
		n->own_asked = false;
		if (t->owner == n->nodeid)
			t->owner = 0;
		trace_out(t, "%u disown\n", n->nodeid);
		return;
	case CMN_FX_PROVE_DEAD:
		n->proofs |= 1u << fx->nodeid;
		trace_out(t, "%u prove %u\n", n->nodeid, fx->nodeid);
		return;
	case CMN_FX_PROOF_RELEASE:
		n->proofs &= ~(1u << fx->nodeid);
		trace_out(t, "%u release %u\n", n->nodeid, fx->nodeid);
		return;
	case CMN_FX_FLUSH_LEGS:
		CM_ASSERT(n->flush_count < CM_ARRAY_COUNT(n->flushes));
		n->flushes[n->flush_count++] = fx->id;
		trace_out(t, "%u flush\n", n->nodeid);
		return;
	case CMN_FX_WAKE_KERNEL:
		trace_out(t, "%u wake\n", n->nodeid);
		return;
	case CMN_FX_KILL_NODE:
		trace_out(t, "%u kill %u\n", n->nodeid, fx->nodeid);
		return;
	case CMN_FX_SELF_FENCE:
		trace_out(t, "%u fences itself\n", n->nodeid);
		return;
	case CMN_FX_JOURNAL:
		return;
	}
}

void trace_step(struct trace_node *n, struct cmn_event *ev)
{
	ev->now_ms = n->t->now_ms;
	cmn_step(n->cmn, ev, emit, n);
}

/* ---- nodes ---- */

struct trace *trace_new(uint64_t region_count)
{
	struct trace *t = calloc(1, sizeof(*t));
	struct cm_errmsg err;
	uint32_t i;

	CM_ASSERT(t);
	t->region_count = region_count;
	t->now_ms = 1000;
	CM_ASSERT(!disk_geom_init(&t->geom, TRACE_DEV_BYTES, region_count, 16, DISK_SLOTS_MAX,
				  &err));
	for (i = 1; i <= TRACE_NODES; i++) {
		t->node[i].t = t;
		t->node[i].nodeid = i;
	}
	return t;
}

/* Cores that still run are abandoned, as by a kill. */
void trace_free(struct trace *t)
{
	uint32_t i;

	for (i = 0; i < t->msg_count; i++)
		free(t->msg[i].buf);
	for (i = 1; i <= TRACE_NODES; i++)
		free(t->node[i].persist);
	free(t);
}

void trace_start(struct trace_node *n, uint8_t boot)
{
	struct cmn_config cfg;

	CM_ASSERT(!n->is_started);
	cmn_config_defaults(&cfg);
	cfg.nodeid = n->nodeid;
	cfg.boot_id[0] = boot;
	cfg.boot_id[1] = (uint8_t)n->nodeid;
	cfg.machine_id[0] = (uint8_t)n->nodeid;
	if (boot != n->boot) {		/* /run does not survive */
		free(n->persist);
		n->persist = NULL;
	}
	n->boot = boot;
	n->persist_is_old = n->persist;
	n->is_started = true;
	n->dio_count = n->flush_count = 0;
	n->own_asked = false;
	n->proofs = 0;
	n->members = 0;
	n->log = NULL;
	CM_ASSERT(!cmn_create(&cfg, &n->cmn));
}

void trace_stop(struct trace_node *n)
{
	struct trace *t = n->t;

	n->is_started = false;
	n->members = 0;
	trace_miss(t, n->nodeid);
}

void trace_view(struct trace *t, uint64_t nr, uint32_t members, bool usable, bool quorate,
		bool locked)
{
	struct cmn_event ev = { .type = CMN_EV_VIEW };
	uint32_t ids[TRACE_NODES], count = 0, i;

	for (i = 1; i <= TRACE_NODES; i++)
		if (members >> i & 1)
			ids[count++] = i;
	ev.view.nr = nr;
	ev.view.member = ids;
	ev.view.member_count = count;
	ev.view.usable = usable;
	ev.view.quorate = quorate;
	ev.view.has_node_lock = locked;
	for (i = 1; i <= TRACE_NODES; i++) {
		if (!(members >> i & 1) || !t->node[i].is_started)
			continue;
		t->node[i].members = members;
		trace_step(&t->node[i], &ev);
	}
}

static void log_open(struct trace_node *n, const struct kabi_ctr *ctr)
{
	struct cml_config cfg = { .dev_bytes = TRACE_DEV_BYTES, .ctr = *ctr };
	size_t len_bytes = (cml_persist_bytes(ctr->region_count) + 4095) & ~(size_t)4095;
	struct cm_errmsg err;

	memcpy(cfg.uuid, TRACE_UUID, sizeof(TRACE_UUID));
	if (!n->persist) {
		n->persist = aligned_alloc(4096, len_bytes);
		CM_ASSERT(n->persist);
		memset(n->persist, 0, len_bytes);
	}
	cfg.is_core = n->t->is_core;
	cfg.persist = n->persist;
	cfg.persist_is_old = n->persist_is_old;
	CM_ASSERT(!cml_create(&cfg, &n->log, &err));
	CM_ASSERT(!cmn_attach(n->cmn, n->log));
}

void trace_forget(struct trace_node *n)
{
	free(n->persist);
	n->persist = NULL;
	n->persist_is_old = false;
}

/* The log that a table's line asks for; opened if it is not. */
void trace_table(struct trace_node *n, struct kabi_ctr *ctr)
{
	struct cm_errmsg err;
	char line[96], gen[24] = "";

	if (n->t->gen)
		snprintf(gen, sizeof(gen), " gen=%u", n->t->gen);
	snprintf(line, sizeof(line), "%llu clustered-%s 16%s%s",
		 (unsigned long long)n->t->region_count * 16,
		 n->t->is_core ? "core" : "disk 253:2", n->t->is_nosync ? " nosync" : "", gen);
	CM_ASSERT(!kabi_ctr_parse(line, ctr, &err));
	if (!n->log)
		log_open(n, ctr);
}

static void request_ctr(struct trace_node *n, const struct kabi_req *req)
{
	struct kabi_ctr ctr;
	struct cm_errmsg err;

	trace_table(n, &ctr);
	if (cml_instance_known(n->log, req->luid))
		cml_instance_again(n->log, req->luid);
	trace_out(n->t, "%u reply CTR %d\n", n->nodeid,
		  cml_instance_add(n->log, req->luid, &ctr, &err));
}

void trace_request(struct trace_node *n, struct kabi_req *req)
{
	struct cmn_event ev = { .type = CMN_EV_KERNEL, .req = req };

	memcpy(req->uuid, TRACE_UUID, sizeof(TRACE_UUID));
	req->version = 3;
	req->seq = n->seq++;
	if (req->type == KABI_CTR) {
		request_ctr(n, req);
		return;
	}
	if (!n->log || !cml_instance_known(n->log, req->luid)) {
		trace_out(n->t, "%u reply %s unknown\n", n->nodeid, kabi_type_name(req->type));
		return;
	}
	if (req->type == KABI_DTR) {
		cmn_instance_del(n->cmn, n->log, req->luid, n->t->now_ms, emit, n);
		return;
	}
	ev.log = n->log;
	trace_step(n, &ev);
}

/* ---- completions ---- */

static void deliver_to(struct trace *t, struct trace_msg *m, uint32_t nodeid)
{
	struct cmn_event ev = { .type = CMN_EV_MSG, .nodeid = m->sender, .buf = m->buf,
				.len_bytes = m->len_bytes };

	m->pending &= ~(1u << nodeid);
	m->is_seen = true;
	if (t->node[nodeid].is_started)
		trace_step(&t->node[nodeid], &ev);
}

static struct trace_msg *msg_next(struct trace *t, uint32_t who)
{
	uint32_t i;

	for (i = 0; i < t->msg_count; i++)
		if (t->msg[i].pending & who)
			return &t->msg[i];
	return NULL;
}

bool trace_deliver(struct trace *t, uint32_t nodeid)
{
	uint32_t k, who = nodeid ? 1u << nodeid : ~0u;
	struct trace_msg *m = msg_next(t, who);

	for (k = 1; m && k <= TRACE_NODES; k++)
		if ((m->pending & who) >> k & 1)
			deliver_to(t, m, k);
	return m;
}

bool trace_garble(struct trace *t, uint64_t offset)
{
	struct trace_msg *m = msg_next(t, ~0u);
	struct wire_msg msg;

	if (!m || wire_decode(m->buf, m->len_bytes, &msg) || offset >= msg.blob_bytes)
		return false;
	m->buf[msg.blob - m->buf + (ptrdiff_t)offset] ^= 0x40;
	return true;
}

void trace_miss(struct trace *t, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < t->msg_count; i++)
		t->msg[i].pending &= ~(1u << nodeid);
}

void trace_lose(struct trace *t, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < t->msg_count; i++)
		if (t->msg[i].sender == nodeid && !(t->msg[i].is_seen))
			t->msg[i].pending = 0;
}

bool trace_disk(struct trace_node *n, int result)
{
	struct cmn_event ev = { .type = CMN_EV_DISK_DONE, .log = n->log };
	struct trace_dio d = n->dio[0];

	if (!n->is_started || !n->dio_count)
		return false;
	memmove(n->dio, n->dio + 1, --n->dio_count * sizeof(n->dio[0]));
	if (d.is_write && !result)
		memcpy(n->t->dev + d.off, d.buf, DISK_PAGE_BYTES);
	else if (!result)
		memcpy(d.buf, n->t->dev + d.off, DISK_PAGE_BYTES);
	ev.id = d.id;
	ev.result = result;
	trace_step(n, &ev);
	return true;
}

bool trace_spoil(struct trace *t, const char *place, bool is_later)
{
	bool is_sb = !strncmp(place, "sb", 2);
	uint8_t *page = t->dev + (is_sb ? t->geom.sb_off[place[2] == '1'] : 0);
	struct disk_sb_le *le = (struct disk_sb_le *)(void *)page;

	if (!is_sb && strcmp(place, "classic"))
		return false;
	if (!is_later) {
		page[is_sb ? 300 : 20] ^= 0x40;
		return true;
	}
	le32_set(&le->version, DISK_SB_VERSION + 1);
	le32_set(&le->csum, disk_block_csum(page));
	return is_sb;
}

bool trace_own(struct trace_node *n)
{
	struct cmn_event ev = { .type = CMN_EV_OWNED, .log = n->log };

	if (!n->is_started || !n->own_asked || (n->t->owner && n->t->owner != n->nodeid))
		return false;
	n->own_asked = false;
	n->t->owner = n->nodeid;
	trace_step(n, &ev);
	return true;
}

bool trace_dead(struct trace_node *n, uint32_t nodeid)
{
	struct cmn_event ev = { .type = CMN_EV_DEAD, .nodeid = nodeid };

	if (!n->is_started || !(n->proofs >> nodeid & 1))
		return false;
	if (n->t->owner == nodeid)
		n->t->owner = 0;
	n->proofs &= ~(1u << nodeid);
	trace_step(n, &ev);
	return true;
}

bool trace_flushed(struct trace_node *n)
{
	struct cmn_event ev = { .type = CMN_EV_LEGS_FLUSHED, .log = n->log };

	if (!n->is_started || !n->flush_count)
		return false;
	ev.id = n->flushes[0];
	memmove(n->flushes, n->flushes + 1, --n->flush_count * sizeof(n->flushes[0]));
	trace_step(n, &ev);
	return true;
}

void trace_orphans(struct trace_node *n, uint64_t count)
{
	struct cmn_event ev = { .type = CMN_EV_ORPHANS, .id = count };

	trace_step(n, &ev);
}

void trace_legs(struct trace_node *n)
{
	struct cmn_event ev = { .type = CMN_EV_LEGS_KNOWN, .log = n->log };

	trace_step(n, &ev);
}

void trace_wait(struct trace *t, uint64_t ms)
{
	struct cmn_event ev = { .type = CMN_EV_TIMER };
	uint32_t i;

	t->now_ms += ms;
	for (i = 1; i <= TRACE_NODES; i++)
		if (t->node[i].is_started && cmn_deadline_ms(t->node[i].cmn) <= t->now_ms)
			trace_step(&t->node[i], &ev);
}

/* Everything but proofs of death: these are the script's. */
void trace_flow(struct trace *t)
{
	uint32_t i, rounds = 0;
	bool again = true;

	while (again) {
		CM_ASSERT(rounds++ < 10000);
		again = trace_deliver(t, 0);
		for (i = 1; i <= TRACE_NODES && !again; i++)
			again = trace_disk(&t->node[i], 0) || trace_own(&t->node[i]) ||
				trace_flushed(&t->node[i]);
	}
}
