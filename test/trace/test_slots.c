/* SPDX-License-Identifier: GPL-2.0-only */
/* test_slots.c - screenplays of slots that a superblock must not forget, and of a second life. */
#include "test/lib/tap.h"
#include "test/trace/prologue.h"
#include "test/trace/trace.h"

#define FAIL \
	FAILS_IN_VAIN \
	"fail 1 ...\n" \
	"wait 30000 ...\n" \
	"flow ...\n"

#define LATER \
	"wait 10000 ...\n" \
	"flow ...\n" \
	"wait 10000 ...\n" \
	"flow ...\n"

/* Region 3 is being written by node 1, which is alone, when its daemon dies. */
#define MARKED_DAEMON_1_DIES \
	"nosync\n" START_1 ACTIVATE(1) \
	"legs 1 ...\n" \
	"mark 1 3 ...\n" \
	"flow ...\n" \
	DAEMON_1_DIES

static const char order[] =
	"nosync\n"
	ACTIVE_2_JOIN_3
	"disk 1 2 ...\n"
	"deliver 1 ...\n"
	"deliver 3 ...\n"
	"deliver 1 ...\n"
	"deliver 3 ...\n"
	"deliver 1 ...\n"
	"deliver 3 ...\n"
	"deliver 3 ...\n"
	"disk 3\n"
	"> 3 reply RESUME 0\n"
	"> 3 send RESUMED\n"
	"mark 3 5 ...\n"
	"disk 3 ...\n"
	"stop 1\n"
	"stop 3\n"
	"miss 2\n"
	"lock free\n"
	"view 2 2 ...\n"
	"deliver ...\n"
	"deliver ...\n"
	"own 2 ...\n"
	"disk 2 2 ...\n"
	"disk 2\n"
	"> 2 send DISK_OOS 0x20\n"
	"> 2 read oos\n"
	"disk 2\n"
	"> 2 send DISK_OOS\n"
	"deliver\n"
	"# no superblock before its marks are out of sync on disk: power may fail between the two\n"
	"deliver\n"
	"> 2 write oos\n"
	"> 2 prove 1\n"
	"disk 2\n"
	"> 2 send OOS_DURABLE\n"
	"deliver\n"
	"> 2 write superblock\n";

static const char late[] =
	"nosync\n"
	ACTIVE_2_JOIN_3
	"disk 1 ...\n"
	"presuspend 2 ...\n"
	"deliver\n"
	"postsuspend 2\n"
	"> 2 send LEAVE\n"
	"disk 1\n"
	"> 1 send SLOT 2 for 3\n"
	"# the view comes first, and node 2's slot into both copies: node 3's is not there\n"
	"start 4\n"
	"view 2 1 2 3 4 ...\n"
	"deliver ...\n"
	"disk 1\n"
	"> 1 write superblock\n"
	"disk 1\n"
	"deliver\n"
	"flow ...\n"
	"mark 3 5\n"
	"> 3 write slot2\n"
	"disk 3\n"
	"> 3 reply MARK_REGION 0\n"
	"stop 1\n"
	"stop 2\n"
	"stop 3\n"
	"stop 4\n"
	"lock free\n"
	"start 1 2\n"
	"view 3 1 ...\n"
	"flow ...\n"
	ACTIVATE(1)
	"dead 1 3\n"
	"> 1 read slot2\n"
	"flow ...\n"
	"count 1\n"
	"> 1 reply GET_SYNC_COUNT 0 15\n";

static const char again[] =
	"nosync\n"
	START_2 ACTIVATE(1) JOIN(2)
	"# the superblock cannot be written, and the joiner is refused\n"
	FAIL
	"presuspend 1 ...\n"
	"flow ...\n"
	"postsuspend 1 ...\n"
	"flow ...\n"
	LATER
	"# the path is back\n"
	"resume 1 ...\n"
	"flow ...\n"
	"presuspend 2 ...\n"
	"postsuspend 2 ...\n"
	"flow ...\n"
	LATER
	"resume 2 ...\n"
	"flow ...\n"
	"count 2\n"
	"> 2 reply GET_SYNC_COUNT 0 16\n";

static const char founder[] =
	"nosync\n"
	START_2 JOIN(1)
	"own 1 ...\n"
	"disk 1 3 ...\n"
	"# the founder cannot write; another one founds, and the first is to succeed it\n"
	FAIL LATER
	ACTIVATE(2)
	"postsuspend 1 ...\n"
	"flow ...\n"
	"resume 1 ...\n"
	"flow ...\n"
	"count 1\n"
	"> 1 reply GET_SYNC_COUNT 0 16\n"
	"mark 2 3 ...\n"
	"flow ...\n"
	"stop 2\n"
	"lock free\n"
	"view 2 1 ...\n"
	"flow ...\n"
	"dead 1 2 ...\n"
	"flow ...\n"
	"count 1\n"
	"> 1 reply GET_SYNC_COUNT 0 15\n";

static const char stuck[] =
	"nosync\n"
	START_2 ACTIVATE(1)
	"stop 1\n"
	"later sb1\n"
	"start 1\n"
	"lock free\n"
	"view 2 1 2 ...\n"
	"flow ...\n"
	ACTIVATE(1)
	"count 1\n"
	"> 1 reply GET_SYNC_COUNT 0 0\n"
	"# its table is taken down: it does not keep the others out\n"
	"presuspend 1 ...\n"
	"flow ...\n"
	"postsuspend 1\n"
	"> 1 reply RESUME 0\n"
	"> 1 reply POSTSUSPEND 0\n"
	"> 1 disown\n"
	"> 1 send LEAVE\n"
	"flow ...\n"
	"spoil sb1\n"
	ACTIVATE(2)
	"count 2\n"
	"> 2 reply GET_SYNC_COUNT 0 16\n";

