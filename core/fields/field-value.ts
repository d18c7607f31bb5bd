/** How a value of a kernel type is shown: by its type, or by one of the functions of a list of fields. */
import type { Btf } from "../kernel/btf.ts";
import { enumNames, enumWith } from "../kernel/enums.ts";
import { fieldType, type FieldType } from "../kernel/struct-layout.ts";
import type { FieldValue, Reached } from "./field-source.ts";

/** Bytes of a text or list that are read at most. */
const longest = 256;
/** Bytes of a text that a pointer leads to. */
const longestPointed = 128;

/** Where enums without a name are looked up. */
export interface EnumSource {
  readonly vmlinux: Btf;
}

type Shown = { readonly reached: Reached; readonly value: FieldValue };

/** The functions that say how a value is shown. Each gives the reason when it does not apply: "is no …". */
export const displays = {
  hex: (reached) => {
    const { kind, size } = typeOf(reached);
    return isNumber(kind) ? { reached, value: { kind: "hex", size: reached.bitSize > 0 ? 8 : size } } : "is not a number";
  },
  symbol: (reached) => {
    const { size } = typeOf(reached);
    return size === 8 && reached.bitSize === 0 ? { reached, value: { kind: "symbol" } } : "is not an address";
  },
  str: (reached) => {
    const { kind, element, length } = typeOf(reached);
    if (kind === "pointer") return { reached, value: { kind: "text", size: longestPointed } };
    return element?.size === 1 && length ? { reached, value: { kind: "text", size: Math.min(length, longest) } } : "is not text";
  },
  ipv4: (reached) => ofBytes(reached, "ipv4", 4),
  ipv6: (reached) => ofBytes(reached, "ipv6", 16),
  mac: (reached) => ofBytes(reached, "mac", 6),
  be: (reached) => {
    const { kind, size } = typeOf(reached);
    const isInteger = kind === "uint" && reached.bitSize === 0 && size > 1;
    return isInteger
      ? { reached, value: { kind: "integer", size, signed: false, bigEndian: true } }
      : "is not an unsigned integer of several bytes";
  },
} satisfies Record<string, (reached: Reached) => Shown | string>;

export function isDisplay(name: string): name is keyof typeof displays {
  return Object.hasOwn(displays, name);
}

/** Bytes of an address: the value itself, or what it points to. */
function ofBytes(reached: Reached, kind: "ipv4" | "ipv6" | "mac", bytes: number): Shown | string {
  const type = typeOf(reached);
  const step = { offset: Math.floor(reached.bitOffset / 8), mask: undefined };
  const pointed = { ...reached, inRegister: false, steps: reached.inRegister ? reached.steps : [...reached.steps, step], bitOffset: 0 };
  const value = { kind } as const;
  if (type.kind === "pointer") return { reached: pointed, value };
  const fits = type.size === bytes || (type.element?.size === 1 && type.size > bytes);
  return fits && reached.bitSize === 0 ? { reached, value } : `does not have the ${bytes} bytes of the address`;
}

/** How a value is shown unless the field says otherwise, or why it cannot be: "is a struct". */
export function naturalValue(kernel: EnumSource, reached: Reached, name: string): FieldValue | string {
  const { btf, typeId, bitSize } = reached;
  if (typeId === 0) return "has no value";
  const type = typeOf(reached);
  const size = bitSize > 0 ? sizeFor(bitSize) : type.size;
  const named = namesOf(kernel, type, btf, name);
  if (named !== undefined && size <= 4) return { kind: "names", size: bitSize > 0 ? 4 : size, signed: type.signed, names: named };
  switch (type.kind) {
    case "bool":
      return { kind: "boolean", size };
    case "enum":
    case "int":
    case "uint":
      return type.size > 8 ? "has more than 64 bits" : integerValue(type, size, name);
    case "pointer":
      return pointerValue(btf, typeId);
    case "char-array":
      return type.length ? { kind: "text", size: Math.min(type.length, longest) } : "has no length";
    case "array":
      return listValue(type);
    case "struct":
      return type.typeName === "in6_addr"
        ? { kind: "ipv6" }
        : type.typeName === "in_addr"
          ? { kind: "ipv4" }
          : "is a struct: name one of its members";
    default:
      return `is a ${type.kind}: name one of its members`;
  }
}

/** Types of numbers in network byte order; an address among them is shown as one. */
function integerValue({ typeName, signed }: FieldType, size: number, name: string): FieldValue {
  const bigEndian = /^__be(16|32|64)$/.test(typeName);
  if (typeName === "__be32" && /addr/.test(name)) return { kind: "ipv4" };
  return { kind: "integer", size, signed, bigEndian };
}

/** Names of an enum's values, also of a state of TCP, which the kernel keeps in a byte. */
function namesOf(
  kernel: EnumSource,
  { kind, typeId }: FieldType,
  btf: Btf,
  name: string,
): ReadonlyMap<number | bigint, string> | undefined {
  if (kind === "enum") return enumNames(btf.enumValues(typeId));
  const states = name === "sk_state" || name === "skc_state" ? enumWith(kernel.vmlinux, "TCP_ESTABLISHED") : undefined;
  return states && enumNames(states);
}

function pointerValue(btf: Btf, typeId: number): FieldValue {
  const pointer = btf.type(btf.resolve(typeId));
  const target = pointer.kind === "ptr" ? btf.resolve(pointer.typeId) : 0;
  const type = btf.type(target);
  if (type.kind === "funcProto") return { kind: "symbol" };
  return type.kind === "int" && type.name === "char" ? { kind: "text", size: longestPointed } : { kind: "hex", size: 8 };
}

function listValue({ element, length = 0 }: FieldType): FieldValue | string {
  if (element?.kind !== "uint" && element?.kind !== "bool") return "is an array: name one of its elements";
  if (length === 0) return "has no length: name one of its elements";
  return { kind: "list", element: element.size, length: Math.min(length, Math.floor(longest / element.size)) };
}

/** Bytes that a field takes in the section, and that are read. */
export function readSize(value: FieldValue): number {
  switch (value.kind) {
    case "symbol":
      return 8;
    case "ipv4":
      return 4;
    case "ipv6":
      return 16;
    case "mac":
      return 6;
    case "list":
      return value.element * value.length;
    default:
      return value.size;
  }
}

function typeOf({ btf, typeId }: Reached): FieldType {
  return fieldType(btf, typeId);
}

function isNumber(kind: FieldType["kind"]): boolean {
  return ["int", "uint", "bool", "enum", "pointer"].includes(kind);
}

/** The integer that holds so many bits. */
function sizeFor(bits: number): number {
  return bits <= 32 ? 4 : 8;
}
