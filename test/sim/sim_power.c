/* SPDX-License-Identifier: GPL-2.0-only */
/* sim_power.c - nodes and daemons live and die. */
#include "test/sim/sim.h"

#include <stdlib.h>
#include <string.h>

/* ---- daemons ---- */

static void boot_id_of(const struct sim_node *nd, uint8_t id[16])
{
	memset(id, 0, 16);
	id[0] = (uint8_t)(nd->nr + 1);
	memcpy(id + 4, &nd->boot, sizeof(nd->boot));
}

static void start_ev(struct sim *s, const struct sim_ev *ev)
{
	if (s->node[ev->node].boot == ev->gen)
		sim_daemon_start(&s->node[ev->node]);
}

static void start_later(struct sim_node *nd)
{
	struct sim_ev *ev = sim_after(nd->s, 20 * US_MS, start_ev);

	ev->node = nd->nr;
	ev->gen = nd->boot;
}

void sim_daemon_start(struct sim_node *nd)
{
	struct sim *s = nd->s;
	struct cmn_config cfg = s->cfg;
	uint32_t i;

	if (!nd->is_up || nd->has_daemon)
		return;
	if (sim_disk_daemon_is_busy(nd)) {	/* exit() of the former one waits for its writes */
		start_later(nd);
		return;
	}
	nd->has_daemon = true;
	nd->daemon_gen++;
	cfg.nodeid = nd->nr + 1;
	boot_id_of(nd, cfg.boot_id);
	cfg.machine_id[0] = (uint8_t)(nd->nr + 1);
	if (cmn_create(&cfg, &nd->cmn))
		sim_fail(s, "setup", "cmn_create");
	nd->log = NULL;
	nd->timer_at_us = UINT64_MAX;
	nd->orphans = 0;
	nd->has_node_lock = false;
	nd->is_settled = nd->is_quorate = false;
	nd->view_nr = 0;
	nd->view_members = 0;
	sim_trace(s, nd, "daemon starts");
	sim_host_orphans(nd);
	sim_locks_ask(nd, nd->nr, WANT_SELF);
	/* A new process is nobody's coordinator: its predecessor's lock must not stay. */
	sim_locks_drop(nd, SIM_NODES, WANT_OWN);
	sim_net_changed(s, sim_between(s, 1, 200) * US_MS);
	for (i = 0; i < 2; i++)
		if (nd->mirror[i].is_used && nd->mirror[i].km.is_on &&
		    sim_host_kmod_ctr(&nd->mirror[i]))
			sim_km_news(&nd->mirror[i]);
	if (nd->live >= 0 && !nd->mirror[nd->live].km.is_on)
		sim_host_wake(nd);	/* a live table of a former process: let its kernel ask */
}

/* As by SIGKILL: the core's memory is abandoned as it is, and goes with the run's process. */
void sim_daemon_kill(struct sim_node *nd)
{
	if (!nd->has_daemon)
		return;
	sim_trace(nd->s, nd, "daemon dies");
	sim_small_timer_drop(nd);
	nd->has_daemon = false;
	nd->daemon_gen++;
	nd->daemon_at_us = nd->s->now_us + (sim_chance(nd->s, 6) ? sim_between(nd->s, 5, 20) * US_S
						: sim_between(nd->s, 100, 3000) * US_MS);
	sim_net_daemon_gone(nd);
	sim_locks_daemon_gone(nd);
	nd->lineage = 0;
	nd->log = NULL;
	nd->cmn = NULL;
	nd->persist_is_old = nd->persist != NULL;
	sim_km_released(nd);
}

/* ---- nodes ---- */

static void kernel_reset(struct sim_node *nd)
{
	uint32_t i, gen;

	sim_th_kill_all(nd);
	memset(nd->waiter, 0, sizeof(nd->waiter));
	memset(nd->bio, 0, sizeof(nd->bio));
	for (i = 0; i < 2; i++) {
		gen = nd->mirror[i].gen;
		memset(&nd->mirror[i], 0, sizeof(nd->mirror[i]));
		nd->mirror[i].gen = gen + 1;
	}
	nd->live = -1;
	nd->is_suspended = false;
	nd->deferred.n = 0;
	nd->limit_us = 0;
	memset(nd->answered, 0, sizeof(nd->answered));
	nd->is_ctl_busy = false;
}

void sim_node_boot(struct sim_node *nd)
{
	struct sim *s = nd->s;

	if (nd->is_up)
		return;
	/* What its former life had in flight can land no more: the host adapter was reset. */
	sim_disk_node_gone(nd, true);
	sim_legs_node_gone(nd, true);
	if (!nd->is_fenced && nd->boot)
		sim_mark(s, MARK_fast_reboots);
	nd->is_up = true;
	nd->boot++;
	nd->side = 0;
	nd->kseq = (uint32_t)sim_rand(s, 1000);
	sim_trace(s, nd, "boots (%u)", nd->boot);
	sim_daemon_start(nd);
}

void sim_node_crash(struct sim_node *nd, const char *why)
{
	struct sim *s = nd->s;

	if (!nd->is_up)
		return;
	sim_trace(s, nd, "CRASHES: %s", why);
	sim_mark(s, MARK_node_crashes);
	nd->is_up = false;
	nd->is_fenced = false;
	sim_net_drop(nd);
	sim_daemon_kill(nd);
	kernel_reset(nd);
	free(nd->persist);		/* /run does not survive */
	nd->persist = NULL;
	nd->persist_is_old = false;
	nd->boot_at_us = s->now_us + (sim_chance(s, 4) ? sim_between(s, 200, 900) * US_MS
						       : sim_between(s, 3, 15) * US_S);
	if (s->small)
		nd->boot_at_us = UINT64_MAX;
	sim_app_node_dead(nd);
	sim_disk_node_gone(nd, false);
	sim_legs_node_gone(nd, false);
	sim_net_changed(s, sim_between(s, 1000, 3000) * US_MS);
}

/* The fence agent has seen the node off. */
void sim_node_fenced(struct sim_node *nd)
{
	struct sim *s = nd->s;

	sim_mark(s, MARK_fences);
	if (nd->is_up)
		sim_node_crash(nd, "fenced");
	sim_trace(s, nd, "is fenced");
	nd->is_fenced = true;
	sim_disk_node_gone(nd, true);
	sim_legs_node_gone(nd, true);
	sim_locks_node_gone(nd);
	sim_app_unlock(nd);
	sim_locks_poll(s);
}

/* Everything goes dark at one moment; the storage too, with what its caches held. */
void sim_power_loss(struct sim *s)
{
	uint32_t i;

	sim_trace(s, NULL, "POWER LOSS");
	sim_mark(s, MARK_power_losses);
	for (i = 0; i < s->node_count; i++)
		if (s->node[i].is_up)
			sim_node_crash(&s->node[i], "power loss");
	for (i = 0; i < s->node_count; i++) {
		sim_disk_node_gone(&s->node[i], true);
		sim_legs_node_gone(&s->node[i], true);
		sim_locks_node_gone(&s->node[i]);
		s->node[i].side = 0;
	}
	sim_legs_power_loss(s);
	sim_app_power_loss(s);
	for (i = 0; i < s->node_count; i++)
		sim_app_unlock(&s->node[i]);
}
