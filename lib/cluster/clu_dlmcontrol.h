/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * clu_dlmcontrol.h - whether dlm_controld fences, asked of the running daemon (libdlmcontrol).
 *
 * One thread at a time (the library has one static buffer). Blocks for a round trip to a daemon on
 * this machine, so not for the main loop.
 */
#ifndef CM_CLUSTER_CLU_DLMCONTROL_H
#define CM_CLUSTER_CLU_DLMCONTROL_H

#include <stdbool.h>

#include "base/assert.h"

/* The answer is text; the library writes up to this many bytes, whatever it is given. */
#define CLU_DLMCONTROL_BYTES	(1024u * 1024u + 1)

/*
 * @buf  CLU_DLMCONTROL_BYTES of scratch memory
 * @is_on  enable_fencing and enable_startup_fencing are both not 0. Without startup fencing the
 *         lock of a node that nobody has seen since a crash of the whole cluster is free, and says
 *         nothing about that node.
 * Returns 0, or CM_E_CLU_LOST: the daemon does not answer, or with something else.
 */
int clu_dlmcontrol_fencing(char *buf, bool *is_on) CM_MUST_CHECK;

/* The same from the text of an answer: lines "key=value" or "key=value (source)". */
int clu_dlmcontrol_parse(const char *text, bool *is_on) CM_MUST_CHECK;

#endif
