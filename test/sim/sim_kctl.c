/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sim_kctl.c - ioctls: table load, suspend, resume, remove, status; the order of dm.c, dm-ioctl.c.
 *
 * One operation at a time per node, as clvmd does it. All suspends are noflush (hazard L19).
 */
#include "test/sim/sim.h"

#include <string.h>

enum ctl_op { CTL_ACTIVATE, CTL_DEACTIVATE, CTL_SUSPEND, CTL_RELOAD };

static struct sim_mirror *live(struct sim_node *nd)
{
	return nd->live < 0 ? NULL : &nd->mirror[nd->live];
}

static bool has_nosync(const struct sim_mirror *m)
{
	uint32_t r;

	for (r = 0; r < m->nd->s->region_count; r++)
		if (m->rh[r].state == RH_NOSYNC)
			return true;
	return m->leg_failure;
}

static void module(struct sim_th *th, struct sim_mirror *m, uint32_t type)
{
	if (type == KABI_RESUME)
		sim_km_resume(th, m);
	else if (type == KABI_PRESUSPEND)
		sim_km_presuspend(m);
	else if (type == KABI_POSTSUSPEND)
		sim_km_postsuspend(th, m);
	else
		sim_host_kmod_gone(m);
}

static void simple(struct sim_th *th, struct sim_mirror *m, uint32_t type)
{
	struct kabi_req req;

	if (m->km.is_on) {
		module(th, m, type);
		return;
	}
	sim_klog_fill(m, &req, type);
	(void)sim_rpc(th, m, &req, NULL);	/* DMWARN only */
}

static void threads_stop(struct sim_th *th, struct sim_mirror *m)
{
	m->is_dying = true;
	while (m->kmirrord || m->dmlogd) {
		sim_th_kick(m->kmirrord);
		sim_th_kick(m->dmlogd);
		sim_th_sleep(th, US_MS);
	}
}

static bool is_module(struct sim *s)
{
	if (s->opts.client == SIM_MIXED)
		return sim_chance(s, 2);
	return s->opts.client == SIM_MODULE;
}

/* mirror_ctr(). NULL: no daemon, or it refused. */
static struct sim_mirror *table_load(struct sim_th *th, struct sim_node *nd)
{
	struct sim_mirror *m = &nd->mirror[nd->mirror[0].is_used];
	struct kabi_req req;
	uint32_t gen = m->gen + 1, nr = (uint32_t)(m - nd->mirror);

	CM_ASSERT(!m->is_used);
	memset(m, 0, sizeof(*m));
	m->gen = gen;
	m->nr = nr;
	m->nd = nd;
	m->is_used = true;
	m->is_integrated = nd->s->is_integrated;
	m->says_nosync = sim_rare(nd->s, 4) && check_truth(nd->s)->has_sb;
	if (m->says_nosync)
		sim_mark(nd->s, MARK_nosync_tables);
	if (is_module(nd->s)) {
		sim_th_sleep(th, sim_between(nd->s, 10, 500));
		if (!sim_km_load(m)) {
			m->is_used = false;
			return NULL;
		}
		m->kmirrord = sim_th_start(nd, sim_kern_kmirrord, m);
		sim_kern_wakeup(m);
		return m;
	}
	/* An address: it may be one that a table before had. */
	m->luid = sim_chance(nd->s, 2) ? 0xffff000000000000ull + nr : ++nd->luid_last;
	sim_klog_fill(m, &req, KABI_CTR);
	if (sim_rpc(th, m, &req, NULL)) {
		m->is_used = false;
		return NULL;
	}
	m->kmirrord = sim_th_start(nd, sim_kern_kmirrord, m);
	m->dmlogd = sim_th_start(nd, sim_log_dmlogd, m);
	sim_kern_wakeup(m);
	return m;
}

static void resume(struct sim_th *th, struct sim_node *nd, struct sim_mirror *m)
{
	struct sim_bl deferred;

	nd->live = (int)m->nr;
	m->has_suspend = false;
	m->in_sync_hint = 0;
	m->is_resumed = true;
	simple(th, m, KABI_RESUME);
	m->recovery_count++;
	sim_kern_wakeup(m);
	nd->is_suspended = false;
	deferred = nd->deferred;
	nd->deferred.n = 0;
	for (uint32_t i = 0; i < deferred.n; i++)
		sim_kern_map(nd, deferred.v[i]);
}

static void suspend(struct sim_th *th, struct sim_node *nd, struct sim_mirror *m)
{
	m->has_suspend = true;
	while (m->holds.n) {
		m->failures.v[m->failures.n++] = m->holds.v[--m->holds.n];
		sim_kern_wakeup(m);
	}
	while (m->recovery_count <= 0)		/* dm_rh_stop_recovery() */
		sim_th_sleep(th, US_MS);
	m->recovery_count--;
	while (m->recovery_in_flight)
		sim_th_sleep(th, US_MS);
	simple(th, m, KABI_PRESUSPEND);
	while (m->is_queued || m->is_in_pass)
		sim_th_sleep(th, US_MS);
	nd->is_suspended = true;
	while (m->io_count)
		sim_th_sleep(th, US_MS);
	while (m->flush_queued || m->flush_running) {
		m->flush_at_us = 0;
		sim_th_kick(m->dmlogd);
		sim_th_sleep(th, US_MS);
	}
	simple(th, m, KABI_POSTSUSPEND);
	m->is_resumed = false;
}

