/**
 * Probes at the return of functions. Where the kernel has sessions one link serves entries and returns of all; elsewhere
 * there is a link for each, or on old kernels two for each function.
 */
import { attachKprobe, attachManyKprobes, BPF_TRACE_KPROBE_MULTI, BPF_TRACE_KPROBE_SESSION } from "../libbpf/kprobe-link.ts";
import type { BpfObject } from "../libbpf/bpf-object.ts";
import type { Link } from "../libbpf/link.ts";
import {
  addressesAndCookies,
  FunctionProbes,
  identifyBy,
  type KprobeFeatures,
  type KprobeOptions,
  type Site,
  sitesOf,
} from "./function-probes.ts";
import type { LoadedProbes } from "./loaded-probes.ts";
import type { Probe } from "./probe.ts";
import { type InstanceSettings, ProgramInstance } from "./program-instance.ts";

const entryProgram = "retis_kprobe";
const returnProgram = "retis_kretprobe";
const sessionProgram = "retis_session";
/** Calls under way that return probes can remember. */
const callEntries = 16384;

function choosePrograms(object: BpfObject, { multi, session }: KprobeFeatures): void {
  if (session) {
    object.setAttachType(sessionProgram, BPF_TRACE_KPROBE_SESSION);
    for (const name of [entryProgram, returnProgram]) object.skipProgram(name);
    return;
  }
  object.skipProgram(sessionProgram);
  if (multi) for (const name of [entryProgram, returnProgram]) object.setAttachType(name, BPF_TRACE_KPROBE_MULTI);
}

/** Loads the programs for return probes. Nothing is attached yet. */
export function loadKretprobes(
  linked: Uint8Array,
  settings: InstanceSettings,
  probes: readonly Probe[],
  options: KprobeOptions,
): LoadedProbes {
  const { features, addressesOf } = options;
  const byCookie = features.multi || features.cookies;
  const instance = new ProgramInstance(
    linked,
    settings,
    (data, object) => {
      data.set("retis_identify", byCookie ? identifyBy.cookie : identifyBy.address);
      data.set("retis_saves_entry", true);
      choosePrograms(object, features);
      object.map("retis_calls")?.setMaxEntries(callEntries);
      if (!byCookie) object.map("retis_addresses")?.setMaxEntries(Math.max(1, sitesOf(probes, addressesOf).length));
    },
    options.first,
  );
  return new Kretprobes(instance, probes, options);
}

class Kretprobes extends FunctionProbes {
  get programFds(): readonly number[] {
    const names = this.options.features.session ? [sessionProgram] : [entryProgram, returnProgram];
    return names.map((name) => this.programFd(name));
  }

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

/** The return first: a call that enters before its return is watched would leave an entry behind. */
function attachBoth(attachReturn: () => Link | number, attachEntry: () => Link | number): readonly Link[] | number {
  const atReturn = attachReturn();
  if (typeof atReturn === "number") return atReturn;
  const atEntry = attachEntry();
  if (typeof atEntry !== "number") return [atEntry, atReturn];
  atReturn.close();
  return atEntry;
}
