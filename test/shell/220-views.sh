#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Members agree on views and on what is delivered in them: joins, deaths, quick restarts under load.
# rig: --cluster
. "$RIG_SRC/test/shell/lib/clu.sh"
cluster_up
for n in 1 2 3; do ct_start $n; done
ct_settle 1 2 3
for n in 1 2 3; do ct $n flood 2000 300; done
sleep 0.5
ct_settle 1 2 3
# Gone and back before anybody agreed on its departure (who would propose that sleeps; a second
# later
# the others do): a view without it comes in between all the same. On a slow machine the new process
# may take more than that second, and then the departure is a view of its own.
between='view nr=[0-9a-f]*[13579bdf] members=1,3 usable=0'
for try in 1 2 3; do
	was=$(ct_last_view 3)
	on 1 'kill -STOP $(cat /run/ct.pid)'
	ct_restart 2
	next() { [ "$(ct_last_view 3)" != "$was" ] && ct_view_is 3 'members=1,2,3 '; }
	wait_for 20 'the next view on node 3' next
	on 1 'kill -CONT $(cat /run/ct.pid)'
	ct_settle 1 2 3
	! ct_said 3 "$between" || break
done
for n in 1 3; do
	ct_said $n "$between" ||
		die "node $n did not see that node 2's process is another one (try $try)"
done
# a newcomer among many
ct 3 quit
for n in 1 2; do ct $n flood 1000 300; done
ct_start 3
ct_settle 1 2 3
ct 1 send hello
for n in 1 2 3; do ct_wait $n 20 'msg from=1 hello'; done
ct 2 quit
ct_wait 2 5 ' end$'
ct_settle 1 3
ct_check_cuts

# the cluster software may stop only when nobody minds
ct 3 veto on
ct 3 send done
ct_wait 3 5 'msg from=3 done'
on 3 'timeout 10 corosync-cfgtool -H' || :
ct_wait 3 5 'may_stop no'
on 3 pgrep -x corosync > /dev/null
ct_settle 1 3
