/** `retis/test`: what scenarios of authors import. Scenarios of retis itself are made of the same parts. */
import { type Recording, record as recordWith } from "./collection.ts";
import { expectEvents } from "./expect-events.ts";
import { kernelCounter, resolveNeighbours, sendFrame, sendTcp, sendUdp, tryTcp, listenTcp } from "./traffic.ts";
import { bridged, threeNamespaces, twoNamespaces } from "./topology.ts";
import { ping } from "./namespace-sockets.ts";
import { newTrial, type Trial, withinLimit } from "./trial.ts";

/** What an author's scenario is given. */
export interface CollectorTrial extends Trial {
  /** Path of the collector under test, for `-c`. */
  readonly collector: string;
}

export interface CollectorScenario {
  readonly name: string;
  readonly run: (trial: CollectorTrial) => Promise<void>;
  /** Limit in milliseconds. */
  readonly timeoutMs: number;
}

/** Declares a scenario; it fails when `run` throws. */
function scenario(
  name: string,
  run: CollectorScenario["run"],
  { timeoutMs = 20_000 }: { readonly timeoutMs?: number } = {},
): CollectorScenario {
  return { name, run, timeoutMs };
}

/** Records events of the collector, and of those in `others`, while `traffic` runs. @param args further arguments of `retis collect` */
function record(
  trial: CollectorTrial,
  traffic: () => Promise<void>,
  others: readonly string[] = [],
  args: readonly string[] = [],
): Promise<Recording> {
  return recordWith(trial, ["-c", [trial.collector, ...others].join(","), ...args], traffic);
}

export const testModule = {
  ...{ scenario, record, expectEvents },
  ...{ twoNamespaces, threeNamespaces, bridged },
  ...{ sendUdp, tryTcp, listenTcp, sendTcp, sendFrame, ping, resolveNeighbours, kernelCounter },
};

/** Whether a module's export is a scenario. */
export function isScenario(value: unknown): value is CollectorScenario {
  const { name, run, timeoutMs } = Object(value) as Record<string, unknown>;
  return typeof name === "string" && typeof run === "function" && typeof timeoutMs === "number";
}

/** Runs a scenario in a place of its own; gives why it failed, undefined when it did not. */
export async function runCollectorScenario({ run, timeoutMs }: CollectorScenario, collector: string): Promise<string | undefined> {
  const cleanUps: (() => void | Promise<void>)[] = [];
  const failures: string[] = [];
  const attempt = async (action: () => void | Promise<void>) => {
    try {
      await action();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  };
  await attempt(() => withinLimit(() => run({ ...newTrial(1, cleanUps), collector }), timeoutMs));
  for (const cleanUp of cleanUps.reverse()) await attempt(cleanUp);
  return failures.length === 0 ? undefined : failures.join("\n");
}
