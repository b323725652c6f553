# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
# What the kernel has found wrong, for the 4xx scripts: in its messages, and by a look for lost
# memory. And faults of our own making. Sourced in a node.
kernel_debug=/sys/kernel/debug
[ -d $kernel_debug/bdi ] || mount -t debugfs debugfs $kernel_debug 2> /dev/null || :

# kernel_reports < MESSAGES: the lines that are a report of an oops, KASAN, lockdep,
# debugobjects, SLUB, a list, a reference count, RCU ...; status 1 when there is none.
kernel_reports() {
	grep -E -e 'BUG|WARNING|INFO: |Call Trace|Oops|KASAN|ODEBUG|refcount_t|general protection' \
		-e '(circular|recursive) locking|lock state|suspicious RCU|held lock' \
		-e 'sleeping function|scheduling while atomic|list_(add|del) corruption' \
		-e 'poison|Poison|[Rr]edzone|Object already free|Kernel mode'
}

# kernel_is_silent: false when there is a report among the messages since the last look; then they
# are all shown.
kernel_is_silent() {
	local messages
	messages=$(dmesg -c)
	[ -z "${kernel_refuses-}" ] || messages=$(kernel_shortage <<< "$messages")
	kernel_reports <<< "$messages" > /dev/null || return 0
	printf '%s\n' "the kernel's messages:" "$messages"
	return 1
}

# Where memory is refused, the kernel may say that it has none: that is no report.
kernel_shortage() {
	awk '/vmalloc error|page allocation failure|kmem_cache_create.* failed/ { is_short = 1 }
		/Call Trace/ && is_short { is_short = 0; next }
		{ print }'
}

# kernel_blocked: where everybody is who cannot be killed, and what it holds.
kernel_blocked() {
	dmesg -C
	echo w > /proc/sysrq-trigger
	echo d > /proc/sysrq-trigger
	dmesg -c | grep -v '\] ? '
}

# kernel_leaks [WORD]: the memory that nothing points to; with WORD, where the stack of who asked
# for it has that. Status 1 when there is none, or nobody who looks. What is younger than 5 s is
# not looked at, and what a scan sees first is told by the next.
kernel_leaks() {
	local leaks=$kernel_debug/kmemleak status=0
	[ -e $leaks ] || return 1
	sleep 6
	echo scan > $leaks
	echo scan > $leaks
	awk -v word="${1-}" '
		function show() {
			if (text == "" || word != "" && !index(text, word))
				return
			printf "%s", text
			shown = 1
		}
		/^unreferenced/ { show(); text = "" }
		{ text = text $0 "\n" }
		END { show(); exit !shown }' $leaks || status=1
	echo clear > $leaks
	return $status
}

# Lockdep, in a kernel that has it, looks no more after its first report.
kernel_lockdep_is_on() {
	[ ! -e /proc/lockdep_stats ] || grep -q '^ debug_locks: *1$' /proc/lockdep_stats ||
		{ echo "lockdep is off"; return 1; }
}

# kernel_refuse failslab|fail_page_alloc PERCENT MODULE: what MODULE asks for is refused; "" instead
# of it: all of those who have "1" in /proc/PID/make-it-fail. kernel_refused: how often.
kernel_refuse() {
	local dir=$kernel_debug/$1 start=0 end=0xffffffffffffffff name value
	if [ -n "$3" ]; then
		start=$(awk -v m="$3" '$1 == m { print $6 }' /proc/modules)
		end=$((start + $(awk -v m="$3" '$1 == m { print $2 }' /proc/modules)))
	fi
	while read -r name value; do
		[ ! -e "$dir/$name" ] || echo "$value" > "$dir/$name" || return
	done <<-END
		probability 0
		times $kernel_times
		interval 1
		space 0
		verbose 0
		ignore-gfp-wait N
		ignore-gfp-highmem N
		min-order 0
		task-filter $([ -n "$3" ] && echo N || echo Y)
		require-start $start
		require-end $end
		probability $2
	END
}
kernel_times=100000000
# /proc/PID/fail-nth refuses whatever may wait, too, and without a word.
if [ -d $kernel_debug/failslab ]; then
	kernel_refuse failslab 0 ''
	kernel_refuse fail_page_alloc 0 ''
fi
kernel_refused() { echo $((kernel_times - $(cat "$kernel_debug/$1/times"))); }
