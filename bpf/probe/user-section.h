/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* Where in a program an event happened; decoded by core/event/userspace.ts. */
#ifndef RETIS_USER_SECTION_H
#define RETIS_USER_SECTION_H

#include <retis/registers.h>
#include "core.h"

struct retis_userspace {
	/* Address of the probed instruction in the process. */
	u64 ip;
	/* Index of the probe in this run. */
	u32 probe;
	/* Process id and thread id, as user space knows them. */
	u32 pid;
	u32 tid;
	u32 reserved;
};

#define RETIS_ORIGIN_LENGTH sizeof(struct retis_userspace)

RETIS_SECTION(core, userspace, struct retis_userspace);

#define RETIS_MAY_BE_BARE true

static __always_inline bool retis_origin_section(struct retis_context *ctx, struct retis_event *event, bool stack)
{
	struct retis_userspace *userspace = retis_section(core, userspace, struct retis_userspace);
	const struct retis_registers *regs = ctx->native;
	u64 ids = bpf_get_current_pid_tgid();

	if (!userspace)
		return false;
	userspace->ip = regs->ip;
	userspace->probe = ctx->probe_id;
	userspace->pid = ids >> 32;
	userspace->tid = ids;
	return true;
}

#endif
