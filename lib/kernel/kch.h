/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kch.h - the channel to the kernel's dirty log client: a table of functions, so that a log module
 * of our own takes the place of the stock client later. kch_connector.c is the stock one (netlink
 * connector, id 7,1).
 *
 * One thread (cmirrord's main loop). Nothing is allocated after open; nothing blocks.
 */
#ifndef CM_KERNEL_KCH_H
#define CM_KERNEL_KCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/err.h"
#include "lib/format/kabi.h"

struct kch;

struct kch_stats {
	uint64_t requests;	/* datagrams received, good or bad */
	uint64_t bad;		/* not decodable; dropped */
	uint64_t replies;
	uint64_t overruns;	/* ENOBUFS seen: the kernel will replay CTR and RESUME */
};

struct kch_ops {
	const char *name;	/* "connector" */
	/* A descriptor that requests come in by from now on; it may be passed from process to
	 * process, and they wait in it. Returns it or negative errno with @err, which names the
	 * cure (not root, not the first network namespace, a kernel without connector). The log
	 * client's module need not be loaded: the kernel loads it with the first table. */
	int (*channel_open)(struct cm_errmsg *err) CM_MUST_CHECK;
	/* Is @fd such a descriptor, perhaps made by another version of this program? */
	bool (*channel_ok)(int fd) CM_MUST_CHECK;
	/* Over @channel, which it takes over. Returns 0 or -ENOMEM (then it stays the caller's). */
	int (*open)(int channel, struct kch **out) CM_MUST_CHECK;
	void (*close)(struct kch *kch);
	int (*fd)(const struct kch *kch);
	/* Next request, if one is there: 1 = *req filled, 0 = none now; bad ones are counted and
	 * skipped. */
	int (*next)(struct kch *kch, struct kabi_req *req) CM_MUST_CHECK;
	/* Send a reply. A reply that cannot be sent is dropped: the kernel asks again after 15 s.
	 * */
	void (*reply)(struct kch *kch, const struct kabi_reply *reply);
	void (*stats)(const struct kch *kch, struct kch_stats *stats);
};

extern const struct kch_ops kch_connector;

#endif
