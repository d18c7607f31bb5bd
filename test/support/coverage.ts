/** Reads an lcov report (`man geninfo`, section FILES) and sums it up by directory. */
import { dirname } from "node:path";

/** How many of what there is were reached. */
interface Share {
  readonly hit: number;
  readonly found: number;
}

export interface Coverage {
  readonly functions: Share;
  readonly lines: Share;
}

const none: Coverage = { functions: { hit: 0, found: 0 }, lines: { hit: 0, found: 0 } };

/** Coverage of the files that `isCounted` takes, by the directory that holds them, in the order of their names. */
export function coverageByDirectory(lcov: string, isCounted: (file: string) => boolean): ReadonlyMap<string, Coverage> {
  const sums = new Map<string, Coverage>();
  for (const record of lcov.split("end_of_record\n")) {
    const file = /^SF:(.*)$/m.exec(record)?.[1];
    if (file === undefined || !isCounted(file)) continue;
    const directory = dirname(file);
    sums.set(directory, add(sums.get(directory) ?? none, coverageOf(record)));
  }
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A table with one line for each directory, and the sum of all as the last. */
export function coverageTable(coverage: ReadonlyMap<string, Coverage>): string {
  const all = [...coverage.values()].reduce(add, none);
  const rows = [...coverage, ["all", all] as const];
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = (name: string, functions: string, lines: string) => `${name.padEnd(width)}  ${functions.padStart(9)}  ${lines.padStart(7)}`;
  return [
    line("directory", "functions", "lines"),
    ...rows.map(([name, { functions, lines }]) => line(name, percent(functions), percent(lines))),
  ].join("\n");
}

function coverageOf(record: string): Coverage {
  const count = (key: string) => Number(new RegExp(`^${key}:(\\d+)$`, "m").exec(record)?.[1] ?? 0);
  return { functions: { hit: count("FNH"), found: count("FNF") }, lines: { hit: count("LH"), found: count("LF") } };
}

function add(a: Coverage, b: Coverage): Coverage {
  return { functions: addShares(a.functions, b.functions), lines: addShares(a.lines, b.lines) };
}

function addShares(a: Share, b: Share): Share {
  return { hit: a.hit + b.hit, found: a.found + b.found };
}

function percent({ hit, found }: Share): string {
  return found === 0 ? "-" : `${((100 * hit) / found).toFixed(1)} %`;
}
