/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_module.c - screenplays of a module whose daemon dies, and of a table that ends before the
 * daemon that is back has heard of it.
 *
 * In all of them instance 100 runs, and region 3 is marked on disk by it. A write of it has failed
 * on a leg, and is held; no daemon has heard of it. Whatever comes then, region 3 stays marked
 * until it is out of sync on disk (hazard L27).
 */
#include "test/lib/tap.h"
#include "test/trace/prologue.h"
#include "test/trace/trace.h"

#define LOOK_ASKS(luid) "klook 1 " luid " 2 2 0 ...\n"
#define LOOK_RUNS "klook 1 100 3 0x100 0 3 ...\n"
#define LOOK_ENDS "klook 1 100 5 0x104 8 3 ...\n"

#define RUNS \
	"nosync\n" START_1 \
	"kctr 1 100 ...\n" \
	"legs 1 ...\n" \
	LOOK_ASKS("100") \
	"flow ...\n" \
	"kwrite 1 8\n"

#define DAEMON_DIES \
	DAEMON_1_DIES \
	"start 1\n"

#define BACK \
	RUNS DAEMON_DIES \
	"view 2 1 ...\n" \
	"flow ...\n" \
	"kctr 1 100\n" \
	"legs 1 ...\n"

#define BACK_WITHOUT_QUORUM \
	RUNS DAEMON_DIES \
	"view 2 1 noquorum ...\n" \
	"flow ...\n" \
	"kctr 1 100\n" \
	"legs 1 ...\n"

#define NEXT(luid) \
	"kctr 1 " luid "\n" \
	LOOK_ASKS(luid)

#define LATER(ms) \
	"wait " #ms " ...\n" \
	"flow ...\n"

#define IS_OUT_OF_SYNC \
	"show 1\n" \
	"> slot0\n" \
	"> oos 3\n"

static const char exchanged[] =
	BACK
	LOOK_RUNS
	LOOK_ENDS
	NEXT("101")
	"flow ...\n"
	LATER(100) LATER(2000) LATER(2000)
	IS_OUT_OF_SYNC;

/* Its suspend waits already when the daemon is back. */
static const char stop_is_first[] =
	BACK
	"klook 1 100 5 0x104 8 3\n"
	"> 1 reply POSTSUSPEND 0\n"
	NEXT("101")
	"flow ...\n"
	LATER(100)
	IS_OUT_OF_SYNC;

static const char refused[] =
	BACK_WITHOUT_QUORUM
	LOOK_RUNS
	LOOK_ENDS
	NEXT("101")
	LATER(30000) LATER(100) LATER(5000) LATER(10000) LATER(10000)
	"klook 1 101 7 0 0 ...\n"
	"dtr 1 100 ...\n"
	"view 3 1 ...\n"
	"flow ...\n"
	NEXT("102")
	"flow ...\n"
	LATER(100) LATER(2000) LATER(2000)
	IS_OUT_OF_SYNC;

/* What the daemon notes in memory and in /run goes with the last table. */
static const char closed[] =
	BACK_WITHOUT_QUORUM
	LOOK_RUNS
	LOOK_ENDS
	"dtr 1 100 ...\n"
	"close 1\n"
	"view 3 1 ...\n"
	"flow ...\n"
	NEXT("101")
	"legs 1 ...\n"
	"flow ...\n"
	LATER(100) LATER(2000)
	IS_OUT_OF_SYNC;

/* Quorum goes while the leave that sweeps is under way. */
static const char no_quorum[] =
	BACK
	LOOK_RUNS
	LOOK_ENDS
	NEXT("101")
	"deliver ...\n"
	"own 1 ...\n"
	"disk 1 3 ...\n"
	"disk 1 ...\n"
	"disk 1 ...\n"
	"disk 1 ...\n"
	"deliver ...\n"
	"disk 1\n"
	"> 1 flush\n"
	"> 1 write slot0\n"
	"view 3 1 noquorum ...\n"
	"flow ...\n"
	LATER(5000) LATER(10000) LATER(10000)
	"show 1\n"
	"> slot0 3\n"
	"> oos\n"
	"view 4 1 ...\n"
	"flow ...\n"
	LATER(100) LATER(100)
	IS_OUT_OF_SYNC;

