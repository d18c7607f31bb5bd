/** Memory that meta filters are run on: random, with pointers that lead somewhere, nowhere, or round in circles. */
import type { Random } from "../../../test/support/random.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { structLayout } from "../../kernel/struct-layout.ts";

export const memoryBytes = 4096;

/** Where the structs of an image lie in its memory. */
export const places = {
  skb: 0,
  device: 1024,
  otherDevice: 1280,
  sock: 1536,
  net: 1664,
  otherNet: 1728,
  nodes: [1792, 1856, 1920],
  texts: [2048, 2352, 2656],
  spare: 3072,
} as const;

/** Addresses that no kernel memory has. */
const nowhere = [0n, 8n, 0x40_0000n, 0x8000_0000_0000_0000n];
/** Texts that comparisons have a chance to be about: at and around every length that matters. */
export const texts = [
  "",
  "e",
  "eth0",
  "eth01",
  "lo",
  "abcdefg",
  "abcdefgh",
  "0123456789abcde",
  "0123456789abcdef",
  "é\n\"'",
  "x".repeat(254),
  "x".repeat(255),
  "x".repeat(256),
];

export interface MetaImage {
  readonly memory: Uint8Array;
  /** Address of `memory`. */
  readonly base: bigint;
}

/** Makes the memory of one image. */
export function randomMemory(kernel: Kernel, random: Random, base: bigint): Uint8Array {
  const memory = Uint8Array.from({ length: memoryBytes }, () =>
    random.once(3) ? random.pick([0, 1, 2, 127, 128, 255]) : random.below(256),
  );
  const writer = new ImageWriter(kernel, memory, random, base);
  writer.fill();
  return memory;
}

class ImageWriter {
  readonly #view: DataView;

  constructor(
    private readonly kernel: Kernel,
    private readonly memory: Uint8Array,
    private readonly random: Random,
    private readonly base: bigint,
  ) {
    this.#view = new DataView(memory.buffer);
  }

  fill(): void {
    const { random } = this;
    places.texts.forEach((at) => this.#text(at, random.pick(texts), 300));
    this.#pointer("sk_buff", "dev", places.skb, places.device);
    this.#pointer("sk_buff", "sk", places.skb, places.sock);
    this.#pointer("sk_buff", "tagged", places.skb, random.pick(places.nodes), BigInt(random.below(8)));
    this.#pointer("sk_buff", "late_node", places.skb, random.pick(places.nodes));
    const nodes = places.skb + this.#offset("sk_buff", "nodes");
    for (const at of [nodes, nodes + 8]) this.#address(at, random.pick(places.nodes));
    for (const at of places.nodes) {
      this.#pointer("node", "next", at, random.pick(places.nodes));
      this.#text(at + this.#offset("node", "label"), random.pick(texts), 8);
    }
    for (const at of [places.device, places.otherDevice]) this.#device(at);
    this.#pointer("sock_common", "skc_net", places.sock, places.net);
    this.#text(places.skb + this.#offset("sk_buff", "text"), random.pick(texts), 16);
    this.#text(places.skb + this.#offset("sk_buff", "raw"), random.pick(texts), 5);
    this.#text(places.skb + this.#offset("sk_buff", "late_text"), random.pick(texts), 300);
    this.#text(places.skb + this.#offset("sk_buff", "open"), random.pick(texts), 300);
  }

  #device(at: number): void {
    this.#text(at, this.random.pick(texts), 16);
    this.#pointer("net_device", "dev_addr", at, places.spare);
    this.#pointer("net_device", "alias", at, this.random.pick(places.texts));
    this.#pointer("net_device", "nd_net", at, places.otherNet);
  }

  #offset(struct: string, member: string): number {
    return structLayout(this.kernel.vmlinux, struct)!.members.find(({ name }) => name === member)!.offset;
  }

  #pointer(struct: string, member: string, at: number, target: number, tag = 0n): void {
    this.#address(at + this.#offset(struct, member), target, tag);
  }

  #address(at: number, target: number, tag = 0n): void {
    const value = this.random.once(12) ? this.random.pick(nowhere) : this.base + BigInt(target) + tag;
    this.#view.setBigUint64(at, value, true);
  }

  /** Text and NUL as far as there is room. */
  #text(at: number, text: string, room: number): void {
    this.memory.set(Buffer.from(`${text}\0`).subarray(0, room), at);
  }
}
