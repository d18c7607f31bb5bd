/**
 * LIVE: user-space time from a record in the ring to a row or a line of JSON, for each event on its own: median and 95th percentile,
 * with and without names of pods and containers, and classes of drops.
 */
import collector from "../../collectors/skb-drop/collector.ts";
import type { Sink } from "../../core/api/sink.ts";
import { CompactSink } from "../../core/output/compact-sink.ts";
import { type DropClassifier, dropClassifier } from "../../core/output/drop-classes.ts";
import { EventClock } from "../../core/output/event-clock.ts";
import { FlatSink } from "../../core/output/flat-sink.ts";
import { JsonSink } from "../../core/output/json-sink.ts";
import type { TextOutput } from "../../core/output/text-output.ts";
import { ClockOffsets } from "../../core/file/clock-offsets.ts";
import { offlineHeader } from "./offline-events.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { fillRing, noNames, sampleNames, type SampleRing } from "./sample-records.ts";

const ringSize = 4 << 20;
const rounds = 15;

const paint = (text: string) => text;
const withoutClasses: DropClassifier = () => "unknown";

/** Takes text, and forgets it. */
function nowhere(): TextOutput {
  let characters = 0;
  return { add: (text: string) => void (characters += text.length), flush: () => "ok", congested: false } as unknown as TextOutput;
}

type MakeSink = (classOf: DropClassifier) => Pick<Sink, "write">;

function sinks(): readonly (readonly [string, MakeSink])[] {
  const offsets = new ClockOffsets();
  offsets.observe({ startup: { ...offlineHeader.startup } });
  const clock = new EventClock({ mode: "boot", offsets });
  const compact = {
    clock,
    paint: { alarm: paint, symbol: paint, dim: paint, address: paint, device: paint },
    columns: () => 160,
    fold: true,
    maxRate: Infinity,
  };
  return [
    ["compact", (classOf) => new CompactSink(nowhere(), { ...compact, classOf, now: () => performance.now() })],
    ["flat", (classOf) => new FlatSink(nowhere(), { clock, host: "web1", onTerminal: false, classOf })],
    ["json", () => new JsonSink(nowhere())],
  ];
}

/** Value below which so many of a hundred samples are. */
function percentile(sorted: Float64Array, percent: number): number {
  return sorted[Math.floor((sorted.length * percent) / 100)] ?? Number.NaN;
}

/** Median and 95th percentile of the events of each round; one round before them is not counted. */
function measure({ codec, buffer, starts, length }: SampleRing, sink: Pick<Sink, "write">) {
  const times = new Float64Array(starts.length);
  const medians: number[] = [];
  const tails: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const [index, at] of starts.entries()) {
      const begin = Bun.nanoseconds();
      sink.write(codec.decode(buffer, at, length) ?? {});
      times[index] = Bun.nanoseconds() - begin;
    }
    if (round === 0) continue;
    const sorted = times.toSorted();
    medians.push(percentile(sorted, 50));
    tails.push(percentile(sorted, 95));
  }
  return { medians, tails };
}

async function run(): Promise<readonly Figure[]> {
  const classOf = await dropClassifier([collector]);
  const named = fillRing(ringSize, sampleNames());
  const bare = fillRing(ringSize, noNames);
  const cases = [
    ["without names or classes", bare, withoutClasses],
    ["with names", named, withoutClasses],
    ["with names and classes", named, classOf],
  ] as const;
  const figures: Figure[] = [];
  for (const [format, make] of sinks()) {
    for (const [label, ring, classes] of cases) {
      if (format === "json" && classes === classOf) continue;
      const { medians, tails } = measure(ring, make(classes));
      const measureOf = (what: string) => ({ aim: "LIVE", measure: `one event to ${format}, ${label}${what}`, unit: "ns" });
      figures.push({ ...measureOf(""), samples: medians }, { ...measureOf(": 95 of 100 below"), samples: tails });
    }
  }
  return figures;
}

export const liveBenchmark: Benchmark = { name: "live", run };
