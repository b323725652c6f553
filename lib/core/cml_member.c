/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_member.c - who is a member of this log: JOIN, SLOT, LEAVE, nodes that are gone, the
 * coordinator.
 *
 * Two tables, both replicated. mem[]: nodes whose daemon is with us and whose kernel runs the log
 * (whole), or is about to (not whole: its state is on the way). slots[]: who may have marks on
 * disk. A slot that is RUNNING and whose owner is no member is "unproven": its kernel may still
 * write; nothing is copied until it is dead or back.
 */
#include "lib/core/cml_int.h"

#include <string.h>

const struct cml_mem *cml_mem_find_c(const struct cml *log, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (log->mem[i].is_used && log->mem[i].nodeid == nodeid)
			return &log->mem[i];
	return NULL;
}

struct cml_mem *cml_mem_find(struct cml *log, uint32_t nodeid)
{
	return (struct cml_mem *)cml_mem_find_c(log, nodeid);
}

bool cml_is_coordinator(const struct cml *log)
{
	return log->cmn && log->coordinator == log->cmn->cfg.nodeid;
}

bool cml_is_whole(const struct cml *log)
{
	const struct cml_mem *mem = log->cmn ? cml_mem_find_c(log, log->cmn->cfg.nodeid) : NULL;

	return mem && mem->is_whole;
}

bool cml_transfer_open(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (log->mem[i].is_used && !log->mem[i].is_whole)
			return true;
	return false;
}

/* ---- slots ---- */

static const uint8_t *boot_of(const struct cml *log, uint32_t nodeid)
{
	const struct cmn_peer *peer = cmn_peer(log->cmn, nodeid);

	return peer ? peer->hello.boot_id : NULL;
}

bool cml_slot_is_of(const struct cml *log, const struct disk_slot *slot, uint32_t nodeid)
{
	const uint8_t *boot = boot_of(log, nodeid);

	return slot->state == DISK_SLOT_RUNNING && slot->nodeid == nodeid && boot &&
	       !memcmp(slot->boot_id, boot, 16);
}

uint32_t cml_slot_of(const struct cml *log, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; log->cmn && i < DISK_SLOTS_MAX; i++)
		if (cml_slot_is_of(log, &log->slots[i], nodeid))
			return i;
	return CML_NO_SLOT;
}

static uint32_t slot_with(const struct cml *log, uint32_t state, uint32_t nodeid)
{
	uint32_t i;

	for (i = 0; i < DISK_SLOTS_MAX; i++)
		if (log->slots[i].state == state && (!nodeid || log->slots[i].nodeid == nodeid) &&
		    log->merge[i].state == CML_MERGE_NONE)
			return i;
	return CML_NO_SLOT;
}

/*
 * Its own running one (a daemon that restarted), the one reserved for it, a free one, one reserved
 * for another.
 */
uint32_t cml_slot_pick(const struct cml *log, uint32_t nodeid)
{
	uint32_t slot = cml_slot_of(log, nodeid);

	if (slot == CML_NO_SLOT)
		slot = slot_with(log, DISK_SLOT_CLEAN, nodeid);
	if (slot == CML_NO_SLOT)
		slot = slot_with(log, DISK_SLOT_FREE, 0);
	if (slot == CML_NO_SLOT)
		slot = slot_with(log, DISK_SLOT_CLEAN, 0);
	return slot;
}

void cml_slot_take(struct cml *log, uint32_t slot, uint32_t nodeid)
{
	const struct cmn_peer *peer = cmn_peer(log->cmn, nodeid);

	CM_ASSERT(slot < DISK_SLOTS_MAX);
	log->slots[slot].state = DISK_SLOT_RUNNING;
	log->slots[slot].nodeid = nodeid;
	memset(log->slots[slot].machine_id, 0, 16);
	memset(log->slots[slot].boot_id, 0, 16);
	if (!peer)
		return;
	memcpy(log->slots[slot].machine_id, peer->hello.machine_id, 16);
	memcpy(log->slots[slot].boot_id, peer->hello.boot_id, 16);
}

uint32_t cml_unproven_count(const struct cml *log)
{
	uint32_t i, n = 0;

	for (i = 0; log->cmn && i < DISK_SLOTS_MAX; i++)
		n += log->slots[i].state == DISK_SLOT_RUNNING &&
		     !(cml_mem_find_c(log, log->slots[i].nodeid) &&
		       cml_slot_is_of(log, &log->slots[i], log->slots[i].nodeid));
	return n;
}

