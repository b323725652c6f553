/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmlvm_lvchange.h - lvchange: activation, refresh and resync of clustered mirrors are ours, and so
 * is the refusal of what would make stock lvm reload one under the other nodes. All else is stock
 * lvm's.
 */
#ifndef CMLVM_LVCHANGE_H
#define CMLVM_LVCHANGE_H

/* The command; argv[0] is "lvchange". Returns the exit status, or does not return (stock lvm took
 * over). */
int cmd_lvchange(int argc, char **argv);

#endif
