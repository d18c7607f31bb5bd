/** From the collectors to try to the plans of those that run here. */
import type { CheckResult, Plan } from "../api/collector.ts";
import type { Host } from "../api/host.ts";
import { collectorCannotRun, describeError, optionOfUnavailable, reasonOf, TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";

/** A collector that runs, with what it requested. */
export interface PlannedCollector {
  readonly loaded: LoadedCollector;
  /** The host that `setup` got: this collector's own, so that `start` and `stop` can get the same object as their run. */
  readonly host: Host;
  readonly plan: Plan;
  /** It only accompanies others, see `Collector.companions`. */
  readonly companion: boolean;
}

export interface PlanRequest {
  readonly required: readonly string[];
  /** As in `CollectorChoice`. */
  readonly optionsGiven: ReadonlyMap<string, string>;
  /** As in `CollectorChoice`. */
  readonly companions: readonly string[];
  readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Called before each collector; throws to give up. */
  readonly check?: () => void;
}

function checkOf({ collector }: LoadedCollector, host: Host, options: Readonly<Record<string, unknown>>): CheckResult {
  try {
    return collector.check?.(host, options) ?? { ok: true };
  } catch (error) {
    return { ok: false, reason: `its check failed: ${reasonOf(error)}` };
  }
}

function planOne(
  loaded: LoadedCollector,
  host: Host,
  options: Readonly<Record<string, unknown>>,
  companion: boolean,
): PlannedCollector | TraceError {
  const { name } = loaded.collector;
  const result = checkOf(loaded, host, options);
  if (!result.ok) return collectorCannotRun(name, result.reason, result.hint);
  if (result.note) log.warn(`${name}: ${result.note}`);
  try {
    return { loaded, host, plan: loaded.collector.setup(host, options), companion };
  } catch (error) {
    return error instanceof TraceError ? error : collectorCannotRun(name, `its setup failed: ${reasonOf(error)}`);
  }
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
    const result = planOne(loaded, { ...host }, request.options[name] ?? {}, request.companions.includes(name));
    if (!(result instanceof TraceError)) planned.push(result);
    else if (request.required.includes(name)) throw result;
    else if (request.optionsGiven.has(name)) throw optionOfUnavailable(request.optionsGiven.get(name)!, name, result);
    else log.debug(`Collector ${name} left out: ${describeError(result)}`);
  }
  return planned;
}