/* A killed suspend: the module hands nothing back. The next table waits for the slot. */
static const char gone[] =
	RUNS
	"dtr 1 100\n"
	"> 1 read slot0\n"
	"kctr 1 101\n"
	"klook 1 101 2 2 0\n"
	"disk 1\n"
	"> 1 flush\n"
	"flow ...\n"
	LATER(100)
	IS_OUT_OF_SYNC;

/* The daemon has read the slot when instance 100 marks region 4, too, and is gone. */
static const char gone_never_lent[] =
	BACK
	"klook 1 100 3 0 0 ...\n"
	"deliver ...\n"
	"own 1 ...\n"
	"disk 1 3 ...\n"
	"disk 1 ...\n"
	"disk 1 ...\n"
	"disk 1 ...\n"
	"view 2 1 unusable ...\n"
	"deliver ...\n"
	"flow ...\n"
	"kwrite 1 24\n"
	"dtr 1 100 ...\n"
	"flow ...\n"
	"view 2 1 ...\n"
	"flow ...\n"
	LATER(100)
	"show 1\n"
	"> slot0 3 4\n"
	"> oos\n"
	NEXT("101")
	"flow ...\n"
	LATER(100)
	"show 1\n"
	"> slot0\n"
	"> oos 3 4\n";

/* The same before the node has a slot at all. */
static const char gone_without_slot[] =
	BACK_WITHOUT_QUORUM
	"klook 1 100 3 0 0\n"
	"dtr 1 100\n"
	"view 3 1 ...\n"
	"flow ...\n"
	NEXT("101")
	"flow ...\n"
	LATER(100)
	IS_OUT_OF_SYNC;

/* The next table is of the stock client. */
static const char gone_then_stock[] =
	RUNS
	"dtr 1 100\n"
	"> 1 read slot0\n"
	"ctr 1 ...\n"
	"resume 1\n"
	"disk 1\n"
	"> 1 flush\n"
	"flow ...\n"
	LATER(100)
	IS_OUT_OF_SYNC;

#define RUNS_2 \
	"nosync\n" START_2 \
	"kctr 1 100 ...\n" \
	"legs 1 ...\n" \
	LOOK_ASKS("100") \
	"flow ...\n" \
	ACTIVATE(2) \
	"legs 2 ...\n" \
	"kwrite 1 8\n"

#define DELIVER_4 "deliver ...\ndeliver ...\ndeliver ...\ndeliver ...\n"

/* The log device of node 1 hangs: the next table is refused, and the slot was never read. */
static const char unread_leave[] =
	RUNS_2 DAEMON_DIES
	"view 3 1 2 ...\n"
	"kctr 1 100 ...\n"
	"klook 1 100 3 0 0 ...\n"
	DELIVER_4 "deliver ...\ndeliver ...\n"
	"dtr 1 100 ...\n"
	NEXT("101")
	"wait 30000 ...\n"
	"wait 10000 ...\n"
	"deliver ...\n"
	"stop 1\n"
	"flow ...\n"
	"view 4 2 ...\n"
	"flow ...\n"
	LATER(100)
	IS_OUT_OF_SYNC;

/* The same of a joiner without the tables: the coordinator's log device hangs for a while. */
static const char unwhole_leave[] =
	RUNS_2
	DAEMON_1_DIES
	"view 2 2 ...\n"
	"deliver ...\ndeliver ...\n"
	"own 2 ...\n"
	"disk 2 3 ...\n"
	"deliver ...\n"
	"disk 2 ...\n"
	"start 1\n"
	"kctr 1 101\n"
	LOOK_ASKS("101")
	"view 3 1 2 ...\n"
	DELIVER_4
	"wait 30000 ...\n"
	"deliver ...\n"
	"wait 10000 ...\n"
	"flow ...\n"
	"stop 1\n"
	"view 4 2 ...\n"
	"flow ...\n"
	LATER(100)
	IS_OUT_OF_SYNC;

