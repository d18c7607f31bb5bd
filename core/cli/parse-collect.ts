/** The command line of `collect`, from its flags to what runs. */
import type { Command } from "commander";
import { describeError, optionOfAnotherCollector, unusableProfile } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { type LoadedCollector, readyCollectors } from "../api/loaded-collector.ts";
import type { CollectorRequest, CommandContext, Invocation } from "./cli-command.ts";
import { addCollectFlags, collectorRequest, readCollectFlags, requestedCollectors, requestedSink } from "./collect-flags.ts";
import type { CollectOptions, CollectorChoice } from "../api/collect-options.ts";
import { addCollectorFlags, collectorOptionsGiven, readCollectorFlags } from "./collector-flags.ts";
import { commaList } from "./option-values.ts";
import { createParser } from "./parser.ts";
import type { AppliedProfile } from "./profile-arguments.ts";
import { chooseSink, collectorsOfSink, type SinkRequest } from "./sink-request.ts";
import type { ChosenSink } from "../sinks/plugin-sink.ts";
import { auto, isPath, selectCollectors, withCompanions } from "./select-collectors.ts";

export interface CollectCommand {
  readonly options: CollectOptions;
  /** The collectors to try, in processing order. */
  readonly collectors: readonly LoadedCollector[];
  /** Where events go beside. */
  readonly sink: ChosenSink | undefined;
}

/**
 * Adds the flags of core and of every collector there is; the result reads them once they are parsed.
 *
 * @param usual collectors that are requested where `-c` is not given
 */
export async function defineCollect(
  parser: Command,
  { args, profiles, context }: Invocation,
  usual: readonly string[] = [auto],
): Promise<() => Promise<CollectCommand>> {
  const loaded = await collectorsFor(args, context, usual);
  for (const profile of profiles) assertCollectorsExist(parser.name(), profile, loaded);
  addCollectFlags(parser);
  addCollectorFlags(parser, loaded);
  return async () => {
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
    const sink = requestedSink(parser);
    return {
      options,
      collectors: await readyToTry(tried, options.choice),
      sink: sink && (await chooseSink(sink, loaded)),
    };
  };
}

/** Imports those of third parties. One that was requested must be faultless, others are left out. */
function readyToTry(tried: readonly LoadedCollector[], { required, optionsGiven }: CollectorChoice): Promise<readonly LoadedCollector[]> {
  return readyCollectors(tried, ({ collector: { name } }, error) => {
    if (required.includes(name) || optionsGiven.has(name)) throw error;
    log.warn(`${describeError(error)}; left out`);
  });
}

/**
 * The collectors that decide about options and their values. Those of third parties are looked at only where it matters what there is:
 * for `auto`, help, and options that no other collector has.
 */
async function collectorsFor(
  args: readonly string[],
  context: CommandContext,
  usual: readonly string[],
): Promise<readonly LoadedCollector[]> {
  const { sink, ...given } = lookAhead(args);
  const chosen = given.names.length + given.paths.length > 0 ? given : { ...given, names: usual };
  const request = { ...chosen, names: [...chosen.names, ...collectorsOfSink(sink)] };
  if (request.names.includes(auto)) return context.loadCollectors(request);
  const loaded = await context.loadCollectors({ ...request, onlyRequested: true });
  const known = new Set(loaded.map(({ collector }) => collector.name));
  if (!hasOtherOptions(args, loaded) && request.names.every((name) => known.has(name))) return loaded;
  return context.loadCollectors({ ...request, quiet: true });
}

/** Whether there are options, `--help` among them, that neither core nor these collectors have. */
function hasOtherOptions(args: readonly string[], loaded: readonly LoadedCollector[]): boolean {
  const parser = createParser("", "").helpOption(false).allowUnknownOption().allowExcessArguments();
  addCollectFlags(parser);
  addCollectorFlags(parser, loaded);
  try {
    return parser.parseOptions([...args]).unknown.some((each) => each.startsWith("-"));
  } catch {
    return false; // A wrong value: the parser that is used later says so.
  }
}

/**
 * Which collectors there are decides which options exist, so the options that name collectors are read first, by a
 * parser that passes over the ones it does not know.
 */
function lookAhead(args: readonly string[]): CollectorRequest & { readonly sink: SinkRequest | undefined } {
  const parser = createParser("", "").helpOption(false).allowUnknownOption().allowExcessArguments();
  addCollectFlags(parser);
  parser.parse([...args], { from: "user" });
  return { ...collectorRequest(parser), sink: requestedSink(parser) };
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
