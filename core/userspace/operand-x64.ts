/** Operands of x86-64 as the GNU assembler writes them: `%rdx`, `$-1`, `12(%rbx)`, `-8(%rbp,%rax,4)`, `counter(%rip)`. */
import { type AddressOf, type Operand, parseInteger, type Register } from "./operand.ts";

/** The parts of the registers that have letters, by name in struct pt_regs (arch/x86/include/asm/ptrace.h). */
const lettered = ["ax", "bx", "cx", "dx", "si", "di", "bp", "sp"];
const numbered = ["r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"];

function aliases(name: string): readonly string[] {
  const low = name.endsWith("x") ? `${name[0]}l` : `${name}l`;
  return [`r${name}`, `e${name}`, name, low];
}

const registers: ReadonlyMap<string, Register> = new Map<string, Register>([
  ...lettered.flatMap((name) => aliases(name).map((alias) => [alias, { name, bit: 0 }] as const)),
  ...numbered.flatMap((name) => ["", "d", "w", "b", "l"].map((part) => [`${name}${part}`, { name, bit: 0 }] as const)),
  ...["a", "b", "c", "d"].map((letter) => [`${letter}h`, { name: `${letter}x`, bit: 8 }] as const),
]);

const memory = /^([^()]*)\((?:%(\w+))?(?:,\s*%(\w+)(?:,\s*([1248]))?)?\)$/;

/** @returns undefined for what cannot be read: floating-point and segment registers, unknown symbols */
export function x64Operand(text: string, addressOf: AddressOf): Operand | undefined {
  if (text.startsWith("$")) {
    const value = parseInteger(text.slice(1));
    return value === undefined ? undefined : { kind: "constant", value };
  }
  if (text.startsWith("%")) {
    const register = registers.get(text.slice(1));
    return register && { kind: "register", register };
  }
  return memoryOperand(text, addressOf);
}

function memoryOperand(text: string, addressOf: AddressOf): Operand | undefined {
  const [, sum = text, baseName, indexName, scale = "1"] = memory.exec(text) ?? [];
  const place = displacementOf(sum, addressOf);
  if (!place) return undefined;
  const { displacement } = place;
  // The assembler makes `symbol(%rip)` relative to the next instruction; what is meant is the symbol.
  if (place.relative) {
    const alone = indexName === undefined && (baseName === undefined || baseName === "rip");
    return alone ? { kind: "memory", displacement, relative: true } : undefined;
  }
  const [base, index] = [baseName, indexName].map((name) => (name === undefined ? undefined : (registers.get(name)?.name ?? "unknown")));
  if (base === "unknown" || index === "unknown" || (base === undefined && index === undefined)) return undefined;
  return {
    kind: "memory",
    displacement,
    ...(base === undefined ? {} : { base }),
    ...(index === undefined ? {} : { index: { name: index, shift: Math.log2(Number(scale)) } }),
  };
}

/** The sum in front of the parenthesis: numbers, and at most one symbol. */
function displacementOf(text: string, addressOf: AddressOf): { readonly displacement: bigint; readonly relative: boolean } | undefined {
  let displacement = 0n;
  let symbols = 0;
  for (const term of text.match(/[+-]?[^+-]+/g) ?? []) {
    const number = parseInteger(term);
    const address = number === undefined && !term.startsWith("-") ? addressOf(term.replace(/^\+/, "")) : undefined;
    if (number === undefined && address === undefined) return undefined;
    displacement += number ?? BigInt(address ?? 0);
    if (number === undefined) symbols++;
  }
  return symbols > 1 ? undefined : { displacement, relative: symbols === 1 };
}
