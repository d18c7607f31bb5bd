/** One event on one row, for a terminal. */
import { functionOfLocation } from "../base/function-name.ts";
import { withoutControls } from "../base/terminal.ts";
import { chooseName } from "../api/workload.ts";
import { endpoint } from "./drop-summary.ts";
import type { FlatRecord } from "./flat-fields.ts";

/** How parts of a row are painted. */
export interface CompactPaint {
  readonly alarm: (text: string) => string;
  readonly symbol: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly address: (text: string) => string;
  readonly device: (text: string) => string;
}

const gap = "  ";

interface Cell {
  readonly text: string;
  /** Columns that it takes at least. */
  readonly width: number;
  readonly paint: (text: string) => string;
}

/** Columns that parts of a row take at least. */
const widths = { time: 12, reason: 19, place: 18, flow: 44, device: 10 } as const;

/** What is in the columns of a record's row. */
export function compactTitle(record: FlatRecord, width: number, paint: CompactPaint): string {
  const isDrop = record["reason"] !== undefined;
  const titles = [
    { text: "time", width: widths.time },
    { text: isDrop ? "reason" : "probe", width: widths.reason },
    ...(record["location"] === undefined ? [] : [{ text: isDrop ? "dropped by" : "at", width: widths.place }]),
    { text: "packet", width: widths.flow },
    { text: "device@where", width: widths.device },
    { text: "task", width: 0 },
  ];
  return joinCells(
    titles.map((title) => ({ ...title, paint: paint.dim })),
    width,
  );
}

/**
 * Time, reason (or probe), place, flow, device and namespace, task; cut to a width.
 * @param time of day, or whatever the clock can say
 * @param width in columns; infinite where nothing is to be cut
 */
export function compactRow(record: FlatRecord, time: string, width: number, paint: CompactPaint): string {
  const cells: readonly Cell[] = [
    { text: time, width: widths.time, paint: paint.dim },
    { text: String(record["reason"] ?? record["probe"] ?? ""), width: widths.reason, paint: reasonPaint(record, paint) },
    {
      text: record["location"] === undefined ? "" : functionOfLocation(String(record["location"])),
      width: record["location"] === undefined ? 0 : widths.place,
      paint: paint.dim,
    },
    { text: flowText(record), width: widths.flow, paint: paint.address },
    { text: deviceText(record), width: widths.device, paint: paint.device },
    { text: taskText(record), width: 0, paint: paint.dim },
  ];
  return joinCells(
    cells.filter(({ text, width: least }) => text !== "" || least > 0),
    width,
  );
}

function reasonPaint(record: FlatRecord, paint: CompactPaint): (text: string) => string {
  if (record["reason"] === undefined) return paint.symbol;
  return record["class"] === "normal" ? paint.dim : paint.alarm;
}

function joinCells(cells: readonly Cell[], width: number): string {
  let row = "";
  let left = width;
  for (const [index, { text, width: least, paint }] of cells.entries()) {
    const isLast = index === cells.length - 1;
    const whole = withoutControls(text);
    const padded = isLast ? whole : whole.padEnd(least) + gap;
    if (padded.length > left) return (row + paint(cut(padded, left))).trimEnd();
    row += paint(padded);
    left -= padded.length;
  }
  return row.trimEnd();
}

function cut(text: string, width: number): string {
  return width <= 0 ? "" : text.trimEnd().length <= width ? text.slice(0, width) : `${text.slice(0, width - 1)}…`;
}

/** `10.0.0.1:40000 > 10.0.0.2:80 tcp S`. */
function flowText(record: FlatRecord): string {
  const { src, dst, sport, dport, proto, tcp_flags: flags, inner_src: inner } = record;
  if (src === undefined) return record["len"] === undefined ? "" : `${record["len"]} bytes`;
  const outer = `${endpoint(src, sport)} > ${endpoint(dst, dport)} ${proto ?? ""}`;
  if (inner === undefined) return flags === undefined ? outer.trimEnd() : `${outer} ${flags}`;
  return `${outer} (${endpoint(inner, record["inner_sport"])} > ${endpoint(record["inner_dst"], record["inner_dport"])} ${record["inner_proto"] ?? ""})`;
}

/** `eth0@blue`: the device, and its namespace, pod, container, unit or process where that has a name. */
function deviceText({ dev, container, pod, unit, netns_name: name, netns_process: process }: FlatRecord): string {
  const where = chooseName({ name, pod, container, unit, process })?.text;
  if (dev === undefined) return where === undefined ? "" : `@${where}`;
  return where === undefined ? String(dev) : `${dev}@${where}`;
}

function taskText({ comm, pid }: FlatRecord): string {
  return comm === undefined || pid === 0 ? "" : `${comm}/${pid}`;
}
