/**
 * Starts a run although a third party's collector may be at fault: one that nobody requested is left out, and of one that was
 * requested the error says which it is. Starting is the trial, so that whatever can fail is tried: linker, verifier, BTF, probes.
 */
import { SignalReceived } from "../signals/abort-on-signal.ts";
import { collectorCannotRun, reasonOf, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
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
  const foreign = planned.filter(isForeign);
  if (foreign.length === 0) return { started: start(planned), planned };
  try {
    return { started: silentUnlessStarted(() => start(planned)), planned };
  } catch (error) {
    if (error instanceof SignalReceived) throw error;
    return startWithout(planned, start, error);
  }
}

function startWithout<Started extends { close(): void }>(
  planned: readonly PlannedCollector[],
  start: Start<Started>,
  error: unknown,
): Contained<Started> {
  const optional = planned.filter((one) => isForeign(one) && one.optional);
  let kept = planned.filter((one) => !optional.includes(one));
  if (optional.length === 0) throw blamed(planned, start, error);
  let failure = error;
  let started: Started | undefined = startRequired(kept, start);
  try {
    for (const one of optional) {
      if (optional.length > 1) {
        // Ring and maps of two runs at once may be more memory than there is.
        started?.close();
        started = undefined;
        const wider = planned.filter((other) => kept.includes(other) || other === one);
        try {
          started = silentUnlessStarted(() => start(wider));
          kept = wider;
          continue;
        } catch (thrown) {
          if (thrown instanceof SignalReceived) throw thrown;
          failure = thrown;
        }
      }
      reportLeftOut(one.loaded, failure);
    }
    started ??= start(kept);
    return { started, planned: kept };
  } catch (thrown) {
    started?.close();
    throw thrown;
  }
}

/** Starts what was requested. @throws what it throws, naming a third party's collector that is to blame */
function startRequired<Started extends { close(): void }>(kept: readonly PlannedCollector[], start: Start<Started>): Started {
  try {
    return start(kept);
  } catch (error) {
    if (error instanceof SignalReceived) throw error;
    throw blamed(kept, start, error);
  }
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
    silent(() => start(planned)).close();
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
function silentUnlessStarted<T>(attempt: () => T): T {
  if (log.shows("debug")) return attempt();
  const lines: string[] = [];
  const write = log.setLineWriter((line) => void lines.push(line));
  try {
    const started = attempt();
    for (const line of lines) write(line);
    return started;
  } finally {
    log.setLineWriter(write);
  }
}

function silent<T>(attempt: () => T): T {
  const write = log.setLineWriter(() => {});
  try {
    return attempt();
  } finally {
    log.setLineWriter(write);
  }
}
