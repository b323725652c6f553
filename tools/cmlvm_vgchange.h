/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_vgchange.h - vgchange: -a and --refresh of VGs that hold clustered mirrors; all else is
 * stock lvm's.
 */
#ifndef CMLVM_VGCHANGE_H
#define CMLVM_VGCHANGE_H

/* The command; argv[0] is "vgchange". Returns the exit status, or does not return (stock lvm took
 * over). */
int cmd_vgchange(int argc, char **argv);

#endif
