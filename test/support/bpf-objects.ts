/** What of BPF is loaded in the kernel, to prove that nothing is left. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dlopen, ptr } from "bun:ffi";
import { runCommand } from "./command.ts";

const { symbols: libc } = dlopen("libc.so.6", { syscall: { args: ["i64", "i64", "ptr", "u64"], returns: "i64" } });
/** Number of bpf(2): arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h. */
const bpfCall = process.arch === "x64" ? 321 : 280;

/**
 * Kinds that are looked at, with the command that gives the next id (include/uapi/linux/bpf.h); a link cannot outlive both
 * its program and its holder, so it needs no look of its own.
 */
const kinds = { prog: 11, map: 12 } as const;
type Kind = keyof typeof kinds;

/** Identifiers of everything loaded, such as `prog 12` or `map 7`. Asks the kernel itself: bpftool is slow in a guest. */
export function loadedBpfObjects(): ReadonlySet<string> {
  return new Set((Object.keys(kinds) as Kind[]).flatMap((kind) => identifiers(kind).map((id) => `${kind} ${id}`)));
}

function identifiers(kind: Kind): readonly number[] {
  // union bpf_attr: start_id, next_id, open_flags.
  const attributes = new Uint32Array(3);
  const ids: number[] = [];
  while (Number(libc.syscall(bpfCall, kinds[kind], ptr(attributes), attributes.byteLength)) === 0) {
    ids.push(attributes[1]!);
    attributes[0] = attributes[1]!;
  }
  return ids;
}

/**
 * What is loaded beyond `before`, apart from what other programs of this machine hold. The kernel frees programs a moment
 * after their last user has gone, so this waits up to `limitMs` for the answer to become empty.
 * @param ours says from the path of an executable whether it is the tool under test
 */
export async function leftoverBpfObjects(
  before: ReadonlySet<string>,
  limitMs: number,
  ours: (executable: string) => boolean,
): Promise<readonly string[]> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const added = [...loadedBpfObjects()].filter((id) => !before.has(id));
    if (added.length === 0) return [];
    const foreign = heldBy((executable) => !ours(executable));
    const leftovers = added.filter((id) => !foreign.has(id));
    if (leftovers.length === 0 || Date.now() > deadline) return Promise.all(leftovers.map(describe));
    await Bun.sleep(50);
  }
}

/** The identifier with the object's name, when it is still there and has one. */
async function describe(identifier: string): Promise<string> {
  const [kind = "", id = ""] = identifier.split(" ");
  const { stdout } = await runCommand(["bpftool", "--json", kind, "show", "id", id]);
  const name = /"name":"([^"]+)"/.exec(stdout)?.[1];
  return name === undefined ? identifier : `${identifier} (${name})`;
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
  for (const kind of Object.keys(kinds)) {
    const id = new RegExp(`^${kind}_id:\\s*(\\d+)$`, "m").exec(info)?.[1];
    if (id !== undefined) held.add(`${kind} ${id}`);
  }
}
