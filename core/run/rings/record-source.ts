/** What the record loop reads: one ring, or several. */
import type { RecordVisitor } from "../../libbpf/ring-buffer.ts";

export interface RecordSource {
  /** Descriptors that can be read, as poll(2) has it, while records wait. */
  readonly fds: readonly number[];
  /** Memory of each ring, by the index that visitors get. */
  readonly memories: readonly ArrayBuffer[];
  /** Bytes of the smallest ring. */
  readonly size: number;
  /** Share of the fullest ring that is in use, 0 to 1. */
  readonly fill: number;
  /**
   * Visits records that wait, up to about `maxBytes` of them. Offsets are valid only during the call.
   * @returns number of records visited
   */
  drain(visit: RecordVisitor, maxBytes: number): number;
  /** The same for all that wait, once no more are sent. */
  drainAll(visit: RecordVisitor): number;
  /** Milliseconds until records that the last `drain` left, as earlier ones may still be on their way, are due; 0: it left none. */
  readonly heldMs: number;
  close(): void;
}
