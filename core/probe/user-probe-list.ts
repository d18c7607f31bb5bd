/** Lists of what can be probed in programs, for people who look for it. */
import { basename } from "node:path";
import { noUserTarget } from "../base/errors.ts";
import { processIds, readProcess } from "../userspace/processes.ts";
import { ProgramFile } from "../userspace/program-file.ts";
import { type FoundFile, TargetFinder } from "../userspace/target-finder.ts";
import { requestText, type UserRequest } from "../userspace/user-request.ts";
import { staticTargets } from "../userspace/user-target.ts";

/** A probe of a program file. */
export interface ListedUserProbe {
  /** As `--probe` takes it. */
  readonly probe: string;
  readonly type: "usdt" | "uprobe";
  readonly path: string;
  /** Processes that it was found for; none when every one that runs the file is meant. */
  readonly pids: readonly number[];
  /** Locations in the file. */
  readonly sites: number;
  /** Of a static probe, as its note says it: where its arguments are at the first location. */
  readonly operands: string | undefined;
}

/**
 * Probes that fit a request, sorted.
 * @throws TraceError NO_PROBE_TARGET when there is none
 */
export function listUserProbes(request: UserRequest): readonly ListedUserProbe[] {
  const finder = new TargetFinder([request]);
  const { found } = finder.scan();
  for (const { file } of found) file.close();
  if (found.length === 0) throw noUserTarget(requestText(request), finder.problemOf(request) ?? "no match");
  const probes = new Map<string, ListedUserProbe>();
  for (const one of found) {
    for (const { type, symbol, sites } of one.targets) {
      const probe = requestText({ type, program: programOf(one), target: symbol });
      const key = `${probe} ${one.path}`;
      const pids = [...(probes.get(key)?.pids ?? []), ...(one.pid === undefined ? [] : [one.pid])];
      probes.set(key, { probe, type, path: one.path, pids, sites: sites.length, operands: sites[0]?.operands });
    }
  }
  return [...probes.values()].sort((a, b) => (a.probe < b.probe ? -1 : 1));
}

/** What was requested by no program is shown with that it is in. */
function programOf({ request, path }: FoundFile): string {
  return request.program === "*" ? path : request.program;
}

/** File names of the programs that run; with `withProbes` only of those that have static probes of their own. */
export function runningPrograms(withProbes: boolean): readonly string[] {
  const pids = new Map(
    processIds()
      .flatMap((pid) => readProcess(pid) ?? [])
      .map(({ program, pid }) => [program, pid]),
  );
  const chosen = [...pids].filter(([, pid]) => !withProbes || hasStaticProbes(pid));
  // What cannot be typed is of no use to a shell.
  const names = chosen.map(([program]) => basename(program)).filter((name) => /^[\x21-\x7e]+$/.test(name));
  return [...new Set(names)].sort();
}

function hasStaticProbes(pid: number): boolean {
  let file: ProgramFile | undefined;
  try {
    file = new ProgramFile(`/proc/${pid}/exe`);
    return staticTargets(file, "*").length > 0;
  } catch {
    return false;
  } finally {
    file?.close();
  }
}
