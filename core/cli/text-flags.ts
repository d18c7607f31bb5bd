/** Options of every command that prints events. */
import { Option, type Command } from "commander";
import type { TextFormat, TimeMode } from "../api/collect-options.ts";

/** How events are to be printed. */
export interface TextFlags {
  readonly format: TextFormat;
  /** `-e`. */
  readonly linkLayer: boolean;
  /** `--time`, or `--utc`. */
  readonly time: TimeMode;
}

export function formatOption(): Option {
  return new Option("--format <format>", "Output format")
    .choices(["single-line", "multi-line", "compact", "json", "flat"])
    .default("multi-line");
}

export function linkLayerOption(): Option {
  return new Option("-e", "Print link-layer headers");
}

const timeModes: readonly TimeMode[] = ["boot", "local", "utc", "delta"];

export function timeOptions(): readonly Option[] {
  return [
    new Option(
      "--time <clock>",
      "Time of events: nanoseconds since boot, local or UTC time of day, or seconds since the event before (default: boot)",
    ).choices(timeModes),
    new Option("--utc", "Same as --time utc"),
  ];
}

/** The values of these options after parsing. */
export function readTextFlags(parser: Command): TextFlags {
  const { format, e, time, utc } = parser.opts<{ format: TextFormat; e?: true; time?: TimeMode; utc?: true }>();
  return { format, linkLayer: e === true, time: time ?? (utc === true ? "utc" : "boot") };
}
