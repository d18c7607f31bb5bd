/** Section `common`: when, where and in which task an event happened. Filled by bpf/probe/sections.h. */
import { defineSection } from "../api/section.ts";
import { CString, Group, Type, U32, U64 } from "../api/collector.ts";

const task = Group(
  {
    pid: U32({ description: "Process id" }),
    tgid: U32({ description: "Thread id. The name is historic: the kernel calls this number pid" }),
    comm: CString({ description: "Task name" }),
  },
  { description: "Task that was running" },
);

/** Its text is the head line, which core/output composes. */
export const commonSection = defineSection({
  key: "common",
  summary: "Time, CPU and task. Part of every event.",
  wire: "common",
  schema: Type.Object({
    timestamp: U64({ description: "Time. CLOCK_MONOTONIC, nanoseconds" }),
    smp_id: Type.Optional(U32({ description: "CPU. Absent on events that retis itself makes" })),
    task: Type.Optional(task),
  }),
});
