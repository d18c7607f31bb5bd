import { expect, test } from "bun:test";
import { log } from "../base/log.ts";
import { KernelFixture, tinyKernelBtf } from "../kernel/testdata/kernel-fixture.ts";
import type { ProbeRequest } from "../probe/probe-set.ts";
import { parseProbe } from "../probe/probe-spec.ts";
import { withoutUnprobeable } from "./probe-requests.ts";

const btf = { "sys/kernel/btf/vmlinux": tinyKernelBtf().vmlinux };
const kprobes = { "sys/bus/event_source/devices/kprobe/type": "8\n" };
const shown = { "proc/kallsyms": "ffffffff81000000 T udp_rcv\n" };
const hidden = { "proc/kallsyms": "0000000000000000 T udp_rcv\n" };

function requests(origin: ProbeRequest["origin"], ...probes: readonly string[]): readonly ProbeRequest[] {
  return probes.map((probe) => ({ spec: parseProbe(probe), origin }));
}

/** Targets that are left, and what is said. */
function leftOf(files: Readonly<Record<string, string | Uint8Array>>, requested: readonly ProbeRequest[]) {
  using fixture = new KernelFixture({ ...btf, ...files });
  const lines: string[] = [];
  const restore = log.setLineWriter((line) => lines.push(line));
  const { level } = log;
  log.setLevel("info");
  try {
    return { targets: withoutUnprobeable(fixture.kernel(), requested).map(({ spec }) => spec.target), lines };
  } finally {
    log.setLineWriter(restore);
    log.setLevel(level);
  }
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
