/** Probes at the entry of functions: attached in bulk by address where the kernel can do that, else one by one. */
import { attachKprobe, attachManyKprobes, BPF_TRACE_KPROBE_MULTI } from "../libbpf/kprobe-link.ts";
import type { Link } from "../libbpf/link.ts";
import { addressesAndCookies, FunctionProbes, identifyBy, type KprobeOptions, type Site, sitesOf } from "./function-probes.ts";
import type { Probe } from "./probe.ts";
import { type InstanceSettings, ProgramInstance } from "./program-instance.ts";

/** Registers that hold arguments at a function's entry. */
export const functionArguments = process.arch === "arm64" ? 8 : 6;

const programName = "retis_kprobe";

/** Loads the programs for entry probes. Nothing is attached yet. */
export function loadKprobes(linked: Uint8Array, settings: InstanceSettings, probes: readonly Probe[], options: KprobeOptions): Kprobes {
  const { features, addressesOf, spare = 0 } = options;
  const byCookie = features.multi || features.cookies;
  const instance = new ProgramInstance(
    linked,
    settings,
    (data, object) => {
      data.set("retis_identify", byCookie ? identifyBy.cookie : identifyBy.address);
      if (features.multi) object.setAttachType(programName, BPF_TRACE_KPROBE_MULTI);
      object.skipProgram("retis_kretprobe");
      object.skipProgram("retis_session");
      if (!byCookie) object.map("retis_addresses")?.setMaxEntries(Math.max(1, sitesOf(probes, addressesOf).length + spare));
    },
    options.first,
  );
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
