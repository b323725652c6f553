/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * leave.h - `clvmd --deactivate-all`: what a node does before it is switched off.
 */
#ifndef CM_CLVMD_LEAVE_H
#define CM_CLVMD_LEAVE_H

/*
 * Ask the clvmd that runs on this node to take down, on this node, every mirror that it has active.
 * Blocks; a line on stderr for each that cannot be taken down, the others are.
 * Returns the exit status: 0; 1 when one is left, or clvmd does not answer.
 */
int leave_all(void);

#endif
