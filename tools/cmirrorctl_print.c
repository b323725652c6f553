/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmirrorctl_print.c - for people.
 */
#include "tools/cmirrorctl.h"

#include <stdlib.h>
#include <string.h>

static void node_line(FILE *out, const struct object *node);
static void log_line(FILE *out, const struct reply *reply, size_t at, size_t name_width);
static void members_text(const struct reply *reply, size_t at, char *text, size_t size);
static void notes_print(FILE *out, const struct reply *reply, size_t at);

static bool is_on(const struct object *object, const char *key)
{
	return !strcmp(object_get(object, key), "1");
}

static const char *shown_name(const struct object *log)
{
	return name_show(object_get(log, "name"), object_get(log, "log"));
}

void print_status(FILE *out, const struct reply *reply)
{
	size_t i, len, width = strlen("MIRROR"), logs = 0;

	for (i = 0; i < reply->count; i++)
		if (object_is(&reply->object[i], "log")) {
			len = strlen(shown_name(&reply->object[i]));
			width = len > width ? len : width;
			logs++;
		}
	for (i = 0; i < reply->count; i++)
		if (object_is(&reply->object[i], "cmirrord")) {
			node_line(out, &reply->object[i]);
			break;		/* asked for several mirrors: the same each time */
		}
	if (!logs) {
		fprintf(out, "No clustered mirror is active on this node.\n");
		return;
	}
	fprintf(out, "%-*s  %-4s  %-8s  %7s  %11s  %5s  %s\n", (int)width, "MIRROR", "LOG",
		"STATE", "SYNC", "OUT OF SYNC", "COORD", "NODES");
	for (i = 0; i < reply->count; i++)
		if (object_is(&reply->object[i], "log"))
			log_line(out, reply, i, width);
}

static void node_line(FILE *out, const struct object *node)
{
	fprintf(out, "cmirrord %s on %s (node %s), %s: %s, nodes %s, fencing %s, %s\n",
		object_get(node, "version"), object_get(node, "node_name"),
		object_get(node, "nodeid"), object_get(node, "provider"),
		is_on(node, "usable") ? "quorate" :
		is_on(node, "quorate") ? "quorate, settling" : "NO QUORUM",
		object_get(node, "members"), object_get(node, "fencing"),
		strcmp(object_get(node, "client"), "kmod") ? "no module" : "module");
	if (*object_get(node, "warning"))
		fprintf(out, "WARNING: %s\n", object_get(node, "warning"));
	if (strtoull(object_get(node, "orphans"), NULL, 10))
		fprintf(out, "WARNING: %s mirrors of a former cmirrord have not come back yet\n",
			object_get(node, "orphans"));
}

static void log_line(FILE *out, const struct reply *reply, size_t at, size_t name_width)
{
	const struct object *log = &reply->object[at];
	unsigned long long count = strtoull(object_get(log, "region_count"), NULL, 10);
	unsigned long long in_sync = strtoull(object_get(log, "in_sync_count"), NULL, 10);
	char nodes[512];
	double percent = count ? 100.0 * (double)in_sync / (double)count : 0;

	/* 100 is said only when it is true. */
	if (in_sync < count && percent > 99.99)
		percent = 99.99;
	members_text(reply, at, nodes, sizeof(nodes));
	fprintf(out, "%-*s  %-4s  %-8s  %6.2f%%  %11llu  %5s  %s\n", (int)name_width,
		shown_name(log), strstr(object_get(log, "type"), "core") ? "core" : "disk",
		object_get(log, "state"), percent, count - in_sync,
		strcmp(object_get(log, "coordinator"), "0") ? object_get(log, "coordinator") : "-",
		nodes);
	notes_print(out, reply, at);
}

/* "1 2 3(gone)" of the members that follow log @at. */
static void members_text(const struct reply *reply, size_t at, char *text, size_t size)
{
	const struct object *member;
	const char *mark;
	size_t used = 0;

	text[0] = 0;
	for (at++; at < reply->count && object_is(&reply->object[at], "member"); at++) {
		member = &reply->object[at];
		mark = is_on(member, "gone") ? "(gone)" : is_on(member, "leg_failed") ? "(leg)" :
		       is_on(member, "needs_resume") ? "(resume)" :
		       is_on(member, "whole") ? "" : "(joining)";
		if (used + 1 < size)
			used += (size_t)snprintf(text + used, size - used, "%s%s%s",
						 used ? " " : "", object_get(member, "member"),
						 mark);
	}
}

static void stock_print(FILE *out, const struct reply *reply, size_t at);

static void notes_print(FILE *out, const struct reply *reply, size_t at)
{
	const struct object *log = &reply->object[at];
	size_t i;

	stock_print(out, reply, at);
	if (*object_get(log, "why"))
		fprintf(out, "    waits: %s\n", object_get(log, "why"));
	for (i = 0; i < log->count; i++)
		if (!strcmp(log->pair[i].key, "warning"))
			fprintf(out, "    WARNING: %s\n", log->pair[i].value);
	for (at++; at < reply->count && object_is(&reply->object[at], "member"); at++) {
		if (is_on(&reply->object[at], "gone"))
			fprintf(out,
				"    %s is without its cmirrord: nothing is recovered until "
				"it returns or is fenced\n",
				object_get(&reply->object[at], "name"));
		if (is_on(&reply->object[at], "leg_failed"))
			fprintf(out, "    WARNING: a leg failed on %s: repair the mirror\n",
				object_get(&reply->object[at], "name"));
	}
}

/* What the nodes without the module pay for it. */
static void stock_print(FILE *out, const struct reply *reply, size_t at)
{
	const struct object *log = &reply->object[at], *member;
	bool is_first = true, is_synced;

	for (at++; at < reply->count && object_is(&reply->object[at], "member"); at++) {
		member = &reply->object[at];
		if (strcmp(object_get(member, "client"), "connector"))
			continue;
		fprintf(out, "%s%s", is_first ? "    stock client on " : ", ",
			object_get(member, "name"));
		is_first = false;
	}
	if (is_first)
		return;
	is_synced = !strcmp(object_get(log, "region_count"), object_get(log, "in_sync_count"));
	fprintf(out,
		": every read and every write of a new region asks cmirrord (%s requests here so "
		"far)%s; with dm-log-cmirror loaded nothing does\n",
		object_get(log, "requests"),
		is_synced ? "" : ", and writes wait for what is not in sync");
}

void print_raw(FILE *out, const struct reply *reply)
{
	const struct object *object;
	size_t i, k;

	for (i = 0; i < reply->count; i++) {
		object = &reply->object[i];
		if (i)
			fprintf(out, "\n");
		for (k = 0; k < object->count; k++)
			if (object_is(object, "line"))
				fprintf(out, "%s\n", object->pair[k].value);
			else
				fprintf(out, "%s=%s\n", object->pair[k].key, object->pair[k].value);
	}
}
