/** Statistics of a file, as text for people and as JSON for programs. */
import { withoutControls } from "../../base/terminal.ts";
import { jsonText } from "../../file/json.ts";
import type { PartStatistics } from "../../stats/part-statistics.ts";
import type { Ranking } from "../../stats/tally.ts";
import type { TimeLineEntry, TimeLineStatistics } from "../../stats/time-line.ts";

/** One block of lines for each part of the file. */
export function statsText(parts: readonly PartStatistics[]): string {
  return parts
    .map((part) =>
      partLines(part)
        .map((line) => `${line}\n`)
        .join(""),
    )
    .join("");
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
    ...timeLines(part.over_time),
    ...rankingLines(`Lost: ${part.lost.total}`, part.lost.by_probe),
    ...(part.skipped === undefined ? [] : rankingLines(`Hits skipped: ${part.skipped.total}`, part.skipped.by_probe)),
  ];
}

function dropLines(drops: PartStatistics["drops"]): readonly string[] {
  if (drops.total === 0) return [];
  return [
    `Drops: ${drops.total}`,
    ...rankingLines("Drops by reason:", drops.by_reason),
    ...rankingLines("Drops by class:", drops.by_class),
    ...rankingLines("Drops by device:", drops.by_device),
    ...rankingLines("Drops by function:", drops.by_function),
    ...rankingLines("Drops by flow:", drops.by_flow),
  ];
}

/** Characters of the longest bar. */
const barWidth = 30;

/** A line for each interval, with a bar as long as its events are many: # for drops, - for the others. */
function timeLines(overTime: TimeLineStatistics | undefined): readonly string[] {
  if (overTime === undefined) return [];
  const { interval, intervals } = overTime;
  const most = intervals.reduce((largest, { events }) => Math.max(largest, events), 1);
  const columns = intervals.map(({ utc, events, drops }) => [shortTime(utc, interval), `${events} events`, `${drops} drops`] as const);
  const widths = [0, 1, 2].map((column) => columns.reduce((width, row) => Math.max(width, row[column as 0].length), 0));
  const lines = intervals.flatMap((entry, index) => {
    const cells = columns[index]!.map((cell, column) => cell.padStart(widths[column]!)).join("  ");
    const gap = index === 0 ? [] : gapLine(intervals[index - 1]!, entry, interval);
    return [...gap, `  ${cells}  ${bar(entry, most)}`.trimEnd()];
  });
  return [`Over time, by ${intervalText(interval)} (# drops, - other events):`, ...lines];
}

function bar({ events, drops }: TimeLineEntry, most: number): string {
  const whole = Math.round((events / most) * barWidth);
  const dropped = Math.round((drops / most) * barWidth);
  return "#".repeat(dropped) + "-".repeat(Math.max(whole - dropped, 0));
}

function gapLine(before: TimeLineEntry, after: TimeLineEntry, interval: number): readonly string[] {
  const between = (BigInt(after.timestamp) - BigInt(before.timestamp)) / BigInt(interval) - 1n;
  return between < 1n ? [] : [`  (${between} without events)`];
}

/** Without the digits that are the same in all lines. */
function shortTime(utc: string, interval: number): string {
  const digits = [1e9, 1e8, 1e7, 1e6, 1e5, 1e4, 1e3].findIndex((length) => interval % length === 0);
  const point = utc.indexOf(".");
  return point < 0 ? utc : utc.slice(0, digits === 0 ? point : point + 1 + digits);
}

/** As `--interval` takes it. */
function intervalText(interval: number): string {
  const units = [
    ["d", 86_400e9],
    ["h", 3600e9],
    ["m", 60e9],
    ["s", 1e9],
    ["ms", 1e6],
    ["us", 1e3],
  ] as const;
  const [name, length] = units.find(([, nanoseconds]) => interval % nanoseconds === 0) ?? ["ns", 1];
  return `${interval / length}${name}`;
}

function rankingLines(title: string, { top, others }: Ranking): readonly string[] {
  if (top.length === 0) return [];
  const lines = top.map(({ name, count }) => `  ${withoutControls(name)}: ${count}`);
  return [title, ...lines, ...(others === undefined ? [] : [`  (${others.names} more): ${others.count}`])];
}
