/* SPDX-License-Identifier: GPL-2.0-only */
/* host_op.c - operations that this node leads. See host.h for the whole picture. */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/hash.h"
#include "daemons/clvmd/host.h"
#include "lib/daemon/lg.h"

#define LOCK_NAME_BYTES	24	/* "op:" and 16 hex digits */
#define MARK_PREFIX	"op."
#define FAILED_NAMES_BYTES 320u	/* of nodes that failed for the same reason; cut when longer */

static struct host *the_host;	/* of on_resolve_line(): a child knows its op, an op not its host */

static void op_lock(struct host *h, struct op *op);
static void op_send(struct host *h, struct op *op);
static void op_step(struct host *h, struct op *op);
static void op_finish(struct host *h, struct op *op, int code, const char *text);

/* ---- the lock's name, and the mark that outlives us ---- */

static void lock_name(const char *dm_uuid, char name[LOCK_NAME_BYTES])
{
	(void)snprintf(name, LOCK_NAME_BYTES, "op:%016" PRIx64,
		       cm_hash64(0, dm_uuid, strlen(dm_uuid)));
}

/* The lock is persistent: should we die, our successor must know that it is ours to give back. */
static void mark_set(const char *name, bool is_on)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" MARK_PREFIX "%s", RECORD_DIR, name + 3);
	if (!is_on) {
		(void)unlink(path);
		return;
	}
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		(void)close(fd);
}

void op_adopt_locks(struct host *h)
{
	DIR *dir = opendir(RECORD_DIR);
	struct dirent *entry;
	char name[LOCK_NAME_BYTES];

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, MARK_PREFIX, strlen(MARK_PREFIX)) ||
		    strlen(entry->d_name) != strlen(MARK_PREFIX) + 16)
			continue;
		(void)snprintf(name, sizeof(name), "op:%.16s", entry->d_name + strlen(MARK_PREFIX));
		lg_info("operation lock %s of a former clvmd: taking it over to release it", name);
		if (clu_own(h->clu, name))
			lg_warn("lock %s not asked for", name);
	}
	if (dir)
		(void)closedir(dir);
}

/* ---- begin ---- */

static bool same_lv(const struct op *a, const struct op *b)
{
	return !strcmp(a->vg, b->vg) && !strcmp(a->lv, b->lv);
}

bool op_is_on(const struct host *h, const char *dm_uuid)
{
	for (uint32_t i = 0; i < HOST_OPS_MAX; i++)
		if (h->op[i].state != OP_FREE && !strcmp(h->op[i].dm_uuid, dm_uuid))
			return true;
	return false;
}

static uint64_t id_new(struct host *h)
{
	uint64_t id = 0;

	if (getrandom(&id, sizeof(id), 0) != sizeof(id))
		id = loop_now_ms(h->loop);
	return id | 1;
}

static void on_resolve_line(void *ctx, char *line)
{
	struct op *op = ctx;
	int code, at = 0;

	if (!strncmp(line, "found ", 6) && cvw_dm_uuid_is_valid(line + 6)) {
		(void)snprintf(op->dm_uuid, sizeof(op->dm_uuid), "%s", line + 6);
	} else if (sscanf(line, "done %d %n", &code, &at) == 1 && code) {
		child_forget(&op->resolve);
		op_finish(the_host, op, code, line + at);
	} else if (!strncmp(line, "log ", 4)) {
		lg_info("%s", line + 4);
	}
}

static void on_resolve_end(void *ctx)
{
	struct op *op = ctx;

	if (*op->dm_uuid)
		op_lock(the_host, op);
	else
		op_finish(the_host, op, -EIO, "the worker that reads the metadata died");
}

int op_start(struct host *h, const struct op_ask *ask, struct cm_errmsg *err)
{
	char vg[CVW_NAME_BYTES + 4], lv[CVW_NAME_BYTES + 4];
	const char *const args[] = { "resolve", vg, lv, NULL };
	struct op *op = NULL;
	int r;

	for (uint32_t i = 0; !op && i < HOST_OPS_MAX; i++)
		if (h->op[i].state == OP_FREE)
			op = &h->op[i];
	if (!op) {
		cm_err_set(err, "too many operations at a time: try again");
		return -EBUSY;
	}
	memset(op, 0, sizeof(*op));
	op->id = id_new(h);
	op->verb = ask->verb;
	op->flags = ask->flags;
	op->timeout_s = ask->timeout_s ? ask->timeout_s : HOST_TIMEOUT_S;
	op->target = ask->flags & CVW_F_ALL ? 0 : clu_nodeid(h->clu);
	(void)snprintf(op->vg, sizeof(op->vg), "%s", ask->vg);
	(void)snprintf(op->lv, sizeof(op->lv), "%s", ask->lv);
	op->conn = ask->conn;
	op->deadline_ms = LOOP_NEVER;
	the_host = h;
	if (ask->dm_uuid) {
		(void)snprintf(op->dm_uuid, sizeof(op->dm_uuid), "%s", ask->dm_uuid);
		op_lock(h, op);
		return 0;
	}
	(void)snprintf(vg, sizeof(vg), "vg=%s", ask->vg);
	(void)snprintf(lv, sizeof(lv), "lv=%s", ask->lv);
	r = child_start(&op->resolve, h->loop, args, on_resolve_line, on_resolve_end, op);
	if (r) {
		cm_err_set(err, "no process to read the metadata: %s", cm_strerror(r));
		return r;
	}
	op->state = OP_RESOLVE;
	return 0;
}

