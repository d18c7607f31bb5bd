/** OVS_ROW of hooks/state.h: packets with the same last bits of their ids. */
const rowLength = 8;

/** Rows of the table that has room for so many packets; a power of two. */
export function rowsFor(packets: number): number {
  return 2 ** Math.ceil(Math.log2(packets / rowLength));
}
