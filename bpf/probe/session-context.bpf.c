// SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause)
/* Linked with kprobe.bpf.c on kernels whose session kfuncs take the context (Linux 7.0 and later). */
#include "session.h"

extern bool bpf_session_is_return(void *ctx) __ksym;
extern u64 *bpf_session_cookie(void *ctx) __ksym;

__hidden __attribute__((noinline)) int retis_session_is_return(struct retis_registers *regs)
{
	return bpf_session_is_return(regs);
}

__hidden __attribute__((noinline)) u64 *retis_session_cookie(struct retis_registers *regs)
{
	return bpf_session_cookie(regs);
}
