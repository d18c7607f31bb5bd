/** `--collector-dir`, which every command that knows about collectors takes. */
import { Option, type Command } from "commander";
import type { CollectorRequest } from "./cli-command.ts";
import { invalidOption } from "../base/errors.ts";
import { commaList } from "./option-values.ts";
import { collects } from "./parser.ts";
import { isPath } from "./select-collectors.ts";

export function collectorDirOption(): Option {
  return collects(new Option("--collector-dir <dir>", "Also search this directory for third-party collectors; repeatable"), (text) => [
    text,
  ]);
}

/** `-c` of commands that read files, which need a collector only for its text. */
export function collectorPathOption(): Option {
  return collects(new Option("-c, --collector <path>", "Also use the collector of this directory or packed file; repeatable"), commaList);
}

/** What to load for a command with both options. @throws TraceError `INVALID_OPTION` for what is not a path */
export function collectorPathRequest(parser: Command): CollectorRequest {
  const paths = parser.opts<{ collector?: readonly string[] }>().collector ?? [];
  const name = paths.find((path) => !isPath(path));
  if (name !== undefined) throw invalidOption("--collector", name, "not a path; collectors of directories are found without it");
  return { ...collectorDirRequest(parser), paths };
}

/** What to load for a command whose only word on collectors is that option. */
export function collectorDirRequest(parser: Command): CollectorRequest {
  return { directories: parser.opts<{ collectorDir?: readonly string[] }>().collectorDir ?? [], paths: [], names: [] };
}
