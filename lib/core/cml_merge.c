/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_merge.c - the coordinator turns the marks of a dead node into out-of-sync bits.
 *
 *	UNPROVEN	wait for proof: the node's lock (fencing), its own HELLO from another boot,
 *			its LEAVE
 *	PROVEN		read the slot's pages, multicast them (MERGE): all members set the bits
 *	READ		out of sync is durable up to there; then multicast MERGED: the slot is free
 *			in everybody's tables
 *	ANNOUNCED	every whole member has acknowledged MERGED
 *	CLEARING	slot pages and superblock are written; only then is the proof given back
 *			(hazards L6, L8)
 *
 * A dead disk page, or one that is not exactly this slot's, counts as all dirty (L26). A core log
 * has no pages: all is dirty.
 */
#include "lib/core/cml_int.h"

#include <string.h>

static void state_set(struct cml *log, uint32_t slot, enum cml_merge_state state)
{
	log->merge[slot].state = state;
	log->merge[slot].page_nr = 0;
}

void cml_merge_reset(struct cml *log)
{
	memset(log->merge, 0, sizeof(log->merge));
}

/* MERGED and its acknowledgements belong to a view: announce again in the new one. */
void cml_merge_view_changed(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < DISK_SLOTS_MAX; i++)
		if (log->merge[i].state == CML_MERGE_ANNOUNCED)
			state_set(log, i, CML_MERGE_READ);
}

bool cml_merge_wants_proof(const struct cml *log, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < DISK_SLOTS_MAX; i++)
		if (log->merge[i].state != CML_MERGE_NONE && log->merge[i].is_asked &&
		    log->merge[i].nodeid == nodeid)
			return true;
	return false;
}

static bool is_unproven(const struct cml *log, uint32_t slot)
{
	const struct disk_slot *entry = &log->slots[slot];

	return entry->state == DISK_SLOT_RUNNING &&
	       !(cml_mem_find_c(log, entry->nodeid) && cml_slot_of(log, entry->nodeid) == slot);
}

/* ---- proof ---- */

static bool is_zero(const uint8_t id[16])
{
	static const uint8_t zero[16];

	return !memcmp(id, zero, 16);
}

/* Proof that needs no lock: the node itself says so. */
static bool proven_by_word(const struct cml *log, const struct disk_slot *entry)
{
	const struct cmn *cmn = log->cmn;
	const struct cmn_peer *peer = cmn_peer(log->cmn, entry->nodeid);

	if (is_zero(entry->boot_id))
		return true; /* left with marks: its kernel has stopped */
	if (entry->nodeid == cmn->cfg.nodeid)
		return memcmp(entry->boot_id, cmn->cfg.boot_id, 16) &&
		       !memcmp(entry->machine_id, cmn->cfg.machine_id, 16);
	if (!peer || !peer->in_view || !peer->has_hello)
		return false;
	if (!memcmp(peer->hello.boot_id, entry->boot_id,
		    16)) /* alive, and no kernel of it runs this log */
		return !peer->hello.has_orphans &&
		       !cmn_runs_log(log->cmn, log->cfg.uuid, entry->nodeid);
	/* Nobody had heard of it. What ran then is dead, or has joined (unlisted_replay()). */
	if (cml_slot_is_guess(entry))
		return peer->hello.has_node_lock && !peer->hello.has_orphans;
	return peer->hello.has_node_lock && !memcmp(peer->hello.machine_id, entry->machine_id, 16);
}

static bool is_back(const struct cml *log, const struct disk_slot *entry)
{
	const struct cmn_peer *peer = cmn_peer(log->cmn, entry->nodeid);

	return peer && peer->in_view && peer->has_hello &&
	       !memcmp(peer->hello.boot_id, entry->boot_id, 16);
}

static void proof_give_back(struct cml *log, struct cml_merge *merge)
{
	if (!merge->is_asked)
		return;
	merge->is_asked = merge->by_lock = false;
	cmn_proof_drop(log->cmn, merge->nodeid);
}

