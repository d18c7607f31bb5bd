/** Members whose values differ from event to event while the rest of their section recurs. */

/** What a hole holds: an unsigned integer of 32 or 64 bits, or bytes (base64 in JSON). */
export type HoleKind = "u32" | "u64" | "bytes";

/** A member of a section that may have any value of its kind. */
export interface Hole {
  /** Keys from the section to the member. */
  readonly path: readonly string[];
  readonly kind: HoleKind;
}

const hole = (path: string, kind: HoleKind): Hole => ({ path: path.split("."), kind });

/** By section key. At most one holds bytes. */
export const varyingMembers: ReadonlyMap<string, readonly Hole[]> = new Map([
  ["common", [hole("timestamp", "u64"), hole("smp_id", "u32"), hole("task.pid", "u32"), hole("task.tgid", "u32")]],
  ["packet", [hole("len", "u32"), hole("capture_len", "u32"), hole("data", "bytes")]],
  ["skb-tracking", [hole("orig_head", "u64"), hole("timestamp", "u64"), hole("skb", "u64")]],
]);
