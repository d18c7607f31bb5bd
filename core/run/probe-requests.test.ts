import { expect, test } from "bun:test";
import { log } from "../base/log.ts";
import { KernelFixture, tinyKernelBtf } from "../kernel/testdata/kernel-fixture.ts";
import type { Probe } from "../probe/probe.ts";
import type { ProbeRequest } from "../probe/probe-set.ts";
import { parseProbe } from "../probe/probe-spec.ts";
import { warnWithoutPacket, withoutUnprobeable } from "./probe-requests.ts";

const btf = { "sys/kernel/btf/vmlinux": tinyKernelBtf().vmlinux };
const kprobes = { "sys/bus/event_source/devices/kprobe/type": "8\n" };
const shown = { "proc/kallsyms": "ffffffff81000000 T udp_rcv\n" };
const hidden = { "proc/kallsyms": "0000000000000000 T udp_rcv\n" };

function requests(origin: ProbeRequest["origin"], ...probes: readonly string[]): readonly ProbeRequest[] {
  return probes.map((probe) => ({ spec: parseProbe(probe), origin }));
}

/** What is returned, and what is said meanwhile. */
function said<T>(work: () => T): { readonly returned: T; readonly lines: readonly string[] } {
  const lines: string[] = [];
  const restore = log.setLineWriter((line) => lines.push(line));
  const { level } = log;
  log.setLevel("info");
  try {
    return { returned: work(), lines };
  } finally {
    log.setLineWriter(restore);
    log.setLevel(level);
  }
}

/** Targets that are left, and what is said. */
function leftOf(files: Readonly<Record<string, string | Uint8Array>>, requested: readonly ProbeRequest[]) {
  using fixture = new KernelFixture({ ...btf, ...files });
  const { returned, lines } = said(() => withoutUnprobeable(fixture.kernel(), requested));
  return { targets: returned.map(({ spec }) => spec.target), lines };
}

const generic = requests("user", "tp:skb:kfree_skb", "udp_rcv/optional", "tcp_*/optional", "kretprobe:ip_rcv/optional");

test("functions stay where they can be probed", () => {
  expect(leftOf({ ...kprobes, ...shown }, generic)).toEqual({ targets: generic.map(({ spec }) => spec.target), lines: [] });
});

test("one line says that functions are left out", () => {
  const noKprobes = "Cannot probe functions: this kernel has no kprobes (CONFIG_KPROBES); left out 3 function probes";
  expect(leftOf(shown, generic)).toEqual({ targets: ["skb:kfree_skb"], lines: [noKprobes] });
  const required = requests("user", "udp_rcv", "tp:skb:kfree_skb");
  expect(leftOf(shown, required)).toEqual({
    targets: ["skb:kfree_skb"],
    lines: [expect.stringMatching(/^WARN .*left out 1 function probe$/)],
  });
  expect(leftOf({ ...kprobes, ...hidden }, generic).lines).toEqual([
    expect.stringMatching(/hides the addresses.*; left out 3 function probes$/),
  ]);
});

test("it is an error when nothing of what was requested is left", () => {
  const both = [...requests("user", "udp_rcv"), ...requests("collector", "tp:skb:kfree_skb")];
  expect(() => leftOf(shown, both)).toThrow("no kprobes");
  expect(() => leftOf({ ...kprobes, ...hidden }, both)).toThrow("hides the addresses");
  expect(() => leftOf(shown, requests("collector", "udp_rcv"))).toThrow("no kprobes");
  const users = [...requests("collector", "udp_rcv"), ...requests("user", "tp:skb:kfree_skb")];
  expect(leftOf(shown, users)).toEqual({ targets: ["skb:kfree_skb"], lines: [expect.stringMatching(/^WARN /)] });
});

test("a warning names the probes without a packet that the user named", () => {
  const probe = (symbol: string, type: string, more: Partial<Probe> = {}) =>
    ({ symbol, parameters: ["int", type], requested: true, ...more }) as Probe;
  const probes = [
    probe("ip_rcv", "struct sk_buff *"),
    probe("sock:inet_sock_set_state", "struct sock *"),
    probe("tcp_connect", "struct sock *"),
    probe("tcp_reset", "struct sock *", { byPattern: true }),
    probe("ovs_flow", "struct sw_flow *", { requested: false }),
  ];
  const types = new Set(["struct sk_buff *"]);
  expect(said(() => warnWithoutPacket(probes, types)).lines).toEqual([
    "WARN  No packet at sock:inet_sock_set_state, tcp_connect: with a filter, events are reported there only while the thread works on a packet that passes",
  ]);
  expect(said(() => warnWithoutPacket(probes.slice(0, 1), types)).lines).toEqual([]);
});