/*
 * Its kernel has been running, and no slot says so: its marks were not read, and its writes were
 * not waited for. (Both copies of the superblock were lost, or it is a core log.)
 */
static void unlisted_replay(struct cml *log, const struct cml_mem *mem)
{
	uint64_t r;

	if (!mem->is_used || mem->is_whole || !mem->is_replay ||
	    cml_slot_of(log, mem->nodeid) != CML_NO_SLOT)
		return;
	cmn_journal(log->cmn, log, CMN_LG_WARN,
		    "node %u runs without a slot; all regions out of sync", mem->nodeid);
	for (r = 0; r < log->region_count; r++)
		cml_oos_set(log, r);
	cml_oos_changed(log);
	log->merge_epoch++;
}

static bool is_founded(const struct cml *log)
{
	const struct cml_mem *mem = cml_mem_find_c(log, log->coordinator);

	return mem && mem->is_whole;
}

/* A node that is told of its slot in the tables keeps it for as long as it runs. */
static bool slot_is_for(struct cml *log, const struct wire_slot *slot)
{
	uint32_t own = log->has_tables ? cml_slot_of(log, log->cmn->cfg.nodeid) : CML_NO_SLOT;

	if (own == CML_NO_SLOT || slot->slot != own || slot->nodeid == log->cmn->cfg.nodeid)
		return true;
	cmn_journal(log->cmn, log, CMN_LG_ERR,
		    "node %u gives slot %u to node %u, but it is this node's: ignored",
		    log->coordinator, own, slot->nodeid);
	return false;
}

void cml_slot_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_mem *mem = cml_mem_find(log, msg->u.slot.nodeid);
	uint32_t i;

	if (!mem || msg->sender != log->coordinator || !slot_is_for(log, &msg->u.slot))
		return;
	/*
	 * Of a view that is over: its sender has begun the transfer anew, and may have written a
	 * superblock without that slot in between. It gives it again.
	 */
	if (msg->sender != msg->u.slot.nodeid && msg->view != log->cmn->view_nr)
		return;
	cml_slot_take(log, msg->u.slot.slot, msg->u.slot.nodeid);
	if (msg->sender != msg->u.slot.nodeid || mem->is_whole)
		return;
	mem->is_whole = true; /* the founder, which has read everything before it said so */
	mem->resume_epoch = mem->is_replay ? 0 : log->merge_epoch;
	if (mem->nodeid == log->cmn->cfg.nodeid && log->open.step == CML_OPEN_ANNOUNCE)
		cml_became_whole(log);
	for (i = 0; i < CMN_NODES_MAX; i++)
		unlisted_replay(log, &log->mem[i]);
}

/* ---- becoming one ---- */

void cml_became_whole(struct cml *log)
{
	bool is_founder = log->open.step == CML_OPEN_ANNOUNCE;

	log->slot = cml_slot_of(log, log->cmn->cfg.nodeid);
	CM_ASSERT(log->slot != CML_NO_SLOT);
	log->left_core_oos = false;
	if (is_founder) {
		if (log->cfg.is_core)
			log->is_unswept = log->unswept_failed = false;
		log->oos_durable = log->oos_gen;
		if (log->open.is_oos_bad) /* of memory only, until it is written */
			cml_oos_changed(log);
		if (!log->open.is_import)
			cml_oos_all_wanted(log);
		log->open.step = CML_OPEN_NONE;
		log->oos_ready = true;
		log->take.step = CML_TAKE_DONE;
		log->take.oos_gen = log->take.sb_change = 0;
		cml_slot_read_start(log);
	}
	cml_work_adopt(log);
}

/* In a new view. Not after LEAVE has been sent: it will be delivered before. */
bool cml_joins_again(const struct cml *log)
{
	return cml_mem_find_c(log, log->cmn->cfg.nodeid) && log->leave.step != CML_LEAVE_SENT;
}

static void join_send(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_JOIN };
	struct wire_join *join = &msg.u.join;

	join->is_core = log->cfg.is_core;
	join->region_count = log->region_count;
	join->region_size_sect = log->cfg.ctr.region_size_sect;
	join->gen = log->cfg.ctr.gen;
	join->legs_hash = log->cfg.ctr.legs_hash;
	join->is_replay = cml_is_replayed(log);
	join->client = cml_client(log);
	cmn_send(log->cmn, log, &msg);
	log->join_sent = true;
	log->join_view = log->cmn->view_nr;
}

