/** What of BPF is loaded in the kernel, to prove that nothing is left behind. */
import { mustRun } from "./command.ts";

/** Identifiers of everything loaded, such as `prog 12` or `map 7`. */
export async function loadedBpfObjects(): Promise<ReadonlySet<string>> {
  const kinds = await Promise.all(["prog", "map"].map(listKind));
  return new Set(kinds.flat());
}

/**
 * What is loaded beyond `before`. The kernel frees programs a moment after their last user has gone, so this waits up to
 * `limitMs` for the answer to become empty.
 */
export async function leftoverBpfObjects(before: ReadonlySet<string>, limitMs: number): Promise<readonly string[]> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const leftovers = [...(await loadedBpfObjects())].filter((object) => !before.has(object));
    if (leftovers.length === 0 || Date.now() > deadline) return leftovers;
    await Bun.sleep(50);
  }
}

async function listKind(kind: string): Promise<readonly string[]> {
  const listing = JSON.parse(await mustRun(["bpftool", "--json", kind, "show"])) as readonly { readonly id: number; readonly name?: string }[];
  return listing.map(({ id, name }) => `${kind} ${id}${name === undefined ? "" : ` (${name})`}`);
}
