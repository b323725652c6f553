/* SPDX-License-Identifier: GPL-2.0-only */
/* trace.c - reads a screenplay and compares. */
#include "test/trace/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test/lib/tap.h"
#include "test/trace/trace_int.h"

#define WORDS_MAX 12u

struct line {
	char text[512];
	char *word[WORDS_MAX];
	uint32_t word_count;
	bool drops;			/* ends in "..." */
};

static void line_split(struct line *l)
{
	char *at = l->text, *word;

	l->word_count = 0;
	while ((word = strsep(&at, " \t")) && l->word_count < WORDS_MAX)
		if (*word)
			l->word[l->word_count++] = word;
	l->drops = l->word_count && !strcmp(l->word[l->word_count - 1], "...");
	l->word_count -= l->drops;
}

static uint64_t number(const struct line *l, uint32_t i)
{
	return i < l->word_count ? strtoull(l->word[i], NULL, 0) : 0;
}

/* ---- commands ---- */

static const struct {
	const char *word;
	uint32_t type;
	bool has_regions;
} requests[] = {
	{ "ctr", KABI_CTR, false }, { "resume", KABI_RESUME, false },
	{ "presuspend", KABI_PRESUSPEND, false }, { "postsuspend", KABI_POSTSUSPEND, false },
	{ "dtr", KABI_DTR, false }, { "work", KABI_GET_RESYNC_WORK, false },
	{ "count", KABI_GET_SYNC_COUNT, false }, { "mark", KABI_MARK_REGION, true },
	{ "flush", KABI_FLUSH, true }, { "clear", KABI_CLEAR_REGION, true },
	{ "insync", KABI_IN_SYNC, true }, { "remote", KABI_IS_REMOTE_RECOVERING, true },
};

static bool play_request(struct trace_node *n, const struct line *l)
{
	struct kabi_req req = { .luid = TRACE_LUID };
	uint32_t i, k;

	for (i = 0; i < CM_ARRAY_COUNT(requests) && strcmp(l->word[0], requests[i].word); i++)
		;
	if (i < CM_ARRAY_COUNT(requests)) {
		req.type = requests[i].type;
		for (k = 2; requests[i].has_regions && k < l->word_count; k++)
			req.region_nr[req.region_count++] = number(l, k);
		if (!requests[i].has_regions && l->word_count > 2)
			req.luid = number(l, 2);
	} else if (!strcmp(l->word[0], "setsync")) {
		req.type = KABI_SET_REGION_SYNC;
		req.region_count = 1;
		req.region_nr[0] = number(l, 2);
		req.in_sync = number(l, 3);
	} else {
		return false;
	}
	trace_request(n, &req);
	return true;
}

static void play_view(struct trace *t, const struct line *l)
{
	bool usable = true, quorate = true, locked = true;
	uint32_t members = 0, i;

	for (i = 2; i < l->word_count; i++) {
		if (!strcmp(l->word[i], "unusable"))
			usable = false;
		else if (!strcmp(l->word[i], "noquorum"))
			usable = quorate = false;
		else if (!strcmp(l->word[i], "nolock"))
			usable = locked = false;
		else
			members |= 1u << number(l, i);
	}
	trace_view(t, number(l, 1), members, usable, quorate, locked);
}

static bool play_disk(struct trace_node *n, const struct line *l, int result)
{
	uint64_t i, count = l->word_count > 2 ? number(l, 2) : 1;

	for (i = 0; i < count; i++)
		if (!trace_disk(n, result))
			return false;
	return true;
}

static void play_reload(struct trace_node *n)
{
	struct cml_status status;
	bool needs_resume = false;
	uint32_t i;

	cml_status(n->log, &status);
	for (i = 0; i < status.member_count; i++)
		needs_resume |= status.member[i].nodeid == n->nodeid &&
				status.member[i].needs_resume;
	trace_out(n->t, "%u %s\n", n->nodeid,
		  status.needs_reload ? "needs another table"
		  : needs_resume      ? "needs a resume"
				      : "fits");
}

/* kctr N LUID, kwrite N MARKS, klook N LUID STATE ASK MARKS [FAILED], close N, show N */
static bool play_module(struct trace_node *n, const struct line *l)
{
	const char *cmd = l->word[0];

	if (!strcmp(cmd, "kctr"))
		trace_kctr(n, number(l, 2));
	else if (!strcmp(cmd, "kwrite"))
		trace_kwrite(n, (uint8_t)number(l, 2));
	else if (!strcmp(cmd, "klook"))
		trace_klook(n, &(struct trace_klook){ .luid = number(l, 2),
						      .state = (uint8_t)number(l, 3),
						      .ask = (uint32_t)number(l, 4),
						      .marks = (uint8_t)number(l, 5),
						      .has_failed = l->word_count > 6,
						      .failed = number(l, 6) });
	else if (!strcmp(cmd, "close"))
		trace_close(n);
	else if (!strcmp(cmd, "show"))
		trace_show(n);
	else
		return false;
	return true;
}