static bool any_resuming(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CML_LUIDS_MAX; i++)
		if (log->inst[i].is_used && log->inst[i].state == CML_INST_RESUMING)
			return true;
	return false;
}

void cml_join_pump(struct cml *log)
{
	struct cm_errmsg err = { .text = "" };

	if (cml_is_whole(log) && log->slot_ready &&
	    (log->state == CML_ST_OPENING || log->state == CML_ST_JOINING))
		cml_state_set(log, log->log_failed ? CML_ST_FAILED : CML_ST_ACTIVE, "");
	if (log->join_sent || cml_mem_find(log, log->cmn->cfg.nodeid) ||
	    log->leave.step != CML_LEAVE_NONE || !any_resuming(log) || cml_io_busy(log))
		return;
	if (cmn_check(log->cmn, &err)) {
		if (log->state == CML_ST_IDLE)
			cml_state_set(log, CML_ST_OPENING, "waits for the cluster");
		return;
	}
	log->log_failed = false;
	join_send(log);
}

/* ---- messages ---- */

static void mem_add(struct cml *log, const struct wire_msg *msg)
{
	struct cml_mem *mem = cml_mem_find(log, msg->sender);
	uint32_t i;

	for (i = 0; !mem && i < CMN_NODES_MAX; i++)
		if (!log->mem[i].is_used)
			mem = &log->mem[i];
	CM_ASSERT(mem); /* no more nodes than peers */
	memset(mem, 0, sizeof(*mem));
	mem->is_used = true;
	mem->nodeid = msg->sender;
	mem->join_seq = msg->seq;
	mem->client = msg->u.join.client;
	mem->gen = msg->u.join.gen;
	mem->legs_hash = msg->u.join.legs_hash;
	mem->is_replay = msg->u.join.is_replay;
}

static bool geometry_fits(struct cml *log, const struct wire_msg *msg)
{
	const struct wire_join *join = &msg->u.join;

	if (join->region_count == log->region_count && join->is_core == log->cfg.is_core &&
	    join->region_size_sect == log->cfg.ctr.region_size_sect)
		return true;
	cmn_journal(log->cmn, log, CMN_LG_ERR,
		    "node %u has %llu regions of %u sectors, this node %llu of %u: refused; "
		    "activate it there with the same size",
		    msg->sender, (unsigned long long)join->region_count, join->region_size_sect,
		    (unsigned long long)log->region_count, log->cfg.ctr.region_size_sect);
	return false;
}

void cml_join_deliver(struct cml *log, const struct wire_msg *msg, bool is_first)
{
	bool is_own = msg->sender == log->cmn->cfg.nodeid;

	log->last_change = cmn_msg_id(msg->sender, msg->seq);
	if (!is_own && (!log->has_tables || !geometry_fits(log, msg)))
		return; /* a joiner learns of the others from the tables */
	if (is_own) {
		cml_reset_shared(log);
		log->join_sent = false;
	}
	mem_add(log, msg);
	cml_claims_unfreeze(log);
	if (!is_own) {
		if (is_founded(log)) /* else its founder looks, when it has read the slots */
			unlisted_replay(log, cml_mem_find(log, msg->sender));
		return;
	}
	log->slot = CML_NO_SLOT;
	cml_slot_unread(log);
	cml_state_set(log, CML_ST_JOINING, "waits for the state of the other members");
	if (!is_first)
		return;
	log->coordinator = msg->sender;
	log->has_tables = true;
	cml_open_start(log);
}

static void coordinator_choose(struct cml *log)
{
	uint32_t i, best = 0;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (log->mem[i].is_used && log->mem[i].is_whole &&
		    (!best || log->mem[i].nodeid < best))
			best = log->mem[i].nodeid;
	log->coordinator = best;
	log->take.step = CML_TAKE_NONE;
	if (best && best == log->cmn->cfg.nodeid)
		cmn_journal(log->cmn, log, CMN_LG_INFO, "takes over as coordinator");
}

static void mem_del(struct cml *log, uint32_t nodeid)
{
	struct cml_mem *mem = cml_mem_find(log, nodeid);

	if (mem)
		memset(mem, 0, sizeof(*mem));
	cml_claims_unfreeze(log);
	if (log->coordinator == nodeid && log->has_tables)
		coordinator_choose(log);
}

