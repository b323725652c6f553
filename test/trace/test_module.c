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
	"stop 1\n" \
	"lose 1\n" \
	"lock free\n" \
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

int main(void)
{
	trace_play("a table that is exchanged at once", exchanged);
	trace_play("a table whose end is the first that is heard", stop_is_first);
	trace_play("a next table that was refused", refused);
	trace_play("a log that was closed in between", closed);
	trace_play("a sweep that lost its quorum", no_quorum);
	trace_play("a table that hands nothing back", gone);
	trace_play("a table that is gone before it was lent its slot", gone_never_lent);
	return tap_done();
}