static bool play(struct trace *t, const struct line *l)
{
	const char *cmd = l->word[0];
	struct trace_node *n = &t->node[number(l, 1) % (TRACE_NODES + 1)];

	if (!strcmp(cmd, "view"))
		play_view(t, l);
	else if (!strcmp(cmd, "start"))
		trace_start(n, l->word_count > 2 ? (uint8_t)number(l, 2) : 1);
	else if (!strcmp(cmd, "stop"))
		trace_stop(n);
	else if (!strcmp(cmd, "lose"))
		trace_lose(t, n->nodeid);
	else if (!strcmp(cmd, "miss"))
		trace_miss(t, n->nodeid);
	else if (!strcmp(cmd, "deliver"))
		return trace_deliver(t, n->nodeid);
	else if (!strcmp(cmd, "garble"))
		return trace_garble(t, number(l, 1));
	else if (!strcmp(cmd, "busy") || !strcmp(cmd, "idle"))
		n->is_busy = *cmd == 'b';
	else if (!strcmp(cmd, "disk"))
		return play_disk(n, l, 0);
	else if (!strcmp(cmd, "fail"))
		return play_disk(n, l, -EIO);
	else if (!strcmp(cmd, "spoil") || !strcmp(cmd, "later"))
		return l->word_count == 2 && trace_spoil(t, l->word[1], *cmd == 'l');
	else if (!strcmp(cmd, "lock"))
		t->owner = 0;
	else if (!strcmp(cmd, "nosync"))
		t->is_nosync = true;
	else if (!strcmp(cmd, "core"))
		t->is_core = true;
	else if (!strcmp(cmd, "forget"))
		trace_forget(n);
	else if (!strcmp(cmd, "gen"))
		t->gen = (uint32_t)number(l, 1);
	else if (!strcmp(cmd, "own"))
		return trace_own(n);
	else if (!strcmp(cmd, "dead"))
		return trace_dead(n, (uint32_t)number(l, 2));
	else if (!strcmp(cmd, "flushed"))
		return trace_flushed(n);
	else if (!strcmp(cmd, "legs"))
		trace_legs(n);
	else if (!strcmp(cmd, "reload"))
		play_reload(n);
	else if (!strcmp(cmd, "orphans"))
		trace_orphans(n, number(l, 2));
	else if (!strcmp(cmd, "wait"))
		trace_wait(t, number(l, 1));
	else if (!strcmp(cmd, "flow"))
		trace_flow(t);
	else if (!play_module(n, l))
		return play_request(n, l);
	return true;
}

/* ---- comparing ---- */

static const char *next_line(const char *at, char *text, size_t size)
{
	size_t len = strcspn(at, "\n");

	CM_ASSERT(len < size);
	memcpy(text, at, len);
	text[len] = '\0';
	return at[len] ? at + len + 1 : at + len;
}

/* What came out and was not expected; "" when all was. */
static const char *left_over(struct trace *t, const char **at)
{
	static char text[512];

	if (!**at)
		return "";
	next_line(*at, text, sizeof(text));
	(void)t;
	return text;
}

static bool run(struct trace *t, const char *script, char *why, size_t size)
{
	const char *at = script, *out = t->out;
	struct line l;
	char want[512], got[512];
	uint32_t nr = 0;

	while (*at) {
		at = next_line(at, l.text, sizeof(l.text));
		nr++;
		if (l.text[0] == '>') {
			(void)next_line(l.text + (l.text[1] ? 2 : 1), want, sizeof(want));
			out = next_line(out, got, sizeof(got));
			if (!strcmp(want, got))
				continue;
			snprintf(why, size, "line %u: expected \"%.200s\", came \"%.200s\"", nr,
				 want, got);
			return false;
		}
		if (l.text[0] == '#' || !l.text[0])
			continue;
		if (*left_over(t, &out)) {
			snprintf(why, size, "before line %u (%.100s): came \"%.200s\" too", nr,
				 l.text, left_over(t, &out));
			return false;
		}
		t->out_len = 0;
		t->out[0] = '\0';
		out = t->out;
		(void)next_line(l.text, want, sizeof(want));
		line_split(&l);
		if (!l.word_count || !play(t, &l)) {
			snprintf(why, size, "line %u: \"%.200s\" cannot be done", nr, want);
			return false;
		}
		if (l.drops) {
			t->out_len = 0;
			t->out[0] = '\0';
		}
	}
	if (*left_over(t, &out))
		snprintf(why, size, "at the end: came \"%.200s\" too", left_over(t, &out));
	return !*left_over(t, &out);
}

void trace_play(const char *name, const char *script)
{
	uint64_t region_count = 16;
	char why[512] = "", first[512];
	const char *rest;
	struct trace *t;

	rest = next_line(script, first, sizeof(first));
	if (!strncmp(first, "regions ", 8)) {
		region_count = strtoull(first + 8, NULL, 10);
		script = rest;
	}
	t = trace_new(region_count);
	if (!OK(run(t, script, why, sizeof(why)), "%s", name)) {
		printf("# %s\n# what came out:\n", why);
		for (rest = t->out; *rest;) {
			rest = next_line(rest, first, sizeof(first));
			printf("# > %s\n", first);
		}
	}
	trace_free(t);
}
