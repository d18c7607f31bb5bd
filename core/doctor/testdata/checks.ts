import type { Check } from "../check.ts";

/** A host where this process may not use BPF. */
export const bpfUnusable: readonly Check[] = [
  { group: "host", name: "kernel release", required: false, status: "ok", detail: "6.1.0 on x64" },
  { group: "host", name: "CAP_BPF", required: true, status: "missing", detail: "needed to load BPF programs", hint: "Run as root" },
  { group: "collectors", name: "skb-drop", required: true, status: "unknown", detail: "no answer" },
];
