/* SPDX-License-Identifier: GPL-2.0-only */
/* Table lines as the kernel prints them, read back. Lines of stock tables were copied from `dmsetup
 * table`. */
#include <errno.h>
#include <string.h>

#include "lib/mirror/mir_line.h"
#include "test/lib/tap.h"

#define OURS                                                                                       \
	"userspace 7 LVM-u integrated_flush clustered-disk 254:0 4096 " \
	"gen=1 legs=9fd037fceb1dd701 2 254:1 0 254:2 0 1 handle_errors"
#define CORE                                                                                       \
	"userspace 6 LVM-m integrated_flush clustered-core 4096 " \
	"gen=1 legs=0000000000000001 3 254:4 0 254:5 0 254:6 0 1 handle_errors"
#define OLD "userspace 4 LVM-u clustered-disk 254:3 1024 2 254:1 0 254:2 0 1 handle_errors"
#define STOCK "disk 2 254:0 4096 2 254:1 0 254:2 0 1 handle_errors"
#define STOCK_CORE "core 1 4096 3 254:4 0 254:5 0 254:6 0 1 handle_errors"
#define MODULE                                                                                     \
	"cmirror-disk 5 LVM-u 254:0 4096 gen=1 legs=9fd037fceb1dd701 2 254:1 0 254:2 0 "          \
	"1 handle_errors"
#define MODULE_CORE                                                                                \
	"cmirror-core 4 LVM-m 4096 gen=1 legs=1 3 254:4 0 254:5 0 254:6 0 1 handle_errors"
#define OTHER "userspace 2 uuid foreign-log 1 7:0 0"

static void good(const char *line, bool is_ours, bool has_log, uint32_t legs, const char *what)
{
	struct mir_live live;

	if (!OK(!mir_line_parse(line, &live), "%s", what))
		return;
	OK(live.is_ours == is_ours, "%s: %s", what, is_ours ? "ours" : "not ours");
	OK(live.has_log == has_log, "%s: log device", what);
	IS_U64(live.leg_count, legs, "%s: legs", what);
}

static void sweep(const char *line)
{
	char copy[256];
	struct mir_live live;
	unsigned int refused = 0;

	for (size_t len = 0; len < strlen(line); len++) {
		memcpy(copy, line, len);
		copy[len] = '\0';
		refused += mir_line_parse(copy, &live) != 0;
	}
	OK(refused > strlen(line) / 2, "truncations end in an error or in fewer words");
	for (size_t i = 0; i < strlen(line); i++) {
		memcpy(copy, line, strlen(line) + 1);
		copy[i] = (char)(copy[i] ^ 0x15);
		if (!mir_line_parse(copy, &live))
			OK(live.leg_count <= MIR_LEGS_MAX && strlen(live.log_uuid) < 129,
			   "byte %zu changed", i);
	}
}

int main(void)
{
	struct mir_live live;

	good(OURS, true, true, 2, "our disk log");
	good(CORE, true, false, 3, "our core log");
	good(OLD, true, true, 2, "a table of old LVM's");
	good(MODULE, true, true, 2, "the module's disk log");
	good(MODULE_CORE, true, false, 3, "the module's core log");
	good(STOCK, false, true, 2, "stock disk log");
	good(STOCK_CORE, false, false, 3, "stock core log");
	good(OTHER, false, false, 1, "somebody else's log");
	if (!mir_line_parse(OURS, &live)) {
		IS_STR(live.log_uuid, "LVM-u", "log uuid");
		IS_U64(live.leg[1].minor, 2, "second leg");
		IS_U64(live.log.major, 254, "log");
	}
	if (!mir_line_parse(MODULE, &live)) {
		IS_STR(live.log_uuid, "LVM-u", "the module's: log uuid");
		IS_U64(live.leg[1].minor, 2, "second leg");
		IS_U64(live.log.major, 254, "log");
		IS_INT((int)live.client, MIR_CLIENT_MODULE, "client");
	}
	IS_INT(mir_line_parse("cmirror-disk 1 LVM-u 2 7:0 0 7:1 0", &live), -EBADMSG, "no device");
	IS_INT(mir_line_parse("", &live), -EBADMSG, "empty");
	IS_INT(mir_line_parse("userspace 1 x 1 7:0 0", &live), -EBADMSG, "too few words");
	IS_INT(mir_line_parse("core 1 1024 9 7:0 0 7:1 0 7:2 0 7:3 0 7:4 0 7:5 0 7:6 0 7:7 0 7:8 0",
			      &live),
	       -EBADMSG, "too many legs");
	IS_INT(mir_line_parse("core 1 1024 1 7:-1 0", &live), -EBADMSG, "a sign");
	IS_INT(mir_line_parse("core 1 1024 1 4294967549:0 0", &live), -EBADMSG,
	       "2^32 and 253 is not 253");
	sweep(OURS);
	sweep(STOCK);
	sweep(MODULE);
	return tap_done();
}
