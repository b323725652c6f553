/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmirror.conf, read by cmirrord as a whole and by clvmd for one key, whose static reader is
 * reached by including its file.
 */
#undef CM_SYSCONF_DIR
#define CM_SYSCONF_DIR	"/proc/self/fd/901"
#define main		clvmd_main
int clvmd_main(int argc, char **argv);
#include "daemons/clvmd/main.c"
#undef main

#include "daemons/cmirrord/conf.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_errmsg err = { .text = "" };
	struct conf conf, before;
	bool is_allowed;
	int r;

	(void)fuzz_dir(901);
	fuzz_file("cmirror/cmirror.conf", data, size);
	is_allowed = conf_allows_no_fencing();
	conf_defaults(&conf);
	before = conf;
	r = conf_read(CM_CONF_FILE, &conf, &err);
	CM_ASSERT(!r == !*err.text);
	if (r) {
		CM_ASSERT(!memcmp(&conf, &before, sizeof(conf)));
		return 0;
	}
	CM_ASSERT(conf.allow_no_fencing == is_allowed);
	CM_ASSERT(conf.daemon_return_timeout_s <= 86400 && conf.self_fence <= CONF_FENCE_LOG &&
		  conf.client <= CONF_CLIENT_CONNECTOR);
	return 0;
}
