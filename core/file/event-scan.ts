/** What can be said about an event without decoding it: where it ends, when it happened, to which packet it belongs. */

/** A 64-bit unsigned integer in halves, each 0 … 2^32-1: made for millions of events, it must not allocate. */
export class Halves {
  high = 0;
  low = 0;

  set(high: number, low: number): void {
    this.high = high;
    this.low = low;
  }

  setTo(other: Halves): void {
    this.high = other.high;
    this.low = other.low;
  }

  copy(): Halves {
    const copy = new Halves();
    copy.setTo(this);
    return copy;
  }
}

/** Sections whose presence a reader of scans checks, and in {@link EventScan.sections} their bits. */
export const scannedSections = { "skb-tracking": 1, startup: 2, tracking: 4, loss: 8, clock: 16 } as const;

/** In {@link EventScan.sections}, the bit of all sections that the scan was made to look for. */
export const wantedBit = 32;

/** The event that was scanned last; it holds until the next one is scanned. */
export class EventScan {
  /** The event is `bytes[start]` … `bytes[end - 1]`. */
  bytes: Uint8Array = new Uint8Array(0);
  start = 0;
  end = 0;
  /** Offset of `start` in the file. */
  offset = 0;
  /** False for an item that is not an event, e.g. a list. */
  isEvent = false;
  /** The event must be decoded to be understood: it holds a key with escapes, or bytes that are not UTF-8. */
  odd = false;
  /** Bits of {@link scannedSections}, and {@link wantedBit}. */
  sections = 0;
  /** `common.timestamp`; zero when absent. */
  readonly time = new Halves();
  /** `skb-tracking`, whose bit is set only when all three are there. */
  readonly idTime = new Halves();
  readonly idHead = new Halves();
  readonly skb = new Halves();

  reset(bytes: Uint8Array, start: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = start;
    this.isEvent = false;
    this.odd = false;
    this.sections = 0;
    this.time.set(0, 0);
  }

  /** Whether one of the sections is there that the scan was made to look for. */
  get hasWanted(): boolean {
    return (this.sections & wantedBit) !== 0;
  }

  /** Whether the section is there; `key` is one of {@link scannedSections}. */
  has(key: keyof typeof scannedSections): boolean {
    return (this.sections & scannedSections[key]) !== 0;
  }
}
