/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cml_decide.c - the founder has read the header and both copies of the superblock: who is right?
 *
 * (hazards L14, L15, L17, L18)
 *	classic header valid		a stock activation (or lvcreate) wrote it: it wins wholly,
 *					ours is rebuilt
 *	poisoned, and a copy of our	ours wins, by the newest such copy; slots of nodes that were
 *	superblock in its epoch		running are merged once these are dead
 *	anything else			everything is out of sync, unless it is new and was made
 *					with `nosync`; slots of running nodes stay what they are
 *
 * One copy is enough: a slot is used only when both have it, and what a copy has more than the
 * other costs a proof of death, no data. But a copy of another epoch than the poison's is of a
 * former life: its slots are not those in use, nor are its pages. A copy that could not be read, or
 * that a later version wrote, may be the one that counts: without another to go by nothing is
 * overwritten.
 *
 * Who imports anew writes the out-of-sync bits before the superblock: so it is done too when ours
 * is current, but not to be believed.
 *
 * If neither copy is left nobody knows who runs. Each node that may is given a slot, so that
 * nothing is copied before it is dead or back; a node without a daemon that has not been seen since
 * this process started is beyond that (doc/invariants.md, G4).
 */
#include "lib/core/cml_int.h"

#include <string.h>

#include "base/hash.h"

/* An epoch that no former life had, when none of them can be asked. */
#define EPOCH_SALTED (1ull << 62)

static void all_oos(struct cml *log)
{
	bits_fill(&log->oos, true);
	log->oos_count = log->region_count;
}

/* Of this log, maybe when it had another size. */
static bool is_ours(const struct cml *log, uint32_t copy)
{
	return !log->open.sb_result[copy] && !strcmp(log->open.sb[copy].uuid, log->cfg.uuid);
}

static bool is_current(const struct cml *log, uint32_t copy)
{
	const struct cml_open *open = &log->open;

	return open->classic.kind == DISK_CLASSIC_POISONED && !open->sb_result[copy] &&
	       !disk_sb_match(&open->sb[copy], &log->geom, log->cfg.uuid) &&
	       open->sb[copy].epoch == open->classic.epoch &&
	       open->sb[copy].state != DISK_SB_CLEAN;
}

/* The newest copy that @is_good; NULL = none. */
static const struct disk_sb *pick(const struct cml *log,
				  bool (*is_good)(const struct cml *, uint32_t))
{
	const struct disk_sb *sb = log->open.sb;
	bool good[2] = { is_good(log, 0), is_good(log, 1) };

	if (good[0] && good[1])
		return &sb[sb[1].seq > sb[0].seq];
	return good[0] ? &sb[0] : good[1] ? &sb[1] : NULL;
}

/* Something was there once, and nobody can say what. */
static bool is_damaged(const struct cml *log, uint32_t copy)
{
	return log->open.sb_result[copy] && log->open.sb_result[copy] != CM_E_DISK_MAGIC;
}

/* ---- giving up ---- */

/*
 * A RESUME of a table that runs already must not be refused: its kernel would go on writing what it
 * has marked, and this node would say that nothing of it runs.
 */
static enum cml_open_step give_up(struct cml *log, const char *why)
{
	if (!cml_is_replayed(log)) {
		cml_refuse(log, why);
		return CML_OPEN_NONE;
	}
	cml_state_set(log, CML_ST_OPENING, why);
	cmn_journal(log->cmn, log, CMN_LG_ERR,
		    "%s; writes of this node wait until that is done and cmirrord is restarted, or "
		    "the node reboots",
		    why);
	return CML_OPEN_STUCK;
}

/* NULL, or why what was read does not tell who is right. */
static const char *doubt(const struct cml *log)
{
	const struct cml_open *open = &log->open;
	uint32_t i;

	if (open->classic_result)
		return "the log device cannot be read; repair it";
	if (open->classic.kind == DISK_CLASSIC_VALID)
		return NULL;
	for (i = 0; i < 2; i++)
		if (open->sb_result[i] == CM_E_DISK_VERSION)
			return "the log was written by a later version of cmirror; update it here";
	for (i = 0; i < 2; i++)
		if (open->sb_unread[i] && !pick(log, is_current))
			return "the log device cannot be read; repair it";
	return NULL;
}

/* Without cluster software nobody can say whether that other machine still writes. */
static bool is_used_elsewhere(const struct cml *log, const struct disk_sb *sb)
{
	uint32_t i;

	for (i = 0; log->cmn->cfg.is_local && i < DISK_SLOTS_MAX; i++)
		if (sb->slot[i].state == DISK_SLOT_RUNNING &&
		    memcmp(sb->slot[i].machine_id, log->cmn->cfg.machine_id, 16))
			return true;
	return false;
}

/* ---- ours ---- */

/*
 * Why the bits of @sb, which is current, are not to be believed; NULL = they are. If not, all is
 * imported anew. To set all out of sync in memory would not do: the superblock that names our legs
 * and our slot is written first, and the next founder would believe it.
 */
static const char *distrust(const struct cml *log, const struct disk_sb *sb)
{
	uint32_t i;

	/* hazard L12; a change of legs that keeps sync comes with its own protocol */
	if (log->cfg.ctr.has_gen &&
	    (sb->gen != log->cfg.ctr.gen || sb->legs_hash != log->cfg.ctr.legs_hash))
		return "its bits are of other legs than the mirror's";
	for (i = 0; i < DISK_SLOTS_MAX; i++)
		if (cml_slot_is_of(log, &sb->slot[i], log->cmn->cfg.nodeid))
			return NULL;
	return cml_is_replayed(log) ? "the mirror runs here, and no slot says so" : NULL;
}

static enum cml_open_step take_ours(struct cml *log, const struct disk_sb *sb)
{
	uint32_t i;

