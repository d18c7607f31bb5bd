/** Work that tools do in turn, and the lines of the table that compare them. */
import type { Figure } from "../figure.ts";
import type { Tool } from "./tools.ts";

/** One thing that is measured. */
export interface Column {
  readonly measure: string;
  readonly unit: string;
  /** Aim: retis divided by the peer. */
  readonly ratio?: number;
  /** What the original took when it was measured, as a part of the yardstick; for when no peer is at hand. */
  readonly original?: number;
}

/** A piece of work with one result for each column. */
export interface Work {
  readonly columns: readonly Column[];
  /** Undefined when the tool cannot do it. */
  run(tool: Tool): Promise<readonly number[] | undefined>;
}

/** Results by tool and round; tools that cannot do the work have none. */
type Results = ReadonlyMap<Tool, readonly (readonly number[])[]>;

/** Has the tools do the work in turn, so that whatever else the machine does meets all of them. */
export async function compare(work: Work, tools: readonly Tool[], rounds: number): Promise<Results> {
  console.error(`  ${work.columns.map(({ measure }) => measure).join("; ")} …`);
  const results = new Map<Tool, (readonly number[])[]>();
  for (let round = 0; round < rounds; round++)
    for (const tool of tools) {
      const values = await work.run(tool);
      if (values) results.set(tool, [...(results.get(tool) ?? []), values]);
    }
  return results;
}

/**
 * Lines of the table: the first tool's figures, then those of each peer with the ratios of the rounds.
 * @param yardstick samples to compare with where no peer took part; undefined for work that it says nothing about
 */
export function figuresOf(work: Work, results: Results, yardstick: readonly number[] | undefined): readonly Figure[] {
  const [[, own] = [undefined, []], ...peers] = results;
  return work.columns.flatMap((column, index) => {
    const { measure, unit, ratio, original } = column;
    const samples = own.map((values) => values[index] ?? Number.NaN);
    const against = (other: readonly number[]) => samples.map((value, round) => value / (other[round] ?? Number.NaN));
    const figures: Figure[] = [{ aim: "PEERS", measure, unit, samples }];
    for (const [peer, rounds] of peers) {
      const theirs = rounds.map((values) => values[index] ?? Number.NaN);
      figures.push({ aim: "PEERS", measure: `  ${peer.name}`, unit, samples: theirs });
      figures.push({ aim: "PEERS", measure: `  of ${peer.name}`, unit: "ratio", samples: against(theirs), ...wanted(ratio) });
    }
    if (peers.length === 0 && yardstick && original !== undefined)
      figures.push({ aim: "PEERS", measure: "  of the yardstick", unit: "ratio", samples: against(yardstick), ...wanted(ratio, original) });
    return figures;
  });
}

function wanted(ratio: number | undefined, of = 1): Pick<Figure, "atMost"> {
  return ratio === undefined ? {} : { atMost: ratio * of };
}
