import type { SinkDeclaration } from "../api/event-sink.ts";
import { flatFile } from "./flat-file.ts";

/** Sinks that need no collector, by name. */
export const builtInSinks: Readonly<Record<string, SinkDeclaration>> = { flat: flatFile };
