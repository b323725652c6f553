/* SPDX-License-Identifier: GPL-2.0-only */
/* test_life.c - screenplays of one node: founding, marks, copying, leaving. */
#include "test/lib/tap.h"
#include "test/trace/prologue.h"
#include "test/trace/trace.h"

#define ONE_NODE \
	START_1 ACTIVATE(1) \
	"legs 1 ...\n"

static const char founding[] =
	START_1
	"ctr 1 ...\n"
	"resume 1\n"
	"> 1 send JOIN\n"
	"deliver\n"
	"> 1 own\n"
	"own 1\n"
	"> 1 read superblock\n"
	"> 1 read superblock\n"
	"> 1 read classic\n"
	"disk 1 3\n"
	"> 1 write oos\n"
	"# ours first, every slot of it, and only then the superblock that says so\n"
	"disk 1 32 ...\n"
	"disk 1\n"
	"> 1 write superblock\n"
	"# then the poison, then the superblock that makes ours the truth\n"
	"disk 1\n"
	"> 1 write classic\n"
	"disk 1\n"
	"> 1 write superblock\n"
	"# the own slot is durable before its first use, in both copies\n"
	"disk 1\n"
	"> 1 write superblock\n"
	"disk 1\n"
	"> 1 write superblock\n"
	"disk 1\n"
	"> 1 send SLOT 0 for 1\n"
	"deliver\n"
	"> 1 read slot0\n"
	"disk 1\n"
	"> 1 reply RESUME 0\n"
	"> 1 send RESUMED\n";

static const char marks[] =
	ONE_NODE
	"# no answer before the page is durable\n"
	"mark 1 3\n"
	"> 1 write slot0\n"
	"disk 1\n"
	"> 1 reply MARK_REGION 0\n"
	"# durable already: no write, no wait\n"
	"mark 1 3\n"
	"> 1 reply MARK_REGION 0\n"
	"flush 1\n"
	"> 1 reply FLUSH 0\n"
	"# two marks, the second while the page is under way: one more write\n"
	"mark 1 4\n"
	"> 1 write slot0\n"
	"mark 1 5 6\n"
	"disk 1\n"
	"> 1 reply MARK_REGION 0\n"
	"> 1 write slot0\n"
	"disk 1\n"
	"> 1 reply MARK_REGION 0\n";

static const char copying[] =
	ONE_NODE
	"# the log device was foreign: all is out of sync, and nobody else is there to ask\n"
	"wait 5000\n"
	"> 1 send PROPOSE 0 to 16\n"
	"flow\n"
	"> 1 wake\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 1 0\n"
	"# asked again: the same region\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 1 0\n"
	"# an echo of an assignment that is over changes nothing\n"
	"setsync 1 5 1\n"
	"> 1 reply SET_REGION_SYNC 0\n"
	"count 1\n"
	"> 1 reply GET_SYNC_COUNT 0 0\n"
	"setsync 1 0 1\n"
	"> 1 reply SET_REGION_SYNC 0\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 1 1\n";

static const char leaving[] =
	ONE_NODE
	"mark 1 3 ...\n"
	"flow ...\n"
	"clear 1 3 ...\n"
	"presuspend 1\n"
	"> 1 send PRESUSPENDED\n"
	"> 1 reply PRESUSPEND 0\n"
	"postsuspend 1\n"
	"> 1 flush\n"
	"deliver\n"
	"# the slot is emptied only after the legs are flushed\n"
	"flushed 1\n"
	"> 1 write slot0\n"
	"# export: bits behind the poison, header, superblock; the lock goes last\n"
	"disk 1\n"
	"> 1 write classic\n"
	"disk 1\n"
	"> 1 write classic\n"
	"disk 1\n"
	"> 1 write superblock\n"
	"disk 1\n"
	"> 1 disown\n"
	"> 1 send LEAVE\n"
	"deliver\n"
	"> 1 reply POSTSUSPEND 0\n";

static const char kept_nosync[] =
	ONE_NODE
	"# a write failed on a leg: the table keeps the region out of sync\n"
	"setsync 1 5 0 ...\n"
	"flow ...\n"
	"reload 1\n"
	"> 1 needs another table\n"
	"presuspend 1 ...\n"
	"postsuspend 1 ...\n"
	"flow ...\n"
	"# also when the daemon ends while it is suspended\n"
	"stop 1\n"
	"start 1 ...\n"
	"view 2 1 ...\n"
	"flow ...\n"
	"ctr 1 ...\n"
	"reload 1\n"
	"> 1 needs another table\n"
	"# another luid is another table\n"
	"dtr 1 ...\n"
	"ctr 1 7 ...\n"
	"reload 1\n"
	"> 1 fits\n";

int main(void)
{
	trace_play("a founder imports in order", founding);
	trace_play("a mark is answered when its page is durable", marks);
	trace_play("work is handed out once, and only its owner ends it", copying);
	trace_play("the last one exports in order", leaving);
	trace_play("a suspended table is known to hold one leg over a restart", kept_nosync);
	return tap_done();
}