/* ---- the operation lock ---- */

/* Operations of this node on one LV wait for each other here; those of other nodes in the lock
 * manager. */
static bool must_queue(struct host *h, const struct op *op)
{
	for (uint32_t i = 0; i < HOST_OPS_MAX; i++)
		if (&h->op[i] != op && h->op[i].state > OP_QUEUED &&
		    !strcmp(h->op[i].dm_uuid, op->dm_uuid))
			return true;
	return false;
}

static void op_lock(struct host *h, struct op *op)
{
	char name[LOCK_NAME_BYTES];
	int r;

	op->deadline_ms = loop_now_ms(h->loop) + HOST_LOCK_TIMEOUT_S * 1000u;
	op->state = OP_QUEUED;
	if (must_queue(h, op))
		return;
	op->state = OP_LOCK;
	lock_name(op->dm_uuid, name);
	mark_set(name, true);
	r = clu_own(h->clu, name);
	if (r) {
		op->state = OP_QUEUED;	/* it is not ours to disown */
		mark_set(name, false);
		op_finish(h, op, r, "the operation lock cannot be asked for");
	}
}

void op_owned(struct host *h, const char *name, int result)
{
	char mine[LOCK_NAME_BYTES];

	for (uint32_t i = 0; i < HOST_OPS_MAX; i++) {
		struct op *op = &h->op[i];

		if (op->state != OP_LOCK)
			continue;
		lock_name(op->dm_uuid, mine);
		if (strcmp(mine, name))
			continue;
		if (result)
			op_finish(h, op, result, "the operation lock was refused");
		else
			op_send(h, op);
		return;
	}
	/* A former clvmd's, or one whose operation has given up meanwhile. */
	clu_disown(h->clu, name);
	mark_set(name, false);
}

/* ---- stages ---- */

static void send_simple(struct host *h, const struct op *op, uint8_t type)
{
	struct cvw_msg msg = { .type = type, .op = op->id };

	host_send(h, &msg);
}

static void stage_begin(struct host *h, struct op *op, enum op_state state)
{
	op->state = state;
	op->deadline_ms = loop_now_ms(h->loop) + (uint64_t)op->timeout_s * 1000;
}

static void op_send(struct host *h, struct op *op)
{
	struct cvw_msg msg = { .type = CVW_OP, .op = op->id, .target = op->target, .verb = op->verb,
			       .flags = op->flags, .timeout_s = op->timeout_s };

	/* A refresh goes round: one node at a time is without its mirror. */
	if (op->verb == CVW_REFRESH && op->flags & CVW_F_ALL)
		msg.target = op->serial_at < h->view.member_count ? h->view.member[op->serial_at] :
								    clu_nodeid(h->clu);
	memcpy(msg.vg, op->vg, sizeof(msg.vg));
	memcpy(msg.lv, op->lv, sizeof(msg.lv));
	memcpy(msg.dm_uuid, op->dm_uuid, sizeof(msg.dm_uuid));
	host_send(h, &msg);
	stage_begin(h, op, OP_SENT);
}

/* Our own OP has come back: everybody has it in this view, so these take part. */
static void on_own_op(struct host *h, struct op *op, uint32_t target)
{
	for (uint32_t i = 0; i < h->view.member_count && op->node_count < HOST_NODES_MAX; i++) {
		if (target && h->view.member[i] != target)
			continue;
		op->node[op->node_count++] = (struct op_node){ .nodeid = h->view.member[i] };
	}
	stage_begin(h, op, OP_PREPARE);
	op_step(h, op);
}

static struct op_node *node_find(struct op *op, uint32_t nodeid)
{
	for (uint32_t i = 0; i < op->node_count; i++)
		if (op->node[i].nodeid == nodeid)
			return &op->node[i];
	return NULL;
}

