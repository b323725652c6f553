/* SPDX-License-Identifier: GPL-2.0-only */
/* trace_int.h - inside of the screenplay runner: trace.c reads scripts, trace_world.c does it. */
#ifndef CM_TEST_TRACE_INT_H
#define CM_TEST_TRACE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/core/cmn.h"

#define TRACE_NODES	4u
#define TRACE_DEV_BYTES	(512u * 1024u)
#define TRACE_MSGS	4096u
#define TRACE_DIOS	64u
#define TRACE_UUID	"LVM-trace"
#define TRACE_LUID	100u

struct trace_msg {
	uint32_t sender;
	uint32_t pending;		/* mask of nodes that will get it */
	bool is_seen;			/* somebody has got it */
	uint32_t len_bytes;
	uint8_t *buf;
};

struct trace_dio {
	bool is_write;
	uint64_t off, id;
	uint8_t *buf;
};

struct trace_node {
	struct trace *t;
	uint32_t nodeid;
	bool is_started;
	uint8_t boot;
	struct cmn *cmn;
	struct cml *log;
	void *persist;
	bool persist_is_old;
	uint32_t members;		/* of its view */
	struct trace_dio dio[TRACE_DIOS];
	uint32_t dio_count;
	bool own_asked;
	uint32_t proofs;		/* mask of nodes it asked about */
	uint64_t flushes[8];
	uint32_t flush_count;
	uint32_t seq;
	bool is_busy;			/* its ACKs say so */
};

struct trace {
	struct trace_node node[TRACE_NODES + 1];	/* by node id */
	struct trace_msg msg[TRACE_MSGS];
	uint32_t msg_count;
	uint32_t owner;			/* of the oos lock; 0 = nobody */
	uint64_t now_ms;
	uint64_t region_count;
	bool is_nosync, is_core;
	uint32_t gen;			/* 0 = tables do not say */
	struct disk_geom geom;
	uint8_t dev[TRACE_DEV_BYTES];
	char out[65536];
	uint32_t out_len;
	bool is_stepping;
};

struct trace *trace_new(uint64_t region_count);
void trace_free(struct trace *t);
void trace_out(struct trace *t, const char *fmt, ...) CM_PRINTF(2, 3);

void trace_start(struct trace_node *n, uint8_t boot);
void trace_stop(struct trace_node *n);
void trace_forget(struct trace_node *n);
void trace_view(struct trace *t, uint64_t nr, uint32_t members, bool usable, bool quorate,
		bool locked);
void trace_step(struct trace_node *n, struct cmn_event *ev);
void trace_table(struct trace_node *n, struct kabi_ctr *ctr);
void trace_request(struct trace_node *n, struct kabi_req *req);
/* Each returns false when there was nothing to do. */
bool trace_deliver(struct trace *t, uint32_t nodeid);
bool trace_garble(struct trace *t, uint64_t offset);
bool trace_disk(struct trace_node *n, int result);
bool trace_spoil(struct trace *t, const char *place, bool is_later);
bool trace_own(struct trace_node *n);
bool trace_dead(struct trace_node *n, uint32_t nodeid);
bool trace_flushed(struct trace_node *n);
void trace_orphans(struct trace_node *n, uint64_t count);
void trace_legs(struct trace_node *n);
void trace_miss(struct trace *t, uint32_t nodeid);
void trace_lose(struct trace *t, uint32_t nodeid);
void trace_wait(struct trace *t, uint64_t ms);
void trace_flow(struct trace *t);

/* ---- trace_kmod.c: the module, and what is on disk ---- */

struct trace_klook {
	uint64_t luid, failed;
	uint32_t ask;
	uint8_t state, marks;
	bool has_failed;
};

void trace_kctr(struct trace_node *n, uint64_t luid);
void trace_klook(struct trace_node *n, const struct trace_klook *klook);
void trace_kwrite(struct trace_node *n, uint8_t marks);
void trace_close(struct trace_node *n);
void trace_show(struct trace_node *n);

#endif
