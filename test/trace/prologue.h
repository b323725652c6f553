/* SPDX-License-Identifier: GPL-2.0-only */
/* prologue.h - lines with which many screenplays begin (see trace.h); n is the digit of a node. */
#ifndef CM_TEST_TRACE_PROLOGUE_H
#define CM_TEST_TRACE_PROLOGUE_H

/* Node 1 runs alone, in view 1; it has no table yet, and nothing is pending. */
#define START_1 \
	"start 1\n" \
	"view 1 1 ...\n" \
	"flow ...\n"

/* Nodes 1 and 2 run, in view 1; they have no table yet, and nothing is pending. */
#define START_2 \
	"start 1\n" \
	"start 2\n" \
	"view 1 1 2 ...\n" \
	"flow ...\n"

/* After all died: node 1 has booted again, alone in view 2; no table, the lock is free. */
#define REBOOT_1 \
	"start 1 2\n" \
	"lock free\n" \
	"view 2 1 ...\n" \
	"flow ...\n"

/* Node n has resumed its table, and nothing is pending: it is a member, if the log lets it. */
#define ACTIVATE(n) \
	"ctr " #n " ...\n" \
	"resume " #n " ...\n" \
	"flow ...\n"

/* All have got the JOIN of node n; what they asked for then is pending, all of it. */
#define JOIN(n) \
	"ctr " #n " ...\n" \
	"resume " #n " ...\n" \
	"deliver ...\n"

/* Nodes 1 and 2 are members, node 1 is the coordinator; nothing is pending. */
#define ACTIVE_2 \
	START_2 ACTIVATE(1) ACTIVATE(2)

/* As ACTIVE_2, and all have got the JOIN of node 3; its slot is not on disk yet. */
#define ACTIVE_2_JOIN_3 \
	"start 1\n" \
	"start 2\n" \
	"start 3\n" \
	"view 1 1 2 3 ...\n" \
	"flow ...\n" \
	ACTIVATE(1) ACTIVATE(2) JOIN(3)

/* The daemon of node 1 dies; what it had sent is lost, and its oos lock is not in the way. */
#define DAEMON_1_DIES \
	"stop 1\n" \
	"lose 1\n" \
	"lock free\n"

/* Node 1's oldest log device request fails as often as it may before that counts. */
#define FAILS_ONCE "fail 1 ...\nwait 500 ...\n"
#define FAILS_IN_VAIN \
	FAILS_ONCE FAILS_ONCE FAILS_ONCE FAILS_ONCE FAILS_ONCE FAILS_ONCE

#endif
