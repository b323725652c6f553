/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * LD_PRELOAD for User-mode Linux 6.1 on CPUs whose XSAVE area is larger than its fixed buffer
 * (AMX), where it stops with "ptrace set fp regs failed, errno = 14": get the full register set,
 * overlay the part UML knows, and write the full set back.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

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
