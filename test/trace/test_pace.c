/* SPDX-License-Identifier: GPL-2.0-only */
/* test_pace.c - screenplays of a resync: how much is claimed, and how often, when nodes write. */
#include "test/lib/tap.h"
#include "test/trace/prologue.h"
#include "test/trace/trace.h"

/* Node 2 has marks that keep all but region 0 out of claims; it does not claim: it has no legs. */
#define START \
	"regions 12\n" \
	ACTIVE_2 \
	"mark 2 1 2 3 4 5 6 ...\n" \
	"mark 2 7 8 9 10 11 ...\n" \
	"flow ...\n" \
	"legs 1 ...\n"

/* A claim is granted, and its first region copied, which takes this long; all of it is released. */
#define CLAIM_TAKES(ms) \
	"deliver ...\n" \
	"deliver\n" \
	"> 1 wake\n" \
	"work 1 ...\n" \
	"wait " #ms " ...\n" \
	"setsync 1 0 1 ...\n" \
	"flushed 1 ...\n"

static const char idle[] =
	START
	"wait 1000\n"
	"> 1 send PROPOSE 0 to 12\n"
	CLAIM_TAKES(300)
	"deliver\n"
	"> 1 write oos\n"
	"> 1 send PROPOSE 1 to 12\n";

static const char busy[] =
	START
	"busy 2\n"
	"wait 1000\n"
	"> 1 send PROPOSE 0 to 12\n"
	CLAIM_TAKES(300)
	"deliver\n"
	"> 1 write oos\n"
	"disk 1 ...\n"
	"flow ...\n"
	"# half as much as took too long, after five times as long\n"
	"wait 1499\n"
	"wait 1\n"
	"> 1 send PROPOSE 1 to 7 patience 1000\n"
	"# all of it is written: in vain\n"
	"deliver\n"
	"> 2 send ACK busy 0x3f\n"
	"deliver\n"
	"> 1 wake\n"
	"> 1 send RELEASE 0x0\n"
	"deliver\n"
	"# it grows a little, and asks for more patience\n"
	"wait 1000\n"
	"> 1 send PROPOSE 7 to 12 patience 4000\n"
	"# nobody writes any more: nobody has to wait\n"
	"idle 2\n"
	"flow ...\n"
	"wait 1000\n"
	"> 1 send PROPOSE 1 to 9\n"
	"flow ...\n"
	"# but for what has been claimed in vain too often\n"
	"wait 1000\n"
	"> 1 send PROPOSE 1 to 12 patience 4000\n";

static const char contended[] =
	START
	"# without a writer: three claims in vain, then it asks for patience\n"
	"mark 2 0 ...\n"
	"flow ...\n"
	"wait 1000 ...\n"
	"flow ...\n"
	"wait 1000 ...\n"
	"flow ...\n"
	"wait 1000 ...\n"
	"flow ...\n"
	"wait 1000\n"
	"> 1 send PROPOSE 0 to 12 patience 1000\n";

int main(void)
{
	trace_play("nobody writes: one claim follows the other", idle);
	trace_play("a node writes: smaller claims, a rest, patience", busy);
	trace_play("claims in vain: patience", contended);
	return tap_done();
}
