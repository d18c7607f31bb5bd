/** A collector for a function without a packet: its arguments by name, and what it returns. For returns.ts. */
import { defineCollector, defineSection, Ipv4, Type, U32, U64 } from "retis/collector";

const returns = defineSection({
  key: "returns",
  summary: "What the function returned.",
  wire: "returns",
  schema: Type.Object({
    kind: U32({ description: "Kind of the address" }),
    address: Ipv4({ description: "The address" }),
    stack: U64({ description: "Base of the kernel stack" }),
  }),
});

export default defineCollector({
  name: "returns",
  summary: "What a function returned",
  apiVersion: 1,
  sections: [returns],
  args: { address: [{ type: "__be32", name: "addr" }] },
  setup: () => ({
    hooks: [{ object: "hook.bpf.o", at: ["kretprobe:inet_addr_type_dev_table"] }],
    probes: [{ probe: "kretprobe:inet_addr_type_dev_table", light: true }],
  }),
});
