/** Where a value is that a program gives to a static probe, whatever the machine. */

/** A register by its name in `struct retis_registers` (bpf/include/retis/registers.h); those of arm64 are `x0` to `x30`. */
export interface Register {
  readonly name: string;
  /** The value begins at this bit: 8 for `%ah` and its like. */
  readonly bit: number;
}

/** The register that an address is computed with, times two to the power of `shift`. */
export interface Index {
  readonly name: string;
  readonly shift: number;
  /** Only the lower half counts, with or without its sign. */
  readonly half?: "signed" | "unsigned";
}

/** Where a value is. */
export type Operand =
  | { readonly kind: "constant"; readonly value: bigint }
  | { readonly kind: "register"; readonly register: Register }
  | {
      readonly kind: "memory";
      /** Name of the base register. */
      readonly base?: string;
      readonly index?: Index;
      readonly displacement: bigint;
      /** The displacement is an address of the program file: it moves with the program. */
      readonly relative?: true;
    };

/** Address of a variable of the program by its name; undefined when it has none such. */
export type AddressOf = (symbol: string) => number | undefined;

const printableInteger = /^[+-]?(?:0x[0-9a-f]+|\d+)$/i;

/** An integer in decimal or hexadecimal, with or without a sign; undefined when it is none. */
export function parseInteger(text: string): bigint | undefined {
  if (!printableInteger.test(text)) return undefined;
  const value = BigInt(text.replace(/^[+-]/, ""));
  return text.startsWith("-") ? -value : value;
}