/* Region 3 is being written when the daemon dies, and when it is back: no CLEAR has come. */
static const char under_way[] =
	MARKED_DAEMON_1_DIES
	"start 1\n"
	"view 2 1 ...\n"
	"flow ...\n"
	ACTIVATE(1)
	"legs 1 ...\n"
	"# its mark is not cleared, however long that takes\n"
	"wait 5000\n"
	"wait 5000\n"
	"wait 5000\n"
	"wait 15000\n"
	"clear 1 3\n"
	"> 1 reply CLEAR_REGION 0\n"
	"wait 5000\n"
	"wait 5000\n"
	"> 1 flush\n"
	"flushed 1\n"
	"> 1 write slot0\n";

/* A view comes while node 3 reads its slot: its tables come again. */
static const char read_again[] =
	"nosync\n"
	ACTIVE_2_JOIN_3
	"disk 1 2 ...\n"
	"deliver ...\n"
	"deliver\n"
	"> 1 send STATE\n"
	"> 3 read slot2\n"
	"view 2 1 3 ...\n"
	"deliver ...\n"
	"deliver ...\n"
	"deliver ...\n"
	"deliver ...\n"
	"deliver ...\n"
	"deliver\n"
	"> 1 send STATE\n"
	"# the page that was under way is thrown away\n"
	"disk 3\n"
	"> 3 read slot2\n"
	"deliver\n"
	"> 1 send STATE_DONE\n"
	"deliver\n"
	"disk 3\n"
	"> 3 reply RESUME 0\n"
	"> 3 send RESUMED\n";

/* A table of the stock client ends while its RESUME waits for a daemon that is back. */
static const char ends_in_replay[] =
	ACTIVE_2
	"legs 1 ...\n"
	"legs 2 ...\n"
	"mark 1 3 ...\n"
	"flow ...\n"
	DAEMON_1_DIES
	"view 2 2 ...\n"
	"flow ...\n"
	"start 1\n"
	"ctr 1 ...\n"
	"resume 1 ...\n"
	"view 3 1 2 ...\n"
	"deliver ...\ndeliver ...\ndeliver ...\ndeliver ...\ndeliver ...\ndeliver ...\n"
	"disk 1\n"
	"presuspend 1 ...\n"
	"postsuspend 1\n"
	"> 1 reply RESUME 0\n"
	"> 1 reply POSTSUSPEND 0\n"
	"ctr 1 101 ...\n"
	"resume 1 101 ...\n"
	"legs 1 ...\n"
	"flow ...\n"
	"dtr 1 ...\n"
	LATER
	"show 1\n"
	"> slot0\n"
	"> oos 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n";

/* What is under way is not known: the region keeps its mark, and nobody else may copy it. */
static const char without_file[] =
	MARKED_DAEMON_1_DIES
	"forget 1\n"
	"start 1\n"
	"view 2 1 ...\n"
	"flow ...\n"
	"# as the kernel does in a replay, when the first answer has a device word\n"
	"ctr 1 ...\n"
	ACTIVATE(1)
	"legs 1 ...\n"
	LATER
	"show 1\n"
	"> slot0 3\n"
	"> oos\n"
	"clear 1 3 ...\n"
	LATER
	"# it may have been another table, with a write that failed\n"
	"show 1\n"
	"> slot0 3\n"
	"> oos\n"
	"presuspend 1 ...\n"
	"deliver ...\n"
	"postsuspend 1\n"
	"> 1 flush\n"
	"flow ...\n"
	"show 1\n"
	"> slot0\n"
	"> oos 3\n";

/*
 * Node 1 is back without a table, and its marks are being merged; its next table comes before that
 * is through. Node 2 believes them in sync, as it was told.
 */
static const char merge_in_vain[] =
	"nosync\n"
	ACTIVE_2
	"mark 1 3 ...\n"
	"flow ...\n"
	DAEMON_1_DIES
	"view 2 2 ...\n"
	"flow ...\n"
	"start 1\n"
	"view 3 1 2 ...\n"
	"deliver ...\n"
	"deliver ...\n"
	"deliver\n"
	"> 2 release 1\n"
	"> 2 read slot0\n"
	"ctr 1 101 ...\n"
	"resume 1 101\n"
	"> 1 send JOIN\n"
	"disk 2\n"
	"> 2 send MERGE of 1 0x8\n"
	"deliver ...\n"
	"deliver ...\n"
	"reload 2\n"
	"> 2 needs a resume\n"
	"flow ...\n"
	"show 2\n"
	"> slot0\n"
	"> oos 3\n"
	"reload 2\n"
	"> 2 needs a resume\n";

int main(void)
{
	trace_play("marks found by a new coordinator are durable before their slot is forgotten",
		   order);
	trace_play("a slot given in a view that is over is given again", late);
	trace_play("a superblock write that failed does not outlive its membership", again);
	trace_play("a founder that failed can join, and take over", founder);
	trace_play("who cannot tell who is right leaves when its table is gone", stuck);
	trace_play("a write that is under way over a restart keeps its mark", under_way);
	trace_play("a table ends before its daemon has answered its RESUME", ends_in_replay);
	trace_play("a write that is under way over a restart without a file", without_file);
	trace_play("marks are merged, and their owner joins", merge_in_vain);
	trace_play("a slot is read anew for tables that come again", read_again);
	return tap_done();
}
