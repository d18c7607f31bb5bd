/** What the bytes of a section look like when its values are of the declared types: for scans, which decode nothing. */
import type { TSchema } from "@sinclair/typebox";
import type { Section } from "../api/section.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { neededSections } from "../api/section-check.ts";

/** Kinds of values, as bits. */
export const kinds = { unsigned: 1, negative: 2, text: 4, bytes: 8, boolean: 16, list: 32, map: 64 } as const;

/** What a value may be. A scan that is in doubt takes a value for wrong: its event is decoded then, and checked exactly. */
export interface Shape {
  /** Bits of {@link kinds}; none where only decoding can say. */
  readonly kinds: number;
  /** Largest unsigned integer. A negative one is not below `-1 - largest`. */
  readonly largest: number;
  readonly items: Shape | undefined;
  readonly members: Members | undefined;
}

interface Member {
  readonly key: string;
  readonly shape: Shape;
  readonly isRequired: boolean;
}

/** Members of a map. */
export class Members {
  readonly shapes: readonly Shape[];
  readonly isRequired: readonly boolean[];
  /** Number of those that must be there. */
  readonly required: number;
  readonly #keys: readonly Uint8Array[];
  readonly #cborKeys: readonly Uint8Array[];
  readonly #jsonKeys: readonly Uint8Array[];

  constructor(members: readonly Member[]) {
    this.#keys = members.map(({ key }) => new TextEncoder().encode(key));
    this.#cborKeys = members.map(({ key }) => encodeItem(key).slice());
    this.#jsonKeys = members.map(({ key }) => new TextEncoder().encode(`${JSON.stringify(key)}:`));
    this.shapes = members.map(({ shape }) => shape);
    this.isRequired = members.map(({ isRequired }) => isRequired);
    this.required = this.isRequired.filter(Boolean).length;
  }

  /**
   * Number of the key whose text is `bytes[start]` … `bytes[end - 1]`; -1 when it is not declared.
   *
   * @param expected number of the key that mostly follows the one before
   */
  find(bytes: Uint8Array, start: number, end: number, expected: number): number {
    const keys = this.#keys;
    for (let i = expected; i < keys.length; i++) if (isSame(keys[i]!, bytes, start, end)) return i;
    for (let i = 0; i < expected; i++) if (isSame(keys[i]!, bytes, start, end)) return i;
    return -1;
  }

  /** Bytes of the key with that number, if it is at `at`, in JSON with its quotes and colon; 0 otherwise. */
  keyLength(form: "cbor" | "json", bytes: Uint8Array, at: number, number: number): number {
    const key = (form === "cbor" ? this.#cborKeys : this.#jsonKeys)[number];
    if (key === undefined) return 0;
    for (let i = 0; i < key.length; i++) if (key[i] !== bytes[at + i]) return 0;
    return key.length;
  }
}

function isSame(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false;
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false;
  return true;
}

/** Shapes of sections, as the members of an event. */
export function eventMembers(sections: readonly Section[]): Members {
  return new Members(sections.map(({ key, schema }) => ({ key, shape: shapeOf(schema, neededSections.has(key)), isRequired: false })));
}

/** @param isComplete required members must be there */
function shapeOf(schema: TSchema, isComplete: boolean): Shape {
  const { type, format, contentEncoding } = schema as {
    readonly type?: string;
    readonly format?: string;
    readonly contentEncoding?: string;
  };
  const none = { kinds: 0, largest: 0, items: undefined, members: undefined };
  if (contentEncoding === "base64") return { ...none, kinds: kinds.bytes };
  if (type === "string") return { ...none, kinds: kinds.text };
  if (type === "boolean") return { ...none, kinds: kinds.boolean };
  if (type === "integer") return { ...none, ...integers[format ?? "int64"] };
  const { items } = schema as { readonly items?: TSchema };
  if (type === "array" && items !== undefined) return { ...none, kinds: kinds.list, items: shapeOf(items, isComplete) };
  if (type === "object") return { ...none, kinds: kinds.map, members: membersOf(schema, isComplete) };
  return none;
}

function membersOf(schema: TSchema, isComplete: boolean): Members {
  const required: readonly string[] = isComplete ? (schema["required"] ?? []) : [];
  return new Members(
    Object.entries((schema["properties"] ?? {}) as Record<string, TSchema>).map(([key, property]) => ({
      key,
      shape: shapeOf(property, isComplete),
      isRequired: required.includes(key),
    })),
  );
}

const signed = kinds.unsigned | kinds.negative;

/** Of the formats of integers. The largest of 64 bits are the last exact double, and none. */
const integers: Readonly<Record<string, Pick<Shape, "kinds" | "largest">>> = {
  uint8: { kinds: kinds.unsigned, largest: 0xff },
  uint16: { kinds: kinds.unsigned, largest: 0xffff },
  uint32: { kinds: kinds.unsigned, largest: 0xffff_ffff },
  uint64: { kinds: kinds.unsigned, largest: Number.POSITIVE_INFINITY },
  int32: { kinds: signed, largest: 0x7fff_ffff },
  int64: { kinds: signed, largest: Number.MAX_SAFE_INTEGER },
};