void cml_leave_deliver(struct cml *log, const struct wire_msg *msg)
{
	uint32_t slot = cml_slot_of(log, msg->sender);

	if (!cml_mem_find(log, msg->sender))
		return;
	if (slot != CML_NO_SLOT) {
		/*
		 * Left with marks: its kernel has stopped, so they may be merged without a proof.
		 */
		if (msg->u.leave.mark_count)
			memset(log->slots[slot].boot_id, 0, 16);
		else
			log->slots[slot].state = DISK_SLOT_CLEAN;
		cml_sb_changed(log);
	}
	cml_claims_of_node_drop(log, msg->sender);
	mem_del(log, msg->sender);
}

/* Its claims stay closed (hazard L5): its kernel may be copying, whatever became of its daemon. */
static void client_note(struct cml *log, uint32_t nodeid)
{
	uint32_t bit = 1u << cml_slot_of(log, nodeid);

	log->gone_kmod &= ~bit;
	if (cml_mem_find(log, nodeid)->client == WIRE_CLIENT_KMOD)
		log->gone_kmod |= bit;
}

void cml_node_gone(struct cml *log, uint32_t nodeid)
{
	if (!cml_mem_find(log, nodeid))
		return;
	cmn_journal(log->cmn, log, CMN_LG_WARN,
		    "node %u is gone; recovery waits until it is proven dead or back", nodeid);
	if (cml_slot_of(log, nodeid) == CML_NO_SLOT)
		cml_claims_of_node_drop(log, nodeid);
	else
		client_note(log, nodeid);
	mem_del(log, nodeid);
}

void cml_resumed_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_mem *mem = cml_mem_find(log, msg->sender);

	if (!mem)
		return;
	if (msg->u.resumed.merge_epoch > mem->resume_epoch)
		mem->resume_epoch = msg->u.resumed.merge_epoch;
	mem->is_replay = false;	/* its hint is known again */
	mem->is_leg_failed = false;
	mem->is_presuspended = false;
}

static bool all_are_suspended(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (log->mem[i].is_used && !log->mem[i].is_presuspended)
			return false;
	return true;
}

void cml_suspended_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_mem *mem = cml_mem_find(log, msg->sender);

	if (!mem)
		return;
	mem->is_presuspended = msg->type == WIRE_PRESUSPENDED;
	if (mem->is_presuspended && mem->nodeid == log->cmn->cfg.nodeid &&
	    msg->seq == log->presuspend_seq) {
		log->presuspend_seq = 0;
		log->is_last_suspended = all_are_suspended(log);
	}
	if (mem->is_presuspended && msg->sender != log->cmn->cfg.nodeid)
		cml_work_giveback(log);
}

bool cml_any_leg_failed(const struct cml *log)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (log->mem[i].is_used && log->mem[i].is_leg_failed)
			return true;
	return false;
}

void cml_health_send(struct cml *log)
{
	struct wire_msg msg = { .type = WIRE_HEALTH };

	msg.u.health.leg = 0xffff;
	msg.u.health.ok = false;
	cmn_send(log->cmn, log, &msg);
}

void cml_health_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_mem *mem = cml_mem_find(log, msg->sender);

	if (!mem)
		return;
	if (!msg->u.health.ok && !mem->is_leg_failed)
		cmn_journal(
			log->cmn, log, CMN_LG_WARN,
			"node %u reports a failed leg: recovery stops until the mirror is repaired",
			msg->sender);
	mem->is_leg_failed = !msg->u.health.ok;
}

/* ---- views ---- */

void cml_view_changed(struct cml *log)
{
	log->last_change = log->cmn->view_nr;
	cml_claims_unfreeze(log);
	cml_xfer_reset(log);
	cml_merge_view_changed(log);
	if (!cml_mem_find(log, log->cmn->cfg.nodeid)) {
		log->join_sent = false;
	} else if (!cml_is_whole(log) && log->open.step == CML_OPEN_NONE) {
		log->has_tables = false; /* the transfer begins anew */
		cml_slot_unread(log);
	}
}

/* We took it for whole, but it could not read the tables it was sent: it is a joiner still. */
static void again_of_member(struct cml *log, struct cml_mem *mem, const struct wire_join *join)
{
	if (mem->is_whole && !join->has_state && mem->nodeid != log->coordinator)
		mem->is_whole = false;
}

