import { compileFunction } from "../base/generated-code.ts";
import type { CborCursor } from "./cursor.ts";

/** What a reader leaves to its decoder. */
interface MapDecoder {
  readonly cursor: CborCursor;
  value(key: MapKey): unknown;
  restOfMap(key: MapKey, left: number, values: readonly unknown[]): object;
  enter(items: number): void;
  leave(): void;
}

/** Reads a map of known length, from its first key on. */
export type MapReader = (decoder: MapDecoder) => object;

/** What is known of a key and its values. */
interface MapKey {
  readonly key: string;
  /** Its encoded form. */
  readonly bytes: Uint8Array;
  /** Major type (RFC 8949 section 3.1) of its value. */
  readonly kind: number;
  /** Its value is not wanted. */
  readonly skipped: boolean;
  /** Readers of the maps that are its value, by their number of pairs. */
  readonly mapStart: { readonly readers: readonly (MapReader | undefined)[] };
}

/** Makes the object of a map whose values are in `values` from `base`, in the order of the keys. */
export type Builder = (values: readonly unknown[], base: number) => object;

/** The longest head of an item (RFC 8949 section 3): initial byte and an argument of eight bytes. */
const maxHead = 9;
/** The largest count in the initial byte. */
const maxShortCount = 23;

/**
 * Compiles a reader of maps with the keys of `path`: straight code that compares each key with what is expected, and reads
 * each value as the type that it mostly is. Anything else there is read in the
 * ordinary way; from an unexpected key on, the whole rest of the map is.
 *
 * @param start node for the position before the first key
 */
export function compileMapReader(start: MapKey, path: readonly MapKey[]): MapReader {
  const nodes = [start, ...path];
  const inner = path.map(innerReader);
  const names = path.map((_, index) => `v${index}`);
  const body = `
    const cursor = decoder.cursor, bytes = cursor.bytes, view = cursor.view, end = cursor.end;
    let at = cursor.position, head = 0, size = 0${names.map((name) => `, ${name}`).join("")};
    ${path.map((node, index) => pairCode(node, index, path.length, inner[index])).join("")}
    cursor.position = at;
    return ${literal(path, (index) => `v${index}`)};`;
  // A variable for each inner reader: the engine then knows at each call what is called.
  const readers = inner.map((_, index) => `const r${index} = inner[${index}]?.read;`).join(" ");
  const source = `${readers} return function readMap(decoder) {${body}};`;
  return compileFunction<(...values: readonly unknown[]) => MapReader>("map-reader", ["nodes", "inner"], source)(nodes, inner);
}

/** A function with one object literal: engines allocate such objects in one step with their final shape. */
export function compileBuilder(path: readonly MapKey[]): Builder {
  return compileFunction<Builder>("map-builder", ["values", "base"], `return ${literal(path, (index) => `values[base + ${index}]`)};`);
}

function literal(path: readonly MapKey[], valueCode: (index: number) => string): string {
  const properties = path.flatMap(({ key, skipped }, index) => (skipped ? [] : [`${propertyName(key)}:${valueCode(index)}`]));
  return `{${properties.join(",")}}`;
}

/** The reader of the maps that mostly are the value of a key. */
interface InnerReader {
  readonly read: MapReader;
  readonly count: number;
}

function innerReader({ kind, mapStart: { readers } }: MapKey): InnerReader | undefined {
  const count = readers.findLastIndex((read) => read !== undefined);
  const read = readers[count];
  return kind !== 5 || read === undefined || count > maxShortCount ? undefined : { read, count };
}

function pairCode(node: MapKey, index: number, count: number, inner: InnerReader | undefined): string {
  const before = Array.from({ length: index }, (_, place) => `v${place}`).join(",");
  return `
    if (at + ${node.bytes.length + maxHead} > end || ${keyDiffers(node.bytes)}) {
      cursor.position = at;
      return decoder.restOfMap(nodes[${index}], ${count - index}, [${before}]);
    }
    at += ${node.bytes.length};
    ${node.skipped ? skipCode : valueCode(node, index, inner)}`;
}

/** Whether the bytes at `at` are not those of the key, four at a time. */
function keyDiffers(key: Uint8Array): string {
  const words = new DataView(key.buffer, key.byteOffset, key.length);
  const tests: string[] = [];
  let i = 0;
  for (; i + 4 <= key.length; i += 4) tests.push(`view.getInt32(at + ${i}, true) !== ${words.getInt32(i, true)}`);
  for (; i < key.length; i++) tests.push(`bytes[at + ${i}] !== ${key[i]}`);
  return tests.join(" || ");
}

const skipCode = "cursor.position = at; cursor.skipValue(); at = cursor.position;";

/** Reads the value of the key `node` at `at`. */
function valueCode(node: MapKey, index: number, inner: InnerReader | undefined): string {
  const name = `v${index}`;
  const anyValue = `{ cursor.position = at; ${name} = decoder.value(nodes[${index + 1}]); at = cursor.position; }`;
  switch (node.kind) {
    case 0:
      return `
    head = bytes[at];
    if (head < 24) { ${name} = head; at += 1; }
    else if (head === 24) { ${name} = bytes[at + 1]; at += 2; }
    else if (head === 25) { ${name} = view.getUint16(at + 1); at += 3; }
    else if (head === 26) { ${name} = view.getUint32(at + 1); at += 5; }
    else if (head === 27) { ${name} = cursor.unsigned64(at + 1); at += 9; }
    else ${anyValue}`;
    case 2:
      return `
    head = bytes[at];
    size = head === 88 ? bytes[at + 1] : -1;
    if (size >= 0 && at + 2 + size <= end) { ${name} = cursor.copy(at + 2, size); at += 2 + size; }
    else ${anyValue}`;
    case 3:
      return `
    size = bytes[at] - 96;
    if (size >= 0 && size < 24 && at + 1 + size <= end) { ${name} = cursor.texts.text(bytes, view, at + 1, size); at += 1 + size; }
    else ${anyValue}`;
    case 5:
      return inner === undefined
        ? anyValue
        : `
    if (bytes[at] === ${0xa0 + inner.count}) {
      cursor.position = at + 1; decoder.enter(${inner.count * 2});
      ${name} = r${index}(decoder);
      decoder.leave(); at = cursor.position;
    } else ${anyValue}`;
    default:
      return anyValue;
  }
}

/** In a literal, `"__proto__": x` would set the prototype; the computed form makes an ordinary property. */
function propertyName(key: string): string {
  return key === "__proto__" ? '["__proto__"]' : JSON.stringify(key);
}
