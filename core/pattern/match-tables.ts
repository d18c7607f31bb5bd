/**
 * What is known of the sections and events of a file, in the form in which compiled C reads it (native/event-match.c). Going over the
 * events of a large file in JavaScript takes several times as long, and code that runs for a fraction of a second has to be compiled first.
 */
import { addressOf } from "../libbpf/libc.ts";
import type { HoleKind } from "./hole.ts";
import type { TreeStore } from "./literal-tree.ts";

/** As in native/event-match.c. */
const nodeWords = 5;
const nodeKinds = { branch: 0, section: 1, u32: 2, u64: 3, bytes: 4 } as const;
const edgeWords = 3;
const patternWords = 2;

/** Number of the pattern without sections, and of the tree that sections are in. */
export const rootPattern = 1;
export const rootTree = 0;

/** What follows the bytes of a literal: a section, or a hole and the tree of what follows it; by their numbers. */
export type FlatStep = { readonly section: number } | { readonly hole: HoleKind; readonly tree: number };

/** Words or bytes of which more and more are used. */
class Growing<T extends Uint32Array | Uint8Array> {
  used = 0;

  constructor(
    public array: T,
    readonly onMove: () => void,
  ) {}

  /** Index of so many unused elements, which are zero. */
  take(count: number): number {
    const at = this.used;
    this.used += count;
    if (this.used > this.array.length) this.#enlarge();
    return at;
  }

  #enlarge(): void {
    const Type = this.array.constructor as new (length: number) => T;
    const larger = new Type(Math.max(this.used, this.array.length * 2));
    larger.set(this.array);
    this.array = larger;
    this.onMove();
  }
}

/** Grows as something is learned; a new one is made when all is forgotten. */
export class MatchTables {
  /** Addresses of the arrays, in the order of `struct tables`. */
  readonly #addresses = new BigUint64Array(9);
  #areAddressesRight = false;
  readonly #onMove = (): void => {
    this.#areAddressesRight = false;
  };
  readonly #nodes = new Growing(new Uint32Array(1024), this.#onMove);
  readonly #trees = new Growing(new Uint32Array(256), this.#onMove);
  readonly #literals = new Growing(new Uint8Array(16 * 1024), this.#onMove);
  readonly #patterns = new Growing(new Uint32Array(256), this.#onMove);
  readonly #programs = new Growing(new Uint32Array(1024), this.#onMove);
  readonly #texts = new Growing(new Uint8Array(8 * 1024), this.#onMove);
  #edges = new Uint32Array(256 * edgeWords);
  #edgeCount = 0;
  #packets: Uint8Array | undefined;

  constructor() {
    // Zero stands for none of them.
    this.#nodes.take(nodeWords);
    this.#patterns.take(patternWords);
    this.#programs.take(1);
    this.addTree();
    this.addPattern(false);
  }

  /** `struct tables`; it holds until something is added. */
  get addresses(): BigUint64Array {
    if (!this.#areAddressesRight) this.#setAddresses();
    return this.#addresses;
  }

  #setAddresses(): void {
    const arrays = [this.#nodes.array, this.#trees.array, this.#literals.array, this.#patterns.array, this.#edges];
    arrays.forEach((array, index) => (this.#addresses[index] = BigInt(addressOf(array))));
    this.#addresses[5] = BigInt(this.#edges.length / edgeWords - 1);
    [this.#programs.array, this.#texts.array, this.#packets].forEach(
      (array, index) => (this.#addresses[6 + index] = array === undefined ? 0n : BigInt(addressOf(array))),
    );
    this.#areAddressesRight = true;
  }

  /** @returns the number of an empty tree */
  addTree(): number {
    return this.#trees.take(1);
  }

  /** Where a tree keeps its nodes. */
  treeStore(tree: number): TreeStore<FlatStep> {
    return {
      leaf: (bytes, step) => this.#leaf(bytes, step),
      branch: (position, mask, zero, one) => this.#node(nodeKinds.branch, position, mask, zero, one),
      setChild: (node, side, child) => (this.#nodes.array[node * nodeWords + (side === "zero" ? 3 : 4)] = child),
      setRoot: (node) => (this.#trees.array[tree] = node),
    };
  }

  #leaf(bytes: Uint8Array, step: FlatStep): number {
    const at = this.#literals.take(bytes.length);
    this.#literals.array.set(bytes, at);
    const isSection = "section" in step;
    return this.#node(isSection ? nodeKinds.section : nodeKinds[step.hole], at, bytes.length, isSection ? step.section : step.tree, 0);
  }

  #node(...words: readonly [number, number, number, number, number]): number {
    const at = this.#nodes.take(nodeWords);
    this.#nodes.array.set(words, at);
    return at / nodeWords;
  }

  /** @returns the number of a pattern */
  addPattern(isEvent: boolean): number {
    const at = this.#patterns.take(patternWords);
    this.#patterns.array[at] = isEvent ? 1 : 0;
    return at / patternWords;
  }

  /** A section leads from a pattern to another one. */
  addEdge(pattern: number, section: number, next: number): void {
    if (++this.#edgeCount * 2 * edgeWords > this.#edges.length) this.#enlargeEdges();
    this.#setEdge(pattern, section, next);
  }

  #enlargeEdges(): void {
    const before = this.#edges;
    this.#edges = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += edgeWords)
      if (before[at + 2] !== 0) this.#setEdge(before[at]!, before[at + 1]!, before[at + 2]!);
    this.#onMove();
  }

  #setEdge(pattern: number, section: number, next: number): void {
    const slots = this.#edges.length / edgeWords;
    let slot = (Math.imul(pattern, 0x9e3779b1) ^ Math.imul(section, 0x85ebca6b)) >>> 0;
    slot ^= slot >>> 15;
    while (this.#edges[(slot & (slots - 1)) * edgeWords + 2] !== 0) slot++;
    this.#edges.set([pattern, section, next], (slot & (slots - 1)) * edgeWords);
  }

  /** Sets where texts of packets are kept, which programs may use from then on. */
  usePackets(packets: Uint8Array): void {
    this.#packets = packets;
    this.#onMove();
  }

  /** Whether a program writes the events of the pattern. */
  hasProgram(pattern: number): boolean {
    return this.#patterns.array[pattern * patternWords + 1] !== 0;
  }

  /** Makes a program write the events of the pattern. */
  setProgram(pattern: number, words: readonly number[]): void {
    const at = this.#programs.take(words.length);
    this.#programs.array.set(words, at);
    this.#patterns.array[pattern * patternWords + 1] = at;
  }

  /** @returns where the text is kept */
  addText(text: Uint8Array): number {
    const at = this.#texts.take(text.length);
    this.#texts.array.set(text, at);
    return at;
  }
}
