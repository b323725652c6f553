/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ctl_req.c - request lines: split, look up, build.
 */
#include "lib/daemon/ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int arg_split(char **pos, struct ctl_req *req, struct cm_errmsg *err);
static int value_unquote(char **pos, struct cm_errmsg *err);

int ctl_req_parse(char *line, struct ctl_req *req, struct cm_errmsg *err)
{
	struct ctl_req got = {.verb = NULL};
	char *pos = line + strspn(line, " ");
	int r;

	got.verb = pos;
	pos += strcspn(pos, " ");
	if (pos == got.verb || memchr(got.verb, '=', (size_t)(pos - got.verb))) {
		cm_err_set(err, "a request starts with a verb");
		return -EINVAL;
	}
	while (*pos) {
		*pos++ = 0;
		pos += strspn(pos, " ");
		if (!*pos)
			break;
		r = arg_split(&pos, &got, err);
		if (r)
			return r;
	}
	*req = got;
	return 0;
}

/* One `key=value`; leaves @pos on the blank behind it, or on the NUL. */
static int arg_split(char **pos, struct ctl_req *req, struct cm_errmsg *err)
{
	char *key = *pos, *value;
	size_t key_len = strcspn(key, "= \"");

	if (!key_len || key[key_len] != '=') {
		cm_err_set(err, "\"%.40s\": arguments are key=value", key);
		return -EINVAL;
	}
	if (req->arg_count == CTL_ARGS_MAX) {
		cm_err_set(err, "more than %u arguments", CTL_ARGS_MAX);
		return -EINVAL;
	}
	key[key_len] = 0;
	value = key + key_len + 1;
	*pos = value;
	if (*value == '"') {
		value++;
		if (value_unquote(pos, err))
			return -EINVAL;
	} else {
		*pos += strcspn(value, " ");
	}
	if (ctl_req_get(req, key)) {
		cm_err_set(err, "argument \"%.40s\" given twice", key);
		return -EINVAL;
	}
	req->key[req->arg_count] = key;
	req->value[req->arg_count++] = value;
	return 0;
}

/* @pos at the opening quote. The text moves down over its backslashes; it never grows. */
static int value_unquote(char **pos, struct cm_errmsg *err)
{
	char *from = *pos + 1, *to = from;

	for (; *from && *from != '"'; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	if (!*from) {
		cm_err_set(err, "a quote is not closed");
		return -EINVAL;
	}
	if (from[1] && from[1] != ' ') {
		cm_err_set(err, "\"%.20s\" right behind a closing quote", from + 1);
		return -EINVAL;
	}
	*pos = from + 1;
	*to = 0;
	return 0;
}

const char *ctl_req_get(const struct ctl_req *req, const char *key)
{
	unsigned int i;

	for (i = 0; i < req->arg_count; i++)
		if (!strcmp(req->key[i], key))
			return req->value[i];
	return NULL;
}

int ctl_req_get_u64(const struct ctl_req *req, const char *key, uint64_t max, uint64_t *value,
		    struct cm_errmsg *err)
{
	const char *text = ctl_req_get(req, key);
	unsigned long long number;
	char *end;

	if (!text) {
		cm_err_set(err, "%s needs %s=<number>", req->verb, key);
		return -ENOENT;
	}
	errno = 0;
	number = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || number > max) {
		cm_err_set(err, "%s=%.40s: must be a number of at most %llu", key, text,
			   (unsigned long long)max);
		return -EINVAL;
	}
	*value = number;
	return 0;
}

int ctl_req_add(char *buf, size_t size, const char *key, const char *value)
{
	size_t at = strlen(buf), start = at;
	size_t key_len = strlen(key);

	if (strchr(value, '\n'))
		return -EINVAL;
	if (at + key_len + 5 > size)
		return -ENOSPC;
	buf[at++] = ' ';
	memcpy(buf + at, key, key_len);
	at += key_len;
	buf[at++] = '=';
	buf[at++] = '"';
	for (; *value; value++) {
		if (at + 4 > size) {	/* backslash, character, quote, NUL */
			buf[start] = 0;
			return -ENOSPC;
		}
		if (*value == '"' || *value == '\\')
			buf[at++] = '\\';
		buf[at++] = *value;
	}
	if (at + 2 > size) {
		buf[start] = 0;
		return -ENOSPC;
	}
	buf[at++] = '"';
	buf[at] = 0;
	return 0;
}
