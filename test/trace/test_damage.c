/* SPDX-License-Identifier: GPL-2.0-only */
/* test_damage.c - screenplays of a log device that is not what it should be. */
#include "test/lib/tap.h"
#include "test/trace/prologue.h"
#include "test/trace/trace.h"

#define TWO_RUN \
	ACTIVE_2 \
	"mark 2 3 4 ...\n" \
	"flow ...\n"

#define ALL_DIE \
	"stop 1\n" \
	"stop 2\n"

/* Node 2 joined last: the copy that was written first has to know it too. */
#define IS_KNOWN(copy) \
	TWO_RUN ALL_DIE \
	"spoil " copy "\n" \
	REBOOT_1 JOIN(1) \
	"own 1 ...\n" \
	"disk 1 2 ...\n" \
	"disk 1\n" \
	"> 1 read oos\n" \
	"# both copies are written again before the new slot is used\n" \
	"disk 1\n" \
	"> 1 write superblock\n" \
	"disk 1\n" \
	"> 1 write superblock\n" \
	"disk 1\n" \
	"> 1 send SLOT 2 for 1\n" \
	"deliver\n" \
	"> 1 read slot2\n" \
	"> 1 write oos\n" \
	"> 1 read slot0\n" \
	"> 1 prove 2\n" \
	"flow ...\n" \
	"legs 1 ...\n" \
	"dead 1 2\n" \
	"> 1 read slot1\n" \
	"disk 1\n" \
	"> 1 send MERGE of 2 0x18\n"

static const char copy_0[] = IS_KNOWN("sb0");
static const char copy_1[] = IS_KNOWN("sb1");

static const char joining[] =
	START_2 ACTIVATE(1)
	"ctr 2 ...\n"
	"resume 2\n"
	"> 2 send JOIN\n"
	"deliver\n"
	"> 1 write superblock\n"
	"disk 1\n"
	"> 1 write superblock\n"
	"# not before: a reader may find but one of them\n"
	"disk 1\n"
	"> 1 send SLOT 1 for 2\n";

static const char header[] =
	TWO_RUN ALL_DIE
	"# the header is torn: all is out of sync, but node 2 is not forgotten\n"
	"spoil classic\n"
	REBOOT_1 ACTIVATE(1)
	"legs 1 ...\n"
	"count 1\n"
	"> 1 reply GET_SYNC_COUNT 0 0\n"
	"wait 5000 ...\n"
	"flow ...\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 0 0\n"
	"dead 1 2 ...\n"
	"flow ...\n"
	"wait 1000 ...\n"
	"flow ...\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 1 0\n";

static const char both[] =
	TWO_RUN ALL_DIE
	"# neither copy is left; the kernel of node 2 runs, and its daemon is about to hear of it\n"
	"spoil sb0\n"
	"spoil sb1\n"
	"start 1 2\n"
	"start 2\n"
	"orphans 2 1\n"
	"lock free\n"
	"view 2 1 2 ...\n"
	"flow ...\n"
	ACTIVATE(1)
	"legs 1 ...\n"
	"count 1\n"
	"> 1 reply GET_SYNC_COUNT 0 0\n"
	"wait 5000 ...\n"
	"flow ...\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 0 0\n"
	"# it is back, with its dirty regions: they stay out of the claim\n"
	"ctr 2 ...\n"
	"orphans 2 0 ...\n"
	"resume 2 ...\n"
	"flow ...\n"
	"count 2\n"
	"> 2 reply GET_SYNC_COUNT 0 0\n"
	"wait 1000\n"
	"> 1 send PROPOSE 0 to 16\n"
	"deliver\n"
	"> 2 send ACK 0xffff\n";

static const char unread[] =
	"nosync\n"
	START_1 JOIN(1)
	"own 1\n"
	"> 1 read superblock\n"
	"> 1 read superblock\n"
	"> 1 read classic\n"
	"# what cannot be read is not new, whatever the table says\n"
	"fail 1 3\n"
	"wait 500 ...\n"
	"fail 1 3\n"
	"wait 500 ...\n"
	"fail 1 3\n"
	"wait 500 ...\n"
	"fail 1 3\n"
	"wait 500 ...\n"
	"fail 1 3\n"
	"wait 500 ...\n"
	"fail 1 3\n"
	"wait 500 ...\n"
	"fail 1 3\n"
	"> 1 reply RESUME 0\n"
	"> 1 disown\n"
	"> 1 send LEAVE\n"
	"mark 1 3\n"
	"> 1 reply MARK_REGION -5\n";

