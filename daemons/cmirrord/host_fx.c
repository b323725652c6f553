/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host_fx.c - the core's effects. Inside a step: nothing here may call the core.
 */
#include "daemons/cmirrord/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "lib/daemon/lg.h"

CM_STATIC_ASSERT((int)CMN_LG_ERR == (int)LG_ERR && (int)CMN_LG_DBG == (int)LG_DBG);

static void do_reply(struct host *host, const struct cmn_effect *fx);
static void do_send(struct host *host, const struct cmn_effect *fx);
static void do_disk(struct host *host, const struct cmn_effect *fx);
static void do_own(struct host *host, const struct cmn_effect *fx);
static void do_prove_dead(struct host *host, const struct cmn_effect *fx);
static void do_kill_node(struct host *host, const struct cmn_effect *fx);
static void do_journal(struct host *host, const struct cmn_effect *fx);

void host_emit(void *ctx, const struct cmn_effect *fx)
{
	struct host *host = ctx;

	switch (fx->type) {
	case CMN_FX_KMOD:
		host_kmod_push(host, fx);
		break;
	case CMN_FX_REPLY:
		do_reply(host, fx);
		break;
	case CMN_FX_SEND:
		do_send(host, fx);
		break;
	case CMN_FX_DISK_READ:
	case CMN_FX_DISK_WRITE:
		do_disk(host, fx);
		break;
	case CMN_FX_OWN:
		do_own(host, fx);
		break;
	case CMN_FX_DISOWN:
		clu_disown(host->clu, mlog_of(host, fx->log)->own_name);
		break;
	case CMN_FX_PROVE_DEAD:
		do_prove_dead(host, fx);
		break;
	case CMN_FX_PROOF_RELEASE:
		clu_proof_release(host->clu, fx->nodeid);
		break;
	case CMN_FX_FLUSH_LEGS:
		outside_flush(mlog_of(host, fx->log)->outside, fx->id);
		break;
	case CMN_FX_WAKE_KERNEL:
		outside_wake(mlog_of(host, fx->log)->outside);
		break;
	case CMN_FX_KILL_NODE:
		do_kill_node(host, fx);
		break;
	case CMN_FX_SELF_FENCE:
		host_self_fence(host, fx->text);
		break;
	case CMN_FX_JOURNAL:
		do_journal(host, fx);
		break;
	}
}

static void do_reply(struct host *host, const struct cmn_effect *fx)
{
	struct mlog *mlog;

	if (fx->log && !fx->reply->error &&
	    (fx->reply->type == KABI_RESUME || fx->reply->type == KABI_POSTSUSPEND)) {
		mlog = mlog_of(host, fx->log);
		mlog_note_running(mlog, fx->reply->luid, fx->reply->type == KABI_RESUME);
		if (fx->reply->type == KABI_RESUME)
			mlog->must_rescan = host->has_chores = true;
	}
	if (host->is_fenced)
		return;
	if (host_kmod_knows(host, fx->reply->luid))
		host_kmod_reply(host, fx);
	else
		host->kch_ops->reply(host->kch, fx->reply);
}

static void do_send(struct host *host, const struct cmn_effect *fx)
{
	int r = clu_send(host->clu, fx->buf, fx->len_bytes);

	if (!r || r == CM_E_CLU_LOST)
		return;		/* lost: its callback says so */
	/* The core counts on every message it sends: without this one its state would be a guess.
	 * */
	lg_err("message of %zu bytes not sent: %s", fx->len_bytes, cm_strerror(r));
	(void)snprintf(host->lost_reason, sizeof(host->lost_reason),
		       "the queue of cluster messages is full");
	host->is_lost = true;
}

static void do_disk(struct host *host, const struct cmn_effect *fx)
{
	struct mlog *mlog = mlog_of(host, fx->log);
	int r;

	CM_ASSERT(mlog->store && fx->len_bytes <= UINT32_MAX);
	if (fx->type == CMN_FX_DISK_WRITE)
		r = store_write(mlog->store, fx->id, fx->off, (uint32_t)fx->len_bytes, fx->buf);
	else
		r = store_read(mlog->store, fx->id, fx->off, (uint32_t)fx->len_bytes, fx->buf);
	if (r)
		host_late(host, &(struct late){.type = CMN_EV_DISK_DONE, .mlog = mlog,
					       .id = fx->id, .result = r});
}

static void do_own(struct host *host, const struct cmn_effect *fx)
{
	struct mlog *mlog = mlog_of(host, fx->log);
	int r = clu_own(host->clu, mlog->own_name);

	if (r)
		host_late(host, &(struct late){.type = CMN_EV_OWNED, .mlog = mlog, .result = r});
}

static void do_prove_dead(struct host *host, const struct cmn_effect *fx)
{
	int r = clu_prove_dead(host->clu, fx->nodeid);

	lg_info("asking for proof that %s is dead", clu_node_name(host->clu, fx->nodeid));
	if (r)
		host_late(host, &(struct late){.type = CMN_EV_DEAD, .nodeid = fx->nodeid,
					       .result = r});
}

static void do_kill_node(struct host *host, const struct cmn_effect *fx)
{
	int r;

	lg_err("%s: having it fenced: %s", clu_node_name(host->clu, fx->nodeid), fx->text);
	r = clu_kill_node(host->clu, fx->nodeid, fx->text);
	if (r)
		lg_err("%s cannot be fenced from here: %s; reset it by hand",
		       clu_node_name(host->clu, fx->nodeid), cm_strerror(r));
}

static void do_journal(struct host *host, const struct cmn_effect *fx)
{
	lg_line((enum lg_level)fx->level, fx->log ? mlog_of(host, fx->log)->subject : NULL, "%s",
		fx->text);
}

/* ---- self-fence ---- */

static void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0) {
		/* the caller has another way */
	}
	close(fd);
}

void host_self_fence(struct host *host, const char *why)
{
	char text[256];

	if (host->is_fenced)
		return;
	host->is_fenced = true;		/* whatever happens below: no answer any more */
	(void)snprintf(text, sizeof(text), "cmirrord: stopping this node: %s\n", why);
	lg_err("STOPPING THIS NODE: %s", why);
	file_write("/dev/kmsg", text);
	host_kmod_hold(host);
	if (host->is_local || host->conf.self_fence == CONF_FENCE_LOG) {
		lg_err("not done (%s); its mirrors are not answered any more: reboot it",
		       host->is_local ? "provider local" : "self_fence = \"log\"");
		return;
	}
	file_write("/dev/console", text);
	lg_flush(200);
	/* No sync(): what the page cache still holds must not reach the legs. */
	file_write("/proc/sysrq-trigger", host->conf.self_fence == CONF_FENCE_PANIC ? "c" : "b");
	(void)reboot(RB_AUTOBOOT);
}
