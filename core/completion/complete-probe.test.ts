import { afterAll, describe, expect, test } from "bun:test";
import { apiVersion, defineCollector } from "../api/collector.ts";
import { KernelFixture, tinyKernelBtf } from "../kernel/testdata/kernel-fixture.ts";
import { completeProbe } from "./complete-probe.ts";

const skb = defineCollector({
  name: "skb",
  summary: "",
  apiVersion,
  sections: [],
  kernelTypes: ["struct sk_buff *"],
  setup: () => ({ hooks: [] }),
});
const btf = tinyKernelBtf();
const btfFiles = { "sys/kernel/btf/vmlinux": btf.vmlinux, "sys/kernel/btf/probe": btf.module };
const kprobes = { "sys/bus/event_source/devices/kprobe/type": "8\n" };
const listed = new KernelFixture({
  ...btfFiles,
  ...kprobes,
  "sys/kernel/tracing/available_events": "skb:kfree_skb\nskb:consume_skb\nold:old_event\n",
  "sys/kernel/tracing/available_filter_functions": "udp_rcv\ntcp_rcv\ntcp_rcv_all\nmodule_rcv [probe]\n",
});
const unlisted = new KernelFixture({ ...btfFiles, ...kprobes });
/** Without kprobes. */
const bare = new KernelFixture({ ...btfFiles, "sys/kernel/tracing/available_events": "skb:kfree_skb\nskb:consume_skb\n" });
afterAll(() => [listed, unlisted, bare].forEach((fixture) => fixture[Symbol.dispose]()));

function values(text: string, fixture = listed): readonly string[] {
  return completeProbe(text, [skb], fixture.kernel()).candidates.map(({ value }) => value);
}

test.each([
  ["", ["kprobe:", "kretprobe:", "tp:", "usdt:", "uprobe:"]],
  ["t", ["tp:", "tcp_rcv"]],
  ["k", ["kprobe:", "kretprobe:"]],
  ["s", ["skb:"]],
  ["tcp_", ["tcp_rcv"]],
  ["k:u", ["k:udp_rcv"]],
  ["kretprobe:", ["kretprobe:module_rcv", "kretprobe:tcp_rcv", "kretprobe:udp_rcv"]],
  ["tp:", ["tp:old:", "tp:skb:"]],
  ["tp:s", ["tp:skb:"]],
  ["tp:skb:", ["tp:skb:consume_skb", "tp:skb:kfree_skb"]],
  ["raw_tracepoint:skb:k", ["raw_tracepoint:skb:kfree_skb"]],
  ["skb:c", ["skb:consume_skb"]],
  ["old:", []],
  ["tcp_rcv/", ["tcp_rcv/stack", "tcp_rcv/optional"]],
  ["tcp_rcv/stack/", ["tcp_rcv/stack/optional"]],
  ["tcp_rcv/o", ["tcp_rcv/optional"]],
  ["foo:bar:baz", []],
  ["tcp_rcv:{ar", ["tcp_rcv:{arg0", "tcp_rcv:{arg1", "tcp_rcv:{arg2", "tcp_rcv:{arg3", "tcp_rcv:{arg4", "tcp_rcv:{arg5"]],
  ["skb:kfree_skb/stack:{sk_bu", ["skb:kfree_skb/stack:{sk_buff", "skb:kfree_skb/stack:{sk_buff("]],
  ["kr:udp_rcv:{re", ["kr:udp_rcv:{retval"]],
  ["udp_rcv:{re", []],
  ["nothing:{", []],
  ["udp_rcv:{sk_buff}", []],
  ["usdt:bash:{", []],
])("%p", (text, expected) => {
  expect(values(text)).toEqual(expected);
});

test("probes in programs: provider, then name", () => {
  const program = `usdt:${process.pid}:`;
  // Bun carries the C++ library, which has static probes.
  expect(values(program)).toEqual([`${program}libstdcxx:`]);
  expect(values(`${program}libstdcxx:c`)).toEqual([`${program}libstdcxx:catch`]);
  expect(values("usdt:999999999:")).toEqual([]);
  expect(values(`u:${process.pid}:no_such_function`)).toEqual([]);
});

test("parts of a probe have more after them, complete ones do not", () => {
  const continues = (text: string) => completeProbe(text, [skb], listed.kernel()).continues ?? false;
  expect(["", "s", "tp:", "t", "skb:c"].map(continues)).toEqual([true, true, true, false, false]);
});

describe("without tracefs", () => {
  test.each([
    ["udp", ["udp_rcv"]],
    ["tp:", []],
    ["skb:k", []],
  ])("%p", (text, expected) => {
    expect(values(text, unlisted)).toEqual(expected);
  });
});

test("functions are not offered where the kernel cannot probe them", () => {
  expect(values("", bare)).toEqual(["tp:", "usdt:", "uprobe:"]);
  expect(values("udp", bare)).toEqual([]);
  expect(values("kprobe:", bare)).toEqual([]);
  expect(values("skb:", bare)).toEqual(["skb:consume_skb", "skb:kfree_skb"]);
});
