/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LD_PRELOAD for User-mode Linux 6.1: two faults of it.
 *
 * ptrace: on CPUs whose XSAVE area is larger than its fixed buffer (AMX) it stops with "ptrace set
 * fp regs failed, errno = 14". Get the full register set, overlay the part UML knows, and write the
 * full set back.
 *
 * timer_settime: a timer that expires while the last one's interrupt still runs its softirqs is
 * forgotten (arch/um/os-Linux/signal.c, unblock_signals(): not re-entered, and not kept pending).
 * The kernel waits for it, and sets no other before: every sleep in the node lasts for ever. So it
 * comes again until the kernel sets the next; one too many is nothing to it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define AGAIN_NS 20000000

static long xstate(enum __ptrace_request req, pid_t pid, struct iovec *uml)
{
	static __thread unsigned char full[32768] __attribute__((aligned(64)));
	struct iovec all = { full, sizeof(full) };
	void *note = (void *)(long)NT_X86_XSTATE;
	size_t len_bytes;

	if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, note, &all) < 0)
		return -1;
	len_bytes = all.iov_len < uml->iov_len ? all.iov_len : uml->iov_len;
	if (req == PTRACE_GETREGSET) {
		memcpy(uml->iov_base, full, len_bytes);
		uml->iov_len = len_bytes;
		return 0;
	}
	memcpy(full, uml->iov_base, len_bytes);
	return syscall(SYS_ptrace, PTRACE_SETREGSET, pid, note, &all) < 0 ? -1 : 0;
}

long ptrace(enum __ptrace_request req, ...)
{
	long word, r;
	va_list ap;
	pid_t pid;
	void *addr, *data;

	va_start(ap, req);
	pid = va_arg(ap, pid_t);
	addr = va_arg(ap, void *);
	data = va_arg(ap, void *);
	va_end(ap);
	if ((req == PTRACE_GETREGSET || req == PTRACE_SETREGSET) && (long)addr == NT_X86_XSTATE)
		return xstate(req, pid, data);
	if (req == PTRACE_PEEKTEXT || req == PTRACE_PEEKDATA || req == PTRACE_PEEKUSER) {
		r = syscall(SYS_ptrace, req, pid, addr, &word);
		return r < 0 ? r : word;
	}
	return syscall(SYS_ptrace, req, pid, addr, data);
}

static int (*real_settime)(timer_t id, int flags, const struct itimerspec *new_value,
			   struct itimerspec *old_value);

/* Not at the first call: the kernel's stacks are small. */
__attribute__((constructor)) static void find_real(void)
{
	*(void **)&real_settime = dlsym(RTLD_NEXT, "timer_settime");
}

int timer_settime(timer_t id, int flags, const struct itimerspec *new_value,
		  struct itimerspec *old_value)
{
	struct itimerspec again = *new_value;

	if (!again.it_interval.tv_sec && !again.it_interval.tv_nsec)
		again.it_interval.tv_nsec = AGAIN_NS;
	return real_settime(id, flags, &again, old_value);
}
