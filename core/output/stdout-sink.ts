import type { TextFormat, TimeMode } from "../api/collect-options.ts";
import type { Section } from "../api/section.ts";
import type { SeriesSink } from "../api/sink.ts";
import { paintFor } from "../base/colour.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import { isUtf8Locale, streamOf } from "../base/terminal.ts";
import { stdoutColumns } from "../base/wrap-lines.ts";
import type { ClockOffsets } from "../file/clock-offsets.ts";
import { type CompactOptions, CompactSink } from "./compact-sink.ts";
import { EventClock } from "./event-clock.ts";
import type { DropClassifier } from "./drop-classes.ts";
import { FlatSink } from "./flat-sink.ts";
import { JsonSink } from "./json-sink.ts";
import { EventLayout } from "./layout.ts";
import type { StatusLine } from "./status-line.ts";
import { TextOutput } from "./text-output.ts";
import { TextSink } from "./text-sink.ts";

export interface StdoutOptions {
  readonly format: TextFormat;
  readonly linkLayer: boolean;
  readonly time: TimeMode;
  /** Realtime minus monotonic; without it, times of day begin after the first startup event. */
  readonly offsets?: ClockOffsets;
  /** A status line on the same terminal; erased before each write. */
  readonly statusLine?: StatusLine | undefined;
  /** For `flat` and `compact`: the host that recorded, and what is known about reasons. */
  readonly flat?: { readonly host: string | undefined; readonly classOf: DropClassifier } | undefined;
  /** For `compact`. */
  readonly compact?: Pick<CompactOptions, "fold" | "maxRate"> | undefined;
  /** Descriptor in place of stdout, e.g. that of a pager; stdout itself still decides about colour. */
  readonly fd?: number | undefined;
  /** Never wait in a write for a reader that takes nothing; see `Sink.congested`. */
  readonly patient?: boolean;
}

/** The sink for standard output that the display options choose. */
export function createStdoutSink(sections: readonly Section[], options: StdoutOptions): SeriesSink {
  const { format, linkLayer, time, offsets, statusLine, patient = false } = options;
  const stdout = streamOf(stdoutDescriptor());
  const output = new TextOutput(options.fd ?? stdoutDescriptor(), {
    patient,
    ...(stdout.isTTY && statusLine ? { beforeWrite: () => statusLine.erase() } : {}),
  });
  if (format === "json") return new JsonSink(output, { onTerminal: stdout.isTTY === true });
  const clock = new EventClock({ mode: time, offsets });
  const { host, classOf } = options.flat ?? { host: undefined, classOf: () => "unknown" };
  if (format === "compact") {
    const columns = () => stdoutColumns(stdout.isTTY === true);
    const { fold, maxRate } = options.compact ?? { fold: false, maxRate: Number.POSITIVE_INFINITY };
    const onFold = (count: number) => {
      if (statusLine !== undefined) statusLine.folded = count;
    };
    return new CompactSink(output, {
      clock,
      classOf,
      paint: paintFor(stdout),
      columns,
      fold,
      onFold,
      titled: stdout.isTTY === true,
      maxRate,
      now: () => performance.now(),
    });
  }
  if (format === "flat") {
    return new FlatSink(output, { clock, host, classOf, onTerminal: stdout.isTTY === true });
  }
  const layout = new EventLayout(sections, { format, linkLayer, clock, paint: paintFor(stdout), unicode: isUtf8Locale() });
  return new TextSink(layout, output, stdout.isTTY === true && format === "multi-line" ? () => stdoutColumns(true) : undefined);
}
