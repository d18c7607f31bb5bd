/**
 * Runs the real-kernel scenarios on this machine, as root: `scripts/bun test/kernel/run.ts [WORD...]`, only those whose
 * name contains one of the words when some are given; with `--list` they are listed, not run; with
 * `--part N/COUNT` one of several parts of them. `RETIS_BIN` is the tool under
 * test, `RETIS_LAB` is set in the lab's guests. The last line of the output is the ScenarioResults as JSON. `lab.ts` is what
 * starts this on every kernel.
 */
import { parseArgs } from "node:util";
import { removeAbandonedNamespaces } from "../support/netns.ts";
import { belongsHere, type Scenario } from "../support/scenario.ts";
import { listScenarios, runScenarios } from "../support/run-scenarios.ts";
import { exitStatus } from "../support/summary.ts";

/** The files of scenarios, in the order in which they run. Scenarios of a file may share what they record, so no file is divided. */
const files = await Promise.all([
  import("./skb-drop.ts"),
  import("./stacks.ts"),
  import("./product-page.ts"),
  import("./skb.ts"),
  import("./dev-ns.ts"),
  import("./workloads.ts"),
  import("./wall-clock.ts"),
  import("./ct.ts"),
  import("./burst.ts"),
  import("./rings.ts"),
  import("./losses.ts"),
  import("./slow-reader.ts"),
  import("./files.ts"),
  import("./filter-packet.ts"),
  import("./filter-meta.ts"),
  import("./functions.ts"),
  import("./fields.ts"),
  import("./probe-stack.ts"),
  import("./lifecycle.ts"),
  import("./random-signals.ts"),
  import("./tracking.ts"),
  import("./tracking-many.ts"),
  import("./nft.ts"),
  import("./ovs.ts"),
  import("./ovs-track.ts"),
  import("./run-services.ts"),
  import("./ovs-upcalls.ts"),
  import("./ovs-daemons.ts"),
  import("./user-probes.ts"),
  import("./use-cases.ts"),
  import("./plugin.ts"),
  import("./plugins.ts"),
  import("./sinks.ts"),
  import("./faulty-plugins.ts"),
  import("./faulty-hooks.ts"),
  import("./returns.ts"),
  import("./retransmissions.ts"),
  import("./profiles.ts"),
  import("./bare-machine.ts"),
  import("./docs.ts"),
  import("./doctor.ts"),
  import("./diagnose.ts"),
  import("./drops.ts"),
  import("./drop-rules.ts"),
  import("./bad-input.ts"),
  import("./privileges.ts"),
]);

function chosen({ words, part }: Wanted): readonly Scenario[] {
  return files
    .filter((_, index) => index % part.count === part.number - 1)
    .flatMap(({ scenarios }): readonly Scenario[] => scenarios)
    .filter((scenario) => belongsHere(scenario))
    .filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
}

interface Wanted {
  readonly words: readonly string[];
  readonly part: { readonly number: number; readonly count: number };
}

function parsePart(text: string): Wanted["part"] {
  const [number = 1, count = 1] = text.split("/").map(Number);
  return { number, count };
}

async function main(): Promise<number> {
  const inGuest = process.env.RETIS_LAB !== undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
  await removeAbandonedNamespaces();
  const { values, positionals: words } = parseArgs({
    options: { part: { type: "string", default: "1/1" }, list: { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const scenarios = chosen({ words, part: parsePart(values.part) });
  if (values.list) {
    for (const line of await listScenarios(scenarios)) console.log(line);
    return 0;
  }
  const results = await runScenarios(scenarios, inGuest ? 10 : 1);
  console.log(JSON.stringify(results));
  return exitStatus(results.summary);
}

process.exit(await main());
