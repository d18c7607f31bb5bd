/** From the collectors to try to the plans of those that run here. */
import { join } from "node:path";
import type { CheckResult, Plan } from "../api/collector.ts";
import type { Host } from "../api/host.ts";
import type { StructLayout } from "../api/layout.ts";
import { collectorCannotRun, describeError, optionOfUnavailable, reasonOf, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { LoadedCollector, SetupFacts } from "../api/loaded-collector.ts";
import { planFault } from "./check-plan.ts";

/** A collector that runs, with what it requested. */
export interface PlannedCollector {
  readonly loaded: LoadedCollector;
  /** The host that `setup` got: this collector's own, so that `start` and `stop` can get the same object as their run. */
  readonly host: Host;
  readonly plan: Plan;
  /** Values of its options. */
  readonly options: Readonly<Record<string, unknown>>;
  /** It only accompanies others, see `Collector.companions`. */
  readonly companion: boolean;
  /** The run goes on without it where it cannot run: it was requested neither by name nor by an option. */
  readonly optional: boolean;
  /** What was made for this run, and is in no file: objects of hooks by their names, layouts of sections by wire name. */
  readonly generated?: { readonly objects: ReadonlyMap<string, Uint8Array>; readonly layouts: ReadonlyMap<string, StructLayout> };
}

export interface PlanRequest {
  readonly required: readonly string[];
  /** As in `CollectorChoice`. */
  readonly optionsGiven: ReadonlyMap<string, string>;
  /** As in `CollectorChoice`. */
  readonly companions: readonly string[];
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** By directory what third parties' collectors did when they were tried, for which they are not called here: see {@link trySetups}. */
  readonly refused?: ReadonlyMap<string, string>;
  /** Called before each collector; throws to give up. */
  readonly check?: () => void;
}

/** The file that a third party's collector is in; undefined for a built-in one. */
export function collectorFile({ directory }: LoadedCollector): string | undefined {
  return directory === undefined ? undefined : join(directory, "collector.ts");
}

/** Says in one line that a run goes on without a third party's collector, and why. */
export function reportLeftOut({ collector, directory }: LoadedCollector, error: unknown): void {
  const [reason = ""] = describeError(error).split("\n");
  const cause = error instanceof TraceError && error.cause !== undefined ? `: ${lastLine(reasonOf(error.cause))}` : "";
  const place = reason.includes(directory ?? "") ? "" : ` (${directory})`;
  log.warn(`Collector ${collector.name}${place} left out: ${reason}${cause}`);
}

/** Of what the verifier says the end is the reason; its last line only counts. */
function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.findLast((line) => line !== "" && !/^(processed \d|-- |libbpf: |prog '|failed to load object)/.test(line)) ?? "";
}

function checkOf({ collector }: LoadedCollector, host: Host, options: Readonly<Record<string, unknown>>): CheckResult {
  const result: unknown = collector.check?.(host, options) ?? { ok: true };
  const { ok, reason } = Object(result) as { readonly ok?: unknown; readonly reason?: unknown };
  if (ok === true || (ok === false && typeof reason === "string")) return result as CheckResult;
  throw new TypeError(result instanceof Promise ? "it returned a promise" : "it returned neither { ok: true } nor { ok: false, reason }");
}

type Planned =
  | Pick<PlannedCollector, "plan">
  | { readonly error: TraceError /** The collector itself says so. */; readonly expected: boolean };

function planOne(loaded: LoadedCollector, host: Host, options: Readonly<Record<string, unknown>>): Planned {
  const { name } = loaded.collector;
  const file = collectorFile(loaded);
  const fault = (reason: string, cause?: unknown) => ({ error: collectorCannotRun(name, reason, { file, cause }), expected: false });
  try {
    const result = checkOf(loaded, host, options);
    if (!result.ok) return { error: collectorCannotRun(name, result.reason, { hint: result.hint }), expected: true };
    if (result.note) log.warn(`${name}: ${result.note}`);
  } catch (error) {
    return fault(`its check failed: ${reasonOf(error)}`);
  }
  try {
    const plan = loaded.collector.setup(host, options);
    const wrong = loaded.directory === undefined ? undefined : planFault(plan);
    return wrong === undefined ? { plan } : fault(wrong);
  } catch (error) {
    return error instanceof TraceError ? { error, expected: false } : fault(`its setup failed: ${reasonOf(error)}`);
  }
}

/** Tries `check` and `setup` of third parties in a process of its own, so that one that does not return keeps no run from starting. */
export async function trySetups(
  tried: readonly LoadedCollector[],
  options: PlanRequest["options"],
  facts: SetupFacts,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const foreign = tried.flatMap(({ collector: { name }, directory }) =>
    directory === undefined ? [] : [{ directory, options: options[name] ?? {} }],
  );
  const trial = tried.find((one) => one.trySetups !== undefined)?.trySetups;
  return (await trial?.(foreign, facts, signal)) ?? new Map();
}

/**
 * Checks and sets up each collector in turn. One that cannot run is left out, unless it was requested, by name or by an option.
 * @throws TraceError for a required collector, saying why it cannot run and what to do
 */
export function planCollectors(tried: readonly LoadedCollector[], host: Host, request: PlanRequest): readonly PlannedCollector[] {
  const planned: PlannedCollector[] = [];
  for (const loaded of tried) {
    request.check?.();
    const { name } = loaded.collector;
    const own = { ...host };
    const refused = request.refused?.get(loaded.directory ?? "");
    const result: Planned =
      refused === undefined
        ? planOne(loaded, own, request.options[name] ?? {})
        : { error: collectorCannotRun(name, refused, { file: collectorFile(loaded) }), expected: false };
    const [required, flag] = [request.required.includes(name), request.optionsGiven.get(name)];
    if (!("error" in result))
      planned.push({
        loaded,
        host: own,
        options: request.options[name] ?? {},
        ...result,
        companion: request.companions.includes(name),
        optional: !required && flag === undefined,
      });
    else if (required) throw result.error;
    else if (flag !== undefined) throw optionOfUnavailable(flag, name, result.error);
    else if (loaded.directory !== undefined && !result.expected) reportLeftOut(loaded, result.error);
    else log.debug(`Collector ${name} left out: ${describeError(result.error)}`);
  }
  return planned;
}
