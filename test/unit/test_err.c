/* SPDX-License-Identifier: GPL-2.0-only */
/* test_err.c - base/err.h. */
#include "base/err.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "test/lib/tap.h"

static void codes(void)
{
	IS_INT(CM_E_KABI_SHORT, -1101, "a code in a log of today means the same tomorrow");
	IS_INT(CM_E_CLU_LOST, -1405, "the same for the last one of the first release");
	IS_STR(cm_strerror(CM_E_DISK_CSUM), "log device with a wrong checksum", "a domain code");
	IS_STR(cm_errname(CM_E_DISK_CSUM), "CM_E_DISK_CSUM", "its name");
	IS_STR(cm_strerror(-EIO), "Input/output error", "a negative errno");
	IS_STR(cm_errname(-EIO), "EIO", "its name");
	IS_STR(cm_strerror(0), "Success", "no error");
	IS_STR(cm_strerror(EIO), "unknown error", "a positive errno is nobody's error");
	IS_STR(cm_strerror(-999), "unknown error", "a number that nothing has");
	IS_STR(cm_strerror(-1199), "unknown error", "a gap between the groups");
	IS_STR(cm_strerror(INT_MIN), "unknown error", "the smallest number");
	IS_STR(cm_errname(INT_MIN), "?", "which has no name either");
}

static void every_code(void)
{
	const int all[] = {
#define ALL(name, code, text) name,
		CM_ERR_TABLE(ALL)
#undef ALL
	};
	bool is_ok = true;

	for (size_t i = 0; i < CM_ARRAY_COUNT(all); i++) {
		const char *text = cm_strerror(all[i]);

		is_ok = is_ok && all[i] <= -1000 && all[i] > -2000 && strlen(text) > 5 &&
			!strchr(text, '\n') && !strncmp(cm_errname(all[i]), "CM_E_", 5);
	}
	OK(is_ok, "all %zu codes are outside errno and have a text and a name",
	   CM_ARRAY_COUNT(all));
}

static void messages(void)
{
	struct cm_errmsg e;
	char longer[1024];

	cm_err_set(&e, "header: %s", cm_strerror(CM_E_DISK_MAGIC));
	cm_err_wrap(&e, "log %s", "/dev/vg/l_mlog");
	IS_STR(e.text, "log /dev/vg/l_mlog: header: log device without our magic number",
	       "what, and in front of it where");
	cm_err_set(&e, "again: %s", e.text);
	OK(!strncmp(e.text, "again: log /dev", 15), "the old text may be an argument");
	cm_err_wrap(&e, "%s", e.text);
	OK(!strncmp(e.text, "again: log", 10) && strstr(e.text, "number: again: log"),
	   "also of a wrap");

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	cm_err_set(&e, "%s", longer);
	IS_U64(strlen(e.text), sizeof(e.text) - 1, "a long text is cut");
	cm_err_wrap(&e, "front");
	OK(!strncmp(e.text, "front: xxx", 10), "a wrap cuts at the end, not in front");
	IS_U64(strlen(e.text), sizeof(e.text) - 1, "and keeps within the buffer");
	cm_err_wrap(&e, "%s", longer);
	IS_U64(strlen(e.text), sizeof(e.text) - 1, "so does a prefix that fills it all");

	cm_err_set(NULL, "nobody wants to know");
	cm_err_wrap(NULL, "nobody");
	OK(true, "without a message nothing happens");
}

int main(void)
{
	codes();
	every_code();
	messages();
	return tap_done();
}
