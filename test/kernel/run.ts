/**
 * Runs the real-kernel scenarios on this machine, as root: `scripts/bun test/kernel/run.ts [WORD...]`, only those whose
 * name contains one of the words when some are given. `RETIS_BIN` is the tool under test, `RETIS_LAB` is set in the lab's
 * guests. The last line of the output is the Summary as JSON. `lab.ts` is what starts this on every kernel.
 */
import { removeAbandonedNamespaces } from "../support/netns.ts";
import type { Scenario } from "../support/scenario.ts";
import { runScenarios } from "../support/run-scenarios.ts";
import { exitStatus } from "../support/summary.ts";
import { scenarios as badInput } from "./bad-input.ts";
import { scenarios as bareMachine } from "./bare-machine.ts";
import { scenarios as burst } from "./burst.ts";
import { scenarios as connections } from "./ct.ts";
import { scenarios as deviceAndNamespace } from "./dev-ns.ts";
import { scenarios as doctor } from "./doctor.ts";
import { scenarios as files } from "./files.ts";
import { scenarios as filterMeta } from "./filter-meta.ts";
import { scenarios as filterPacket } from "./filter-packet.ts";
import { scenarios as functions } from "./functions.ts";
import { scenarios as lifecycle } from "./lifecycle.ts";
import { scenarios as nft } from "./nft.ts";
import { scenarios as ovs } from "./ovs.ts";
import { scenarios as plugin } from "./plugin.ts";
import { scenarios as profiles } from "./profiles.ts";
import { scenarios as probeStack } from "./probe-stack.ts";
import { scenarios as skb } from "./skb.ts";
import { scenarios as skbDrop } from "./skb-drop.ts";
import { scenarios as tracking } from "./tracking.ts";
import { scenarios as trackingMany } from "./tracking-many.ts";
import { scenarios as useCases } from "./use-cases.ts";

const all = [
  ...skbDrop,
  ...skb,
  ...deviceAndNamespace,
  ...connections,
  ...burst,
  ...files,
  ...filterPacket,
  ...filterMeta,
  ...functions,
  ...probeStack,
  ...lifecycle,
  ...tracking,
  ...trackingMany,
  ...nft,
  ...ovs,
  ...useCases,
  ...plugin,
  ...profiles,
  ...bareMachine,
  ...doctor,
  ...badInput,
];

function chosen(words: readonly string[], inGuest: boolean): readonly Scenario[] {
  return all
    .filter(({ where }) => where === "everywhere" || !inGuest)
    .filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
}

async function main(): Promise<number> {
  const inGuest = process.env.RETIS_LAB !== undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  await removeAbandonedNamespaces();
  const summary = await runScenarios(chosen(process.argv.slice(2), inGuest), inGuest ? 10 : 1);
  console.log(JSON.stringify(summary));
  return exitStatus(summary);
}

process.exit(await main());
