/** Compiles C for tests and benchmarks, with the compiler and the flags of build.ts. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Btf } from "../../core/kernel/btf.ts";
import { elfSections } from "../../core/libbpf/elf-sections.ts";
import { bpfFlags, findLlvmTool, warningFlags } from "../../scripts/clang.ts";

const include = join(import.meta.dir, "../../bpf/include");
const clang = findLlvmTool("clang");
const arch = process.arch === "arm64" ? "arm64" : "x86";

/** Why tests that compile C cannot run here; undefined when they can. */
export const cannotCompile = clang === undefined ? "clang is not installed" : undefined;

/** What a BPF object is compiled from and how. */
export interface BpfSource {
  /** A file, or C as text. */
  readonly source: { readonly path: string } | { readonly text: string };
  /** Directory of `retis/hook.h`; that of the tree when absent. */
  readonly include?: string;
  /** Flags after all others. */
  readonly flags?: readonly string[];
}

/** The bytes of a BPF object. @throws Error with the compiler's messages */
export function compileBpf({ source, include: headers = include, flags = [] }: BpfSource): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), "retis-c-"));
  try {
    const object = join(directory, "object");
    const path = "path" in source ? source.path : join(directory, "source.c");
    if ("text" in source) writeFileSync(path, source.text);
    runClang([...bpfFlags(headers, arch), ...flags, "-c", path, "-o", object]);
    return readFileSync(object);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Compiles a BPF object beside its source. @returns the object's path */
export function compileBpfBeside(path: string): string {
  const object = path.replace(/\.c$/, ".o");
  writeFileSync(object, compileBpf({ source: { path } }));
  return object;
}

/** Compiles a program for this machine. @param flags after all others */
export function compileProgram(source: string, output: string, flags: readonly string[] = []): void {
  runClang(["-O2", ...warningFlags, ...flags, "-o", output, source]);
}

/** The BTF in an object, as the kernel would show it. */
export function btfBytes(object: Uint8Array): Uint8Array {
  const btf = elfSections(object).get(".BTF");
  if (btf === undefined) throw new Error("the object has no BTF");
  // A section need not begin where 32-bit words can be read.
  return btf.slice();
}

/** Types of a BPF object. */
export function compileBtf(source: BpfSource): Btf {
  return Btf.parse(btfBytes(compileBpf(source)));
}

function runClang(args: readonly string[]): void {
  if (clang === undefined) throw new Error("clang is not installed");
  const { exitCode, stderr } = Bun.spawnSync([clang, ...args], { stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${clang} failed: ${stderr.toString()}`);
}
