/**
 * Key sequences of maps, learned while reading. Events repeat the same few sequences, so the next key is nearly always
 * one that followed the same keys before: comparing bytes replaces decoding text, and the object is made in one step.
 */
export class TrieNode {
  /** Encoded key: CBOR head and text. */
  readonly #bytes: Uint8Array;
  /** Length of the encoded key in bytes. */
  readonly length: number;
  readonly #next: TrieNode[] = [];
  #mapStart: TrieNode | undefined;
  #builder: ((values: readonly unknown[], base: number) => object) | undefined;
  #uses = 0;

  constructor(
    /** Keys from the start of the map to here. */
    readonly keys: readonly string[],
    bytes: Uint8Array,
    /** Nodes beyond the bound are used once and not kept. */
    readonly kept: boolean,
  ) {
    this.#bytes = bytes;
    this.length = bytes.length;
  }

  /** Where a map that is the value of this key begins. */
  get mapStart(): TrieNode {
    return (this.#mapStart ??= new TrieNode([], new Uint8Array(0), this.kept));
  }

  /** The key that stands at `at`, if it is known to follow. */
  find(bytes: Uint8Array, at: number, end: number): TrieNode | undefined {
    const next = this.#next;
    for (let i = 0; i < next.length; i++) {
      const node = next[i] as TrieNode;
      if (node.#stands(bytes, at, end)) return node;
    }
    return undefined;
  }

  /** Notes that a key can follow. */
  add(node: TrieNode): void {
    this.#next.push(node);
  }

  /** The object of a map that ends here; its values stand in `values` from `base`, in the order of the keys. */
  build(values: readonly unknown[], base: number): object {
    if (this.#builder) return this.#builder(values, base);
    if (this.kept && ++this.#uses > usesBeforeCompile) this.#builder = compileBuilder(this.keys);
    return Object.fromEntries(this.keys.map((key, index) => [key, values[base + index]]));
  }

  #stands(bytes: Uint8Array, at: number, end: number): boolean {
    const own = this.#bytes;
    const length = this.length;
    if (at + length > end) return false;
    for (let i = 0; i < length; i++) if (own[i] !== bytes[at + i]) return false;
    return true;
  }
}

/** Compiling a builder pays off after a few dozen objects. */
const usesBeforeCompile = 32;
/** Bound of what is learned, so that a file with invented keys cannot fill the memory. */
const maxNodes = 8192;
const maxKeysPerMap = 256;

/** All key sequences of one decoder. */
export class KeyTrie {
  readonly root = new TrieNode([], new Uint8Array(0), true);
  #nodes = 0;

  /** Adds a key after `node`; `bytes` is its encoded form. */
  extend(node: TrieNode, bytes: Uint8Array, key: string): TrieNode {
    const kept = node.kept && this.#nodes < maxNodes && node.keys.length < maxKeysPerMap;
    const added = new TrieNode([...node.keys, key], bytes, kept);
    if (kept) {
      this.#nodes++;
      node.add(added);
    }
    return added;
  }
}

/** A function with one object literal: engines allocate such objects in one step with their final shape. */
function compileBuilder(keys: readonly string[]): (values: readonly unknown[], base: number) => object {
  const properties = keys.map((key, index) => `${propertyName(key)}:v[b+${index}]`);
  return new Function("v", "b", `return {${properties.join(",")}}`) as (values: readonly unknown[], base: number) => object;
}

/** In a literal, `"__proto__": x` would set the prototype; the computed form makes an ordinary property. */
function propertyName(key: string): string {
  return key === "__proto__" ? '["__proto__"]' : JSON.stringify(key);
}