/* The slot's page cannot be read, six times. */
#define NODE_2_FAILS \
	"fail 2 ...\n" \
	"wait 500 ...\n"

static const char own_unread[] =
	"nosync\n"
	ACTIVE_2
	"stop 2\n"
	"view 2 1 ...\n"
	"flow ...\n"
	"start 2\n"
	"view 3 1 2 ...\n"
	"flow ...\n"
	"ctr 2 ...\n"
	"resume 2 ...\n"
	"deliver ...\n"
	"disk 1 ...\n"
	"deliver ...\n"
	"disk 1 ...\n"
	"disk 1 ...\n"
	"deliver ...\n"
	"deliver ...\n"
	NODE_2_FAILS NODE_2_FAILS NODE_2_FAILS
	NODE_2_FAILS NODE_2_FAILS NODE_2_FAILS
	"# its page may be good, and say that nothing is marked, for whoever can read it\n"
	"fail 2\n"
	"> 2 write slot1\n"
	"deliver ...\n"
	"deliver ...\n"
	"mark 2 3\n"
	"disk 2\n"
	"> 2 reply MARK_REGION 0\n";

static const char later[] =
	TWO_RUN ALL_DIE
	"# one copy is of a later version: it is not overwritten\n"
	"later sb1\n"
	REBOOT_1 JOIN(1)
	"own 1 ...\n"
	"disk 1 3\n"
	"> 1 reply RESUME 0\n"
	"> 1 disown\n"
	"> 1 send LEAVE\n";

/* Nodes 1 and 3 get everything, node 2 nothing since the JOIN; then they die. */
#define UNHEARD(more) \
	"nosync\n" \
	ACTIVE_2_JOIN_3 \
	"disk 1 2 ...\n" \
	"deliver 1\n" \
	"> 1 send STATE\n" \
	"deliver 3\n" \
	"deliver 1\n" \
	"> 1 send STATE\n" \
	"deliver 3\n" \
	"> 3 read slot2\n" \
	"deliver 1\n" \
	"> 1 send STATE_DONE\n" \
	"deliver 3\n" \
	"deliver 3\n" \
	"disk 3\n" \
	"> 3 reply RESUME 0\n" \
	"> 3 send RESUMED\n" \
	"mark 3 5\n" \
	"> 3 write slot2\n" \
	"disk 3\n" \
	"> 3 reply MARK_REGION 0\n" \
	"stop 1\n" \
	"stop 3\n" \
	"miss 2\n" \
	more \
	"count 2\n" \
	"> 2 reply GET_SYNC_COUNT 0 16\n" \
	"lock free\n" \
	"view 2 2 ...\n" \
	"flow ...\n" \
	"count 2\n" \
	"> 2 reply GET_SYNC_COUNT 0 15\n"

static const char unheard[] = UNHEARD("");
static const char unheard_at_all[] = UNHEARD("spoil sb0\nspoil sb1\n");

/* Both copies are lost, and node 1 has never seen node 2, which runs; it copies. */
#define UNKNOWN(end_of_1) \
	"regions 1\n" \
	"nosync\n" \
	ACTIVE_2 ALL_DIE \
	"spoil sb0\n" \
	"spoil sb1\n" \
	REBOOT_1 ACTIVATE(1) \
	"legs 1 ...\n" \
	"wait 1000 ...\n" \
	"flow ...\n" \
	"work 1\n" \
	"> 1 reply GET_RESYNC_WORK 0 1 0\n" \
	"setsync 1 0 1 ...\n" \
	"flow ...\n" \
	"wait 1000 ...\n" \
	"flow ...\n" \
	"work 1 ...\n" \
	"flow ...\n" \
	"count 1\n" \
	"> 1 reply GET_SYNC_COUNT 0 1\n" \
	end_of_1 \
	"start 2\n" \
	"view 3 2 ...\n" \
	"flow ...\n" \
	ACTIVATE(2) \
	"# whatever is on disk, it knows nothing of what node 2 has written\n" \
	"count 2\n" \
	"> 2 reply GET_SYNC_COUNT 0 0\n"

