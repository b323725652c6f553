/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A joiner is handed tables that cannot be right. It stays a joiner, nobody else is troubled, and
 * in the next view it is handed better ones.
 */
#include "lib/format/wire_tables.h"
#include "test/lib/tap.h"
#include "test/trace/prologue.h"
#include "test/trace/trace.h"

#define GARBLED(offset) \
	"nosync\n" \
	ACTIVE_2_JOIN_3 \
	"disk 1 2 ...\n" \
	"deliver 1\n" \
	"> 1 send STATE\n" \
	"deliver 2\n" \
	"deliver 3\n" \
	"garble " #offset "\n" \
	"deliver\n" \
	"> 1 send STATE\n" \
	"deliver\n" \
	"> 1 send STATE_DONE\n" \
	"deliver\n" \
	"mark 2 5\n" \
	"> 2 write slot1\n" \
	"disk 2\n" \
	"> 2 reply MARK_REGION 0\n" \
	"view 2 1 2 3 ...\n" \
	"flow ...\n" \
	"mark 3 5\n" \
	"> 3 write slot2\n" \
	"disk 3\n" \
	"> 3 reply MARK_REGION 0\n"

/* Offsets in the image: see lib/format/wire_tables.h. Slots are from 41 on, of 37 bytes each. */
static const char version[] = GARBLED(0);
static const char coordinator[] = GARBLED(37);
static const char own_slot_boot[] = GARBLED(136);
static const char member_count[] = GARBLED(1225);
static const char own_member[] = GARBLED(1300);

int main(void)
{
	trace_play("tables of another version", version);
	trace_play("the coordinator is no member", coordinator);
	trace_play("the joiner has no slot in this boot", own_slot_boot);
	trace_play("members that are not there", member_count);
	trace_play("the joiner is no member", own_member);
	return tap_done();
}
