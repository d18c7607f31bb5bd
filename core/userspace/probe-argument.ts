/** Arguments of a static probe: where the program has them when the probe is hit. */
import type { Machine } from "../base/elf-file.ts";
import type { AddressOf, Operand } from "./operand.ts";
import { arm64Operand } from "./operand-arm64.ts";
import { x64Operand } from "./operand-x64.ts";

/** One argument; the value is `size` bytes there, extended to 64 bits. */
export interface ProbeArgument {
  readonly size: 1 | 2 | 4 | 8;
  readonly signed: boolean;
  readonly operand: Operand;
}

const sizes: ReadonlyMap<string, ProbeArgument["size"]> = new Map([
  ["1", 1],
  ["2", 2],
  ["4", 4],
  ["8", 8],
]);

/**
 * The arguments of a note; `undefined` in the place of one that cannot be read, e.g. a
 * floating-point register.
 * @param text `[-]SIZE@OPERAND` separated by spaces; a minus means signed
 */
export function parseArguments(text: string, machine: Machine, addressOf: AddressOf): readonly (ProbeArgument | undefined)[] {
  // Operands of arm64 contain spaces themselves, so an argument ends where the next one begins.
  const parts = text.trim() === "" ? [] : text.trim().split(/\s+(?=-?\d+f?@)/);
  return parts.map((part) => parseArgument(part, machine, addressOf));
}

function parseArgument(text: string, machine: Machine, addressOf: AddressOf): ProbeArgument | undefined {
  const [, sign, digits, place] = /^(-?)(\d+)@(.+)$/.exec(text) ?? [undefined, "-", "8", text];
  const size = sizes.get(digits ?? "");
  if (size === undefined || place === undefined || /^-?\d+f@/.test(text)) return undefined;
  const operand = machine === "x64" ? x64Operand(place.trim(), addressOf) : arm64Operand(place.trim());
  return operand && { size, signed: sign === "-", operand };
}
