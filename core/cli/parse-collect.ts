/** The command line of `collect`, from its flags to what runs. */
import type { Command } from "commander";
import { optionOfAnotherCollector, unusableProfile } from "../base/errors.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import type { CollectorRequest, Invocation } from "./cli-command.ts";
import { addCollectFlags, collectorRequest, readCollectFlags, requestedCollectors } from "./collect-flags.ts";
import type { CollectOptions } from "../api/collect-options.ts";
import { addCollectorFlags, collectorOptionsGiven, readCollectorFlags } from "./collector-flags.ts";
import { commaList } from "./option-values.ts";
import { createParser } from "./parser.ts";
import type { AppliedProfile } from "./profile-arguments.ts";
import { auto, isPath, selectCollectors, withCompanions } from "./select-collectors.ts";

export interface CollectCommand {
  readonly options: CollectOptions;
  /** The collectors to try, in processing order. */
  readonly collectors: readonly LoadedCollector[];
}

/** Adds the flags of core and of every collector there is; the result reads them once they are parsed. */
export async function defineCollect(parser: Command, { args, profiles, context }: Invocation): Promise<() => CollectCommand> {
  const loaded = await context.loadCollectors(lookAhead(args));
  for (const profile of profiles) assertCollectorsExist(parser.name(), profile, loaded);
  addCollectFlags(parser);
  addCollectorFlags(parser, loaded);
  return () => {
    const requested = requestedCollectors(parser);
    const { choice, tried } = withCompanions(selectCollectors(requested, loaded), loaded);
    const optionsGiven = collectorOptionsGiven(parser);
    for (const [collector, flag] of optionsGiven) {
      if (!tried.some((one) => one.collector.name === collector)) throw optionOfAnotherCollector(flag, collector, requested);
    }
    const collectorOptions = readCollectorFlags(parser, loaded);
    // Who names a profile has said what to collect, even if the profile leaves the probes open (spec engine 2.5).
    const onlyAuto = choice.onlyAuto && profiles.length === 0;
    const options = {
      ...readCollectFlags(parser),
      choice: { ...choice, onlyAuto, optionsGiven },
      collectorOptions,
      commandLine: context.commandLine,
    };
    return { options, collectors: tried };
  };
}

/**
 * Which collectors there are decides which options exist, so the options that name collectors are read first, by a
 * parser that passes over the ones it does not know.
 */
function lookAhead(args: readonly string[]): CollectorRequest {
  const parser = createParser("", "").helpOption(false).allowUnknownOption().allowExcessArguments();
  addCollectFlags(parser);
  parser.parse([...args], { from: "user" });
  return collectorRequest(parser);
}

/** A profile may have been written for collectors that are not here: says so in its name rather than in that of `-c`. */
function assertCollectorsExist(command: string, { name, args }: AppliedProfile, loaded: readonly LoadedCollector[]): void {
  const known = loaded.map(({ collector }) => collector.name);
  const values = args.flatMap(({ flag, value }) => (flag === "--collectors" && Array.isArray(value) ? value : []));
  const missing = values.flatMap(commaList).find((wanted) => wanted !== auto && !isPath(wanted) && !known.includes(wanted));
  if (missing === undefined) return;
  const hint = "See 'retis collector list' for those there are, and name the directory of others with --collector-dir";
  throw unusableProfile(name, command, `unknown collector ${missing}`, hint);
}