static void node_result(struct op_node *node, enum op_node_state good, int code, const char *text)
{
	node->state = code ? NODE_OVER : good;
	/* The first failure of a node is the one to tell. */
	if (!node->code) {
		node->code = code;
		(void)snprintf(node->text, sizeof(node->text), "%.479s", text);
	}
}

/* "node 3": there is a cmirrord on node 3, but no clvmd that could take part. */
static void absent_text(struct host *h, struct op_node *node)
{
	unsigned int nodeid;

	if (sscanf(node->text, "node %u", &nodeid) == 1)
		(void)snprintf(
			node->text, sizeof(node->text),
			"clvmd is not running on %.100s: start it there (systemctl start clvmd)",
			clu_node_name(h->clu, nodeid));
}

void op_message(struct host *h, uint32_t from, const struct cvw_msg *msg)
{
	struct op_node *node;
	struct op *op = NULL;

	for (uint32_t i = 0; !op && i < HOST_OPS_MAX; i++)
		if (h->op[i].state >= OP_SENT && h->op[i].id == msg->op)
			op = &h->op[i];
	if (!op)
		return;
	if (msg->type == CVW_OP) {
		if (from == clu_nodeid(h->clu) && op->state == OP_SENT)
			on_own_op(h, op, msg->target);
		return;
	}
	node = node_find(op, from);
	if (!node)
		return;
	if (msg->type == CVW_READY && node->state == NODE_PREPARING) {
		node_result(node, NODE_READY, msg->code, msg->text);
		if (msg->code == -EHOSTDOWN)
			absent_text(h, node);
	} else if (msg->type == CVW_DONE && node->state == NODE_GOING) {
		node_result(node, NODE_DONE, msg->code, msg->text);
	} else if (msg->type == CVW_UNDONE && node->state == NODE_UNDOING) {
		node->state = NODE_OVER;
		if (msg->code) {
			node->code = msg->code;
			(void)snprintf(node->text, sizeof(node->text),
				       "cannot be taken back: %.400s", msg->text);
		}
	} else {
		return;
	}
	op_step(h, op);
}

static bool any_in(const struct op *op, enum op_node_state state)
{
	for (uint32_t i = 0; i < op->node_count; i++)
		if (op->node[i].state == state)
			return true;
	return false;
}

static const struct op_node *first_failed(const struct op *op)
{
	for (uint32_t i = 0; i < op->node_count; i++)
		if (op->node[i].code)
			return &op->node[i];
	return NULL;
}

static void move_all(struct op *op, enum op_node_state from, enum op_node_state to)
{
	for (uint32_t i = 0; i < op->node_count; i++)
		if (op->node[i].state == from)
			op->node[i].state = to;
}

static void undo_begin(struct host *h, struct op *op)
{
	/* Also those that did not answer in time: they read it when they get there. */
	move_all(op, NODE_READY, NODE_UNDOING);
	move_all(op, NODE_DONE, NODE_UNDOING);
	send_simple(h, op, CVW_UNDO);
	stage_begin(h, op, OP_UNDO);
}

/* "n1, n3: text": everybody who says the same as the first, in one line. */
static void failed_text(struct host *h, const struct op *op, const struct op_node *failed,
			char *text, size_t size)
{
	char names[FAILED_NAMES_BYTES] = "";
	size_t len = 0;

	if (failed->code == -EHOSTDOWN) {	/* names the node itself: another one */
		(void)snprintf(text, size, "%s", failed->text);
		return;
	}
	for (uint32_t i = 0; i < op->node_count; i++) {
		const struct op_node *node = &op->node[i];

		if (!node->code || strcmp(node->text, failed->text))
			continue;
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%.127s",
					len ? ", " : "", clu_node_name(h->clu, node->nodeid));
		if (len >= sizeof(names))
			break;
	}
	(void)snprintf(text, size, "%s: %s", names, failed->text);
}

static void op_over(struct host *h, struct op *op)
{
	const struct op_node *failed = first_failed(op);
	char text[CVW_TEXT_BYTES + FAILED_NAMES_BYTES + 8];

	send_simple(h, op, CVW_END);
	if (!failed && op->verb == CVW_REFRESH && op->flags & CVW_F_ALL &&
	    ++op->serial_at < h->view.member_count) {
		op->id = id_new(h);
		op_send(h, op);
		return;
	}
	if (!failed) {
		op_finish(h, op, 0, "");
		return;
	}
	failed_text(h, op, failed, text, sizeof(text));
	op_finish(h, op, failed->code, text);
}

