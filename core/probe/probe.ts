/** A probe of one run, and its configuration as the BPF side reads it. */
import type { ProbeType } from "./probe-spec.ts";

export interface Probe {
  /** Index in the run: attach cookie, key of the configuration and counter maps, `retis_kernel.probe` of its events. */
  readonly id: number;
  readonly type: ProbeType;
  /** Function name or `group:event`. */
  readonly symbol: string;
  /** Exact parameter types, in order. */
  readonly parameters: readonly string[];
  /** Bits of the hooks that run here. */
  readonly hooks: number;
  readonly contextHooks: number;
  /** A person asked for it, rather than a collector. */
  readonly asked: boolean;
  /** Take a stack trace with each event. */
  readonly stack: boolean;
  /** A person wants to see the stack; otherwise it only serves to find further functions. */
  readonly showStack: boolean;
  /** What the target does to the packet, see skb-lifetime.ts; only in runs that follow packets. */
  readonly life?: number;
}

/** Slots of argument types (`RETIS_ARG_SLOTS` of bpf/include/retis/context.h); the last one stays empty. */
export const argumentSlots = 32;
/** RETIS_PROBE_STACK. */
const probeStackFlag = 1;
/** Bytes of `struct retis_probe`. */
export const probeConfigBytes = argumentSlots + 16;

/** For each argument slot the types it stands for; slot 0 is the skb. */
export type ArgumentTypes = readonly (readonly string[])[];

/** `struct retis_probe`: where each argument type is found in this probe's registers, and which hooks run. */
export function probeConfig(probe: Probe, types: ArgumentTypes): Uint8Array {
  const config = new DataView(new ArrayBuffer(probeConfigBytes));
  for (let slot = 0; slot < argumentSlots; slot++) {
    const accepted = types[slot] ?? [];
    config.setInt8(
      slot,
      probe.parameters.findIndex((parameter) => accepted.includes(parameter)),
    );
  }
  config.setUint32(argumentSlots, probe.hooks, true);
  config.setUint32(argumentSlots + 4, probe.contextHooks, true);
  config.setUint32(argumentSlots + 8, (probe.stack ? probeStackFlag : 0) | (probe.life ?? 0), true);
  return new Uint8Array(config.buffer);
}
