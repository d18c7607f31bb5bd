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
import type { Probe } from "./probe.ts";
import type { InstanceSettings } from "./program-instance.ts";

const programName: FunctionProgram = "retis_kprobe";

/** Loads the programs for entry probes. Nothing is attached yet. */
export function loadKprobes(linked: Uint8Array, settings: InstanceSettings, probes: readonly Probe[], options: KprobeOptions): Kprobes {
  const attachType = options.features.multi ? BPF_TRACE_KPROBE_MULTI : undefined;
  const instance = loadFunctionPrograms(linked, settings, probes, options, { programs: [programName], attachType });
  return new Kprobes(instance, probes, options);
}

export class Kprobes extends FunctionProbes {
  get programFds(): readonly number[] {
    return [this.programFd(programName)];
  }

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
