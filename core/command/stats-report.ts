/** Statistics of a file, as text for people and as JSON for programs. */
import { withoutControls } from "../base/terminal.ts";
import { jsonText } from "../file/json.ts";
import type { PartStatistics } from "../stage/part-statistics.ts";
import type { Ranking } from "../stage/tally.ts";

/** One block of lines for each part of the file. */
export function statsText(parts: readonly PartStatistics[]): string {
  return parts.map((part) => partLines(part).map((line) => `${line}\n`).join("")).join("");
}

/** One line: `parts`, each as {@link PartStatistics} says. */
export function statsJson(parts: readonly PartStatistics[]): string {
  return `${jsonText({ parts })}\n`;
}

function partLines(part: PartStatistics): readonly string[] {
  const { split_index: index, series, first_event: first, last_event: last, events_per_second: rate } = part;
  const origin = [`Retis version: ${withoutControls(part.retis_version)}`, `Retis cmdline: ${withoutControls(part.cmdline)}`];
  return [
    ...(index === undefined || index === 0 ? origin : []),
    ...(index === undefined ? [] : ["", `Split index: ${index}`]),
    ...(series === undefined ? [] : [`Number of series: ${series}`]),
    `Number of events: ${part.events}`,
    ...(first === undefined ? [] : [`First event at: ${first.utc}`]),
    ...(last === undefined ? [] : [`Last event at: ${last.utc}`]),
    ...rankingLines("Probes:", part.probes),
    ...(rate === undefined ? [] : [`Events per second: ${rate}`]),
    ...(part.events_without_probe === 0 ? [] : [`Events without a probe: ${part.events_without_probe}`]),
    ...dropLines(part.drops),
    ...rankingLines(`Lost: ${part.lost.total}`, part.lost.by_probe),
  ];
}

function dropLines(drops: PartStatistics["drops"]): readonly string[] {
  if (drops.total === 0) return [];
  return [
    `Drops: ${drops.total}`,
    ...rankingLines("Drops by reason:", drops.by_reason),
    ...rankingLines("Drops by device:", drops.by_device),
    ...rankingLines("Drops by function:", drops.by_function),
    ...rankingLines("Drops by flow:", drops.by_flow),
  ];
}

function rankingLines(title: string, { top, others }: Ranking): readonly string[] {
  if (top.length === 0) return [];
  const lines = top.map(({ name, count }) => `  ${withoutControls(name)}: ${count}`);
  return [title, ...lines, ...(others === undefined ? [] : [`  (${others.names} more): ${others.count}`])];
}
