import type { EventHeader, SinkSource } from "../api/event-sink.ts";
import type { FileHeader } from "../file/header.ts";

/** What `begin` of a sink gets: facts about the recording, and the files that are read. */
export function sinkSource({ startup, host, schema }: FileHeader, inputs: readonly string[]): SinkSource {
  const header: EventHeader = {
    startup: startup as unknown as EventHeader["startup"],
    ...(host !== undefined && { host }),
    ...(schema !== undefined && { schema }),
  };
  return { ...header, inputs };
}