	for (i = 0; i < 2; i++)
		if (is_damaged(log, i))
			cmn_journal(log->cmn, log, CMN_LG_WARN,
				    "superblock copy %u: %s; the other one is good, and is used", i,
				    cm_strerror(log->open.sb_result[i]));
	log->epoch = sb->epoch;
	log->sb_seq = sb->seq;
	log->sb_flags = sb->flags;
	memcpy(log->slots, sb->slot, sizeof(log->slots));
	return CML_OPEN_READ_OOS;
}

/* ---- anew ---- */

/*
 * Above every epoch that any page of this device may have. A damaged copy may have been one import
 * ahead of the poison; without a poison nothing bounds it.
 */
static uint64_t epoch_new(const struct cml *log)
{
	const struct cml_open *open = &log->open;
	bool is_poisoned = open->classic.kind == DISK_CLASSIC_POISONED, has_damage = false;
	uint64_t epoch = is_poisoned ? open->classic.epoch : 0, salt;
	uint32_t i;

	for (i = 0; i < 2; i++) {
		has_damage |= is_damaged(log, i);
		if (!open->sb_result[i] && open->sb[i].epoch > epoch)
			epoch = open->sb[i].epoch;
	}
	if (!has_damage)
		return epoch + 1;
	if (is_poisoned)
		return epoch + 2;
	salt = cm_hash64(log->cmn->now_ms, log->cmn->cfg.boot_id, 16);
	return EPOCH_SALTED | salt >> 3;
}

/* Both copies are written before a slot is used: nothing of a former life will count. */
static uint64_t seq_new(const struct cml *log)
{
	uint64_t seq = 0;
	uint32_t i;

	for (i = 0; i < 2; i++)
		if (!log->open.sb_result[i] && log->open.sb[i].seq > seq)
			seq = log->open.sb[i].seq;
	return seq;
}

bool cml_slot_is_guess(const struct disk_slot *slot)
{
	uint32_t i;

	for (i = 0; i < sizeof(slot->boot_id) && slot->boot_id[i] == 0xff; i++)
		;
	return i == sizeof(slot->boot_id);
}

/* A boot id that is not known is nobody's: only the node's lock, held by it or by us, proves. */
static void slot_guess(struct cml *log, struct disk_slot *slot, const struct cmn_peer *peer)
{
	static const uint8_t zero[16];

	slot->state = DISK_SLOT_RUNNING;
	slot->nodeid = peer->nodeid;
	memcpy(slot->machine_id, peer->hello.machine_id, 16);
	memcpy(slot->boot_id, peer->hello.boot_id, 16);
	if (!memcmp(slot->boot_id, zero, 16))
		memset(slot->boot_id, 0xff, 16);
	cmn_journal(log->cmn, log, CMN_LG_WARN, "node %u may be running this log", peer->nodeid);
}

/* Who may be running: daemons that are away, and those whose kernel runs more than they know. */
static void slots_guess(struct cml *log)
{
	uint32_t i, n = 0;

	for (i = 0; i < CMN_NODES_MAX && n + 1 < DISK_SLOTS_MAX; i++) {
		const struct cmn_peer *peer = &log->cmn->peer[i];

		if (peer->is_used && peer->nodeid != log->cmn->cfg.nodeid &&
		    (!peer->in_view || peer->hello.has_orphans))
			slot_guess(log, &log->slots[n++], peer);
	}
}

static enum cml_open_step take_new(struct cml *log, const struct disk_sb *former, const char *why)
{
	struct cml_open *open = &log->open;
	bool is_blank = open->sb_result[0] == CM_E_DISK_MAGIC &&
			open->sb_result[1] == CM_E_DISK_MAGIC;
	/* A header that was written while our kernel ran knows nothing of its writes. */
	bool is_valid = open->classic.kind == DISK_CLASSIC_VALID && !cml_is_replayed(log);
	bool is_new = is_blank && open->classic.kind == DISK_CLASSIC_FOREIGN &&
		      !cml_is_replayed(log);
	uint32_t i;

	open->is_import = true;
	log->epoch = epoch_new(log);
	log->sb_seq = seq_new(log);
	memset(log->slots, 0, sizeof(log->slots));
	if (is_valid) {
		all_oos(log); /* less its clean bits */
		return CML_OPEN_READ_CLASSIC;
	}
	if (is_new && log->cfg.ctr.sync == KABI_SYNC_NOSYNC) {
		cmn_journal(log->cmn, log, CMN_LG_WARN, "log device: no header; taken as new");
		log->sb_flags = DISK_SB_F_NOSYNC;
		bits_fill(&log->oos, false);
		log->oos_count = 0;
		return CML_OPEN_WRITE_OOS;
	}
	cmn_journal(log->cmn, log, CMN_LG_WARN, "log device: %s; all regions out of sync",
		    why	     ? why :
		    is_blank ? "no valid header" :
			       "header and superblock do not tell who is right");
	all_oos(log);
	for (i = 0; former && i < log->geom.slot_count; i++)
		log->slots[i] = former->slot[i];
	if (!former && !is_new)
		slots_guess(log);
	return CML_OPEN_WRITE_OOS;
}

enum cml_open_step cml_decide(struct cml *log)
{
	const struct disk_sb *current = pick(log, is_current), *former = pick(log, is_ours);
	const char *why = doubt(log);

	if (why)
		return give_up(log, why);
	if (log->open.classic.kind != DISK_CLASSIC_VALID && former &&
	    is_used_elsewhere(log, current ? current : former))
		return give_up(log,
			       "the log is in use by another machine; start the cluster software "
			       "here");
	if (!current)
		return take_new(log, former, NULL);
	why = distrust(log, current);
	return why ? take_new(log, current, why) : take_ours(log, current);
}
