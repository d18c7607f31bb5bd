/** Checks what `setup` of a collector returned, before anything is read from it. */
import { type TSchema, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import type { Plan } from "../api/collector.ts";
import { reasonOf } from "../base/errors.ts";
import { isCapability } from "../kernel/capabilities.ts";
import { parseProbe, probeKey } from "../probe/probe-spec.ts";

const exact = { additionalProperties: false };
const functionType = Type.Function([], Type.Unknown());
const functions = Type.Optional(Type.Record(Type.String(), functionType));

const plannedProbe = Type.Object(
  {
    probe: Type.String(),
    light: Type.Optional(Type.Boolean()),
    value: Type.Optional(Type.Integer({ minimum: 1, maximum: 0xffff_ffff })),
  },
  exact,
);

const planSchema = Type.Object(
  {
    hooks: Type.Array(
      Type.Object(
        { object: Type.String({ minLength: 1 }), at: Type.Union([Type.Literal("every-probe"), Type.Array(Type.String())]) },
        exact,
      ),
    ),
    probes: Type.Optional(Type.Array(Type.Union([Type.String(), plannedProbe]))),
    maps: Type.Optional(
      Type.Record(
        Type.String(),
        Type.Object(
          { entries: Type.Optional(Type.Integer({ minimum: 1, maximum: 0xffff_ffff })), perLoad: Type.Optional(Type.Boolean()) },
          exact,
        ),
      ),
    ),
    tracking: Type.Optional(Type.Boolean()),
    constants: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Integer(), Type.BigInt(), Type.Boolean(), Type.String(), Type.Array(Type.String())])),
    ),
    lookups: functions,
    keyLookups: functions,
    capabilities: Type.Optional(Type.Array(Type.String())),
  },
  exact,
);

/** Why the value is not a plan, beginning with the key at fault, e.g. `plan.hooks[0].at: …`; undefined when it is one. */
export function planFault(plan: unknown): string | undefined {
  if (plan instanceof Promise) return "its setup returned a promise; a plan is returned at once";
  if (typeof plan !== "object" || plan === null) return `its setup returned ${plan === null ? "null" : typeof plan} instead of a plan`;
  return shapeFault(plan) ?? contentFault(plan as Plan);
}

function shapeFault(plan: object): string | undefined {
  const fault = Value.Errors(planSchema, plan).First();
  if (fault === undefined) return undefined;
  return `${keyOf(fault.path)}: ${fault.value === undefined ? "missing" : `${shown(fault.value)} is not valid here`}${expected(fault.schema)}`;
}

/** `/hooks/0/at` as `plan.hooks[0].at`. */
function keyOf(pointer: string): string {
  return `plan${pointer.replaceAll(/\/(\d+)(?=\/|$)/g, "[$1]").replaceAll("/", ".")}`;
}

function shown(value: unknown): string {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "function") return "a function";
  try {
    const text = JSON.stringify(value) ?? String(value);
    return text.length > 60 ? `${text.slice(0, 60)}…` : text;
  } catch {
    return `this ${typeof value}`;
  }
}

function expected(schema: TSchema): string {
  const { type, minimum, maximum } = schema as { type?: string; minimum?: number; maximum?: number };
  if (type === undefined) return "";
  const range = minimum === undefined ? "" : ` from ${minimum} to ${maximum}`;
  return ` (expected: ${type.toLowerCase()}${range})`;
}

/** What a schema cannot say. */
function contentFault({ hooks, probes = [], maps = {}, capabilities = [] }: Plan): string | undefined {
  for (const [index, planned] of probes.entries()) {
    const fault = probeFault(typeof planned === "string" ? planned : planned.probe);
    if (fault !== undefined) return `plan.probes[${index}]: ${fault}`;
  }
  for (const [index, { at }] of hooks.entries()) {
    if (at === "every-probe") continue;
    const key = `plan.hooks[${index}].at`;
    if (at.length === 0) return `${key}: names no probe`;
    for (const [place, probe] of at.entries()) {
      const fault = probeFault(probe) ?? spellingFault(probe);
      if (fault !== undefined) return `${key}[${place}]: ${fault}`;
    }
  }
  const own = Object.keys(maps).find((name) => name.startsWith("retis_"));
  if (own !== undefined) return `plan.maps.${own}: this map is the engine's`;
  const unknown = capabilities.findIndex((name) => !isCapability(name));
  return unknown < 0 ? undefined : `plan.capabilities[${unknown}]: ${capabilities[unknown]} is not a capability`;
}

function probeFault(probe: string): string | undefined {
  try {
    parseProbe(probe);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Hooks are matched with probes by their canonical form. */
function spellingFault(probe: string): string | undefined {
  const { type, target, program } = parseProbe(probe);
  const canonical = probeKey(type, target);
  return program !== undefined || canonical === probe ? undefined : `"${probe}" matches no probe; write "${canonical}"`;
}
