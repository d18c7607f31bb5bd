/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/* The sections that every event of a kernel probe starts with; decoded by core/event/common.ts and kernel.ts. */
#ifndef RETIS_SECTIONS_H
#define RETIS_SECTIONS_H

#include "core.h"

struct retis_common {
	u64 timestamp;
	u32 smp_id;
	/* As user space knows them: process id and thread id. */
	u32 pid;
	u32 tgid;
	u32 reserved;
	char comm[16];
};

struct retis_kernel {
	/* Index of the probe in this run. */
	u32 probe;
	/* Id of the stack trace, -1 for none. */
	s32 stack;
};

RETIS_SECTION(core, common, struct retis_common);
RETIS_SECTION(core, kernel, struct retis_kernel);

static __always_inline bool retis_core_sections(struct retis_context *ctx, struct retis_event *event)
{
	struct retis_common *common = retis_section(core, common, struct retis_common);
	struct retis_kernel *kernel = retis_section(core, kernel, struct retis_kernel);
	u64 ids = bpf_get_current_pid_tgid();

	if (!common || !kernel)
		return false;
	common->timestamp = ctx->timestamp;
	common->smp_id = bpf_get_smp_processor_id();
	common->pid = ids >> 32;
	common->tgid = ids;
	bpf_get_current_comm(common->comm, sizeof(common->comm));
	kernel->probe = ctx->probe_id;
	kernel->stack = -1;
	return true;
}

#endif
