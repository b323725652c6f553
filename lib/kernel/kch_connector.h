/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kch_connector.h - the stock kernel's channel over a given socket: for the unit tests. The daemon
 * uses kch_connector (kch.h).
 */
#ifndef CM_KERNEL_KCH_CONNECTOR_H
#define CM_KERNEL_KCH_CONNECTOR_H

#include <stdbool.h>

#include "lib/kernel/kch.h"

/* Take over @fd, a datagram socket. @is_netlink: datagrams whose sender is not the kernel (pid 0)
 * are refused. Returns 0 or -ENOMEM (then @fd stays the caller's). */
int kch_connector_over(int fd, bool is_netlink, struct kch **out) CM_MUST_CHECK;

#endif