static const char unknown_exported[] =
	UNKNOWN("presuspend 1 ...\n"
		"flow ...\n"
		"postsuspend 1 ...\n"
		"flow ...\n"
		"stop 1\n");
static const char unknown_died[] =
	UNKNOWN("stop 1\n"
		"lock free\n");

static const char guessed[] =
	"nosync\n"
	ACTIVE_2 ALL_DIE
	"spoil sb0\n"
	"spoil sb1\n"
	"# node 2 is seen, and gone before it has said anything\n"
	"start 1 2\n"
	"start 2 2\n"
	"lock free\n"
	"view 2 1 2 ...\n"
	"stop 2\n"
	"lose 2\n"
	"view 3 1 ...\n"
	"flow ...\n"
	"ctr 1 ...\n"
	"resume 1\n"
	"> 1 send JOIN\n"
	"flow ...\n"
	"wait 1000\n"
	"# it says that nothing of it runs, and has its lock: that will do\n"
	"start 2 2\n"
	"view 4 1 2 ...\n"
	"flow ...\n"
	"wait 31000\n"
	"flow ...\n"
	"wait 31000\n"
	"legs 1 ...\n"
	"count 1 ...\n"
	"wait 1000 ...\n"
	"flow ...\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 1 0\n";

static const char legs[] =
	"nosync\n"
	"gen 1\n"
	START_1 ACTIVATE(1)
	"stop 1\n"
	"lock free\n"
	"gen 2\n"
	"start 1 2\n"
	"view 2 1 ...\n"
	"flow ...\n"
	JOIN(1)
	"own 1 ...\n"
	"# the founder dies wherever it may: its superblock must not say that all is well\n"
	"disk 1 6 ...\n"
	"stop 1\n"
	"lock free\n"
	"start 1 3\n"
	"view 3 1 ...\n"
	"flow ...\n"
	ACTIVATE(1)
	"count 1\n"
	"> 1 reply GET_SYNC_COUNT 0 0\n";

/* Its kernel holds all writes from then on, whatever becomes of the device. */
static const char log_failed[] =
	"nosync\n"
	START_1 ACTIVATE(1)
	"legs 1 ...\n"
	"mark 1 3\n"
	"> 1 write slot0\n"
	"reload 1\n"
	"> 1 fits\n"
	FAILS_IN_VAIN
	"fail 1\n"
	"> 1 reply MARK_REGION -5\n"
	"reload 1\n"
	"> 1 needs another table\n"
	"# the same table, suspended and resumed: it is none the better for it\n"
	"presuspend 1 ...\n"
	"flow ...\n"
	"postsuspend 1 ...\n"
	"flow ...\n"
	"resume 1 ...\n"
	"flow ...\n"
	"reload 1\n"
	"> 1 needs another table\n"
	"# another one\n"
	"presuspend 1 ...\n"
	"flow ...\n"
	"postsuspend 1 ...\n"
	"flow ...\n"
	"ctr 1 101 ...\n"
	"resume 1 101 ...\n"
	"flow ...\n"
	"dtr 1 ...\n"
	"reload 1\n"
	"> 1 fits\n";

int main(void)
{
	trace_play("either copy of the superblock knows who runs: copy 0 is lost", copy_0);
	trace_play("either copy of the superblock knows who runs: copy 1 is lost", copy_1);
	trace_play("a joiner hears of its slot when both copies have it", joining);
	trace_play("a torn header does not forget who runs", header);
	trace_play("without a superblock whoever may run is waited for", both);
	trace_play("an unreadable log is not a new one", unread);
	trace_play("a slot that only its owner cannot read is written before a mark holds",
		   own_unread);
	trace_play("a later version's superblock stays", later);
	trace_play("a slot that only the dead had heard of is read", unheard);
	trace_play("so it is when neither copy of the superblock tells", unheard_at_all);
	trace_play("who runs unknown and finds a valid header puts all out of sync",
		   unknown_exported);
	trace_play("so it does when a good superblock does not know it", unknown_died);
	trace_play("a node that nobody knew is not killed when it is back", guessed);
	trace_play("other legs: out of sync on disk before a superblock names them", legs);
	trace_play("a table that was told of a failed log is replaced", log_failed);
	return tap_done();
}
