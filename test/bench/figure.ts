/** What a benchmark finds out, and the table that shows it. */

/** One line of the table. */
export interface Figure {
  /** Number of the aim in the design, `P1` to `P8`. */
  readonly aim: string;
  readonly measure: string;
  readonly unit: string;
  /** At least one. */
  readonly samples: readonly number[];
  /** The median must not be above; absent together with `atLeast` for a figure that only explains another. */
  readonly atMost?: number;
  /** The median must not be below. */
  readonly atLeast?: number;
}

/** A benchmark: one file, several lines of the table. */
export interface Benchmark {
  readonly name: string;
  /** @throws Error saying why it cannot run here */
  readonly run: () => Promise<readonly Figure[]>;
}

/** Middle value; of an even number of samples the upper of both. */
export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

const header = ["aim", "measure", "unit", "wanted", "median", "min – max", "met"] as const;

/** The table as text, columns aligned. */
export function formatTable(figures: readonly Figure[]): string {
  const rows = [header, ...figures.map(rowOf)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isNumber = (column: number) => column >= 3 && column <= 5;
  const lineOf = (row: readonly string[]) =>
    row
      .map((cell, column) => (isNumber(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return rows.map(lineOf).join("\n");
}

function rowOf({ aim, measure, unit, samples, atMost, atLeast }: Figure): readonly string[] {
  const wanted = [...(atLeast === undefined ? [] : [`≥ ${show(atLeast)}`]), ...(atMost === undefined ? [] : [`≤ ${show(atMost)}`])];
  const range = samples.length > 1 ? `${show(Math.min(...samples))} – ${show(Math.max(...samples))}` : "";
  const value = median(samples);
  const met = value <= (atMost ?? Number.POSITIVE_INFINITY) && value >= (atLeast ?? Number.NEGATIVE_INFINITY);
  return [aim, measure, unit, wanted.join(", "), show(value), range, wanted.length === 0 ? "" : met ? "yes" : "NO"];
}

/** Three digits are enough below a thousand; above, all digits of the whole part. */
function show(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en");
  return value.toPrecision(3);
}
