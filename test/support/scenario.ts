/** Declares real-kernel scenarios. A scenario is data; `test/kernel/run.ts` runs it. */
import type { Requirement } from "./requirement.ts";
import type { Topology } from "./topology.ts";

/** What a scenario is given. */
export interface Trial {
  /** An empty directory of its own, removed afterwards. */
  readonly directory: string;
  /** How much slower than the host this machine is, roughly: 1, or 10 in an emulated guest. Time-outs are multiplied by it. */
  readonly slowdown: number;
  /** Registers clean-up that runs when the scenario ends in whatever way, last registered first. */
  defer(cleanUp: () => void | Promise<void>): void;
  /** Keeps a layout of namespaces until the end of the scenario. */
  topology<T extends Topology>(created: Promise<T>): Promise<T>;
}

/** How a scenario is run. */
export interface ScenarioOptions {
  /** What it needs; when one is not met it is skipped with that reason. */
  readonly requires?: readonly Requirement[];
  /** Limit on the host in milliseconds, multiplied by the slow-down elsewhere; 20 s by default. */
  readonly timeoutMs?: number;
  /**
   * `once`: what it shows does not depend on the kernel, so it runs on the host and in one of the lab's guests only.
   * `RETIS_TEST=full` runs it everywhere.
   */
  readonly where?: "everywhere" | "once";
}

/** A named scenario. */
export interface Scenario extends Required<ScenarioOptions> {
  readonly name: string;
  readonly run: (trial: Trial) => Promise<void>;
}

/** Declares a scenario; it fails when `run` throws. */
export function scenario(name: string, options: ScenarioOptions, run: (trial: Trial) => Promise<void>): Scenario {
  return { name, requires: [], timeoutMs: 20_000, where: "everywhere", ...options, run };
}

/**
 * Whether a scenario belongs to this machine's share: in the lab's guests, of which `RETIS_LAB` names the kernel, those for
 * once only where `RETIS_LAB_ONCE` is set, unless everything is to run everywhere.
 */
export function belongsHere({ where }: Pick<Scenario, "where">): boolean {
  const { RETIS_LAB, RETIS_LAB_ONCE, RETIS_TEST } = process.env;
  return where === "everywhere" || RETIS_LAB === undefined || RETIS_LAB_ONCE !== undefined || RETIS_TEST === "full";
}
