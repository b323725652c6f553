/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_ask.h - a yes-or-no question, asked and answered like lvm's own.
 */
#ifndef CMLVM_ASK_H
#define CMLVM_ASK_H

#include <stdbool.h>

/*
 * Print the question, "? [y/n]: " and read answers from stdin until one starts with y or n. The end
 * of input is a no. Returns true for yes.
 */
bool ask_yes(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
