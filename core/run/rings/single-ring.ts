/** One ring for all CPUs: its order is the order of the events. */
import type { RecordVisitor, RingBuffer } from "../../libbpf/ring-buffer.ts";
import type { RecordSource } from "./record-source.ts";

export class SingleRing implements RecordSource {
  readonly #ring: RingBuffer;
  readonly fds: readonly number[];
  readonly memories: readonly ArrayBuffer[];
  readonly heldMs = 0;

  /** @param ring owned from now on */
  constructor(ring: RingBuffer) {
    this.#ring = ring;
    this.fds = [ring.fd];
    this.memories = [ring.memory];
  }

  get size(): number {
    return this.#ring.size;
  }

  get fill(): number {
    return this.#ring.fill;
  }

  drain(visit: RecordVisitor, maxBytes: number): number {
    return this.#ring.drain(visit, maxBytes);
  }

  drainAll(visit: RecordVisitor): number {
    return this.#ring.drain(visit);
  }

  close(): void {
    this.#ring.close();
  }
}
