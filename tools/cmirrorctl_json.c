/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmirrorctl_json.c - for programs: {"cmirrord":{...},"logs":[{...,"members":[{...}]}]}.
 *
 * A value of digits is a number unless its key names a thing; a key that an object has several
 * times is an array. By hand: 100 lines against a library of which we would use one function.
 */
#include "tools/cmirrorctl.h"

#include <string.h>

static void object_print(FILE *out, const struct object *object, size_t first);
static void value_print(FILE *out, const char *key, const char *value);
static void string_print(FILE *out, const char *text);
static bool key_is_first(const struct object *object, size_t at);
static void values_print(FILE *out, const struct object *object, size_t at);

void print_json(FILE *out, const struct reply *reply)
{
	size_t i;
	bool has_node = false, has_log = false, has_member;

	fprintf(out, "{");
	for (i = 0; i < reply->count && !has_node; i++)
		if (!object_is(&reply->object[i], "log") &&
		    !object_is(&reply->object[i], "member")) {
			/* "cmirrord": what follows its kind; other kinds ("line") as they are */
			has_node = true;
			fprintf(out, "\"cmirrord\":{");
			object_print(out, &reply->object[i],
				     object_is(&reply->object[i], "cmirrord"));
			fprintf(out, "}");
		}
	fprintf(out, "%s\"logs\":[", has_node ? "," : "");
	for (i = 0; i < reply->count; i++) {
		if (!object_is(&reply->object[i], "log"))
			continue;
		fprintf(out, "%s{", has_log ? "," : "");
		has_log = true;
		object_print(out, &reply->object[i], 0);
		fprintf(out, ",\"members\":[");
		has_member = false;
		while (i + 1 < reply->count && object_is(&reply->object[i + 1], "member")) {
			fprintf(out, "%s{", has_member ? "," : "");
			has_member = true;
			object_print(out, &reply->object[++i], 0);
			fprintf(out, "}");
		}
		fprintf(out, "]}");
	}
	fprintf(out, "]}\n");
}

static void object_print(FILE *out, const struct object *object, size_t first)
{
	bool has_pair = false;
	size_t k;

	for (k = first; k < object->count; k++) {
		if (!key_is_first(object, k))
			continue;
		fprintf(out, "%s", has_pair ? "," : "");
		has_pair = true;
		string_print(out, object->pair[k].key);
		fprintf(out, ":");
		values_print(out, object, k);
	}
}

static bool key_is_first(const struct object *object, size_t at)
{
	size_t k;

	for (k = 0; k < at; k++)
		if (!strcmp(object->pair[k].key, object->pair[at].key))
			return false;
	return true;
}

/* Keys that may come more than once are arrays always, or a reader would need two ways. */
static bool key_is_list(const char *key)
{
	return !strcmp(key, "warning") || !strcmp(key, "regions") || !strcmp(key, "luid") ||
	       !strcmp(key, "line");
}

static void values_print(FILE *out, const struct object *object, size_t at)
{
	const char *key = object->pair[at].key;
	size_t k;

	if (!key_is_list(key)) {
		value_print(out, key, object->pair[at].value);
		return;
	}
	fprintf(out, "[");
	for (k = at; k < object->count; k++)
		if (!strcmp(object->pair[k].key, key)) {
			fprintf(out, "%s", k > at ? "," : "");
			string_print(out, object->pair[k].value);
		}
	fprintf(out, "]");
}

static bool key_is_text(const char *key)
{
	static const char *const keys[] = {"log", "name", "node_name", "version", "device", "hash",
					   "why", "args"};
	size_t i;

	for (i = 0; i < CM_ARRAY_COUNT(keys); i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

static void value_print(FILE *out, const char *key, const char *value)
{
	bool is_number = *value && strspn(value, "0123456789") == strlen(value);

	if (!strcmp(key, "members"))	/* "1,2,3" is JSON but for its brackets */
		fprintf(out, "[%s]", value);
	else if (!strcmp(key, "slot") && !is_number)
		fprintf(out, "null");
	else if (is_number && !key_is_text(key))
		fprintf(out, "%s", value);
	else
		string_print(out, value);
}

static void string_print(FILE *out, const char *text)
{
	const unsigned char *c;

	fprintf(out, "\"");
	for (c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if (*c < ' ')
			fprintf(out, "\\u%04x", *c);
		else
			fprintf(out, "%c", *c);
	}
	fprintf(out, "\"");
}
