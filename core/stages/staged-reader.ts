import type { EventReader } from "../file/reader.ts";
import type { EventVisitor } from "../file/file-reader.ts";
import type { ReaderStages } from "./reader-stages.ts";

/** What statistics read of a file. */
export type VisitedEvents = Pick<EventReader, "kind" | "header" | "readSeriesBatch" | "visit">;

/** The events of a file after the stages of collectors; the reader itself where there are none. */
export function stagedReader(reader: EventReader, stages: ReaderStages): VisitedEvents {
  if (!stages.any) return reader;
  return {
    kind: reader.kind,
    header: reader.header,
    readSeriesBatch: () => {
      const batch = reader.readSeriesBatch();
      return batch?.map((series) => stages.applyAll(series)).filter((series) => series.length > 0);
    },
    visit: (visitor) => reader.visit(stagedVisitor(visitor, stages)),
  };
}

/** What an event resembles does not say what a stage makes of it. */
function stagedVisitor({ event: visit }: EventVisitor, stages: ReaderStages): EventVisitor {
  const event: EventVisitor["event"] = (one) => {
    const shown = stages.apply(one);
    if (shown !== undefined) visit(shown);
  };
  return { event, matched: (one) => event(one.toEvent()) };
}
