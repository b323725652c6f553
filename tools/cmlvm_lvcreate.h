/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_lvcreate.h - lvcreate: a mirror in a VG shared with dlm locks is ours, all else is stock
 * lvm's.
 */
#ifndef CMLVM_LVCREATE_H
#define CMLVM_LVCREATE_H

/*
 * The command; argv[0] is "lvcreate". Returns the exit status, or does not return (stock lvm took
 * over).
 *
 * In a shared VG `-m N` without --type means type mirror. The LV is created inactive and hidden
 * behind a tag by one stock command, its log made fresh by clvmd, the tag removed, the LV activated
 * in shared mode on this node, its start wiped, then activated everywhere. Any failure, or ^C,
 * removes it again.
 */
int cmd_lvcreate(int argc, char **argv);

#endif
