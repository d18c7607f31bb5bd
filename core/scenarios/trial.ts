/** What a scenario works in, and its end. */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { destroyNamespaces } from "./netns.ts";
import { timed } from "./stopwatch.ts";
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

/** @param cleanUps are run by the caller at the end, last one first */
export function newTrial(slowdown: number, cleanUps: (() => void | Promise<void>)[]): Trial {
  const directory = mkdtempSync(join(tmpdir(), "retis-scenario-"));
  chmodSync(directory, 0o755);
  const defer = (cleanUp: () => void | Promise<void>) => void cleanUps.push(cleanUp);
  defer(() => rmSync(directory, { recursive: true, force: true }));
  return {
    directory,
    slowdown,
    defer,
    async topology(created) {
      const topology = await timed("namespaces", () => created);
      defer(() => destroyNamespaces(topology.namespaces));
      return topology;
    },
  };
}

/** @throws Error when it takes longer */
export async function withinLimit(run: () => Promise<void>, limitMs: number): Promise<void> {
  const timeUp = Symbol();
  const timer = Promise.withResolvers<typeof timeUp>();
  const handle = setTimeout(() => timer.resolve(timeUp), limitMs);
  const result = await Promise.race([run(), timer.promise]);
  clearTimeout(handle);
  if (result === timeUp) throw new Error(`not done after ${limitMs} ms`);
}