/*
 * JOIN(again) of a node we know mostly goes without saying. A stranger without state is a joiner
 * like any other. A stranger with state, while we have some too: two halves of a partition meet;
 * who is stale is decided when the view has settled.
 */
void cml_again_deliver(struct cml *log, const struct wire_msg *msg)
{
	struct cml_mem *mem = cml_mem_find(log, msg->sender);

	if (msg->sender == log->cmn->cfg.nodeid || !log->has_tables)
		return;
	if (mem) {
		again_of_member(log, mem, &msg->u.join);
		return;
	}
	if (msg->u.join.has_state) {
		log->stranger_has_state = cml_is_whole(log);
		cml_founder_check(log); /* a log that we open just now is open already */
		return;
	}
	if (!geometry_fits(log, msg))
		return;
	mem_add(log, msg);
	if (is_founded(log))
		unlisted_replay(log, cml_mem_find(log, msg->sender));
}

static uint32_t lowest_id(const struct cmn *cmn, bool of_us)
{
	uint32_t i, best = UINT32_MAX;

	for (i = 0; i < CMN_NODES_MAX; i++) {
		const struct cmn_peer *peer = &cmn->peer[i];

		if (peer->is_used && peer->in_view && peer->nodeid < best &&
		    cmn_is_of_us(cmn, peer) == of_us)
			best = peer->nodeid;
	}
	return best;
}

static bool they_lost_quorum(const struct cmn *cmn)
{
	uint32_t i;

	for (i = 0; i < CMN_NODES_MAX; i++)
		if (cmn->peer[i].is_used && cmn->peer[i].in_view &&
		    !cmn_is_of_us(cmn, &cmn->peer[i]) &&
		    !cmn->peer[i].hello.lost_quorum)
			return false;
	return true;
}

/*
 * The stale side is the one that lost quorum; if none or both did, the one without the lowest id.
 */
static void conflict(struct cml *log)
{
	struct cmn *cmn = log->cmn;
	bool they_lost = they_lost_quorum(cmn);
	bool we_are_stale = cmn->lost_quorum;

	log->stranger_has_state = false;
	if (they_lost == cmn->lost_quorum)
		we_are_stale = lowest_id(cmn, false) < lowest_id(cmn, true);
	if (we_are_stale)
		cmn_self_fence(
			cmn,
			"merged with nodes that went on without this one: its mirrors are stale");
}

/*
 * We lost quorum, and they have been in a view with quorum since. Whether they have the log open
 * now does not matter: one may have opened it, written, and closed it, and all of that is on disk.
 * A node that has just booted has been in no view.
 */
static bool others_went_on(const struct cmn *cmn)
{
	uint32_t i;

	for (i = 0; cmn->lost_quorum && i < CMN_NODES_MAX; i++) {
		const struct cmn_peer *peer = &cmn->peer[i];

		if (peer->is_used && peer->in_view && !cmn_is_of_us(cmn, peer) &&
		    peer->hello.prev_view && !peer->hello.lost_quorum)
			return true;
	}
	return false;
}

static bool dir_has_state(const struct cmn_dir *dir)
{
	uint32_t i;

	for (i = 0; i < dir->node_count; i++)
		if (dir->has_state[i])
			return true;
	return false;
}

/*
 * A founder that died leaves joiners behind: the first of them founds. One that met members with
 * state joins them.
 */
void cml_founder_check(struct cml *log)
{
	const struct cmn_dir *dir = cmn_dir_find(log->cmn, log->cfg.uuid);

	if (!dir || cml_is_whole(log) || !cml_mem_find(log, log->cmn->cfg.nodeid))
		return;
	if (dir_has_state(dir)) {
		if (log->open.step == CML_OPEN_NONE)
			return;
		cml_open_abort(log);
		cml_own_lost_need(log);
		log->has_tables = false;
		cml_state_set(log, CML_ST_JOINING, "waits for the state of the other members");
		return;
	}
	/* Before the view has settled somebody with state may not have said so yet. */
	if (!log->cmn->is_settled || dir->node[0] != log->cmn->cfg.nodeid ||
	    log->open.step != CML_OPEN_NONE)
		return;
	log->has_tables = true;
	log->coordinator = log->cmn->cfg.nodeid;
	cml_open_start(log);
}

void cml_settled(struct cml *log)
{
	if (log->stranger_has_state || (cml_is_whole(log) && others_went_on(log->cmn)))
		conflict(log);
	cml_founder_check(log);
}
