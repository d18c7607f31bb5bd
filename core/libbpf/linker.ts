/** libbpf's static linker: several BPF objects become one. */
import { objectNotLinked } from "../base/errors.ts";
import { cString, errnoName, lastErrno } from "./libc.ts";
import { MemoryFile } from "./memory-file.ts";
import { takeRecentMessages } from "./message-log.ts";
import { libbpf } from "./symbols.ts";

/** One object to link. */
export interface LinkInput {
  /** Where it comes from, for error texts. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Links the objects; strong symbols replace weak ones.
 * @returns bytes of the resulting ELF object
 * @throws TraceError naming the object that could not be added, with libbpf's own words
 */
export function linkObjects(inputs: readonly LinkInput[]): Uint8Array {
  const bpf = libbpf();
  const output = new MemoryFile("retis-linked");
  const linker = bpf.bpf_linker__new(cString(output.path), null);
  if (!linker) throw objectNotLinked("the output", errnoName(lastErrno()), takeRecentMessages());
  try {
    for (const input of inputs) addObject(linker, input);
    const status = bpf.bpf_linker__finalize(linker);
    if (status < 0) throw objectNotLinked("all objects", errnoName(status), takeRecentMessages());
    return output.bytes();
  } finally {
    bpf.bpf_linker__free(linker);
    output.close();
  }
}

function addObject(linker: NonNullable<ReturnType<ReturnType<typeof libbpf>["bpf_linker__new"]>>, input: LinkInput): void {
  const file = new MemoryFile("retis-object", input.bytes);
  try {
    const status = libbpf().bpf_linker__add_file(linker, cString(file.path), null);
    if (status < 0) throw objectNotLinked(input.name, errnoName(status), takeRecentMessages());
  } finally {
    file.close();
  }
}
