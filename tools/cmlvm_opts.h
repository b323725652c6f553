/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_opts.h - the command line of an lvm command, read with that command's own full option list.
 *
 * A command line we do not understand is not ours to complain about: the caller hands it to stock
 * lvm, which does so in its own words. Option names are those of lvcreate(8), lvchange(8),
 * vgchange(8), lvremove(8) and the synonyms lvm accepts without listing them.
 */
#ifndef CMLVM_OPTS_H
#define CMLVM_OPTS_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/cmlvm_args.h"

/* One option a command knows. */
struct opt_def {
	const char *name; /* long name without dashes */
	char short_name; /* or 0 */
	bool has_value;
};

extern const struct opt_def opt_defs_lvcreate[];
extern const struct opt_def opt_defs_lvchange[];
extern const struct opt_def opt_defs_vgchange[];
extern const struct opt_def opt_defs_lvremove[];

struct opt_given {
	const char *name; /* canonical long name */
	const char *value; /* NULL for an option without value; points into argv */
};

struct opts {
	struct opt_given *given; /* in the order of the command line */
	size_t given_count;
	const char **positional; /* point into argv */
	size_t positional_count;
};

/*
 * Read argv[1..]. @argv is permuted as getopt does; give a copy of the vector when the order
 * matters later.
 *
 * Returns 0, or -EINVAL for a command line that getopt rejects (nothing is printed, @opts is
 * untouched).
 */
int opts_parse(const struct opt_def *defs, int argc, char **argv, struct opts *opts);
void opts_free(struct opts *opts);

/* Was option @name given? */
bool opts_has(const struct opts *opts, const char *name);
/* How often? */
unsigned int opts_count(const struct opts *opts, const char *name);
/* The value given last, or NULL when the option is absent. */
const char *opts_value(const struct opts *opts, const char *name);
/* Is any of the space-separated @names given? */
bool opts_has_any(const struct opts *opts, const char *names);

/* Append to @args every option that was given, in order, but those in the space-separated @without.
 */
void opts_emit_without(const struct opts *opts, const char *without, struct args *args);
/* Append only those in @with. */
void opts_emit_only(const struct opts *opts, const char *with, struct args *args);

/* Options that configure lvm as such and go along with every stock command of ours. */
#define OPTS_EVERYWHERE \
	"commandprofile config profile devices devicesfile nohints driverloaded journal"

/* What -a means. */
enum opt_activation {
	OPT_ACT_SHARED, /* y, sy: everywhere */
	OPT_ACT_EXCLUSIVE, /* ey: this node, by stock lvm */
	OPT_ACT_AUTO, /* ay: this node, as far as its configuration allows */
	OPT_ACT_LOCAL, /* ly: this node, in shared mode */
	OPT_ACT_OFF, /* n: everywhere */
	OPT_ACT_OFF_LOCAL, /* ln: this node */
};
/* Returns 0, or -EINVAL for a word lvm does not know either. */
int opts_activation(const char *value, enum opt_activation *activation);
static inline bool opt_activation_is_off(enum opt_activation activation)
{
	return activation >= OPT_ACT_OFF;
}

#endif
