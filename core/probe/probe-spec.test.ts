import { describe, expect, test } from "bun:test";
import { TraceError } from "../base/errors.ts";
import { parseProbe, probeKey } from "./probe-spec.ts";

describe("parseProbe", () => {
  test.each([
    ["tcp_v4_rcv", "kprobe", "tcp_v4_rcv", false],
    ["kprobe:tcp_v4_rcv", "kprobe", "tcp_v4_rcv", false],
    ["k:tcp_*", "kprobe", "tcp_*", false],
    ["kr:tcp_v4_rcv", "kretprobe", "tcp_v4_rcv", false],
    ["kretprobe:tcp_v4_rcv/stack", "kretprobe", "tcp_v4_rcv", true],
    ["skb:kfree_skb", "raw_tracepoint", "skb:kfree_skb", false],
    ["tp:skb:kfree_skb/stack", "raw_tracepoint", "skb:kfree_skb", true],
    ["raw_tracepoint:*:kfree_skb", "raw_tracepoint", "*:kfree_skb", false],
  ] as const)("reads %s", (text, type, target, stack) => {
    expect(parseProbe(text)).toEqual({ type, target, stack, optional: false });
  });

  test.each([
    ["usdt:1234:python:function__entry", "usdt", "1234", "python:function__entry", false],
    ["usdt:python3:python:*/optional", "usdt", "python3", "python:*", true],
    ["usdt:/usr/bin/python3:python:line", "usdt", "/usr/bin/python3", "python:line", false],
    ["usdt:/opt/with:colon/prog:main:run/optional", "usdt", "/opt/with:colon/prog", "main:run", true],
    ["usdt:dpif_recv:recv_upcall", "usdt", "*", "dpif_recv:recv_upcall", false],
    ["usdt:*:main:*", "usdt", "*", "main:*", false],
    ["uprobe:/bin/bash:readline", "uprobe", "/bin/bash", "readline", false],
    ["u:./server:main+0x10/optional", "uprobe", "./server", "main+0x10", true],
    ["uprobe:./server:0x1130", "uprobe", "./server", "0x1130", false],
    ["uprobe:./server:github.com/x/y.(*T).Serve", "uprobe", "./server", "github.com/x/y.(*T).Serve", false],
    ["uprobe:server:go:main.run", "uprobe", "server", "go:main.run", false],
  ] as const)("reads %s", (text, type, program, target, optional) => {
    expect(parseProbe(text)).toEqual({ type, program, target, stack: false, optional });
  });

  test("options are in any order", () => {
    const both = { type: "kprobe", target: "ip6_output", stack: true, optional: true } as const;
    expect(parseProbe("ip6_output/optional/stack")).toEqual(both);
    expect(parseProbe("ip6_output/stack/optional")).toEqual(both);
    expect(parseProbe("ip6_output/optional")).toEqual({ ...both, stack: false });
  });

  test.each([
    "",
    "kprobe:",
    "tp:",
    "tp:skb:",
    ":x",
    "kprobe:skb:kfree_skb",
    "foo:bar:kfree_skb",
    "tp:42:foo:bar",
    "tp:foobar",
    "x/",
    "x/stack/stack",
    "x/optional/optional",
    "x/other",
    "usdt:",
    "usdt:name",
    "usdt:provider:",
    "usdt::name",
    "usdt::provider:name",
    "usdt:prog::name",
    "usdt:prog:provider:name/stack",
    "usdt:prog:provider:name/other",
    "usdt:prog:provider:name/optional/optional",
    "uprobe:main",
    "uprobe:*:main",
    "uprobe::main",
    "uprobe:prog:",
    "u:prog",
  ])("refuses %p as wrong usage", (text) => {
    const error = (() => {
      try {
        return parseProbe(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(TraceError);
    expect((error as TraceError).options.exitCode).toBe(2);
  });
});

test("probeKey is what a user would write", () => {
  expect(probeKey("raw_tracepoint", "skb:kfree_skb")).toBe("tp:skb:kfree_skb");
  expect(probeKey("kretprobe", "ip_rcv")).toBe("kretprobe:ip_rcv");
});
