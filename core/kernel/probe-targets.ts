/** From what a user writes after `kprobe:` or `tp:` to the functions and tracepoints of the running kernel. */
import { noFunctionTypes, noProbeTarget, tracepointGroupsUnknown } from "../base/errors.ts";
import type { KernelTypes } from "./kernel-types.ts";
import { nearNames } from "../base/near-names.ts";
import { functionParameters, type Prototype, tracepointParameters } from "./prototype.ts";
import { patternSource, type TraceLists } from "./tracefs.ts";

export interface FunctionTarget {
  readonly kind: "function";
  readonly name: string;
  readonly prototype: Prototype;
}

export interface TracepointTarget {
  readonly kind: "tracepoint";
  /** Undefined when it came from a wildcard and tracefs, which alone knows groups, cannot be read. */
  readonly group: string | undefined;
  readonly event: string;
  readonly prototype: Prototype;
}

/** What targets are looked up in; `Kernel` is one. */
export interface TargetSources {
  readonly types: KernelTypes;
  readonly traceLists: TraceLists;
}

/**
 * Functions that fit a pattern, sorted by name. `*` is any run of characters, everything else matches itself. An
 * exact name needs BTF only; wildcards go over the functions that ftrace can trace or, where that list cannot be read,
 * over all functions in BTF. Throws a TraceError, with near names, when nothing fits.
 */
export function expandFunctions(sources: TargetSources, pattern: string): readonly FunctionTarget[] {
  const names = pattern.includes("*") ? functionNames(sources, pattern) : [pattern];
  const targets = [...new Set(names)].sort().flatMap((name) => functionTarget(sources, name));
  if (targets.length > 0) return targets;
  if (pattern.includes("*")) throw noProbeTarget(pattern, "traceable function", () => []);
  if (sources.traceLists.functions(pattern)?.length) throw noFunctionTypes(pattern);
  throw noProbeTarget(pattern, "traceable function", () => nearNames(pattern, functionNames(sources, "*")));
}

function functionNames({ types, traceLists }: TargetSources, pattern: string): Iterable<string> {
  const listed = traceLists.functions(pattern);
  if (listed !== undefined) return listed;
  const fits = new RegExp(`^${patternSource(pattern)}$`);
  return types.names("func", (name) => fits.test(name));
}

/** The function of that name as a list of one; empty when BTF has none. */
export function functionTarget({ types }: Pick<TargetSources, "types">, name: string): readonly FunctionTarget[] {
  const prototype = functionParameters(types, name);
  return prototype === undefined ? [] : [{ kind: "function", name, prototype }];
}

/**
 * Tracepoints that fit a pattern `group:event`, or `event` for any group, sorted. `*` is any run of characters. An
 * exact name needs BTF only; its group is checked when tracefs can be read. Without tracefs, wildcards work when the
 * group is left open. Throws a TraceError, with near names, when nothing fits.
 */
export function expandTracepoints(sources: TargetSources, pattern: string): readonly TracepointTarget[] {
  const names = sources.traceLists.events() === undefined ? namesFromTypes(sources, pattern) : namesFromList(sources, pattern);
  const targets = names.flatMap(({ group, event }) => tracepointTarget(sources, group, event));
  if (targets.length > 0) return targets.sort(byName);
  throw noProbeTarget(pattern, "tracepoint", () => (pattern.includes("*") ? [] : nearTracepoints(sources, pattern)));
}

interface TracepointName {
  readonly group: string | undefined;
  readonly event: string;
}

function tracepointTarget({ types }: TargetSources, group: string | undefined, event: string): readonly TracepointTarget[] {
  const prototype = tracepointParameters(types, event);
  return prototype === undefined ? [] : [{ kind: "tracepoint", group, event, prototype }];
}

function byName(a: TracepointTarget, b: TracepointTarget): number {
  return tracepointText(a) < tracepointText(b) ? -1 : 1;
}

/** `group:event`; with `*` for a group that is not known, which is also what selects it again. */
export function tracepointText({ group, event }: Pick<TracepointTarget, "group" | "event">): string {
  return `${group ?? "*"}:${event}`;
}

function namesFromList({ traceLists }: TargetSources, pattern: string): readonly TracepointName[] {
  const events = traceLists.events() ?? [];
  const fits = new RegExp(`^${patternSource(pattern)}$`);
  const listed = events.filter((name) => fits.test(tracepointText(name)) || fits.test(name.event));
  if (listed.length > 0 || pattern.includes("*")) return listed;
  // Some tracepoints are not trace events and so in no list: BTF decides, unless the event is listed under another group.
  const exact = splitName(pattern);
  return exact.group !== undefined && !events.some(({ event }) => event === exact.event) ? [exact] : [];
}

function namesFromTypes({ types, traceLists }: TargetSources, pattern: string): readonly TracepointName[] {
  const { group, event } = splitName(pattern);
  if (!event.includes("*")) return [{ group: group?.includes("*") ? undefined : group, event }];
  if (group !== undefined && !/^\*+$/.test(group)) {
    throw tracepointGroupsUnknown(pattern, traceLists.problems().get("available_events") ?? "it is not mounted");
  }
  const fits = new RegExp(`^${patternSource(event)}$`);
  return eventNamesOfTypes(types)
    .filter((name) => fits.test(name))
    .map((name) => ({ group: undefined, event: name }));
}

/** All events that have a typedef in BTF, or on kernels without those, a trampoline. */
function eventNamesOfTypes(types: KernelTypes): readonly string[] {
  const collect = (kind: "typedef" | "func", prefix: string): readonly string[] =>
    [...new Set(types.names(kind, (name) => name.startsWith(prefix)))].map((name) => name.slice(prefix.length));
  const typedefs = collect("typedef", "btf_trace_");
  return typedefs.length > 0 ? typedefs : collect("func", "__traceiter_");
}

function splitName(text: string): TracepointName {
  const colon = text.indexOf(":");
  return colon < 0 ? { group: undefined, event: text } : { group: text.slice(0, colon), event: text.slice(colon + 1) };
}

function nearTracepoints({ types, traceLists }: TargetSources, text: string): readonly string[] {
  const { group, event } = splitName(text);
  const listed = traceLists.events();
  if (listed === undefined) {
    const prefix = group === undefined ? "" : `${group}:`;
    return nearNames(event, eventNamesOfTypes(types)).map((name) => prefix + name);
  }
  const sameEvent = listed.filter((name) => name.event === event).map(tracepointText);
  return sameEvent.length > 0 ? sameEvent : nearNames(text, listed.map(tracepointText));
}
