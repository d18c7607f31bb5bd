import { describe, expect, test } from "bun:test";
import { defineCollector } from "../api/collector.ts";
import type { Host } from "../api/host.ts";
import { planCollectors } from "./collector-plans.ts";
import { RunServices } from "./services/run-services.ts";

/** What a collector keeps from `setup` until `stop`, by the object that it is called with. */
function keeper(name: string) {
  const kept = new WeakMap<Host, string>();
  const seen: (string | undefined)[] = [];
  const collector = defineCollector({
    name,
    summary: "Test",
    apiVersion: 1,
    sections: [],
    setup(host) {
      kept.set(host, `set up for ${name}`);
      return { hooks: [] };
    },
    start: (run) => void seen.push(kept.get(run)),
    stop: (run) => void seen.push(kept.get(run)),
  });
  return { loaded: { collector, directory: undefined, source: "built-in" } as never, collector, kept, seen };
}

test("start and stop get the object that setup got, and no other collector gets it", async () => {
  const keepers = [keeper("first"), keeper("second")];
  const shared = { systemChangesAllowed: false } as Host;
  const planned = planCollectors(
    keepers.map(({ loaded }) => loaded),
    shared,
    { required: [], companions: [], optionsGiven: new Map(), options: {} },
  );
  const services = new RunServices({ sections: [], findMap: () => undefined, codec: undefined as never, now: () => 0 });
  const runs = planned.map((one) => services.runFor(one));
  for (const [index, { collector, seen }] of keepers.entries()) {
    await collector.start?.(runs[index]!);
    await collector.stop?.(runs[index]!);
    expect(seen).toEqual([`set up for ${collector.name}`, `set up for ${collector.name}`]);
  }
  expect(runs[0]).not.toBe(runs[1]!);
  expect(runs.every(({ systemChangesAllowed }) => systemChangesAllowed === false)).toBe(true);
  expect(keepers.some(({ kept }) => kept.has(shared))).toBe(false);
});

describe("a collector that cannot run", () => {
  const collector = defineCollector({
    ...{ name: "ovs", summary: "", apiVersion: 1, sections: [], setup: () => ({ hooks: [] }) },
    check: () => ({ ok: false, reason: "no module openvswitch", hint: "modprobe openvswitch" }),
  });
  const loaded = { collector, directory: undefined, source: "built-in" } as const;
  const plan = (required: readonly string[], optionsGiven: ReadonlyMap<string, string>) =>
    planCollectors([loaded], { systemChangesAllowed: false } as Host, { required, companions: [], optionsGiven, options: {} });

  test("is left out, unless it is requested by name", () => {
    expect(plan([], new Map())).toEqual([]);
    expect(() => plan(["ovs"], new Map())).toThrow("Cannot run collector ovs: no module openvswitch");
  });

  test("is an error for an option of its own, which says why", () => {
    let thrown: unknown;
    try {
      plan([], new Map([["ovs", "--ovs-track"]]));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      code: "COLLECTOR_UNAVAILABLE",
      message: "Option --ovs-track has no effect without collector ovs",
      cause: { message: "Cannot run collector ovs: no module openvswitch" },
      options: { hint: "modprobe openvswitch" },
    });
  });
});
