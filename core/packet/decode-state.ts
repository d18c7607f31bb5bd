/** What the decoders of one packet share: the cursor, which layer comes next and how it ended. */
import { ByteCursor } from "../base/bytes.ts";
import type { DecodeStatus, LayerName, TruncatedPart, UnsupportedKind } from "./decode-status.ts";

const COMPLETE: DecodeStatus = { kind: "complete" };
const FRAGMENT: DecodeStatus = { kind: "fragment" };
const EXCERPT: DecodeStatus = { kind: "excerpt" };

/**
 * A decoder reads its header from {@link cursor}, says through {@link next} what follows, and returns its layer. When it
 * cannot go on it ends the packet with one of the methods below, which all return undefined so that a decoder
 * without anything to keep can write `return state.truncated("tcp")`.
 */
export class DecodeState {
  readonly cursor: ByteCursor;
  /** The layer to decode next; undefined when the packet is finished. */
  next: LayerName | undefined = undefined;
  status: DecodeStatus = COMPLETE;

  /**
   * Length in bytes of what follows the innermost IP headers, as those headers give it; more than the cursor has when
   * the capture is short.
   */
  payloadLength: number;

  /** Where the data of a wholly captured first fragment ends; running out of bytes there is nobody's fault. */
  #fragmentEnd = -1;

  /** Where a wholly captured quote of another packet ends, see {@link enterQuote}. */
  #quoteEnd = -1;

  constructor(bytes: Uint8Array) {
    this.cursor = new ByteCursor(bytes);
    this.payloadLength = bytes.length;
  }

  /** The cursor has too few bytes left for `at`. */
  truncated(at: TruncatedPart): undefined {
    if (this.cursor.end === this.#fragmentEnd) return this.fragment();
    if (this.cursor.end === this.#quoteEnd) return this.#excerpt();
    return this.malformed(at);
  }

  /** Too few bytes for the header of a transport protocol with ports, which are kept if they are there. */
  cutTransport(at: "tcp" | "udp" | "sctp"): undefined {
    this.truncated(at);
    if (this.cursor.has(4)) this.next = "ports";
  }

  /** `at` says a length that cannot be true, which looks the same as missing bytes. */
  malformed(at: TruncatedPart): undefined {
    this.next = undefined;
    this.status = { kind: "truncated", at };
  }

  unsupported(what: UnsupportedKind, value: number): undefined {
    this.next = undefined;
    this.status = { kind: "unsupported", what, value };
  }

  /** What would come next is in other fragments. */
  fragment(): undefined {
    this.next = undefined;
    this.status = FRAGMENT;
  }

  #excerpt(): undefined {
    this.next = undefined;
    this.status = EXCERPT;
  }

  /**
   * What follows is the start of another packet, up to array index `end`: running out of bytes there is how quotes are.
   */
  enterQuote(end: number): void {
    if (end <= this.cursor.end) this.#quoteEnd = end;
    this.cursor.limit(end);
  }

  /**
   * Ends the window at array index `end`, where the IP packet being decoded ends.
   * @param firstFragment whether the packet goes on in further fragments
   */
  limitPacket(end: number, firstFragment: boolean): void {
    if (firstFragment && end <= this.cursor.end) this.#fragmentEnd = end;
    this.cursor.limit(end);
  }
}
