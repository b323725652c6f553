/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kabi_ctr.c - the constructor line of a clustered-disk or clustered-core log.
 *
 * It is the table line of the mirror from the log's type word on, behind the mirror's length: typed
 * by an administrator or written by an older LVM, hence foreign. A word we do not know may change
 * what the log means (hazard L12), so it is refused and not skipped.
 */
#include "lib/format/kabi.h"

#include <string.h>

#define LEGS_DIGITS	16u

struct word {
	const char *text;	/* into the line; not NUL-terminated */
	size_t len;		/* 0 = no more words */
};

static struct word word_next(const char **pos);
static bool word_is(struct word word, const char *text);
static bool word_has_prefix(struct word word, const char *prefix, struct word *rest);
static bool number_parse(struct word word, uint64_t max, uint64_t *value);
static bool hex_parse(struct word word, uint64_t *value);
static int line_check(const char *args, struct cm_errmsg *err);
static int head_parse(const char **pos, struct kabi_ctr *ctr, struct cm_errmsg *err);
static int dev_parse(const char **pos, struct kabi_ctr *ctr, struct cm_errmsg *err);
static int region_size_parse(const char **pos, struct kabi_ctr *ctr, struct cm_errmsg *err);
static int options_parse(const char **pos, struct kabi_ctr *ctr, struct cm_errmsg *err);

int kabi_ctr_type_word(const char *args, char word[32], struct cm_errmsg *err)
{
	const char *pos = args;
	struct kabi_ctr ctr;
	int r;

	memset(&ctr, 0, sizeof(ctr));
	r = line_check(args, err);
	if (r)
		return r;
	r = head_parse(&pos, &ctr, err);
	if (r)
		return r;
	memcpy(word, ctr.type_word, sizeof(ctr.type_word));
	return 0;
}

int kabi_ctr_parse(const char *args, struct kabi_ctr *ctr, struct cm_errmsg *err)
{
	const char *pos = args;
	struct kabi_ctr got;
	int r;

	memset(&got, 0, sizeof(got));
	r = line_check(args, err);
	if (r)
		return r;
	r = head_parse(&pos, &got, err);
	if (r)
		return r;

	if (!strcmp(got.type_word, "clustered-disk")) {
		r = dev_parse(&pos, &got, err);
		if (r)
			return r;
	} else if (strcmp(got.type_word, "clustered-core")) {
		cm_err_set(err, "log type \"%s\": must be clustered-disk or clustered-core",
			   got.type_word);
		return CM_E_KABI_ARGS;
	}
	r = region_size_parse(&pos, &got, err);
	if (r)
		return r;
	r = options_parse(&pos, &got, err);
	if (r)
		return r;
	*ctr = got;
	return 0;
}

/*
 * A line of exactly KABI_ARGS_MAX characters reaches us once and never again: when the daemon was
 * restarted the kernel replays it with its NUL, finds it one byte too long for its own buffer, and
 * retries for ever.
 */
static int line_check(const char *args, struct cm_errmsg *err)
{
	size_t len = strnlen(args, KABI_ARGS_MAX + 1);
	size_t i;

	if (len >= KABI_ARGS_MAX) {
		cm_err_set(err, "log arguments of %zu characters or more: at most %d are allowed",
			   len, KABI_ARGS_MAX - 1);
		return CM_E_KABI_ARGS;
	}
	for (i = 0; i < len; i++)
		if (args[i] < ' ' || args[i] > '~') {
			cm_err_set(err, "log arguments: byte 0x%02x at character %zu: "
				   "only printable ASCII is allowed",
				   (unsigned)(unsigned char)args[i], i + 1);
			return CM_E_KABI_ARGS;
		}
	return 0;
}

static int head_parse(const char **pos, struct kabi_ctr *ctr, struct cm_errmsg *err)
{
	struct word word = word_next(pos);

	if (!number_parse(word, UINT64_MAX, &ctr->len_sect) || !ctr->len_sect) {
		cm_err_set(err, "mirror length \"%.*s\": must be a number of sectors above 0",
			   (int)word.len, word.text);
		return CM_E_KABI_ARGS;
	}
	word = word_next(pos);
	if (!word.len || word.len >= sizeof(ctr->type_word)) {
		cm_err_set(err, "log type \"%.*s\": must be a word of 1 to %zu characters",
			   (int)word.len, word.text, sizeof(ctr->type_word) - 1);
		return CM_E_KABI_ARGS;
	}
	memcpy(ctr->type_word, word.text, word.len);
	return 0;
}

