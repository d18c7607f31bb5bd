import { expect, test } from "bun:test";
import type { SlottedHook } from "../probe/linked-hooks.ts";
import type { Probe } from "../probe/probe.ts";
import { parseProbe } from "../probe/probe-spec.ts";
import { assertHooksMatch } from "./unmatched-hooks.ts";

const hook = (at: SlottedHook["at"], foreign = true) => ({ at, foreign, path: "/c/hook.bpf.o" }) as SlottedHook;
const request = (probe: string) => ({ spec: parseProbe(probe), origin: "collector" as const });
const queue = { type: "raw_tracepoint", symbol: "net:net_dev_queue" } as unknown as Probe;

test.each<[string, SlottedHook["at"], readonly string[]]>([
  ["every probe", "every-probe", []],
  ["a probe of the plan", ["tp:skb:kfree_skb"], ["tp:skb:kfree_skb"]],
  ["one of two", ["kprobe:a", "kprobe:b"], ["kprobe:b/optional"]],
  ["a probe in a program", ["usdt:main:start"], []],
])("a hook at %s is right", (_, at, requests) => {
  assertHooksMatch([hook(at)], requests.map(request), [queue]);
});

test("a hook at a probe that nothing requests is named, with the probe", () => {
  const check = (foreign: boolean) => () =>
    assertHooksMatch([hook(["tp:skb:consume_skb"], foreign)], [request("tp:skb:kfree_skb")], [queue]);
  expect(check(true)).toThrow("Cannot use hook /c/hook.bpf.o: nothing probes tp:skb:consume_skb");
  expect(check(false)).not.toThrow();
});