/*
 * Nobody's I/O waits for a daemon whose kernel has the module while all is in sync. Else its own
 * kernel holds writes to what is not, and everybody those to what it had claimed.
 */
static uint32_t return_ms(const struct cml *log, const struct cml_merge *merge)
{
	return merge->is_kmod && !log->oos_count ? log->cmn->cfg.daemon_return_kmod_ms
						 : log->cmn->cfg.daemon_return_ms;
}

static void late_kill(struct cml *log, struct cml_merge *merge)
{
	uint32_t wait_ms = return_ms(log, merge);

	if (!wait_ms || merge->is_killed || log->cmn->now_ms < merge->gone_since_ms + wait_ms)
		return;
	merge->is_killed = true;
	cmn_fx_node(log->cmn, CMN_FX_KILL_NODE, merge->nodeid,
		    "cmirrord did not come back while its mirrors run");
}

static void unproven_pump(struct cml *log, uint32_t slot)
{
	struct cml_merge *merge = &log->merge[slot];
	const struct disk_slot *entry = &log->slots[slot];
	struct cmn_proof *proof;

	if (proven_by_word(log, entry)) {
		proof_give_back(log, merge);
		state_set(log, slot, CML_MERGE_PROVEN);
		return;
	}
	late_kill(log, merge);
	if (is_back(log, entry)) { /* its daemon lives: it will join again, or be killed */
		proof_give_back(log, merge);
		return;
	}
	merge->is_asked = true;
	proof = cmn_proof_ask(log->cmn, entry->nodeid);
	if (!proof || !proof->is_proven)
		return;
	merge->by_lock = true;
	state_set(log, slot, CML_MERGE_PROVEN);
	cmn_journal(log->cmn, log, CMN_LG_INFO, "merging the marks of node %u (slot %u)",
		    entry->nodeid, slot);
}

/* ---- reading and sending ---- */

static void merge_send(struct cml *log, uint32_t slot, uint64_t first, const uint8_t *bits,
		       uint32_t len_bytes)
{
	struct wire_msg msg = { .type = WIRE_MERGE };

	msg.u.merge.nodeid = log->merge[slot].nodeid;
	msg.u.merge.slot = (uint16_t)slot;
	msg.u.merge.first = first;
	msg.blob = bits;
	msg.blob_bytes = len_bytes;
	log->merge[slot].sent_seq = cmn_send(log->cmn, log, &msg);
}

static void all_dirty_send(struct cml *log, uint32_t slot, uint32_t page_nr)
{
	uint32_t len_bytes = (disk_page_region_count(&log->geom, page_nr) + 7) / 8;

	memset(log->cmn->blob_buf, 0xff, len_bytes);
	merge_send(log, slot, disk_page_first_region(page_nr), log->cmn->blob_buf, len_bytes);
}

static void read_pump(struct cml *log, uint32_t slot)
{
	struct cml_merge *merge = &log->merge[slot];
	struct cml_io *io;

	while (merge->page_nr < log->geom.map_pages) {
		if (log->cfg.is_core) {
			all_dirty_send(log, slot, merge->page_nr++);
			continue;
		}
		io = cml_io_get(log, CML_IO_MERGE_READ, slot << 16 | merge->page_nr);
		if (!io)
			return;
		merge->pages_busy++;
		io->gen = merge->gen;
		cml_io_read(log, io, disk_slot_off(&log->geom, slot, merge->page_nr++));
	}
	if (!merge->pages_busy)
		state_set(log, slot, CML_MERGE_READ);
}

static void page_read(struct cml *log, uint32_t slot, uint32_t page_nr, const struct cml_io *io,
		      int result)
{
	uint32_t len_bytes = (disk_page_region_count(&log->geom, page_nr) + 7) / 8, i;
	const uint8_t *bits = io->page + DISK_PAGE_HDR_BYTES;

	if (result || cml_page_check(log, slot, page_nr, io->page)) {
		all_dirty_send(log, slot, page_nr);
		return;
	}
	for (i = 0; i < len_bytes && !bits[i]; i++)
		;
	if (i < len_bytes)
		merge_send(log, slot, disk_page_first_region(page_nr), bits, len_bytes);
}