/* The name goes back to the kernel as it is, for dm_get_device(). */
static int dev_parse(const char **pos, struct kabi_ctr *ctr, struct cm_errmsg *err)
{
	struct word word = word_next(pos);
	struct word major, minor;
	const char *colon = word.len ? memchr(word.text, ':', word.len) : NULL;
	uint64_t number;
	bool ok = false;

	if (word.len && word.text[0] == '/') {
		ok = word.len > 1;
	} else if (colon) {
		major = (struct word){ word.text, (size_t)(colon - word.text) };
		minor = (struct word){ colon + 1, word.len - major.len - 1 };
		ok = number_parse(major, 4095, &number) && number_parse(minor, 1048575, &number);
	}
	if (!ok || word.len >= sizeof(ctr->dev)) {
		cm_err_set(err, "log device \"%.*s\": must be major:minor or an absolute path "
			   "of at most %zu characters",
			   (int)word.len, word.text, sizeof(ctr->dev) - 1);
		return CM_E_KABI_ARGS;
	}
	memcpy(ctr->dev, word.text, word.len);
	return 0;
}

static int region_size_parse(const char **pos, struct kabi_ctr *ctr, struct cm_errmsg *err)
{
	struct word word = word_next(pos);
	uint64_t size;

	if (!number_parse(word, UINT32_MAX, &size) || size < 2 || size & (size - 1)) {
		cm_err_set(err, "region size \"%.*s\": must be a power of two, 2 sectors or more",
			   (int)word.len, word.text);
		return CM_E_KABI_ARGS;
	}
	if (size > ctr->len_sect) {
		cm_err_set(err, "region size %llu sectors: larger than the mirror of %llu sectors",
			   (unsigned long long)size, (unsigned long long)ctr->len_sect);
		return CM_E_KABI_ARGS;
	}
	ctr->region_size_sect = (uint32_t)size;
	ctr->region_count = ctr->len_sect / size + (ctr->len_sect % size != 0);
	return 0;
}

static int options_parse(const char **pos, struct kabi_ctr *ctr, struct cm_errmsg *err)
{
	bool has_legs = false;
	struct word word, rest;
	uint64_t value;
	bool is_new, ok;

	for (word = word_next(pos); word.len; word = word_next(pos)) {
		is_new = true;
		ok = true;
		if (word_is(word, "sync") || word_is(word, "nosync")) {
			is_new = ctr->sync == KABI_SYNC_DEFAULT;
			ctr->sync = word_is(word, "sync") ? KABI_SYNC_FORCE : KABI_SYNC_NOSYNC;
		} else if (word_has_prefix(word, "gen=", &rest)) {
			is_new = !ctr->has_gen;
			ctr->has_gen = true;
			ok = number_parse(rest, UINT32_MAX, &value);
			if (ok)
				ctr->gen = (uint32_t)value;
		} else if (word_has_prefix(word, "legs=", &rest)) {
			is_new = !has_legs;
			has_legs = true;
			ok = hex_parse(rest, &ctr->legs_hash);
		} else {
			cm_err_set(err, "log argument \"%.*s\" is unknown: allowed are sync or "
				   "nosync, gen=<number>, legs=<16 hex digits>",
				   (int)word.len, word.text);
			return CM_E_KABI_ARGS;
		}
		if (!ok) {
			cm_err_set(err, "log argument \"%.*s\": must be gen=<number below 2^32> or "
				   "legs=<16 hex digits>", (int)word.len, word.text);
			return CM_E_KABI_ARGS;
		}
		if (!is_new) {
			cm_err_set(err, "log argument \"%.*s\": twice, or both sync and nosync",
				   (int)word.len, word.text);
			return CM_E_KABI_ARGS;
		}
	}
	return 0;
}

static struct word word_next(const char **pos)
{
	struct word word;

	*pos += strspn(*pos, " ");
	word.text = *pos;
	word.len = strcspn(*pos, " ");
	*pos += word.len;
	return word;
}

static bool word_is(struct word word, const char *text)
{
	return word.len == strlen(text) && !memcmp(word.text, text, word.len);
}

static bool word_has_prefix(struct word word, const char *prefix, struct word *rest)
{
	size_t len = strlen(prefix);

	if (word.len < len || memcmp(word.text, prefix, len))
		return false;
	*rest = (struct word){ word.text + len, word.len - len };
	return true;
}

/* Decimal digits and nothing else: no sign, no blank, no 0x. */
static bool number_parse(struct word word, uint64_t max, uint64_t *value)
{
	uint64_t number = 0;
	uint64_t digit;
	size_t i;

	for (i = 0; i < word.len; i++) {
		if (word.text[i] < '0' || word.text[i] > '9')
			return false;
		digit = (uint64_t)(word.text[i] - '0');
		if (number > (max - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	if (!word.len)
		return false;
	*value = number;
	return true;
}

static bool hex_parse(struct word word, uint64_t *value)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = 0;
	const char *found;
	size_t i;

	if (word.len != LEGS_DIGITS)
		return false;
	for (i = 0; i < word.len; i++) {
		found = memchr(digits, word.text[i] | 0x20, sizeof(digits) - 1);
		if (!found)
			return false;
		number = number << 4 | (uint64_t)(found - digits);
	}
	*value = number;
	return true;
}
