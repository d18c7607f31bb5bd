/** Records as the BPF side builds them. */
import type { SectionHeader } from "../record.ts";

/** The header that {@link buildRecord} writes. */
export const builtHeader: SectionHeader = { bytes: 8, sizeOffset: 0, ownerOffset: 2 };

export interface BuiltSection {
  readonly owner: number;
  readonly payload: Uint8Array;
}

/** The bytes of a record with these sections, in this order. */
export function buildRecord(sections: readonly BuiltSection[]): Uint8Array {
  const bytes: number[] = [];
  for (const { owner, payload } of sections) {
    bytes.push(payload.length & 0xff, payload.length >> 8, owner, 0, 0, 0, 0, 0, ...payload);
    while (bytes.length % 8 !== 0) bytes.push(0);
  }
  return Uint8Array.from(bytes);
}
