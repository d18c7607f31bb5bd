import type { CborCursor } from "./cursor.ts";
import { compileBuilder, compileMapReader, type Builder, type MapReader } from "./map-reader.ts";

/**
 * Key sequences of maps, learned while reading. Events repeat the same few sequences, so the next key is nearly always
 * one that followed the same keys before: comparing bytes replaces decoding text, and the object is made in one step.
 */
export class TrieNode {
  /** Length of the encoded key in bytes. */
  readonly length: number;
  /** Where the map begins. */
  readonly start: TrieNode;
  /** Number of keys from there to here. */
  readonly count: number;
  /** Of maps that begin here, by their number of pairs. */
  readonly readers: (MapReader | undefined)[] = [];
  /** Major type (RFC 8949 section 3.1) of the value that was read last. */
  kind = -1;
  /** Maps that ended here, until a builder for them is compiled. */
  uses = 0;
  /** Of maps that end here. */
  builder: Builder | undefined;
  readonly #next: TrieNode[] = [];
  #mapStart: TrieNode | undefined;

  constructor(
    /** The node of the keys before; undefined where a map begins. */
    readonly previous: TrieNode | undefined,
    readonly key: string,
    /** Encoded key: CBOR head and text. */
    readonly bytes: Uint8Array,
    /** Nodes beyond the bound are used once and not kept. */
    readonly kept: boolean,
    /** The value of this key is not wanted. */
    readonly skipped = false,
  ) {
    this.length = bytes.length;
    this.start = previous === undefined ? this : previous.start;
    this.count = previous === undefined ? 0 : previous.count + 1;
  }

  /** Where a map that is the value of this key begins. */
  get mapStart(): TrieNode {
    return (this.#mapStart ??= new TrieNode(undefined, "", new Uint8Array(0), this.kept));
  }

  /** The key at `at`, if it is known to follow. */
  find(bytes: Uint8Array, at: number, end: number): TrieNode | undefined {
    const next = this.#next;
    for (let i = 0; i < next.length; i++) {
      const node = next[i] as TrieNode;
      if (node.#equalsAt(bytes, at, end)) return node;
    }
    return undefined;
  }

  /** Notes that a key can follow. */
  add(node: TrieNode): void {
    this.#next.push(node);
  }

  /** Notes of which type the value of this key is, which begins at the cursor. */
  noteKind({ bytes, position }: CborCursor): void {
    this.kind = (bytes[position] as number) >> 5;
  }

  /** The nodes from the first key of the map to this one. */
  path(): readonly TrieNode[] {
    const path: TrieNode[] = [];
    for (let node: TrieNode = this; node.previous !== undefined; node = node.previous) path.push(node);
    return path.reverse();
  }

  #equalsAt(bytes: Uint8Array, at: number, end: number): boolean {
    const own = this.bytes;
    const length = this.length;
    if (at + length > end) return false;
    for (let i = 0; i < length; i++) if (own[i] !== bytes[at + i]) return false;
    return true;
  }
}

/** Compiling a reader pays off after a few dozen objects. */
const usesBeforeCompile = 32;
/** Bound of what is learned, so that a file with invented keys cannot fill the memory. */
const maxNodes = 8192;
const maxReaders = 1024;
const maxKeysPerMap = 256;
const maxKeysPerReader = 32;

/** All key sequences of one decoder. */
export class KeyTrie {
  readonly root = new TrieNode(undefined, "", new Uint8Array(0), true);
  readonly #wanted: ReadonlySet<string> | undefined;
  #nodes = 0;
  #readers = 0;

  /** @param wanted keys of the outermost maps that are decoded; all when undefined */
  constructor(wanted?: ReadonlySet<string>) {
    this.#wanted = wanted;
  }

  /** Adds a key after `node`; `bytes` is its encoded form. */
  extend(node: TrieNode, bytes: Uint8Array, key: string): TrieNode {
    const kept = node.kept && this.#nodes < maxNodes && node.count < maxKeysPerMap;
    const isOutermost = node.start === this.root.mapStart;
    const added = new TrieNode(node, key, bytes, kept, isOutermost && this.#wanted?.has(key) === false);
    if (kept) {
      this.#nodes++;
      node.add(added);
    }
    return added;
  }

  /** The object of a map that ends at `last`; its values are in `values` from `base`, in the order of the keys. */
  build(last: TrieNode, values: readonly unknown[], base: number): object {
    if (last.builder !== undefined) return last.builder(values, base);
    const path = last.path();
    if (last.kept && ++last.uses > usesBeforeCompile) this.#compile(last, path);
    const entries = path.map(({ key }, index) => [key, values[base + index]] as const);
    return Object.fromEntries(entries.filter((_, index) => path[index]?.skipped === false));
  }

  /** Makes a builder, and a reader unless there is one for maps of this length at the same place. */
  #compile(last: TrieNode, path: readonly TrieNode[]): void {
    const { start, count } = last;
    last.builder = compileBuilder(path);
    if (count === 0 || count > maxKeysPerReader || start.readers[count] !== undefined || this.#readers === maxReaders) return;
    this.#readers++;
    start.readers[count] = compileMapReader(start, path);
  }
}
