/** A probe of one run, and its configuration as the BPF side reads it. */
import type { ArgumentType } from "../api/collector.ts";
import type { ProbeType } from "./probe-spec.ts";
import { argumentSlots, programTypes } from "./program-types.ts";
import type { LifetimeFlag } from "./skb-lifetime.ts";

export interface Probe {
  /** Index in the run: attach cookie, key of the configuration and counter maps, `retis_kernel.probe` of its events. */
  readonly id: number;
  readonly type: ProbeType;
  /** Function name, `group:event`, `provider:name` or `symbol[+0xOFFSET]`. */
  readonly symbol: string;
  /** Exact parameter types, in order. */
  readonly parameters: readonly string[];
  /** Their names, where the kernel keeps them. */
  readonly names?: readonly string[];
  /** Bits of the hooks that run here. */
  readonly hooks: number;
  readonly contextHooks: number;
  /** The user requested it, not a collector. */
  readonly requested: boolean;
  /** Only patterns fit it: nobody named it. */
  readonly byPattern?: boolean;
  /** Of user-space probes: the program file. */
  readonly path?: string;
  /** Emit an event even if no hook adds anything to it. */
  readonly bare?: boolean;
  /** Take a stack trace with each event. */
  readonly stack: boolean;
  /** The user wants to see the stack; otherwise it only serves to find further functions. */
  readonly showStack: boolean;
  /** Only the hooks that name this probe run, and the packet is not looked at. */
  readonly light?: boolean;
  /** What `retis_probe_value()` gives here; 0 by default. */
  readonly value?: number;
  /** What the target does to the skb, see skb-lifetime.ts; only in runs that track packets. */
  readonly lifetime?: readonly LifetimeFlag[];
}

/** Whether events come from a probe; others only serve to track packets. */
export function emits({ hooks, bare = false }: Pick<Probe, "hooks" | "bare">): boolean {
  return hooks !== 0 || bare;
}

/** For each argument slot what it accepts; slot 0 is the skb. */
export type ArgumentTypes = readonly (readonly ArgumentType[])[];

/** Whether a parameter of the accepted type is where it is accepted. @param name of the parameter, where the kernel keeps it */
function isThere(accepted: ArgumentType, position: number, name: string | undefined): boolean {
  if (typeof accepted === "string") return true;
  return (accepted.position ?? position) === position && (accepted.name ?? name) === name;
}

function typeOf(accepted: ArgumentType): string {
  return typeof accepted === "string" ? accepted : accepted.type;
}

/** Position of the first parameter that is accepted; -1 for none. */
export function argumentPosition(
  accepted: readonly ArgumentType[],
  { parameters, names = [] }: Pick<Probe, "parameters" | "names">,
): number {
  return parameters.findIndex((type, position) =>
    accepted.some((wanted) => typeOf(wanted) === type && isThere(wanted, position, names[position])),
  );
}

/** {@link argumentPosition} of each slot, for many probes: for each type the slots that accept it are known. */
class ArgumentPositions {
  readonly #slotsOf = new Map<string, (readonly [slot: number, accepted: ArgumentType])[]>();

  constructor(slots: ArgumentTypes) {
    for (const [slot, types] of slots.entries()) {
      for (const accepted of types) {
        const type = typeOf(accepted);
        this.#slotsOf.set(type, [...(this.#slotsOf.get(type) ?? []), [slot, accepted]]);
      }
    }
  }

  /** @param positions of the slots, -1 in each */
  find({ parameters, names = [] }: Pick<Probe, "parameters" | "names">, positions: Int8Array): void {
    for (const [position, type] of parameters.entries()) {
      for (const [slot, accepted] of this.#slotsOf.get(type) ?? []) {
        if (positions[slot] === -1 && isThere(accepted, position, names[position])) positions[slot] = position;
      }
    }
  }
}

/**
 * `struct retis_probe` of each probe, one after the other: where each argument type is found in its registers, and which hooks
 * run.
 */
export function probeConfigs(probes: readonly Probe[], types: ArgumentTypes, program = programTypes()): Uint8Array {
  const { size } = program.struct("retis_probe");
  const offset = (name: string) => program.member("retis_probe", name).offset;
  const [arg, hooks, contextHooks] = [offset("arg"), offset("hooks"), offset("context_hooks")];
  const [value, flags] = [offset("value"), offset("flags")];
  const [slots, flagValues] = [argumentSlots(program), program.enumValues("retis_probe_flags")];
  const configs = new DataView(new ArrayBuffer(size * probes.length));
  const positions = new ArgumentPositions(types.slice(0, slots));
  for (const [index, probe] of probes.entries()) {
    const at = size * index;
    positions.find(probe, new Int8Array(configs.buffer, at + arg, slots).fill(-1));
    configs.setUint32(at + hooks, probe.hooks, true);
    configs.setUint32(at + contextHooks, probe.contextHooks, true);
    configs.setUint32(at + value, probe.value ?? 0, true);
    configs.setUint32(at + flags, flagsOf(probe, flagValues), true);
  }
  return new Uint8Array(configs.buffer);
}

/** `enum retis_probe_flags` of a probe. */
function flagsOf({ stack, light, bare = false, lifetime = [] }: Probe, values: ReadonlyMap<string, number>): number {
  const own = [...(stack ? ["RETIS_PROBE_STACK"] : []), ...(light ? ["RETIS_PROBE_LIGHT"] : []), ...(bare ? ["RETIS_PROBE_BARE"] : [])];
  return [...own, ...lifetime].reduce((flags, name) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`a BPF object lacks ${name} in enum retis_probe_flags`);
    return flags | value;
  }, 0);
}
