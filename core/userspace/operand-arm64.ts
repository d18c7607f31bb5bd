/** Operands of arm64 as compilers write them into notes: `x1`, `w0`, `[sp, 12]`, `[x0, w1, sxtw 3]`, `-1`. */
import { type Index, type Operand, parseInteger } from "./operand.ts";

const aliases: Readonly<Record<string, string>> = { sp: "sp", fp: "x29", lr: "x30" };

const memory = /^\[\s*(\w+)\s*(?:,\s*([^,\]]+?)\s*)?(?:,\s*(lsl|sxtw|uxtw|sxtx)\s*#?(\d)?\s*)?\]$/;

/** The 64-bit register that one is, or is the lower half of; undefined when it is none. */
function registerName(text: string): string | undefined {
  const number = /^[xw](\d|[12]\d|30)$/.exec(text)?.[1];
  return number === undefined ? aliases[text] : `x${number}`;
}

/** @returns undefined for what cannot be read, such as floating-point registers and symbols */
export function arm64Operand(text: string): Operand | undefined {
  if (text === "xzr" || text === "wzr") return { kind: "constant", value: 0n };
  const value = parseInteger(text.replace(/^#/, ""));
  if (value !== undefined) return { kind: "constant", value };
  const name = registerName(text);
  if (name !== undefined) return { kind: "register", register: { name, bit: 0 } };
  return memoryOperand(text);
}

function memoryOperand(text: string): Operand | undefined {
  const [, baseName = "", second, extension, amount] = memory.exec(text) ?? [];
  const base = registerName(baseName);
  if (base === undefined) return undefined;
  if (second === undefined) return extension === undefined ? { kind: "memory", base, displacement: 0n } : undefined;
  const displacement = parseInteger(second.replace(/^#/, ""));
  if (displacement !== undefined) return extension === undefined ? { kind: "memory", base, displacement } : undefined;
  const name = registerName(second);
  return name === undefined
    ? undefined
    : { kind: "memory", base, displacement: 0n, index: indexOf(name, Number(amount ?? "0"), extension) };
}

function indexOf(name: string, shift: number, extension: string | undefined): Index {
  if (extension === "sxtw") return { name, shift, half: "signed" };
  return extension === "uxtw" ? { name, shift, half: "unsigned" } : { name, shift };
}