/* The founder cannot read the out-of-sync page: what it believes is not on disk yet. */
static const char out_of_sync_unread[] =
	RUNS DAEMON_DIES
	"view 2 1 ...\n"
	"flow ...\n"
	"kctr 1 101 ...\n"
	"legs 1 ...\n"
	LOOK_ASKS("101")
	"deliver ...\n"
	"own 1 ...\n"
	"disk 1 3\n"
	"> 1 read oos\n"
	FAILS_IN_VAIN
	"fail 1 ...\n"
	"disk 1 2 ...\n"
	"deliver\n"
	"> 1 read slot0\n"
	"> 1 write oos\n"
	"disk 1\n"
	"> 1 flush\n"
	"# no slot page without region 3 before that write has ended\n"
	"flushed 1\n"
	"> 1 send OOS_SET 0x8\n"
	"disk 1 ...\n"
	"flow ...\n"
	"show 1\n"
	"> slot0\n"
	"> oos 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15\n";

/* A core log: what has failed nobody can tell, and nobody else is left to remember. */
static const char core[] =
	"core\n"
	"nosync\n" START_1
	"kctr 1 100 ...\n"
	"legs 1 ...\n"
	LOOK_ASKS("100")
	"flow ...\n"
	"count 1 100\n"
	"> 1 reply GET_SYNC_COUNT 0 16\n"
	DAEMON_DIES
	"view 2 1 noquorum ...\n"
	"flow ...\n"
	"kctr 1 100\n"
	LOOK_RUNS
	LOOK_ENDS
	"view 3 1 ...\n"
	NEXT("101")
	"flow ...\n"
	LATER(100) LATER(2000)
	"count 1 101\n"
	"> 1 reply GET_SYNC_COUNT 0 0\n";

/* The same, known: a write has failed, and the only member leaves for a moment. */
static const char core_alone[] =
	"core\n"
	"nosync\n" START_1
	"kctr 1 100 ...\n"
	"legs 1 ...\n"
	LOOK_ASKS("100")
	"flow ...\n"
	"klook 1 100 3 0 0 3 ...\n"
	"flow ...\n"
	"klook 1 100 5 0x104 8 3 ...\n"
	"flow ...\n"
	NEXT("101")
	"flow ...\n"
	LATER(100) LATER(2000)
	"count 1 101\n"
	"> 1 reply GET_SYNC_COUNT 0 0\n";

/* The one that left first founds it next: it knows what it knew then. */
static const char core_left_first[] =
	"core\n"
	"nosync\n"
	ACTIVE_2
	"mark 1 3 ...\n"
	"flow ...\n"
	"setsync 1 3 0 ...\n"
	"flow ...\n"
	"count 2\n"
	"> 2 reply GET_SYNC_COUNT 0 15\n"
	"presuspend 2 ...\n"
	"presuspend 1 ...\n"
	"flow ...\n"
	"postsuspend 2 ...\n"
	"flow ...\n"
	"postsuspend 1 ...\n"
	"flow ...\n"
	"ctr 2 201 ...\n"
	"resume 2 201 ...\n"
	"flow ...\n"
	"count 2 201\n"
	"> 2 reply GET_SYNC_COUNT 0 0\n";

/* A killed suspend of a core log's table: nothing is handed back, and no slot tells. */
static const char core_gone[] =
	"core\n"
	"nosync\n" START_1
	"kctr 1 100 ...\n"
	"legs 1 ...\n"
	LOOK_ASKS("100")
	"flow ...\n"
	"dtr 1 100 ...\n"
	NEXT("101")
	"flow ...\n"
	LATER(100) LATER(2000)
	"count 1 101\n"
	"> 1 reply GET_SYNC_COUNT 0 0\n";

int main(void)
{
	trace_play("a table that is exchanged at once", exchanged);
	trace_play("a table whose end is the first that is heard", stop_is_first);
	trace_play("a next table that was refused", refused);
	trace_play("a log that was closed in between", closed);
	trace_play("a sweep that lost its quorum", no_quorum);
	trace_play("a table that hands nothing back", gone);
	trace_play("a table that is gone before it was lent its slot", gone_never_lent);
	trace_play("a table that is gone before its node has a slot", gone_without_slot);
	trace_play("a table that is gone, and one of the stock client", gone_then_stock);
	trace_play("a leave from a slot that was never read", unread_leave);
	trace_play("a leave before the tables came", unwhole_leave);
	trace_play("an out-of-sync page that its founder cannot read", out_of_sync_unread);
	trace_play("a core log", core);
	trace_play("a core log whose only member leaves", core_alone);
	trace_play("a core log, founded by who left it first", core_left_first);
	trace_play("a core log whose table hands nothing back", core_gone);
	return tap_done();
}
