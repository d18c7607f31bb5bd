/** Options of every command that prints events. */
import { Option } from "commander";

export function formatOption(): Option {
  return new Option("--format <format>", "How events are printed").choices(["single-line", "multi-line", "json"]).default("multi-line");
}

export function linkLayerOption(): Option {
  return new Option("-e", "Print link-layer headers too");
}

export function utcOption(): Option {
  return new Option("--utc", "Print wall-clock time in UTC instead of nanoseconds since boot");
}
