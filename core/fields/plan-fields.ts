/** From the probes of a command line that have fields to a collector that reads them. */
import { type Collector, defineCollector, type Hook, type KeyLookup, type Lookup, type Plan } from "../api/collector.ts";
import type { StructLayout } from "../api/layout.ts";
import { TraceError, tooMany } from "../base/errors.ts";
import { log } from "../base/log.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Target } from "../probe/probe-set.ts";
import { parseProbe, type ProbeSpec, probeKey } from "../probe/probe-spec.ts";
import { hookSlots } from "../probe/program-types.ts";
import { expandTargets } from "../probe/targets.ts";
import { fieldHook, fieldsObject } from "./field-hook.ts";
import { fieldsKey, fieldsSection, mostFields } from "./field-layout.ts";
import { parseFields } from "./field-parser.ts";
import { resolveFields } from "./field-resolver.ts";
import type { ResolvedField } from "./field-source.ts";
import { rootsOf } from "./probe-roots.ts";

/** What reads fields in one run: a collector that is made for it. */
export interface FieldsPlan {
  readonly collector: Collector;
  readonly plan: Plan;
  /** Its hooks' objects by the names that the plan gives them, and the layouts of its sections by wire name. */
  readonly generated: { readonly objects: ReadonlyMap<string, Uint8Array>; readonly layouts: ReadonlyMap<string, StructLayout> };
}

/** A probe with the fields that are read there. */
interface ProbeFields {
  readonly key: string;
  readonly fields: readonly ResolvedField[];
}

/**
 * Plans the fields of a run; undefined when no probe has any.
 * @param probes as written
 * @throws TraceError for fields that cannot be parsed, or are not what this kernel has there
 */
export function planFields(kernel: Kernel, probes: readonly string[]): FieldsPlan | undefined {
  const specs = probes.map(parseProbe).filter(({ fields }) => fields !== undefined);
  if (specs.length === 0) return undefined;
  const resolved = mergeTargets(kernel, specs).flatMap((one) => resolveProbe(kernel, one));
  if (resolved.length > hookSlots()) throw tooMany("probes with fields", hookSlots());
  return planOf(resolved);
}

interface TargetFields {
  readonly key: string;
  readonly spec: ProbeSpec;
  readonly target: Target;
  readonly text: string;
}

/** The targets of all probes; the fields of a target that is named several times follow each other. */
function mergeTargets(kernel: Kernel, specs: readonly ProbeSpec[]): readonly TargetFields[] {
  const merged = new Map<string, TargetFields>();
  for (const spec of specs) {
    for (const target of targetsOf(kernel, spec)) {
      const key = probeKey(spec.type, target.symbol);
      const known = merged.get(key);
      const text = known === undefined ? spec.fields! : `${known.text}, ${spec.fields}`;
      merged.set(key, { key, spec, target, text });
    }
  }
  return [...merged.values()];
}

function targetsOf(kernel: Kernel, spec: ProbeSpec): readonly Target[] {
  try {
    return expandTargets(kernel, spec);
  } catch (error) {
    if (spec.optional && error instanceof TraceError && error.code === "NO_PROBE_TARGET") return [];
    throw error;
  }
}

/** The fields of one target. Of the targets of a pattern, those that lack one are left out. */
function resolveProbe(kernel: Kernel, { key, spec, target, text }: TargetFields): readonly ProbeFields[] {
  const written = parseFields(text);
  if (written.length > mostFields) throw tooMany(`fields of ${key}`, mostFields);
  try {
    return [{ key, fields: resolveFields(kernel, rootsOf(kernel, spec, target), text, written) }];
  } catch (error) {
    if (!spec.target.includes("*") || !(error instanceof TraceError)) throw error;
    log.info(`No fields of ${key}: ${error.message.split("\n")[0]}`);
    return [];
  }
}

function planOf(probes: readonly ProbeFields[]): FieldsPlan {
  const object = fieldsObject();
  const objects = new Map<string, Uint8Array>();
  const layouts = new Map<string, StructLayout>();
  const hooks: Hook[] = [];
  const lookups: Record<string, Lookup> = {};
  const keyLookups: Record<string, KeyLookup> = {};
  const where = probes.map(({ key }) => key).join(", ");
  const sections = probes.map(({ key, fields }, index) => {
    const wire = String(index).padStart(2, "0");
    const made = fieldsSection(wire, where, fields, object.head);
    const name = `fields of ${key}`;
    objects.set(name, fieldHook(wire, key, made, object));
    layouts.set(wire, made.layout);
    hooks.push({ object: name, at: [key] });
    Object.assign(lookups, made.lookups);
    Object.assign(keyLookups, made.keyLookups);
    return made.section;
  });
  const plan: Plan = { hooks, lookups, keyLookups };
  const collector = defineCollector({
    name: fieldsKey,
    summary: "The fields that probes are given on the command line",
    apiVersion: 1,
    sections,
    setup: () => plan,
  });
  return { collector, plan, generated: { objects, layouts } };
}
