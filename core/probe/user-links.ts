/** How sites in programs are attached on this kernel: many with one link, or each with one. */
import type { Link } from "../libbpf/link.ts";
import { attachManyUprobes, attachUprobe, BPF_TRACE_UPROBE_MULTI, manyUprobesKnowProcesses } from "../libbpf/uprobe-link.ts";
import { attachInGroups } from "./attach-groups.ts";
import type { Check } from "./loaded-probes.ts";
import type { LoadAdjustment, ProgramInstance } from "./program-instance.ts";
import type { NumberedSite } from "./user-probe-set.ts";

const singleProgram = "retis_uprobe";
const multiProgram = "retis_uprobe_multi";

/** Chooses which of the programs are loaded. @param multi whether the kernel has links of many uprobes */
export function chooseUprobePrograms(multi: boolean): LoadAdjustment {
  return {
    object(object) {
      if (multi) object.setAttachType(multiProgram, BPF_TRACE_UPROBE_MULTI);
      else object.skipProgram(multiProgram);
    },
  };
}

/** Sites in one file to attach, in one process or in all that run it. */
export interface SitesOfFile<Site extends NumberedSite> {
  readonly path: string;
  readonly pid: number | undefined;
  readonly sites: readonly Site[];
}

export class UserLinks {
  readonly #instance: ProgramInstance;
  readonly #multi: boolean;
  #knowsProcesses: boolean | undefined;

  constructor(instance: ProgramInstance, multi: boolean) {
    this.#instance = instance;
    this.#multi = multi;
  }

  /** Programs that links may run. */
  get programFds(): readonly number[] {
    return [singleProgram, ...(this.#multi ? [multiProgram] : [])].map((name) => this.#instance.object.programFd(name));
  }

  /** Whether some are attached through performance events. */
  get usesPerfEvents(): boolean {
    return !this.#usesMulti(process.pid);
  }

  /**
   * Attaches what the kernel accepts.
   * @param refused called for each site that it does not accept, with the errno (positive)
   * @param check when it throws, nothing stays attached
   * @returns the links, one or more, and the sites that are attached
   */
  attach<Site extends NumberedSite>(
    { path, pid, sites }: SitesOfFile<Site>,
    refused: (site: Site, errno: number) => void,
    check: Check,
  ): { readonly links: readonly Link[]; readonly attached: readonly Site[] } {
    const links: Link[] = [];
    const keep = (attach: () => Link | number) => {
      check();
      const link = attach();
      if (typeof link === "number") return link;
      links.push(link);
      return undefined;
    };
    try {
      return { links, attached: this.#attachWith(keep, { path, pid, sites }, refused) };
    } catch (error) {
      for (const link of links) link.close();
      throw error;
    }
  }

  #attachWith<Site extends NumberedSite>(
    keep: (attach: () => Link | number) => number | undefined,
    { path, pid, sites }: SitesOfFile<Site>,
    refused: (site: Site, errno: number) => void,
  ): readonly Site[] {
    if (this.#usesMulti(pid)) {
      const program = this.#instance.object.programFd(multiProgram);
      const many = (group: readonly Site[]) => keep(() => attachManyUprobes(program, { path, pid, locations: group.map(locationOf) }));
      return attachInGroups(sites, many, refused);
    }
    const program = this.#instance.object.programFd(singleProgram);
    return sites.filter((site) => {
      const errno = keep(() => attachUprobe(program, { ...locationOf(site), path, pid }, site.index));
      if (errno !== undefined) refused(site, errno);
      return errno === undefined;
    });
  }

  #usesMulti(pid: number | undefined): boolean {
    if (!this.#multi || pid === undefined) return this.#multi;
    this.#knowsProcesses ??= manyUprobesKnowProcesses(this.#instance.object.programFd(multiProgram));
    return this.#knowsProcesses;
  }
}

function locationOf({ index, site: { offset, semaphore } }: NumberedSite) {
  return { offset, semaphore, cookie: index };
}
