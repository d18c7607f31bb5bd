/** What of BPF is loaded in the kernel, to prove that nothing is left behind. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { mustRun } from "./command.ts";

/** Kinds that are looked at; a link cannot outlive both its program and its holder, so it needs no look of its own. */
const kinds = ["prog", "map"] as const;

/** Identifiers of everything loaded, such as `prog 12` or `map 7`, each with its name. */
export async function loadedBpfObjects(): Promise<ReadonlyMap<string, string>> {
  const listings = await Promise.all(kinds.map(listKind));
  return new Map(listings.flat());
}

/**
 * What is loaded beyond `before`, apart from what other programs of this machine hold. The kernel frees programs a moment
 * after their last user has gone, so this waits up to `limitMs` for the answer to become empty.
 * @param ours tells from the path of an executable whether it is the tool under test
 */
export async function leftoverBpfObjects(
  before: ReadonlyMap<string, string>,
  limitMs: number,
  ours: (executable: string) => boolean,
): Promise<readonly string[]> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const added = [...(await loadedBpfObjects())].filter(([id]) => !before.has(id));
    if (added.length === 0) return [];
    const foreign = heldBy((executable) => !ours(executable));
    const leftovers = added.filter(([id]) => !foreign.has(id)).map(([id, name]) => (name === "" ? id : `${id} (${name})`));
    if (leftovers.length === 0 || Date.now() > deadline) return leftovers;
    await Bun.sleep(50);
  }
}

async function listKind(kind: string): Promise<readonly (readonly [string, string])[]> {
  const listing = JSON.parse(await mustRun(["bpftool", "--json", kind, "show"])) as readonly {
    readonly id: number;
    readonly name?: string;
  }[];
  return listing.map(({ id, name }) => [`${kind} ${id}`, name ?? ""] as const);
}

/** Identifiers of what processes of certain executables hold open, from /proc/<pid>/fdinfo (Documentation/filesystems/proc.rst). */
function heldBy(wanted: (executable: string) => boolean): ReadonlySet<string> {
  const held = new Set<string>();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      if (!wanted(readlinkSync(`/proc/${pid}/exe`))) continue;
      for (const descriptor of readdirSync(`/proc/${pid}/fdinfo`)) addHeld(readFileSync(`/proc/${pid}/fdinfo/${descriptor}`, "utf8"), held);
    } catch {
      // Kernel threads have no executable, and processes end while this reads.
    }
  }
  return held;
}

// A map descriptor of a program array, and a link's descriptor, show more lines; only these two identify what is listed.
function addHeld(info: string, held: Set<string>): void {
  for (const kind of kinds) {
    const id = new RegExp(`^${kind}_id:\\s*(\\d+)$`, "m").exec(info)?.[1];
    if (id !== undefined) held.add(`${kind} ${id}`);
  }
}
