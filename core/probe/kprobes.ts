/** Probes at the entry of functions: attached in bulk by address where the kernel can do that, else one by one. */
import { attachKprobe, attachManyKprobes, BPF_TRACE_KPROBE_MULTI } from "../libbpf/kprobe-link.ts";
import type { Link } from "../libbpf/link.ts";
import {
  addressesAndCookies,
  type FunctionProgram,
  FunctionProbes,
  type KprobeOptions,
  loadFunctionPrograms,
  type Site,
} from "./function-probes.ts";
import { emits, type Probe } from "./probe.ts";
import type { InstanceSettings } from "./program-instance.ts";

const programName: FunctionProgram = "retis_kprobe";

/**
 * Loads the programs for entry probes. Those that only track packets have a load of their own, so that what the kernel counts
 * of it is not taken for events, unless probes are added while running, which may be at the same functions. Nothing is attached
 * yet.
 */
export function loadKprobes(
  linked: Uint8Array,
  settings: InstanceSettings,
  probes: readonly Probe[],
  options: KprobeOptions,
): readonly Kprobes[] {
  const attachType = options.features.multi ? BPF_TRACE_KPROBE_MULTI : undefined;
  const loaded: Kprobes[] = [];
  try {
    for (const group of options.spare ? [probes] : byRole(probes)) {
      const first = options.first ?? loaded[0]?.instances[0];
      const groupOptions = { ...options, first };
      const instance = loadFunctionPrograms(linked, settings, group, groupOptions, { programs: [programName], attachType });
      loaded.push(new Kprobes(instance, group, groupOptions, [programName]));
    }
  } catch (error) {
    for (const kprobes of loaded) kprobes.close();
    throw error;
  }
  return loaded;
}

function byRole(probes: readonly Probe[]): readonly (readonly Probe[])[] {
  return [probes.filter(emits), probes.filter((probe) => !emits(probe))].filter((group) => group.length > 0);
}

export class Kprobes extends FunctionProbes {
  protected attachMany(sites: readonly Site[]): readonly Link[] | number {
    return listOf(attachManyKprobes(this.programFd(programName), ...addressesAndCookies(sites)));
  }

  protected attachOne({ probe, address }: Site): readonly Link[] | number {
    return listOf(attachKprobe(this.programFd(programName), address, { atReturn: false, ...this.cookieOf(probe) }));
  }
}

function listOf(link: Link | number): readonly Link[] | number {
  return typeof link === "number" ? link : [link];
}
