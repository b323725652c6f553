/* SPDX-License-Identifier: GPL-2.0-only */
/* A request line on a control socket. */
#include "test/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/daemon/ctl.h"

/* Asked by our own client, every character quoted that has to be. */
static void again(const struct ctl_req *req, size_t size)
{
	size_t room = 2 * size + 6 * CTL_ARGS_MAX + 8;
	char *line = calloc(1, room);
	struct cm_errmsg err;
	struct ctl_req got;
	unsigned int i;

	CM_ASSERT(line);
	memcpy(line, req->verb, strlen(req->verb) + 1);
	for (i = 0; i < req->arg_count; i++)
		CM_ASSERT(!ctl_req_add(line, room, req->key[i], req->value[i]));
	CM_ASSERT(!ctl_req_parse(line, &got, &err) && got.arg_count == req->arg_count);
	CM_ASSERT(!strcmp(got.verb, req->verb));
	for (i = 0; i < got.arg_count; i++)
		CM_ASSERT(!strcmp(got.key[i], req->key[i]) &&
			  !strcmp(got.value[i], req->value[i]));
	free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cm_errmsg err = { .text = "" };
	char *line = fuzz_text(data, size);
	struct ctl_req req;
	unsigned int i;
	uint64_t value;
	int r;

	line[strcspn(line, "\n")] = 0;	/* the server has cut it off there */
	size = strlen(line);
	r = ctl_req_parse(line, &req, &err);
	CM_ASSERT(!r == !*err.text);
	for (i = 0; !r && i < req.arg_count; i++) {
		CM_ASSERT(ctl_req_get(&req, req.key[i]) == req.value[i]);
		if (!ctl_req_get_u64(&req, req.key[i], 1000, &value, &err))
			CM_ASSERT(value <= 1000);
	}
	if (!r)
		again(&req, size);
	free(line);
	return 0;
}
