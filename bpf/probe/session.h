/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * Kprobe sessions (Linux 6.10): one program runs at entry and return of a function, and each call has eight bytes of
 * storage. The kfuncs got a parameter in Linux 7.0; linking the right object selects the prototype.
 */
#ifndef RETIS_SESSION_H
#define RETIS_SESSION_H

#include <retis/registers.h>
#include <bpf/bpf_helpers.h>

/* Whether the program runs at a return. */
int retis_session_is_return(struct retis_registers *regs);
/* The storage of this call; NULL when neither session.bpf.c nor session-context.bpf.c is linked. */
u64 *retis_session_cookie(struct retis_registers *regs);

#endif
