/** The sections that core declares: what they read, and their text. */
import { expect, test } from "bun:test";
import type { Event, SectionData } from "../api/event.ts";
import type { Section, TextContext } from "../api/section.ts";
import { commonSection } from "./common.ts";
import { kernelSection } from "./kernel.ts";
import { lossSection } from "./loss.ts";
import { compileSection } from "./section-codec.ts";
import { startupSection } from "./startup.ts";
import { array, chars, struct, u32, u64 } from "./testdata/layout-builder.ts";
import { userspaceSection } from "./userspace.ts";
import { WireBuffer } from "./wire-buffer.ts";

const lookups = {
  symbol: (probe: number) => ["net:netif_rx", "tcp_v4_rcv"][probe],
  probe_type: (probe: number) => ["raw_tracepoint", "kprobe"][probe],
  path: () => "/usr/sbin/ovs-vswitchd",
};

/** Addresses as text: two words each. */
const frames = (words: Uint32Array, at: number, count: number) =>
  Array.from({ length: count }, (_, i) => `0x${words[at + 2 * i + 1]}-${words[at + 2 * i]}`);

const text = (mark: string) => (inner: string) => `<${mark} ${inner}>`;
const multiLine: TextContext = {
  linkLayer: false,
  multiLine: true,
  paint: { alarm: text("alarm"), symbol: text("symbol"), dim: text("dim"), address: text("address"), device: text("device") },
};
const singleLine: TextContext = { ...multiLine, multiLine: false };

const format = (section: Section, data: SectionData, context = multiLine) => section.format!(data as never, context, {} as Event);

function decode(section: Section, layout: ReturnType<typeof struct>, words: readonly number[]) {
  const codec = compileSection({ section, layout, lookups, frames, collector: "core" });
  const buffer = new WireBuffer(Uint32Array.from(words).buffer);
  return codec.decode(buffer, 0, words.length * 4);
}

test("common", () => {
  const layout = struct("retis_common", { timestamp: u64, smp_id: u32, pid: u32, tgid: u32, reserved: u32, comm: chars(16) });
  const data = decode(commonSection, layout, [0x2d5a_9f15, 0x48c, 3, 4242, 4243, 0, 0x6c72_7563, 0, 0, 0]);
  expect(data).toEqual({ timestamp: 0x48c * 2 ** 32 + 0x2d5a_9f15, smp_id: 3, task: { pid: 4242, tgid: 4243, comm: "curl" } });
});

test("kernel: with and without a stack", () => {
  const layout = struct("retis_kernel", { probe: u32, frames: u32, stack: array(u64, 0) });
  const plain = decode(kernelSection, layout, [0, 0])!;
  expect(plain).toEqual({ symbol: "net:netif_rx", probe_type: "raw_tracepoint" });
  expect(format(kernelSection, plain)).toEqual([{ at: "head", text: "[tp] <symbol net:netif_rx>" }]);
  const deep = decode(kernelSection, layout, [1, 2, 5, 6, 7, 8])!;
  expect(deep).toEqual({ symbol: "tcp_v4_rcv", probe_type: "kprobe", stack_trace: ["0x6-5", "0x8-7"] });
  expect(decode(kernelSection, layout, [1, 9, 5, 6])).toMatchObject({ stack_trace: ["0x6-5"] });
  expect(format(kernelSection, deep)).toEqual([
    { at: "head", text: "[k] <symbol tcp_v4_rcv>" },
    { at: 50, text: ["0x6-5", "0x8-7"], indent: 2 },
  ]);
  expect(format(kernelSection, deep, singleLine)[1]).toMatchObject({ text: "[0x6-5, 0x8-7]" });
  expect(format(kernelSection, { symbol: "x", probe_type: "other" })).toEqual([{ at: "head", text: "[invalid] <symbol x>" }]);
});

test("userspace", () => {
  const layout = struct("retis_userspace", { ip: u64, probe: u32, pid: u32, tid: u32, reserved: u32 });
  const data = decode(userspaceSection, layout, [0x1000, 0, 1, 900, 911, 0])!;
  expect(data).toEqual({ probe_type: "kprobe", symbol: "tcp_v4_rcv", ip: 4096, path: "/usr/sbin/ovs-vswitchd", pid: 900, tid: 911 });
  expect(format(userspaceSection, data)).toEqual([{ at: "head", text: "[u] <symbol tcp_v4_rcv> (ovs-vswitchd)" }]);
  expect(format(userspaceSection, { ...data, path: "vswitchd" })).toEqual([{ at: "head", text: "[u] <symbol tcp_v4_rcv>" }]);
});

test("startup", () => {
  const startup = {
    retis_version: "v1.7.0",
    cmdline: "retis collect -c skb",
    clock_monotonic_offset: { sec: 1, nsec: 2 },
    machine: { kernel_release: "6.12.1", kernel_version: "#1 SMP", hardware_name: "x86_64" },
  };
  const lines = ["collected with Retis v1.7.0", "on machine 6.12.1 #1 SMP x86_64", "cmdline retis collect -c skb"];
  expect(format(startupSection, startup)).toEqual([{ at: 110, text: lines }]);
  const split = { ...startup, split_file: { id: 3, policy: { kind: "size", limit: 1000 } } };
  expect(format(startupSection, split)).toEqual([{ at: 110, text: [...lines.slice(0, 2), "file id 3", lines[2]!] }]);
});

test("loss", () => {
  const one = { probe: "tp skb:kfree_skb", reason: "ring full", count: 12 };
  expect(format(lossSection, { lost: [one], total: 12 })).toEqual([{ at: 110, text: ["<alarm lost 12 (ring full at tp skb:kfree_skb)>"] }]);
  const two = { lost: [one, { ...one, reason: "nested", count: 3 }], total: 15 };
  expect(format(lossSection, two)[0]!.text).toEqual([
    "<alarm lost 12 (ring full at tp skb:kfree_skb)>",
    "<alarm lost 3 (nested at tp skb:kfree_skb)>",
    "lost 15 in all",
  ]);
  const others = { lost: [], total: 0, incomplete: [one], skipped: [{ ...one, count: 3 }], untracked: [{ ...one, count: 1 }] };
  expect(format(lossSection, others)[0]!.text).toEqual([
    "incomplete 12 (ring full at tp skb:kfree_skb)",
    "skipped 3 (ring full at tp skb:kfree_skb)",
    "untracked 1 (ring full at tp skb:kfree_skb)",
  ]);
});