void cml_merge_done(struct cml *log, struct cml_io *io, int result)
{
	uint32_t slot = io->arg >> 16, page_nr = io->arg & 0xffff;
	struct cml_merge *merge = &log->merge[slot];

	if (io->gen != merge->gen)
		return; /* of a merge that was given up */
	merge->pages_busy--;
	if (merge->state == CML_MERGE_PROVEN && !io->is_write)
		page_read(log, slot, page_nr, io, result);
}

/* ---- announcing ---- */

static void announce_pump(struct cml *log, uint32_t slot)
{
	struct cml_merge *merge = &log->merge[slot];
	struct wire_msg msg = { .type = WIRE_MERGED };

	if (log->merge_delivered < merge->sent_seq || !cml_oos_is_durable(log))
		return;
	state_set(log, slot, CML_MERGE_ANNOUNCED);
	merge->is_heard = false;
	msg.u.merged.nodeid = merge->nodeid;
	msg.u.merged.slot = (uint16_t)slot;
	cmn_send(log->cmn, log, &msg);
}

/*
 * Who answers is known when MERGED is delivered, not when it is sent: whoever is whole then. One
 * who has left and joined again meanwhile has no tables, does not answer, and gets them with this
 * merge in them.
 */
static void acks_want(struct cml *log, struct cml_merge *merge)
{
	uint32_t i;

	merge->is_heard = true;
	merge->ack_count = 0;
	for (i = 0; i < CMN_NODES_MAX; i++)
		if (log->mem[i].is_used && log->mem[i].is_whole)
			merge->ack_from[merge->ack_count++] = log->mem[i].nodeid;
}

/* ---- clearing ---- */

static void clear_pump(struct cml *log, uint32_t slot)
{
	struct cml_merge *merge = &log->merge[slot];
	struct cml_io *io;
	uint32_t page_nr;

	while (!log->cfg.is_core && merge->page_nr < log->geom.map_pages) {
		io = cml_io_get(log, CML_IO_MERGE_CLEAR, slot << 16 | merge->page_nr);
		if (!io)
			return;
		page_nr = merge->page_nr++;
		cml_page_encode(log, slot, page_nr, NULL, io->page);
		merge->pages_busy++;
		io->gen = merge->gen;
		cml_io_write(log, io, disk_slot_off(&log->geom, slot, page_nr));
	}
	if (merge->pages_busy || !cml_sb_is_durable(log))
		return;
	cmn_journal(log->cmn, log, CMN_LG_INFO,
		    "marks of node %u are merged: %llu regions out of sync", merge->nodeid,
		    (unsigned long long)log->oos_count);
	state_set(log, slot, CML_MERGE_NONE);
	proof_give_back(log, merge);
	memset(merge, 0, sizeof(*merge));
}

/* ---- pump ---- */

static void merge_abort(struct cml *log, uint32_t slot)
{
	state_set(log, slot, CML_MERGE_NONE);
	log->merge[slot].pages_busy = 0;
	log->merge[slot].gen = 0;
	proof_give_back(log, &log->merge[slot]);
}

