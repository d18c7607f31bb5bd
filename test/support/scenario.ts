/** Declares real-kernel scenarios. A scenario is data; `test/kernel/run.ts` runs it. */
import { readFileSync } from "node:fs";
import type { Requirement } from "./requirement.ts";
import type { Trial } from "../../core/scenarios/trial.ts";

export type { Trial };

/** How a scenario is run. */
export interface ScenarioOptions {
  /** What it needs; when one is not met it is skipped with that reason. */
  readonly requires?: readonly Requirement[];
  /** Limit on the host in milliseconds, multiplied by the slow-down elsewhere; 20 s by default. */
  readonly timeoutMs?: number;
  /**
   * On which kernels it runs, unless `RETIS_TEST=full` runs everything on all of them:
   *  - `everywhere`: on the host and on every kernel of the lab, but not on one that is of the host's series, if the host has run it
   *  - `oldest and newest`: it depends on how old a kernel is, and no kernel in between has a way of its own
   *  - `once`: it does not depend on the kernel; it runs on the host, or in one guest what the host lacks something for
   */
  readonly where?: "everywhere" | "oldest and newest" | "once";
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

/** A machine's share of the scenarios; the lab sets it as variables of the environment of its guests. */
export interface Share {
  /** The series of a guest's kernel (`RETIS_LAB`); undefined on the host. */
  readonly guest: string | undefined;
  /** Whether it has the scenarios that one guest is enough for (`RETIS_LAB_ONCE`). */
  readonly once: boolean;
  /** Whether there are both an older and a newer kernel in the lab, and it is not the guest for `once` (`RETIS_LAB_BETWEEN`). */
  readonly between: boolean;
  /** Names of the scenarios that the host runs (a line each in the file `RETIS_LAB_ON_HOST`). */
  readonly onHost: ReadonlySet<string>;
  /** Whether the host's kernel is of the guest's series (`RETIS_LAB_AS_HOST`). */
  readonly asHost: boolean;
  /** Whether everything runs everywhere (`RETIS_TEST=full`). */
  readonly full: boolean;
}

function shareOfThisMachine({ env } = process): Share {
  const onHost = env.RETIS_LAB_ON_HOST === undefined ? [] : readFileSync(env.RETIS_LAB_ON_HOST, "utf8").split("\n");
  return {
    guest: env.RETIS_LAB,
    once: env.RETIS_LAB_ONCE !== undefined,
    between: env.RETIS_LAB_BETWEEN !== undefined,
    onHost: new Set(onHost),
    asHost: env.RETIS_LAB_AS_HOST !== undefined,
    full: env.RETIS_TEST === "full",
  };
}

let share: Share | undefined;

/** Whether a scenario belongs to a machine's share, by default this one's. */
export function belongsHere(
  { name, where }: { readonly name?: string; readonly where: Scenario["where"] },
  machine = (share ??=
    shareOfThisMachine()),
): boolean {
  if (machine.guest === undefined || machine.full) return true;
  const ranOnHost = name !== undefined && machine.onHost.has(name);
  if (where === "once") return machine.once && !ranOnHost;
  if (where === "oldest and newest" && machine.between) return false;
  return !(machine.asHost && ranOnHost);
}
