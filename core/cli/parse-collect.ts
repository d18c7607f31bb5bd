/** The command line of `collect`, from its flags to what runs. */
import type { Command } from "commander";
import type { LoadedCollector } from "../plugin/loaded-collector.ts";
import type { CollectorRequest, Invocation } from "./cli-command.ts";
import { addCollectFlags, collectorRequest, readCollectFlags, requestedCollectors } from "./collect-flags.ts";
import type { CollectOptions } from "./collect-options.ts";
import { addCollectorFlags, readCollectorFlags } from "./collector-flags.ts";
import { createParser } from "./parser.ts";
import { selectCollectors } from "./select-collectors.ts";

export interface CollectCommand {
  readonly options: CollectOptions;
  /** The collectors to try, in processing order. */
  readonly collectors: readonly LoadedCollector[];
}

/** Adds the flags of core and of every collector there is; the result reads them once they are parsed. */
export async function defineCollect(parser: Command, { args, context }: Invocation): Promise<() => CollectCommand> {
  const loaded = await context.loadCollectors(lookAhead(args));
  addCollectFlags(parser);
  addCollectorFlags(parser, loaded);
  return () => {
    const { choice, tried } = selectCollectors(requestedCollectors(parser), loaded);
    const collectorOptions = readCollectorFlags(parser, loaded);
    const options = { ...readCollectFlags(parser), choice, collectorOptions, commandLine: context.commandLine };
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
