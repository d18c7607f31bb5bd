import { readFileSync } from "node:fs";
import { join } from "node:path";
import { reasonOf } from "../base/errors.ts";

/** A tracepoint as tracefs lists it. */
export interface TraceEvent {
  readonly group: string;
  readonly event: string;
}

/** The lists of tracefs: what can be traced. Each is read at most once, when needed. */
export class TraceLists {
  #events: readonly TraceEvent[] | undefined | null = null;
  #functions: string | undefined | null = null;
  readonly #problems = new Map<string, string>();

  /** @param directories where tracefs may be mounted, best first */
  constructor(private readonly directories: readonly string[]) {}

  /** All tracepoints that are trace events; undefined when the list cannot be read. */
  events(): readonly TraceEvent[] | undefined {
    if (this.#events === null) this.#events = this.#read("available_events")?.split("\n").flatMap(traceEvent);
    return this.#events;
  }

  /**
   * Names of the functions that ftrace can trace and that fit the pattern (see {@link patternSource}), in the order of
   * the kernel, possibly repeated; undefined when the list cannot be read.
   */
  functions(pattern: string): readonly string[] | undefined {
    if (this.#functions === null) this.#functions = this.#read("available_filter_functions");
    // Lines are `name` or `name [module]`; one search over the text makes no string for names that do not fit.
    return (
      this.#functions?.match(new RegExp(`^${patternSource(pattern, "\\S")}(?=\\s|$)`, "gm")) ??
      (this.#functions === undefined ? undefined : [])
    );
  }

  /** Why lists could not be read, by file name. */
  problems(): ReadonlyMap<string, string> {
    return this.#problems;
  }

  #read(file: string): string | undefined {
    for (const directory of this.directories) {
      try {
        const text = readFileSync(join(directory, file), "latin1");
        this.#problems.delete(file);
        return text;
      } catch (error) {
        // The first directory is where tracefs belongs: its reason is the one that helps.
        if (!this.#problems.has(file)) this.#problems.set(file, reasonOf(error));
      }
    }
    return undefined;
  }
}

function traceEvent(line: string): readonly TraceEvent[] {
  const [group, event] = line.split(" ", 1)[0]!.split(":");
  return group !== undefined && event !== undefined ? [{ group, event }] : [];
}

/** Source of a regular expression for a pattern: `*` is any run of the characters, everything else matches itself. */
export function patternSource(pattern: string, characters = "."): string {
  return pattern.split("*").map(RegExp.escape).join(`${characters}*`);
}
