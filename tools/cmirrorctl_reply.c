/* SPDX-License-Identifier: GPL-2.0-only */
#include "tools/cmirrorctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/daemon/ctl.h"
#include "lib/daemon/paths.h"

#define TIMEOUT_S	30

/* Memory only grows with what the daemon says; a tool without memory ends. */
static void *grown(void *array, size_t count, size_t element_bytes)
{
	void *p = realloc(array, (count + 1) * element_bytes);

	if (!p) {
		fprintf(stderr, "cmirrorctl: no memory\n");
		exit(1);
	}
	return p;
}

static char *copied(const char *text)
{
	char *p = grown(NULL, strlen(text), 1);

	memcpy(p, text, strlen(text) + 1);
	return p;
}

static void line_add(void *ctx, const char *key, const char *value)
{
	struct reply *reply = ctx;
	struct object *object;

	if (!*key) {
		reply->is_open = false;
		return;
	}
	if (!reply->is_open) {
		reply->object = grown(reply->object, reply->count, sizeof(*reply->object));
		reply->object[reply->count++] = (struct object){.count = 0};
		reply->is_open = true;
	}
	object = &reply->object[reply->count - 1];
	object->pair = grown(object->pair, object->count, sizeof(*object->pair));
	object->pair[object->count++] = (struct pair){copied(key), copied(value)};
}

int reply_ask(struct reply *reply, const char *request, struct cm_errmsg *err)
{
	reply->is_open = false;
	return ctl_client_call(CMIRRORD_SOCKET, request, TIMEOUT_S, line_add, reply, err);
}

void reply_free(struct reply *reply)
{
	size_t i, k;

	for (i = 0; i < reply->count; i++) {
		for (k = 0; k < reply->object[i].count; k++) {
			free(reply->object[i].pair[k].key);
			free(reply->object[i].pair[k].value);
		}
		free(reply->object[i].pair);
	}
	free(reply->object);
	*reply = (struct reply){.count = 0};
}

const char *object_get(const struct object *object, const char *key)
{
	size_t i;

	for (i = 0; i < object->count; i++)
		if (!strcmp(object->pair[i].key, key))
			return object->pair[i].value;
	return "";
}

bool object_is(const struct object *object, const char *kind)
{
	return object->count && !strcmp(object->pair[0].key, kind);
}
