/** `--collector-dir`, which every command that knows about collectors takes. */
import { Option, type Command } from "commander";
import type { CollectorRequest } from "./cli-command.ts";
import { commaList } from "./option-values.ts";
import { collects } from "./parser.ts";
import { isPath } from "./select-collectors.ts";

export function collectorDirOption(): Option {
  return collects(new Option("--collector-dir <dir>", "Also search this directory for third-party collectors; repeatable"), (text) => [
    text,
  ]);
}

/** `-c` of commands that read files: those that act on events there, and those that no directory has. */
export function usedCollectorOption(): Option {
  return collects(
    new Option(
      "-c, --collector <name>",
      "Also use this collector, for what it adds to events or leaves out; a value with a / is the directory of one, or a packed file; repeatable",
    ),
    commaList,
  );
}

/** What to load for a command with both options. */
export function usedCollectorRequest(parser: Command): CollectorRequest {
  const used = parser.opts<{ collector?: readonly string[] }>().collector ?? [];
  return { ...collectorDirRequest(parser), paths: used.filter(isPath), names: used.filter((value) => !isPath(value)) };
}

/** What to load for a command whose only word on collectors is that option. */
export function collectorDirRequest(parser: Command): CollectorRequest {
  return { directories: parser.opts<{ collectorDir?: readonly string[] }>().collectorDir ?? [], paths: [], names: [] };
}
