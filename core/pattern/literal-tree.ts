/** Bytes that recur in event files, found by looking at a few of their bits. */

/** Bytes that recur, and what they mean. */
export class Literal<Meaning> {
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;

  constructor(
    bytes: Uint8Array,
    readonly meaning: Meaning,
  ) {
    this.#bytes = bytes.slice();
    this.length = bytes.length;
    const words = new DataView(this.#bytes.buffer);
    this.#words = Int32Array.from({ length: bytes.length >> 2 }, (_, index) => words.getInt32(index * 4, true));
  }

  /** @param words view of `bytes`, of which `length` are there from `at` on */
  equalsAt(bytes: Uint8Array, words: DataView, at: number): boolean {
    const own = this.#words;
    let i = 0;
    for (; i < own.length; i++) if (words.getInt32(at + i * 4, true) !== own[i]) return false;
    for (i *= 4; i < this.length; i++) if (bytes[at + i] !== this.#bytes[i]) return false;
    return true;
  }

  /** Position of the first byte that is not the same; -1 when one of both begins with the other. */
  firstDifference(bytes: Uint8Array): number {
    const shared = Math.min(this.length, bytes.length);
    for (let i = 0; i < shared; i++) if (this.#bytes[i] !== bytes[i]) return i;
    return -1;
  }

  byteAt(position: number): number {
    return this.#bytes[position]!;
  }
}

/** Where the nodes of a tree are kept once more, in another form; a node is known there by a number. */
export interface TreeStore<Meaning> {
  readonly leaf: (bytes: Uint8Array, meaning: Meaning) => number;
  readonly branch: (position: number, mask: number, zero: number, one: number) => number;
  readonly setChild: (node: number, side: "zero" | "one", child: number) => void;
  readonly setRoot: (node: number) => void;
}

/** A literal, or a bit that decides between two nodes. */
class Node<Meaning> {
  zero: Node<Meaning> = this;
  one: Node<Meaning> = this;
  /** In the store. */
  number = 0;

  constructor(
    readonly literal: Literal<Meaning> | undefined,
    readonly position = 0,
    readonly mask = 0,
  ) {}

  child(byte: number): Node<Meaning> {
    return (byte & this.mask) === 0 ? this.zero : this.one;
  }
}

/**
 * Literals of which none begins with another one, as a crit-bit tree (Bernstein, cr.yp.to/critbit.html): each node is the
 * first bit in which the literals below differ, so that one comparison of bytes is enough to find one.
 */
export class LiteralTree<Meaning> {
  #root: Node<Meaning> | undefined;
  readonly #store: TreeStore<Meaning> | undefined;

  constructor(store?: TreeStore<Meaning>) {
    this.#store = store;
  }

  /** The literal that is at `at`; `end` is where the bytes at hand end. */
  find(bytes: Uint8Array, words: DataView, at: number, end: number): Literal<Meaning> | undefined {
    let node = this.#root;
    if (node === undefined) return undefined;
    while (node.literal === undefined) node = (bytes[at + node.position]! & node.mask) === 0 ? node.zero : node.one;
    const { literal } = node;
    return at + literal.length <= end && literal.equalsAt(bytes, words, at) ? literal : undefined;
  }

  /** Adds a literal; undefined when it begins with one that is there, or the other way around. */
  add(bytes: Uint8Array, meaning: Meaning): Literal<Meaning> | undefined {
    const literal = new Literal(bytes, meaning);
    const leaf = new Node(literal);
    if (this.#root === undefined) {
      this.#putIntoStore(leaf, bytes);
      this.#setRoot(leaf);
      return literal;
    }
    const closest = this.#closest(this.#root, bytes);
    const position = closest.firstDifference(bytes);
    if (position < 0) return undefined;
    const difference = closest.byteAt(position) ^ bytes[position]!;
    this.#insert(leaf, bytes, new Node<Meaning>(undefined, position, 1 << (31 - Math.clz32(difference))));
    return literal;
  }

  #closest(root: Node<Meaning>, bytes: Uint8Array): Literal<Meaning> {
    let node = root;
    while (node.literal === undefined) node = node.child(bytes[node.position] ?? 0);
    return node.literal;
  }

  #insert(leaf: Node<Meaning>, bytes: Uint8Array, branch: Node<Meaning>): void {
    let above: Node<Meaning> | undefined;
    let node = this.#root!;
    while (node.literal === undefined && isBefore(node, branch)) {
      above = node;
      node = node.child(bytes[node.position] ?? 0);
    }
    const isOne = (bytes[branch.position]! & branch.mask) !== 0;
    branch.one = isOne ? leaf : node;
    branch.zero = isOne ? node : leaf;
    this.#putIntoStore(leaf, bytes);
    branch.number = this.#store?.branch(branch.position, branch.mask, branch.zero.number, branch.one.number) ?? 0;
    if (above === undefined) this.#setRoot(branch);
    else this.#setChild(above, above.one === node ? "one" : "zero", branch);
  }

  #setRoot(node: Node<Meaning>): void {
    this.#root = node;
    this.#store?.setRoot(node.number);
  }

  #setChild(above: Node<Meaning>, side: "zero" | "one", node: Node<Meaning>): void {
    above[side] = node;
    this.#store?.setChild(above.number, side, node.number);
  }

  #putIntoStore(leaf: Node<Meaning>, bytes: Uint8Array): void {
    leaf.number = this.#store?.leaf(bytes, leaf.literal!.meaning) ?? 0;
  }
}

function isBefore<Meaning>(a: Node<Meaning>, b: Node<Meaning>): boolean {
  return a.position < b.position || (a.position === b.position && a.mask > b.mask);
}
