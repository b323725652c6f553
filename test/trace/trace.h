/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * trace.h - screenplays: a few nodes with the core, and nothing happens but what the script says.
 *
 * A script is lines. A line that starts with ">" is what must have come out of the cores since the
 * last other line, exactly and in order; any other line is a command:
 *
 *	start N [BOOT]		the daemon of node N starts (kernel and /run as they are)
 *	stop N			it dies; what it has sent and nobody has got is lost with "lose N"
 *	view NR N.. [unusable] [noquorum] [nolock]	these nodes get this view now
 *	lose N			N's messages that nobody has got yet
 *	miss N			what is on its way to N it never gets
 *	deliver [N]		the next message in the order, to all, or to N only
 *	ctr resume presuspend postsuspend dtr work count N [LUID]	requests of N's kernel
 *	mark flush clear insync remote N REGION..	the same, with regions
 *	setsync N REGION 0|1
 *	disk N [COUNT]		N's oldest log device request is done
 *	fail N [COUNT]		it fails with -EIO
 *	garble OFFSET		a bit flips in that byte of the blob of the next message
 *	busy N | idle N		from now on N's ACKs say that it writes, or that it does not
 *	spoil | later sb0|sb1|classic	a byte of it flips; a later version of cmirror wrote it
 *	lock free		the oos lock: its owner has been fenced
 *	nosync | gen GEN | core	from now on tables are made so
 *	forget N		what N's former daemon has left in /run is gone
 *	own N | dead N M | legs N | flushed N		completions
 *	reload N		does its table need to be loaded anew, or to be resumed?
 *	orphans N COUNT		kernel instances of a former daemon that have not come back
 *	kctr N LUID		a table with the module is made
 *	klook N LUID STATE ASK MARKS [FAILED]	what that table says (kmod/cmirror.h): MARKS are the
 *				marks of regions 0 to 7, FAILED a region that a leg has failed in
 *	kwrite N MARKS		the module writes these marks into the slot, by itself
 *	close N			N's last table is gone, and its log with it
 *	show N			which regions, 0 to 15, slot 0 and the out-of-sync area have on disk
 *	wait MS			time passes; timers run
 *	flow			all of the above that is pending, until nothing is
 *	# ...			a comment
 *
 * A command that ends in "..." drops what comes out. The first line may be "regions R"; 16 else.
 * What comes out is written as "N send TYPE ...", "N reply TYPE ERROR VALUES", "N write slot0 0",
 * "N own", "N prove M", and so on. Journal lines are left out.
 */
#ifndef CM_TEST_TRACE_H
#define CM_TEST_TRACE_H

/* One test: "ok" when the whole script plays as written. Prints the first difference. */
void trace_play(const char *name, const char *script);

#endif
