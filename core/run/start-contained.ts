/**
 * Starts a run although a third party's collector may be at fault: one that nobody requested is left out, and of one that was
 * requested the error says which it is. Starting is the trial, so that whatever can fail is tried: linker, verifier, BTF, probes.
 */
import { SignalReceived } from "../signals/abort-on-signal.ts";
import { collectorCannotRun, reasonOf, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { parseProbe } from "../probe/probe-spec.ts";
import { collectorFile, type PlannedCollector, reportLeftOut } from "./collector-plans.ts";

/** A run that started, and the collectors that are in it. */
export interface Contained<Started> {
  readonly started: Started;
  readonly planned: readonly PlannedCollector[];
}

type Start<Started> = (planned: readonly PlannedCollector[]) => Started;

/** @throws what `start` throws, of a collector that was requested with its name and file */
export function startContained<Started extends { close(): void }>(
  planned: readonly PlannedCollector[],
  start: Start<Started>,
): Contained<Started> {
  if (!planned.some(isForeign)) return { started: start(planned), planned };
  const optional = planned.filter((one) => isForeign(one) && one.optional);
  const trials = new Trials(planned, start);
  const required = planned.filter((one) => !optional.includes(one));
  try {
    const usable = trials.add(required, optional, optional.length === 0);
    return { started: trials.take(usable), planned: usable };
  } catch (error) {
    trials.close();
    if (error instanceof SignalReceived) throw error;
    throw blamed(required, start, error);
  }
}

/** Starts sets of collectors, at most one at a time: ring and maps of two runs at once may be more memory than there is. */
class Trials<Started extends { close(): void }> {
  #current: { readonly started: Started; readonly set: readonly PlannedCollector[]; readonly lines: readonly string[] } | undefined;

  constructor(
    private readonly all: readonly PlannedCollector[],
    private readonly start: Start<Started>,
  ) {}

  /**
   * Adds what can be added to a set, by halves: few are at fault. Those that cannot are reported.
   * @param known the set that it is added to is known to start
   * @returns the set, in processing order. @throws what starting the first set throws
   */
  add(set: readonly PlannedCollector[], candidates: readonly PlannedCollector[], mustStart: boolean): readonly PlannedCollector[] {
    const wider = this.all.filter((one) => set.includes(one) || candidates.includes(one));
    try {
      this.#try(wider);
      return wider;
    } catch (error) {
      if (error instanceof SignalReceived || mustStart) throw error;
      const named = namedBy(error, candidates);
      if (named !== undefined) {
        reportLeftOut(named.loaded, error);
        return this.add(
          set,
          candidates.filter((one) => one !== named),
          false,
        );
      }
      return this.#addHalves(set, candidates, error);
    }
  }

  #addHalves(set: readonly PlannedCollector[], candidates: readonly PlannedCollector[], error: unknown): readonly PlannedCollector[] {
    const [only] = candidates;
    // Whether what was requested starts decides before anybody else is blamed.
    if (only === undefined) throw error;
    if (candidates.length === 1) {
      if (!isSame(this.#known, set)) this.add(set, [], true);
      this.#known = set;
      reportLeftOut(only.loaded, error);
      return set;
    }
    const middle = candidates.length >> 1;
    const first = this.add(set, candidates.slice(0, middle), false);
    return this.add(first, candidates.slice(middle), false);
  }

  /** A set that is known to start. */
  #known: readonly PlannedCollector[] = [];

  /** The run of a set, which is the caller's from now on. @throws what `start` throws */
  take(set: readonly PlannedCollector[]): Started {
    if (!isSame(this.#current?.set, set)) this.#try(set);
    const { started, lines } = this.#current!;
    this.#current = undefined;
    for (const line of lines) log.writeLine(line);
    return started;
  }

  close(): void {
    this.#current?.started.close();
    this.#current = undefined;
  }

  #try(set: readonly PlannedCollector[]): void {
    if (isSame(this.#current?.set, set)) return;
    this.close();
    const { result: started, lines } = withoutLines(() => this.start(set));
    this.#current = { started, set, lines };
    this.#known = set;
  }
}

function isSame(one: readonly PlannedCollector[] | undefined, other: readonly PlannedCollector[]): boolean {
  return one !== undefined && one.length === other.length && one.every((each, index) => each === other[index]);
}

/** The collector that an error is about, where the error says so: nothing needs to be tried then. */
function namedBy(error: unknown, candidates: readonly PlannedCollector[]): PlannedCollector | undefined {
  const text = reasonOf(error);
  if (error instanceof TraceError && error.code === "NO_PROBE_TARGET") return candidates.find((one) => probesTarget(one, text));
  if (!isOfHooks(error)) return undefined;
  return candidates.find(
    ({ loaded: { collector, directory } }) =>
      text.includes(`${directory}/`) || text.includes(`collector "${collector.name}"`) || text.includes(` ${cPrefix(collector.name)}`),
  );
}

/** Whether a collector alone can be meant, as it has the only plan with that probe, is found out by leaving it out. */
function probesTarget({ plan }: PlannedCollector, text: string): boolean {
  const probes = (plan.probes ?? []).map((probe) => parseProbe(typeof probe === "string" ? probe : probe.probe));
  return probes.some(({ target, optional }) => !optional && text.includes(target));
}

/** Of a collector's names in C. */
function cPrefix(name: string): string {
  return `${name.replaceAll("-", "_")}__`;
}

/** The error, with the name of the collector without which it does not come. */
function blamed<Started extends { close(): void }>(planned: readonly PlannedCollector[], start: Start<Started>, error: unknown): unknown {
  const culprit = planned.filter(isForeign).find((one) => {
    const others = planned.filter((other) => other !== one);
    return isOfHooks(error) && (!others.some(isForeign) || !failsLike(others, start, error));
  });
  if (culprit === undefined) return error;
  const hint = error instanceof TraceError ? error.options.hint : undefined;
  const { collector } = culprit.loaded;
  return collectorCannotRun(collector.name, reasonOf(error), { hint, file: collectorFile(culprit.loaded), cause: causeOf(error) });
}

/** Errors that the plan and the objects of a collector cause; those of the user's own options are reported as they are. */
const codesOfHooks = ["BPF_LINK", "BPF_OPEN", "BPF_LOAD", "BPF_VARIABLE", "HOOK", "HOOK_VERSION", "SECTION_MISMATCH"];

function isOfHooks(error: unknown): boolean {
  return !(error instanceof TraceError) || codesOfHooks.includes(error.code);
}

function failsLike<Started extends { close(): void }>(
  planned: readonly PlannedCollector[],
  start: Start<Started>,
  error: unknown,
): boolean {
  try {
    withoutLines(() => start(planned)).result.close();
    return false;
  } catch (other) {
    if (other instanceof SignalReceived) throw other;
    return reasonOf(other) === reasonOf(error);
  }
}

function isForeign({ loaded }: PlannedCollector): boolean {
  return loaded.directory !== undefined;
}

function causeOf(error: unknown): unknown {
  return error instanceof TraceError ? error.cause : error;
}

/** Messages of an attempt that failed would come twice; at level debug they are what is looked for. */
function withoutLines<T>(attempt: () => T): { readonly result: T; readonly lines: readonly string[] } {
  if (log.shows("debug")) return { result: attempt(), lines: [] };
  const lines: string[] = [];
  const write = log.setLineWriter((line) => void lines.push(line));
  try {
    return { result: attempt(), lines };
  } finally {
    log.setLineWriter(write);
  }
}
