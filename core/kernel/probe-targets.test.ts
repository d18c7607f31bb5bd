import { afterAll, describe, expect, test } from "bun:test";
import { noProbeTarget, type TraceError } from "../base/errors.ts";
import { tracepointText } from "./probe-targets.ts";
import { KernelFixture, tinyKernelBtf } from "./testdata/kernel-fixture.ts";

const btf = tinyKernelBtf();
const btfFiles = { "sys/kernel/btf/vmlinux": btf.vmlinux, "sys/kernel/btf/probe": btf.module };
const tracefsFiles = {
  "sys/kernel/tracing/available_events": "skb:kfree_skb\nskb:consume_skb\nold:old_event\nskb:without_btf\n",
  "sys/kernel/tracing/available_filter_functions": "udp_rcv\ntcp_rcv\nmodule_rcv [probe]\ntcp_rcv\ntcp_without_btf\n",
};

function hintOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as TraceError).options.hint;
  }
  throw new Error("no error was thrown");
}

test("near names are looked for only when the hint is shown", () => {
  let searches = 0;
  const error = noProbeTarget("tcp_recv", "traceable function", () => [`tcp_rcv${++searches}`]);
  expect(searches).toBe(0);
  expect(error.options.hint).toBe("Did you mean tcp_rcv1?");
});

describe("with tracefs", () => {
  const fixture = new KernelFixture({ ...btfFiles, ...tracefsFiles });
  afterAll(() => fixture[Symbol.dispose]());
  const kernel = fixture.kernel();
  const functions = (pattern: string) => kernel.functions(pattern).map((target) => target.name);
  const tracepoints = (pattern: string) => kernel.tracepoints(pattern).map(tracepointText);

  test("wildcards give what is listed and has a prototype, sorted, once", () => {
    expect(functions("*")).toEqual(["module_rcv", "tcp_rcv", "udp_rcv"]);
    expect(functions("*p_rcv")).toEqual(["tcp_rcv", "udp_rcv"]);
    expect(tracepoints("skb:*")).toEqual(["skb:consume_skb", "skb:kfree_skb"]);
    expect(tracepoints("*:*")).toEqual(["old:old_event", "skb:consume_skb", "skb:kfree_skb"]);
    expect(tracepoints("*free*")).toEqual(["skb:kfree_skb"]);
  });

  test("targets carry their prototype", () => {
    expect(kernel.functions("udp_rcv")).toEqual([
      { kind: "function", name: "udp_rcv", prototype: { parameters: [{ name: "", type: "struct sk_buff *" }], source: "vmlinux" } },
    ]);
  });

  test("an exact function need not be listed, an exact event may leave out its group", () => {
    expect(functions("tcp_rcv_all")).toEqual(["tcp_rcv_all"]);
    expect(tracepoints("kfree_skb")).toEqual(["skb:kfree_skb"]);
  });

  test("a tracepoint that is not a trace event is taken from BTF", () => {
    expect(tracepoints("sched:older_event")).toEqual(["sched:older_event"]);
  });

  test("everything but * is literal", () => {
    expect(() => functions("tcp.rcv")).toThrow("Cannot probe tcp.rcv: no such traceable function in the running kernel");
    expect(() => functions("(tcp*")).toThrow("Cannot probe (tcp*");
    expect(() => tracepoints("skb:[*")).toThrow("Cannot probe skb:[*: no such tracepoint in the running kernel");
  });

  test("misspelt names are met with the nearest", () => {
    expect(hintOf(() => functions("tcp_recv"))).toBe("Did you mean tcp_rcv?");
    expect(hintOf(() => tracepoints("skb:kfree_sbk"))).toBe("Did you mean skb:kfree_skb?");
    expect(hintOf(() => tracepoints("net:kfree_skb"))).toBe("Did you mean skb:kfree_skb?");
    expect(hintOf(() => functions("completely_different"))).toBeUndefined();
  });
});

describe("without tracefs", () => {
  const fixture = new KernelFixture(btfFiles);
  afterAll(() => fixture[Symbol.dispose]());
  const kernel = fixture.kernel();
  const tracepoints = (pattern: string) => kernel.tracepoints(pattern).map(tracepointText);

  test("exact names work", () => {
    expect(kernel.functions("tcp_rcv")).toHaveLength(1);
    expect(tracepoints("skb:kfree_skb")).toEqual(["skb:kfree_skb"]);
    expect(tracepoints("kfree_skb")).toEqual(["*:kfree_skb"]);
    expect(hintOf(() => tracepoints("skb:kfree_sbk"))).toBe("Did you mean skb:kfree_skb?");
  });

  test("wildcards go over BTF", () => {
    expect(kernel.functions("tcp_*").map((target) => target.name)).toEqual(["tcp_rcv", "tcp_rcv_all"]);
    expect(tracepoints("*:*skb")).toEqual(["*:consume_skb", "*:kfree_skb"]);
    expect(tracepoints("*free*")).toEqual(["*:kfree_skb"]);
  });

  test("a wildcard inside a group cannot be answered, and says so", () => {
    expect(() => tracepoints("skb:*")).toThrow("Cannot expand skb:*: tracefs cannot be read");
  });
});

test("the second place of tracefs is used when the first has nothing", () => {
  using fixture = new KernelFixture({ ...btfFiles, "sys/kernel/debug/tracing/available_events": "skb:kfree_skb\n" });
  const kernel = fixture.kernel();
  expect(kernel.tracepoints("skb:*").map(tracepointText)).toEqual(["skb:kfree_skb"]);
  kernel.traceLists.functions("*");
  expect([...kernel.traceLists.problems().keys()]).toEqual(["available_filter_functions"]);
});