static void slot_pump(struct cml *log, uint32_t slot)
{
	struct cml_merge *merge = &log->merge[slot];

	if (merge->state == CML_MERGE_NONE) {
		if (!is_unproven(log, slot))
			return;
		memset(merge, 0, sizeof(*merge));
		merge->nodeid = log->slots[slot].nodeid;
		merge->gen = ++log->merge_gen;
		merge->gone_since_ms = log->cmn->now_ms;
		merge->is_kmod = log->gone_kmod >> slot & 1;
		state_set(log, slot, CML_MERGE_UNPROVEN);
	}
	/* It came back, and goes on with this slot; maybe it had said that nothing ran. */
	if ((merge->state == CML_MERGE_UNPROVEN || merge->state == CML_MERGE_PROVEN ||
	     merge->state == CML_MERGE_READ) &&
	    !is_unproven(log, slot)) {
		merge_abort(log, slot);
		return;
	}
	if (merge->state == CML_MERGE_UNPROVEN)
		unproven_pump(log, slot);
	if (merge->state == CML_MERGE_PROVEN)
		read_pump(log, slot);
	if (merge->state == CML_MERGE_READ)
		announce_pump(log, slot);
	if (merge->state == CML_MERGE_CLEARING)
		clear_pump(log, slot);
}

static void give_up(struct cml *log)
{
	uint32_t i;

	for (i = 0; i < DISK_SLOTS_MAX; i++)
		if (log->merge[i].state != CML_MERGE_NONE)
			merge_abort(log, i);
}

void cml_merge_pump(struct cml *log)
{
	uint32_t i;

	if (!cml_is_coordinator(log) || !cml_is_whole(log) || log->leave.step != CML_LEAVE_NONE) {
		give_up(log);
		return;
	}
	if (!cmn_can_serve(log->cmn) || !log->oos_ready || !log->owns_oos)
		return;
	for (i = 0; i < DISK_SLOTS_MAX; i++)
		slot_pump(log, i);
}

/* ---- messages ---- */

void cml_merge_deliver(struct cml *log, const struct wire_msg *msg)
{
	cml_oos_or(log, msg->u.merge.first, msg->blob, msg->blob_bytes);
	cml_oos_changed(log);
	/*
	 * Kernels that were told that these are in sync have to resume (L1); here, too, because
	 * MERGED comes to nothing when the owner joins before. Whether a bit was news must not
	 * matter: a joiner has not got all of them yet.
	 */
	log->merge_epoch++;
	if (msg->sender == log->cmn->cfg.nodeid)
		log->merge_delivered = msg->seq;
}

static void ack_send(struct cml *log, const struct wire_msg *msg)
{
	struct wire_msg ack = { .type = WIRE_MERGED_ACK };

	ack.u.merged_ack.nodeid = msg->u.merged.nodeid;
	ack.u.merged_ack.slot = msg->u.merged.slot;
	cmn_send(log->cmn, log, &ack);
}

void cml_merged_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct disk_slot *entry = &log->slots[msg->u.merged.slot];
	struct cml_merge *merge = &log->merge[msg->u.merged.slot];

	if (msg->view != log->cmn->view_nr)
		return; /* its sender announces again */
	if (msg->sender == log->cmn->cfg.nodeid && merge->state == CML_MERGE_ANNOUNCED)
		acks_want(log, merge);
	if (entry->state == DISK_SLOT_RUNNING && entry->nodeid == msg->u.merged.nodeid &&
	    is_unproven(log, msg->u.merged.slot)) {
		memset(entry, 0, sizeof(*entry));
		cml_sb_changed(log);
		log->merge_epoch++;
	} else if (merge->state == CML_MERGE_ANNOUNCED) {
		merge_abort(log, msg->u.merged.slot); /* its owner joined before: it is in use */
	}
	cml_claims_of_node_dead(log, msg->u.merged.nodeid);
	ack_send(log, msg);
}

void cml_merged_ack_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_merge *merge = &log->merge[msg->u.merged_ack.slot];
	uint32_t i;

	if (msg->view != log->cmn->view_nr || merge->state != CML_MERGE_ANNOUNCED ||
	    !merge->is_heard || merge->nodeid != msg->u.merged_ack.nodeid)
		return;
	for (i = 0; i < merge->ack_count; i++) {
		if (merge->ack_from[i] != msg->sender)
			continue;
		merge->ack_from[i] = merge->ack_from[--merge->ack_count];
		break;
	}
	if (!merge->ack_count)
		state_set(log, msg->u.merged_ack.slot, CML_MERGE_CLEARING);
}
