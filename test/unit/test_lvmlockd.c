/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of lvmlockd: the bytes of a request that 2.03.16 took, replies it gave, damaged replies.
 */
#include <errno.h>
#include <string.h>

#include "lib/locking/lvmlockd.h"
#include "lib/mirror/dmdev.h"
#include "test/lib/tap.h"

static const struct lvmlockd_lv lv = {
	.vg_name = "v-g", .vg_lock_args = "1.0.0:rig", .lv_name = "x",
	.lv_uuid = "FYtMMY-Ysqa-Dvk5-MOOi-MheH-igrw-JfTy3x", .lv_lock_args = "dlm",
};

static void requests(void)
{
	static const char want[] =
		"request=\"lock_lv\"\ncmd=\"clvmd\"\npid=\"29\"\nmode=\"sh\"\nopts=\"persistent\"\n"
		"vg_name=\"v-g\"\nlv_name=\"x\"\n"
		"lv_uuid=\"FYtMMY-Ysqa-Dvk5-MOOi-MheH-igrw-JfTy3x\"\nlv_lock_args=\"dlm\"\n"
		"vg_lock_type=\"dlm\"\nvg_lock_args=\"1.0.0:rig\"\n##\n";
	struct lvmlockd_lv odd = lv;
	char out[LVMLOCKD_MSG_MAX], name[LVMLOCKD_MSG_MAX + 8];
	int n = lvmlockd_request_build("lock_lv", "sh", "persistent", &lv, 29, out);

	IS_INT(n, sizeof(want) - 1, "length of a lock request");
	IS_MEM(out, want, sizeof(want), "its bytes");
	IS_INT(lvmlockd_request_build("hello", NULL, NULL, NULL, 0, out), 19, "length of hello");
	IS_STR(out, "request=\"hello\"\n##\n", "hello");
	odd.vg_name = "a\"b";
	IS_INT(lvmlockd_request_build("lock_lv", "sh", "none", &odd, 1, out), -EINVAL,
	       "a quote in a name");
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	odd.vg_name = name;
	IS_INT(lvmlockd_request_build("lock_lv", "sh", "none", &odd, 1, out), -ENAMETOOLONG,
	       "an endless name");
}

static const char good[] =
	"response = \"OK\"\nop = 7\nlock_type = \"dlm\"\nop_result = -17\nlm_result = 0\n"
	"result_flags = \"SH_EXISTS,\"";
static const char query[] =
	"response = \"OK\"\nop = 23\nop_result = 0\nlock_type = \"dlm\"\nmode = \"sh\"";

static void replies(void)
{
	struct lvmlockd_reply r;
	char copy[sizeof(good)];
	unsigned int wrong = 0;

	OK(!lvmlockd_reply_parse(good, &r) && r.is_ok, "a refusal");
	IS_INT(r.op_result, -17, "its number");
	IS_STR(r.flags, "SH_EXISTS,", "its flags");
	OK(!lvmlockd_reply_parse(query, &r) && r.is_ok, "an answer to a query");
	IS_STR(r.mode, "sh", "its mode");
	OK(!lvmlockd_reply_parse("response = \"failed\"", &r) && !r.is_ok, "a failure");
	IS_INT(lvmlockd_reply_parse("", &r), -EPROTO, "nothing");
	IS_INT(lvmlockd_reply_parse("op = 3", &r), -EPROTO, "no response");
	for (size_t i = 0; i < sizeof(good) - 1; i++) {
		memcpy(copy, good, sizeof(good));
		copy[i] = (char)(copy[i] ^ 1);
		if (!lvmlockd_reply_parse(copy, &r))
			wrong += strnlen(r.mode, sizeof(r.mode)) == sizeof(r.mode);
		memcpy(copy, good, sizeof(good));
		copy[i] = '\0';
		if (!lvmlockd_reply_parse(copy, &r))
			wrong += strnlen(r.flags, sizeof(r.flags)) == sizeof(r.flags);
	}
	IS_U64(wrong, 0, "every changed byte and every truncation");
}

int main(void)
{
	dmdev_log_to(NULL);
	requests();
	replies();
	return tap_done();
}
