/**
 * Probes at the return of functions. Where the kernel has sessions one link serves entries and returns of all; elsewhere
 * there is a link for each, or on old kernels two for each function.
 */
import { attachKprobe, attachManyKprobes, BPF_TRACE_KPROBE_MULTI, BPF_TRACE_KPROBE_SESSION } from "../libbpf/kprobe-link.ts";
import type { Link } from "../libbpf/link.ts";
import {
  addressesAndCookies,
  type FunctionLoad,
  type FunctionProgram,
  FunctionProbes,
  type KprobeFeatures,
  type KprobeOptions,
  loadFunctionPrograms,
  type Site,
} from "./function-probes.ts";
import type { LoadedProbes } from "./loaded-probes.ts";
import type { Probe } from "./probe.ts";
import type { InstanceSettings } from "./program-instance.ts";

const entryProgram: FunctionProgram = "retis_kprobe";
const returnProgram: FunctionProgram = "retis_kretprobe";
const sessionProgram: FunctionProgram = "retis_session";
/** In-flight calls that return probes can remember. */
const callEntries = 16384;

function choosePrograms({ multi, session }: KprobeFeatures): FunctionLoad {
  if (session) return { programs: [sessionProgram], attachType: BPF_TRACE_KPROBE_SESSION };
  return { programs: [entryProgram, returnProgram], attachType: multi ? BPF_TRACE_KPROBE_MULTI : undefined };
}

/** Loads the programs for return probes. Nothing is attached yet. */
export function loadKretprobes(
  linked: Uint8Array,
  settings: InstanceSettings,
  probes: readonly Probe[],
  options: KprobeOptions,
): LoadedProbes {
  const instance = loadFunctionPrograms(
    linked,
    settings,
    probes,
    // Only entry probes are added while running.
    { ...options, spare: 0 },
    {
      ...choosePrograms(options.features),
      prepare: {
        constants: (data) => data.set("retis_saves_entry", true),
        object: (object) => object.map("retis_calls")?.setMaxEntries(callEntries),
      },
    },
  );
  return new Kretprobes(instance, probes, options, choosePrograms(options.features).programs);
}

class Kretprobes extends FunctionProbes {
  protected attachMany(sites: readonly Site[]): readonly Link[] | number {
    const [addresses, cookies] = addressesAndCookies(sites);
    if (this.options.features.session) {
      const link = attachManyKprobes(this.programFd(sessionProgram), addresses, cookies, "session");
      return typeof link === "number" ? link : [link];
    }
    return attachBoth(
      () => attachManyKprobes(this.programFd(returnProgram), addresses, cookies, "return"),
      () => attachManyKprobes(this.programFd(entryProgram), addresses, cookies, "entry"),
    );
  }

  protected attachOne({ probe, address }: Site): readonly Link[] | number {
    const cookie = this.cookieOf(probe);
    return attachBoth(
      () => attachKprobe(this.programFd(returnProgram), address, { atReturn: true, ...cookie }),
      () => attachKprobe(this.programFd(entryProgram), address, { atReturn: false, ...cookie }),
    );
  }
}

/** The return first: a call that enters before its return is watched would leave an entry. */
function attachBoth(attachReturn: () => Link | number, attachEntry: () => Link | number): readonly Link[] | number {
  const atReturn = attachReturn();
  if (typeof atReturn === "number") return atReturn;
  const atEntry = attachEntry();
  if (typeof atEntry !== "number") return [atEntry, atReturn];
  atReturn.close();
  return atEntry;
}
