import { Option, type Command } from "commander";
import { log } from "../../base/log.ts";
import { parseProbe } from "../../probe/probe-spec.ts";
import { userRequest } from "../../probe/user-probe-set.ts";
import { writeAnswer, writeJsonAnswer } from "../../cli/answer.ts";
import type { CommandBody } from "../../cli/cli-command.ts";
import { collectorDirOption, collectorDirRequest } from "../../cli/collector-dir.ts";
import { parseCollectors } from "../../cli/option-values.ts";
import { collects } from "../../cli/parser.ts";
import { isPath, selectCollectors, type Selection } from "../../cli/select-collectors.ts";
import { detailText, jsonText, listText } from "./report.ts";
import { userDetailText, userJsonText, userListText } from "./user-report.ts";

interface Flags {
  /** True when given without a pattern. */
  readonly probe?: string | true;
  readonly collectors?: readonly string[];
  readonly verbose?: true;
  readonly json?: true;
  readonly kconf?: string;
}

/** `retis inspect`: the probes of the running kernel that a set of collectors can use, and what they read there. */
export const inspect: CommandBody = {
  define(parser, { context }) {
    addOptions(parser);
    return async () => {
      const flags = parser.opts<Flags>();
      const requested = flags.collectors ?? [];
      const request = { ...collectorDirRequest(parser), paths: requested.filter(isPath), names: requested };
      const selection = selectCollectors(requested, await context.loadCollectors(request));
      const text = await answer(flags, selection);
      if (flags.json) writeJsonAnswer(text);
      else writeAnswer(text);
      return 0;
    };
  },
};

function addOptions(parser: Command): void {
  parser
    .option(
      "-p, --probe [pattern]",
      "Probes that match, e.g. ip_rcv, 'tcp_*', 'tp:skb:*' or 'usdt:PROGRAM:*:*'; an exact name shows all details",
    )
    .addOption(
      collects(
        new Option("-c, --collectors <list>", "Only probes that these collectors can use (default: all that can run here)"),
        parseCollectors,
      ),
    )
    .addOption(collectorDirOption())
    .option("--verbose", "Show the arguments of each probe, and which of them collectors read")
    .option("--json", "Print all details as JSON")
    .option("--kconf <file>", "Kernel configuration file (default: search the usual places)");
}

async function answer({ probe, verbose, json, kconf }: Flags, selection: Selection): Promise<string> {
  const pattern = typeof probe === "string" ? probe : "*";
  const request = pattern.includes(":") ? userRequest(parseProbe(pattern)) : undefined;
  if (request) {
    const { listUserProbes } = await import("../../probe/user-probe-list.ts");
    const found = listUserProbes(request);
    if (json) return userJsonText(found);
    return verbose || !pattern.includes("*") ? userDetailText(found) : userListText(found);
  }
  // Loaded only now, so that no other command pays for the engine.
  const { findProbes } = await import("./search.ts");
  const probes = findProbes(pattern, selection, kconf);
  if (probes.length === 0) log.warn(`No collector can read the arguments of the functions and tracepoints that match ${pattern}`);
  if (json) return jsonText(probes);
  return verbose || !pattern.includes("*") ? detailText(probes) : listText(probes);
}
