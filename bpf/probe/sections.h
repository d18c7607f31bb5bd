/* SPDX-License-Identifier: (LGPL-2.1 OR BSD-2-Clause) */
/*
 * The sections that every event starts with: what all have in common (decoded by core/event/common.ts), and where the event
 * happened, in the kernel or, for programs that define RETIS_USER_PROBES, in user space.
 */
#ifndef RETIS_SECTIONS_H
#define RETIS_SECTIONS_H

#include "core.h"
#ifdef RETIS_USER_PROBES
#include "user-section.h"
#else
#include "kernel-section.h"
#endif

struct retis_common {
	u64 timestamp;
	u32 smp_id;
	/* In user-space terms: process id, then thread id. */
	u32 pid;
	u32 tgid;
	u32 reserved;
	char comm[16];
};

/* Bytes of both sections without a stack. */
#define RETIS_CORE_LENGTH (2 * sizeof(struct retis_section_header) + sizeof(struct retis_common) + RETIS_ORIGIN_LENGTH)

RETIS_SECTION(core, common, struct retis_common);

/* include/linux/sched.h; what the kernel calls pid is a thread. */
struct task_struct___common {
	int pid;
	int tgid;
	char comm[16];
} __attribute__((preserve_access_index));

/* The current task, as the helpers bpf_get_current_pid_tgid() and bpf_get_current_comm() return it. */
static __always_inline void retis_read_task(struct retis_common *common)
{
	const struct task_struct___common *task;
	u64 ids;

	if (retis_direct_reads) {
		task = RETIS_POINTER(struct task_struct___common, bpf_get_current_task());
		common->pid = RETIS_READ(task, tgid);
		common->tgid = RETIS_READ(task, pid);
		RETIS_READ_WORDS(*(u64(*)[2])common->comm, &task->comm);
		return;
	}
	ids = bpf_get_current_pid_tgid();
	common->pid = ids >> 32;
	common->tgid = ids;
	bpf_get_current_comm(common->comm, sizeof(common->comm));
}

static __always_inline bool retis_core_sections(struct retis_context *ctx, struct retis_event *event, bool stack)
{
	struct retis_common *common = retis_section(core, common, struct retis_common);

	if (!common)
		return false;
	common->timestamp = retis_timestamp(ctx);
	common->smp_id = bpf_get_smp_processor_id();
	retis_read_task(common);
	return retis_origin_section(ctx, event, stack);
}

#endif
