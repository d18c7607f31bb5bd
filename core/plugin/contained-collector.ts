/** A third party's collector whose every function is contained: see foreign-code.ts. */
import type { Collector, Plan } from "../api/collector.ts";
import type { EventSink, SinkDeclaration } from "../api/event-sink.ts";
import type { ReaderStages } from "../api/reader-stage.ts";
import type { Run } from "../api/run.ts";
import type { Completion, Section } from "../api/section.ts";
import { completeCheck } from "../api/section-check.ts";
import { assertPieces } from "../api/text-pieces.ts";
import { callForeign, callStrictly, containing, type Owner } from "./foreign-code.ts";

export function containedCollector(collector: Collector, directory: string): Collector {
  const owner = { name: collector.name, directory };
  const { check, start, stop, dropKnowledge, readerStages, sink } = collector;
  return {
    ...collector,
    sections: collector.sections.map((section) => containedSection(owner, section)),
    setup: (host, options) =>
      containedPlan(
        owner,
        callStrictly(owner, () => collector.setup(host, options)),
      ),
    ...(check && { check: (host, options) => callStrictly(owner, () => check.call(collector, host, options)) }),
    ...(start && { start: (run) => callStrictly(owner, () => start.call(collector, withContainedWork(owner, run))) }),
    ...(stop && { stop: (run) => callStrictly(owner, () => stop.call(collector, run)) }),
    ...(sink && { sink: containedSink(owner, sink) }),
    ...(dropKnowledge && { dropKnowledge: () => callForeign(owner, () => dropKnowledge.call(collector)) }),
    ...(readerStages && {
      readerStages: async (context) => containedStages(owner, await callStrictly(owner, () => readerStages.call(collector, context))),
    }),
  };
}

/** The same object, as collectors may keep state by it; what it is given to call is contained. */
function withContainedWork(owner: Owner, run: Run): Run {
  const { observe, stage, every, after, background } = run;
  const contained =
    <P extends readonly unknown[], R>(act: (...parameters: P) => R) =>
    (...parameters: P) =>
      callForeign(owner, () => act(...parameters));
  const methods: Pick<Run, "observe" | "stage" | "every" | "after" | "background"> = {
    observe: (key, observer) => observe(key, contained(observer)),
    stage: (key, decide, options) => stage(key, contained(decide), options),
    every: (milliseconds, work) => every(milliseconds, contained(work)),
    after: (milliseconds, work) => after(milliseconds, contained(work)),
    background: (work) => background(contained(work)),
  };
  return Object.assign(run, methods);
}

function containedSection(owner: Owner, section: Section): Section {
  const { key, format, decode, correlate, completedBy } = section;
  return {
    ...section,
    ...(format && { format: containedFormat(owner, key, format.bind(section)) }),
    ...(decode && { decode: containing(owner, `decode of section ${key}`, decode.bind(section), decodedAssertion(section)) }),
    ...(correlate && { correlate: containing(owner, `correlate of section ${key}`, correlate.bind(section), any) }),
    ...(completedBy && { completedBy: containedCompletion(owner, key, completedBy) }),
  };
}

/** Takes as many parameters as the formatter: a third one says that its text depends on the rest of the event. */
function containedFormat(owner: Owner, key: string, format: NonNullable<Section["format"]>): NonNullable<Section["format"]> {
  const contained = containing(owner, `format of section ${key}`, format, assertPieces);
  return Object.defineProperty(contained, "length", { value: format.length });
}

function containedCompletion(owner: Owner, section: string, { key, complete, ...rest }: Completion): Completion {
  return {
    ...rest,
    key: containing(owner, `completedBy.key of section ${section}`, key, any),
    complete: containing(owner, `completedBy.complete of section ${section}`, complete, any),
  };
}

function containedSink(owner: Owner, declaration: SinkDeclaration): SinkDeclaration {
  return {
    ...declaration,
    async begin(source, options) {
      const sink: unknown = await callStrictly(owner, () => declaration.begin(source, options));
      return typeof sink === "object" && sink !== null ? containedMethods(owner, sink as EventSink) : (sink as EventSink);
    },
  };
}

/** Methods may be those of a class. What is not a function stays as it is: it is checked where it is used. */
function containedMethods(owner: Owner, sink: EventSink): EventSink {
  const { write, writeSeries, flush, end } = sink;
  return {
    write: typeof write === "function" ? (event) => callForeign(owner, () => write.call(sink, event)) : write,
    ...(writeSeries && { writeSeries: (events) => callForeign(owner, () => writeSeries.call(sink, events)) }),
    ...(flush && { flush: () => callForeign(owner, () => flush.call(sink)) }),
    ...(end && { end: (summary) => callForeign(owner, () => end.call(sink, summary)) }),
  };
}

function containedStages(owner: Owner, stages: ReaderStages): ReaderStages {
  if (!isRecord(stages)) return stages;
  return Object.fromEntries(
    Object.entries(stages).map(([key, decide]) =>
      typeof decide === "function" ? [key, (data, event) => callForeign(owner, () => decide(data, event))] : [key, decide],
    ),
  );
}

function any(): void {}

/** Of what a decoder returns: undefined is allowed, everything else has to be as the schema says. */
function decodedAssertion(section: Section): (result: unknown) => void {
  let fits: ReturnType<typeof completeCheck> | undefined;
  return (result) => {
    if (result instanceof Promise) throw new TypeError("it returned a promise");
    fits ??= completeCheck(section);
    if (result !== undefined && !fits(result)) throw new TypeError("it returned what the schema of the section does not allow");
  };
}

type Functions = Readonly<Record<string, (...parameters: never[]) => unknown>>;

/** What is not a plan stays as it is: it is checked where it is used. */
function containedPlan(owner: Owner, plan: Plan): Plan {
  if (typeof plan !== "object" || plan === null || plan instanceof Promise) return plan;
  const { lookups, keyLookups } = plan;
  return {
    ...plan,
    ...(isRecord(lookups) && { lookups: containedLookups(owner, "plan.lookups", lookups) as NonNullable<Plan["lookups"]> }),
    ...(isRecord(keyLookups) && { keyLookups: containedLookups(owner, "plan.keyLookups", keyLookups) as NonNullable<Plan["keyLookups"]> }),
  };
}

function containedLookups(owner: Owner, key: string, lookups: Functions): Functions {
  return Object.fromEntries(
    Object.entries(lookups).map(([name, lookup]) =>
      typeof lookup === "function"
        ? // `volatile` is a property of the function.
          [name, Object.assign(containing(owner, `${key}.${name}`, lookup, assertAnswer), lookup)]
        : [name, lookup],
    ),
  );
}

function assertAnswer(answer: unknown): void {
  if (answer === undefined || typeof answer === "string") return;
  if (Array.isArray(answer) && answer.every((text) => typeof text === "string")) return;
  throw new TypeError(`it returned ${answer instanceof Promise ? "a promise" : answer === null ? "null" : typeof answer} instead of text`);
}

function isRecord(value: unknown): value is Functions {
  return typeof value === "object" && value !== null;
}