static void op_step(struct host *h, struct op *op)
{
	if (op->state == OP_PREPARE && !any_in(op, NODE_PREPARING)) {
		if (first_failed(op)) {
			undo_begin(h, op);
		} else {
			move_all(op, NODE_READY, NODE_GOING);
			send_simple(h, op, CVW_GO);
			stage_begin(h, op, OP_GO);
		}
	}
	if (op->state == OP_GO && !any_in(op, NODE_GOING)) {
		if (first_failed(op) && op->verb == CVW_ACTIVATE)
			undo_begin(h, op);
		else
			op_over(h, op);
	}
	if (op->state == OP_UNDO && !any_in(op, NODE_UNDOING))
		op_over(h, op);
}

void op_view(struct host *h)
{
	for (uint32_t i = 0; i < HOST_OPS_MAX; i++) {
		struct op *op = &h->op[i];

		if (op->state < OP_PREPARE)
			continue;
		for (uint32_t n = 0; n < op->node_count; n++)
			if (op->node[n].state != NODE_OVER && op->node[n].state != NODE_DONE &&
			    !host_in_view(h, op->node[n].nodeid))
				node_result(&op->node[n], NODE_OVER, -ENOTCONN,
					    "left the cluster meanwhile");
		op_step(h, op);
	}
}

/* It cannot read our OP: nobody waits for its answer. */
void op_node_refused(struct host *h, uint32_t nodeid, const char *text)
{
	for (uint32_t i = 0; i < HOST_OPS_MAX; i++) {
		struct op *op = &h->op[i];
		struct op_node *node = op->state == OP_PREPARE ? node_find(op, nodeid) : NULL;

		if (!node || node->state != NODE_PREPARING)
			continue;
		node_result(node, NODE_OVER, CM_E_CLU_VERSION, text);
		op_step(h, op);
	}
}

static void on_deadline(struct host *h, struct op *op)
{
	op->deadline_ms = LOOP_NEVER;
	if (op->state <= OP_LOCK) {
		op_finish(h, op, -ETIMEDOUT,
			  "its operation lock is not granted: another operation on it runs, "
			  "or a dead node is not fenced yet");
		return;
	}
	if (op->state == OP_SENT) {
		op_finish(h, op, -ETIMEDOUT,
			  "the cluster does not carry messages now: no quorum, or it is reforming");
		return;
	}
	for (uint32_t n = 0; n < op->node_count; n++) {
		struct op_node *node = &op->node[n];

		if (node->state == NODE_PREPARING || node->state == NODE_GOING ||
		    node->state == NODE_UNDOING) {
			node_result(node, NODE_OVER, -ETIMEDOUT, "gave no answer in time");
			if (!node->code)
				node->code = -ETIMEDOUT;
		}
	}
	op_step(h, op);
}

void op_tick(struct host *h, uint64_t now_ms)
{
	for (uint32_t i = 0; i < HOST_OPS_MAX; i++) {
		struct op *op = &h->op[i];

		if (op->state == OP_FREE)
			continue;
		if (op->state != OP_RESOLVE && op->deadline_ms <= now_ms)
			on_deadline(h, op);
		else if (op->state == OP_QUEUED && !must_queue(h, op))
			op_lock(h, op);
	}
}

/* ---- the end ---- */

static void reply(struct host *h, const struct op *op, int code, const char *text)
{
	if (!op->conn)
		return;
	if (code)
		ctl_error(op->conn, code, "%s", text);
	else
		ctl_ok(op->conn);
	for (uint32_t i = 0; i < op->node_count; i++) {
		const struct op_node *node = &op->node[i];

		if (i)
			ctl_next_object(op->conn);
		ctl_put(op->conn, "node", "%u", node->nodeid);
		ctl_put(op->conn, "name", "%s", clu_node_name(h->clu, node->nodeid));
		ctl_put(op->conn, "result", "%d", node->code);
		ctl_put(op->conn, "text", "%s", node->text);
	}
	ctl_end(op->conn);
}

static void op_finish(struct host *h, struct op *op, int code, const char *text)
{
	bool had_lock = op->state >= OP_LOCK;
	char name[LOCK_NAME_BYTES];
	struct op ended = *op;

	if (code)
		lg_warn("%s %s/%s: %s", cvw_verb_name(op->verb), op->vg, op->lv, text);
	reply(h, op, code, text);
	op->state = OP_FREE;
	if (had_lock) {
		lock_name(ended.dm_uuid, name);
		clu_disown(h->clu, name);
		mark_set(name, false);
	}
	auto_op_ended(h, &ended, code, text);
	for (uint32_t i = 0; had_lock && i < HOST_OPS_MAX; i++) {
		if (h->op[i].state == OP_QUEUED && same_lv(&h->op[i], &ended)) {
			op_lock(h, &h->op[i]);
			break;
		}
	}
}