static void destroy(struct sim_th *th, struct sim_mirror *m)
{
	/* dm_sync_table(): a status under way keeps the table. */
	while (m->is_queued || m->is_in_pass || m->flush_running || m->status_runs)
		sim_th_sleep(th, US_MS);
	threads_stop(th, m);
	simple(th, m, KABI_DTR);
	m->is_used = false;
	m->gen++;
}

static void reload(struct sim_th *th, struct sim_node *nd)
{
	struct sim_mirror *old = live(nd), *new = table_load(th, nd);

	if (!new)
		return;
	suspend(th, nd, old);
	resume(th, nd, new);
	destroy(th, old);
}

/* The old table is suspended already. */
static void exchange(struct sim_th *th, struct sim_node *nd, struct sim_mirror *old)
{
	struct sim_mirror *new;

	while (!(new = table_load(th, nd)))
		sim_th_sleep(th, US_S);
	resume(th, nd, new);
	destroy(th, old);
}

static void deactivate(struct sim_th *th, struct sim_node *nd)
{
	struct sim_mirror *m;

	sim_app_stop(nd);
	while (!sim_app_is_idle(nd) && !sim_ctl_refused(nd)) {
		/*
		 * Else what is held never ends. The table's own word is not enough: a kernel that
		 * found all in sync for the first time in the pass in which it holds the failed
		 * write calls its legs healthy again (reset_ms_flags()); the daemon knows better.
		 */
		if (sim_ctl_has_leg_failure(nd) && nd->s->now_us >= nd->leg_fails_until_us)
			reload(th, nd);
		sim_th_sleep(th, 10 * US_MS);
	}
	m = live(nd);
	suspend(th, nd, m);
	nd->live = -1;
	destroy(th, m);
}

static void activate(struct sim_th *th, struct sim_node *nd)
{
	struct sim_mirror *m;

	nd->is_suspended = true;
	m = table_load(th, nd);
	if (!m)
		return;
	resume(th, nd, m);
	if (sim_ctl_refused(nd)) {
		sim_mark(nd->s, MARK_refused);
		deactivate(th, nd);
		return;
	}
	sim_app_start(nd);
}

static void ctl(struct sim_th *th, void *arg)
{
	struct sim_node *nd = sim_th_node(th);
	struct sim_mirror *m = live(nd);

	switch ((enum ctl_op)(uintptr_t)arg) {
	case CTL_ACTIVATE:
		sim_mark(nd->s, MARK_activations);
		activate(th, nd);
		break;
	case CTL_DEACTIVATE:
		sim_mark(nd->s, MARK_deactivations);
		deactivate(th, nd);
		break;
	case CTL_SUSPEND:
		sim_mark(nd->s, MARK_suspends);
		suspend(th, nd, m);
		if (sim_chance(nd->s, 3))
			sim_th_sleep(th, sim_rand(nd->s, 2 * US_S));
		if (has_nosync(m))	/* a write failed on the way: not this table again */
			exchange(th, nd, m);
		else
			resume(th, nd, m);
		break;
	case CTL_RELOAD:
		sim_mark(nd->s, MARK_reloads);
		reload(th, nd);
		break;
	}
	sim_trace(nd->s, nd, "ioctl %u done", (unsigned int)(uintptr_t)arg);
	nd->is_ctl_busy = false;
}

static bool begin(struct sim_node *nd, enum ctl_op op)
{
	bool is_active = nd->live >= 0;

	if (!nd->is_up || nd->is_ctl_busy || is_active != (op != CTL_ACTIVATE))
		return false;
	nd->is_ctl_busy = true;
	sim_trace(nd->s, nd, "ioctl %u", op);
	sim_th_start(nd, ctl, (void *)(uintptr_t)op);
	return true;
}

bool sim_ctl_activate(struct sim_node *nd)
{
	return begin(nd, CTL_ACTIVATE);
}

bool sim_ctl_deactivate(struct sim_node *nd)
{
	return begin(nd, CTL_DEACTIVATE);
}

bool sim_ctl_suspend_resume(struct sim_node *nd, bool with_reload)
{
	/* NOSYNC entries go only with the table. */
	if (sim_ctl_has_leg_failure(nd))
		with_reload = true;
	return begin(nd, with_reload ? CTL_RELOAD : CTL_SUSPEND);
}

static void status(struct sim_th *th, void *arg)
{
	(void)sim_log_sync_count(th, arg);
	((struct sim_mirror *)arg)->status_runs = false;
}

/* `lvs`: its answer may move the kernel's hint (hazard L1). */
bool sim_ctl_status(struct sim_node *nd)
{
	struct sim_mirror *m = live(nd);

	if (!m || nd->is_ctl_busy || m->status_runs)
		return false;
	m->status_runs = true;
	sim_th_start(nd, status, m);
	return true;
}

bool sim_ctl_has_leg_failure(struct sim_node *nd)
{
	struct cml_status st = { .needs_reload = false };
	uint32_t i;

	if (nd->has_daemon && nd->log)
		cml_status(nd->log, &st);
	for (i = 0; i < st.member_count; i++)
		st.needs_reload |= st.member[i].nodeid == nd->nr + 1 && st.member[i].leg_failed;
	return live(nd) && (st.needs_reload || has_nosync(live(nd)));
}

bool sim_ctl_refused(const struct sim_node *nd)
{
	struct cml_status st;

	if (!nd->has_daemon || !nd->log)
		return false;
	cml_status(nd->log, &st);
	return st.state == CML_ST_REFUSED;
}
