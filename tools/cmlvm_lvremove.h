/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_lvremove.h - lvremove: a clustered mirror is deactivated on all nodes first; the removal
 * itself, and all other LVs, are stock lvm's.
 */
#ifndef CMLVM_LVREMOVE_H
#define CMLVM_LVREMOVE_H

/* The command; argv[0] is "lvremove". Returns the exit status, or does not return (stock lvm took
 * over). */
int cmd_lvremove(int argc, char **argv);

#endif
