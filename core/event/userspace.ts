/** Section `userspace`: the probe in a program that was hit. Filled by bpf/probe/user-section.h. */
import { Text, Type, U32, U64 } from "../api/collector.ts";
import { defineSection } from "../api/section.ts";

export const userspaceSection = defineSection({
  key: "userspace",
  summary: "User-space probe. Where in a program the event happened.",
  wire: "userspace",
  schema: Type.Object({
    probe_type: Text({ member: "probe", lookup: "probe_type", description: "Probe type. usdt or uprobe" }),
    symbol: Text({ member: "probe", lookup: "symbol", description: "Symbol. provider:name, or function[+0xOFFSET]" }),
    ip: U64({ description: "Probe address" }),
    path: Text({ member: "probe", lookup: "path", description: "Path of the program" }),
    pid: U32({ description: "Process id" }),
    tid: U32({ description: "Thread id" }),
  }),
  format({ symbol, path }, { paint }) {
    const slash = path.lastIndexOf("/");
    const program = slash < 0 ? "" : ` (${path.slice(slash + 1)})`;
    return [{ at: "head", text: `[u] ${paint.symbol(symbol)}${program}` }];
  },
});
