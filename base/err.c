/* SPDX-License-Identifier: GPL-2.0-only */
/* err.c - see err.h. */
#include "base/err.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Two codes with one number do not compile: duplicate case. */
const char *cm_strerror(int err)
{
	const char *text;

	switch (err) {
#define CM_ERR_TEXT(name, code, str) case name: return str;
	CM_ERR_TABLE(CM_ERR_TEXT)
#undef CM_ERR_TEXT
	default:
		break;
	}
	/* strerror() may share one buffer between threads; this one returns constants. */
	text = err != INT_MIN ? strerrordesc_np(-err) : NULL;
	return text ? text : "unknown error";
}

const char *cm_errname(int err)
{
	const char *name;

	switch (err) {
#define CM_ERR_NAME(name, code, str) case name: return #name;
	CM_ERR_TABLE(CM_ERR_NAME)
#undef CM_ERR_NAME
	default:
		break;
	}
	name = err != INT_MIN ? strerrorname_np(-err) : NULL;
	return name ? name : "?";
}

void cm_err_setv(struct cm_errmsg *e, const char *fmt, va_list args)
{
	struct cm_errmsg text;

	if (!e)
		return;
	/* By way of a copy: an argument may be e->text itself. */
	(void)vsnprintf(text.text, sizeof(text.text), fmt, args);
	*e = text;
}

void cm_err_set(struct cm_errmsg *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	cm_err_setv(e, fmt, args);
	va_end(args);
}

void cm_err_wrap(struct cm_errmsg *e, const char *fmt, ...)
{
	struct cm_errmsg prefix, old;
	va_list args;
	size_t len;

	if (!e)
		return;
	va_start(args, fmt);
	cm_err_setv(&prefix, fmt, args);
	va_end(args);
	old = *e;
	(void)snprintf(e->text, sizeof(e->text), "%s", prefix.text);
	len = strlen(e->text);
	(void)snprintf(e->text + len, sizeof(e->text) - len, ": %s", old.text);
}
