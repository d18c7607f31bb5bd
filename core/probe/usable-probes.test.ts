import { afterAll, describe, expect, test } from "bun:test";
import { apiVersion, defineCollector } from "../api/collector.ts";
import type { TraceError } from "../base/errors.ts";
import { KernelFixture, tinyKernelBtf } from "../kernel/testdata/kernel-fixture.ts";
import { usableProbes } from "./usable-probes.ts";

const skb = defineCollector({
  name: "skb",
  summary: "",
  apiVersion,
  sections: [],
  kernelTypes: ["struct sk_buff *"],
  setup: () => ({ hooks: [] }),
});
const drop = defineCollector({
  name: "skb-drop",
  summary: "",
  apiVersion,
  sections: [],
  args: { reason: ["enum other_reason", "enum skb_drop_reason"], flag: ["bool"] },
  setup: () => ({ hooks: [] }),
});

const btf = tinyKernelBtf();
const btfFiles = { "sys/kernel/btf/vmlinux": btf.vmlinux, "sys/kernel/btf/probe": btf.module };
const kprobes = { "sys/bus/event_source/devices/kprobe/type": "8\n" };
const listed = new KernelFixture({
  ...btfFiles,
  ...kprobes,
  "sys/kernel/tracing/available_events": "skb:kfree_skb\nskb:consume_skb\nold:old_event\n",
  "sys/kernel/tracing/available_filter_functions": "udp_rcv\ntcp_rcv_all\nmodule_rcv [probe]\n",
});
const unlisted = new KernelFixture({ ...btfFiles, ...kprobes });
/** Without kprobes. */
const bare = new KernelFixture({ ...btfFiles, "sys/kernel/tracing/available_events": "skb:kfree_skb\nskb:consume_skb\n" });
afterAll(() => [listed, unlisted, bare].forEach((fixture) => fixture[Symbol.dispose]()));

function names(pattern: string, collectors = [skb, drop], fixture = listed): readonly string[] {
  return usableProbes(fixture.kernel(), collectors, pattern).map(({ probe }) => probe);
}

function faultOf(pattern: string): TraceError {
  try {
    usableProbes(listed.kernel(), [skb, drop], pattern);
  } catch (error) {
    return error as TraceError;
  }
  throw new Error("no error was thrown");
}

describe("patterns", () => {
  test("without a colon: functions that can be traced, then tracepoints, of use to some collector", () => {
    expect(names("*")).toEqual(["kprobe:module_rcv", "kprobe:udp_rcv", "tp:skb:consume_skb", "tp:skb:kfree_skb"]);
    expect(names("*", [drop])).toEqual(["tp:skb:kfree_skb"]);
    expect(names("*u*")).toEqual(["kprobe:module_rcv", "kprobe:udp_rcv", "tp:skb:consume_skb"]);
    expect(names("*_rcv")).toEqual(["kprobe:module_rcv", "kprobe:udp_rcv"]);
  });

  test("with a type", () => {
    expect(names("k:u*")).toEqual(["kprobe:udp_rcv"]);
    expect(names("kr:*")).toEqual(["kretprobe:module_rcv", "kretprobe:udp_rcv"]);
    expect(names("skb:*")).toEqual(["tp:skb:consume_skb", "tp:skb:kfree_skb"]);
  });

  test("without tracefs: what BTF has, groups left open", () => {
    expect(names("*", [skb], unlisted)).toEqual([
      "kprobe:module_rcv",
      "kprobe:tcp_rcv",
      "kprobe:udp_rcv",
      "tp:*:consume_skb",
      "tp:*:kfree_skb",
    ]);
  });

  test("an exact name of one kind only", () => {
    expect(names("udp_rcv")).toEqual(["kprobe:udp_rcv"]);
    expect(names("kfree_skb")).toEqual(["tp:skb:kfree_skb"]);
  });

  test("an exact name of no use is given all the same, a pattern of no use is empty", () => {
    expect(usableProbes(listed.kernel(), [skb], "tcp_rcv_all")).toMatchObject([{ probe: "kprobe:tcp_rcv_all", readers: [] }]);
    expect(names("old*")).toEqual([]);
  });
});

test("what each collector reads, by position", () => {
  const [probe] = usableProbes(listed.kernel(), [drop, skb], "tcp_rcv");
  expect(probe).toMatchObject({
    type: "kprobe",
    source: "vmlinux",
    readers: [
      { collector: "skb-drop", reads: [2, 3] },
      { collector: "skb", reads: [0] },
    ],
  });
  expect(usableProbes(listed.kernel(), [skb], "module_rcv")).toMatchObject([
    { source: "probe", readers: [{ collector: "skb", reads: [0] }] },
  ]);
});

describe("what the kernel does not have", () => {
  test.each([
    ["udp_rvc", undefined],
    ["udp_rc", "Did you mean udp_rcv?"],
    ["udp_rc*z", "Did you mean udp_rcv?"],
    ["skb:kfre_skb", "Did you mean skb:kfree_skb?"],
    ["consume_sk", "Did you mean consume_skb?"],
  ])("%s", (pattern, hint) => {
    const error = faultOf(pattern);
    expect([error.code, error.message]).toEqual(["NOTHING_FITS", `No function or tracepoint of the running kernel matches ${pattern}`]);
    if (hint) expect(error.options.hint).toBe(hint);
  });

  test("a probe that is not one", () => {
    expect(faultOf("foo:bar:baz").code).toBe("INVALID_PROBE");
  });
});

test("functions are not offered where the kernel cannot probe them", () => {
  expect(names("*", [skb, drop], bare)).toEqual(["tp:skb:consume_skb", "tp:skb:kfree_skb"]);
  expect(() => names("udp_rcv", [skb], bare)).toThrow("no kprobes (CONFIG_KPROBES)");
  expect(() => names("kretprobe:udp_*", [skb], bare)).toThrow("no kprobes (CONFIG_KPROBES)");
  expect(() => names("udp_rcw", [skb], bare)).toThrow("No function or tracepoint");
});
