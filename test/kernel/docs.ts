/**
 * The commands of README.md and docs/ that need probes on functions, as written. test/docs runs all others, on hosts that have no such
 * probes too. The rules of the page about firewalls are in force, and its pings are dropped by them.
 */
import { equal, match, ok } from "node:assert/strict";
import { join } from "node:path";
import { Reader, Surroundings } from "../docs/page-runner.ts";
import { pagesWithSteps } from "../docs/pages.ts";
import { scenario } from "../support/scenario.ts";

const asWritten = scenario(
  "documented commands that need probes on functions work as written",
  { requires: ["root", "kprobes", "nft-trace"], where: "once", timeoutMs: 60_000 },
  async (trial) => {
    const surroundings = await Surroundings.start(trial.slowdown);
    trial.defer(() => surroundings.stop());
    const reader = new Reader(surroundings);
    trial.defer(() => reader.remove());
    const steps = pagesWithSteps().flatMap(({ steps }) => steps);
    for (const step of steps) if (step.kind === "file") await reader.follow(step);
    await surroundings.namespace.run(["nft", "-f", join(reader.directory, "ruleset.nft")]);

    const printed: string[] = [];
    for (const step of steps) {
      if (step.kind !== "command" || !step.needs.includes("kprobes")) continue;
      const { status, stdout, stderr } = (await reader.follow(step))!;
      equal(status, 0, `${step.page}:${step.line}: ${step.text}\n${stderr}`);
      if (step.text.includes("-f icmp")) printed.push(stdout);
    }
    ok(printed.length >= 2);
    for (const stdout of printed) match(stdout, /table filter \(\d+\) chain input \(\d+\) drop \(policy\)/);
  },
);

export const scenarios = [asWritten];
