/** `--collector-dir`, which every command that knows about collectors takes. */
import { Option, type Command } from "commander";
import type { CollectorRequest } from "./cli-command.ts";
import { collects } from "./parser.ts";

export function collectorDirOption(): Option {
  return collects(new Option("--collector-dir <dir>", "Also search this directory for third-party collectors; repeatable"), (text) => [
    text,
  ]);
}

/** What to load for a command whose only word on collectors is that option. */
export function collectorDirRequest(parser: Command): CollectorRequest {
  return { directories: parser.opts<{ collectorDir?: readonly string[] }>().collectorDir ?? [], paths: [], names: [] };
}
