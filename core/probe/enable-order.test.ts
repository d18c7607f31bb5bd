import { expect, test } from "bun:test";
import { enableOrder } from "./enable-order.ts";
import type { LifetimeFlag } from "./skb-lifetime.ts";
import type { Probe } from "./probe.ts";

function program(name: string, hooks: number, lifetime: readonly LifetimeFlag[] = []) {
  const probe: Probe = {
    id: 0,
    type: "kprobe",
    symbol: name,
    parameters: [],
    hooks,
    contextHooks: 0,
    requested: false,
    stack: false,
    showStack: false,
    lifetime,
  };
  return { name, probes: [probe] };
}

test("no packet is tracked before its end can be seen", () => {
  const programs = [
    program("netif_rx", 1),
    program("kfree_skb", 1, ["RETIS_PROBE_FREES"]),
    { name: "none yet", probes: [] },
    program("kfree", 0, ["RETIS_PROBE_FREES_MEMORY"]),
  ];
  expect(enableOrder(programs).map(({ name }) => name)).toEqual(["kfree", "kfree_skb", "netif_rx", "none yet"]);
});
