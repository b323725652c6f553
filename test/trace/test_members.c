/* SPDX-License-Identifier: GPL-2.0-only */
/* test_members.c - screenplays of several nodes: claims, death, return, partition. */
#include "test/lib/tap.h"
#include "test/trace/prologue.h"
#include "test/trace/trace.h"

#define TWO_NODES \
	START_2 ACTIVATE(1) \
	"legs 1 ...\n" \
	ACTIVATE(2) \
	"legs 2 ...\n"

static const char frozen[] =
	TWO_NODES
	"# node 1 claims; from then on node 2 keeps its writes out\n"
	"wait 5000 ...\n"
	"flow ...\n"
	"remote 2 3\n"
	"> 2 reply IS_REMOTE_RECOVERING 0 1 0\n"
	"remote 1 3\n"
	"> 1 reply IS_REMOTE_RECOVERING 0 0 0\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 1 0\n"
	"# a mark in the claim waits for its page and for its VOID, never for the claim\n"
	"mark 2 3\n"
	"> 2 send VOID 3\n"
	"> 2 write slot1\n"
	"disk 2\n"
	"deliver 1\n"
	"deliver 2\n"
	"> 2 reply MARK_REGION 0\n";

static const char released[] =
	TWO_NODES
	"wait 5000 ...\n"
	"flow ...\n"
	"work 1 ...\n"
	"setsync 1 0 1 ...\n"
	"clear 1 0 ...\n"
	"# a suspend gives the rest back; what was copied is flushed before it is said\n"
	"presuspend 1\n"
	"> 1 send PRESUSPENDED\n"
	"> 1 reply PRESUSPEND 0\n"
	"> 1 flush\n"
	"deliver\n"
	"flushed 1\n"
	"> 1 send RELEASE 0x1\n"
	"deliver\n"
	"> 1 write oos\n"
	"count 2\n"
	"> 2 reply GET_SYNC_COUNT 0 1\n";

static const char death[] =
	TWO_NODES
	"mark 2 3 4 ...\n"
	"flow ...\n"
	"# node 2 dies; its slot counts until it is proven dead\n"
	"stop 2\n"
	"view 2 1\n"
	"> 1 send HELLO\n"
	"> 1 send JOIN again with state\n"
	"flow\n"
	"> 1 prove 2\n"
	"# no claim while that is open\n"
	"wait 200\n"
	"work 1\n"
	"> 1 reply GET_RESYNC_WORK 0 0 0\n"
	"dead 1 2\n"
	"> 1 read slot1\n"
	"disk 1\n"
	"> 1 send MERGE of 2 0x18\n"
	"# out of sync is durable before the slot is given up\n"
	"deliver\n"
	"> 1 write oos\n"
	"disk 1\n"
	"> 1 send OOS_DURABLE\n"
	"deliver\n"
	"> 1 send MERGED of 2\n"
	"deliver\n"
	"> 1 send MERGED_ACK\n"
	"> 1 write superblock\n"
	"# the slot is cleared when all have acknowledged; the proof is held until it is\n"
	"disk 1\n"
	"> 1 write superblock\n"
	"deliver\n"
	"> 1 write slot1\n"
	"disk 1 2\n"
	"> 1 release 2\n";

static const char orphan[] =
	TWO_NODES
	"mark 2 3 ...\n"
	"flow ...\n"
	"# only the daemon of node 2 dies: its kernel writes on\n"
	"stop 2\n"
	"view 2 1 ...\n"
	"flow ...\n"
	"start 2\n"
	"orphans 2 1\n"
	"view 3 1 2\n"
	"> 1 send HELLO\n"
	"> 1 send JOIN again with state\n"
	"> 2 send HELLO with orphans\n"
	"flow\n"
	"> 1 release 2\n"
	"# between the replayed CTR and the delivery of JOIN nobody may take its slot for dead\n"
	"ctr 2\n"
	"> 2 reply CTR 0\n"
	"orphans 2 0\n"
	"resume 2 ...\n"
	"flow ...\n"
	"mark 2 3\n"
	"> 2 reply MARK_REGION 0\n";

static const char partition[] =
	"start 1\n"
	"start 2\n"
	"start 3\n"
	"start 4\n"
	"view 1 1 2 3 4 ...\n"
	"flow ...\n"
	ACTIVATE(1) ACTIVATE(2)
	"# two halves, both without quorum, both of them count view 2\n"
	"view 2 1 3 noquorum ...\n"
	"view 2 2 4 noquorum ...\n"
	"flow ...\n"
	"# they meet: the side without node 1 is stale, and nobody merges the slot of its kernel\n"
	"view 3 1 2 3 4\n"
	"> 1 send HELLO\n"
	"> 1 send JOIN again with state\n"
	"> 2 send HELLO\n"
	"> 2 send JOIN again with state\n"
	"> 3 send HELLO\n"
	"> 4 send HELLO\n"
	"flow\n"
	"> 2 fences itself\n"
	"wait 200\n";

int main(void)
{
	trace_play("a claim freezes, a mark breaks it", frozen);
	trace_play("a claim is released after a flush", released);
	trace_play("a dead node is merged in order", death);
	trace_play("a daemon returns to its kernel", orphan);
	trace_play("two halves that count alike", partition);
	return tap_done();
}
