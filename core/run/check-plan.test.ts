import { expect, test } from "bun:test";
import { planFault } from "./check-plan.ts";

const hook = { object: "hook.bpf.o", at: "every-probe" };

test.each([
  [{ hooks: [] }],
  [{ hooks: [hook], probes: ["tp:skb:kfree_skb", { probe: "kprobe:ip_rcv", light: true }] }],
  [{ hooks: [{ object: "hook.bpf.o", at: ["tp:skb:kfree_skb", "kprobe:ip_rcv"] }] }],
  [{ hooks: [], maps: { mine: { entries: 1, perLoad: true } }, tracking: true, capabilities: ["CAP_NET_ADMIN"] }],
  [{ hooks: [], constants: { a: 1, b: -1n, c: true, d: "NAME", e: ["A", "B"] }, lookups: { a: () => "" }, keyLookups: { b: () => "" } }],
])("plan %#", (plan) => {
  expect(planFault(plan)).toBeUndefined();
});

test.each<[unknown, string]>([
  [undefined, "its setup returned undefined instead of a plan"],
  [null, "its setup returned null instead of a plan"],
  ["plan", "its setup returned string instead of a plan"],
  [Promise.resolve({ hooks: [] }), "its setup returned a promise; a plan is returned at once"],
  [{}, "plan.hooks: missing (expected: array)"],
  [{ hooks: {} }, "plan.hooks: {} is not valid here (expected: array)"],
  [{ hooks: [{ object: "", at: "every-probe" }] }, 'plan.hooks[0].object: "" is not valid here'],
  [{ hooks: [hook, { object: "x" }] }, "plan.hooks[1].at: missing"],
  [{ hooks: [{ object: "x", at: [] }] }, "plan.hooks[0].at: names no probe"],
  [{ hooks: [{ object: "x", at: ["skb:kfree_skb"] }] }, 'plan.hooks[0].at[0]: "skb:kfree_skb" matches no probe; write "tp:skb:kfree_skb"'],
  [{ hooks: [{ object: "x", at: ["tp:skb:kfree_skb/stack"] }] }, "plan.hooks[0].at[0]: "],
  [{ hooks: [], probes: [{ probe: "ip_rcv", lite: true }] }, "plan.probes[0]"],
  [{ hooks: [], probes: ["tp:nothing"] }, "plan.probes[0]: Invalid probe"],
  [{ hooks: [], constants: { a: 0.5 } }, "plan.constants.a"],
  [{ hooks: [], constants: { a: null } }, "plan.constants.a"],
  [{ hooks: [], lookups: { a: "b" } }, "plan.lookups.a"],
  [{ hooks: [], lookups: { a: { get: () => "" } } }, "plan.lookups.a"],
  [
    { hooks: [], maps: { mine: { entries: 2 ** 32 } } },
    "plan.maps.mine.entries: 4294967296 is not valid here (expected: integer from 1 to 4294967295)",
  ],
  [{ hooks: [], maps: { retis_events: {} } }, "plan.maps.retis_events: this map is the engine's"],
  [{ hooks: [], capabilities: ["CAP_EVERYTHING"] }, "plan.capabilities[0]: CAP_EVERYTHING is not a capability"],
  [{ hooks: [], hoks: [] }, "plan.hoks: [] is not valid here"],
])("not a plan: %#", (plan, fault) => {
  expect(planFault(plan)).toStartWith(fault);
});
