/** Options of every command that prints events. */
import { Option, type Command } from "commander";
import type { TextFormat } from "../api/collect-options.ts";

/** How events are to be printed. */
export interface TextFlags {
  readonly format: TextFormat;
  /** `-e`. */
  readonly linkLayer: boolean;
  readonly utc: boolean;
}

export function formatOption(): Option {
  return new Option("--format <format>", "Output format")
    .choices(["single-line", "multi-line", "compact", "json", "flat"])
    .default("multi-line");
}

export function linkLayerOption(): Option {
  return new Option("-e", "Print link-layer headers");
}

export function utcOption(): Option {
  return new Option("--utc", "Print wall-clock time in UTC instead of nanoseconds since boot");
}

/** The values of these options after parsing. */
export function readTextFlags(parser: Command): TextFlags {
  const { format, e, utc } = parser.opts<{ format: TextFormat; e?: true; utc?: true }>();
  return { format, linkLayer: e === true, utc: utc === true };
}
