/** Calls of compiled C, see native/event-match.c. */
import { reasonOf } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { addressOf } from "../libbpf/libc.ts";
import { openLibrary } from "../libbpf/native-library.ts";
import { maxNumbers } from "./event-pattern.ts";
import type { MatchTables } from "./match-tables.ts";
import source from "./native/event-match.so" with { type: "file" };

type Pointer = ReturnType<typeof addressOf>;

const declarations = {
  retis_match_events: { args: ["ptr", "ptr", "u32", "u32", "u32", "ptr", "u32"], returns: "u32" },
  retis_write_events: { args: ["ptr", "ptr", "u32", "u32", "u32", "ptr", "ptr", "u32", "ptr"], returns: "void" },
  retis_keep_packet: { args: ["ptr", "ptr", "u32", "ptr", "u32", "u32"], returns: "void" },
  retis_packets_size: { args: [], returns: "u32" },
} as const;

function open() {
  return openLibrary("event-match.so", source, declarations);
}

let opened: ReturnType<typeof open> | "missing" | undefined;

/** Undefined on a host where nothing can be loaded (`vm.memfd_noexec=2`, no directory of our own): events are decoded there. */
function library(): ReturnType<typeof open> | undefined {
  opened ??= openIfPossible();
  return opened === "missing" ? undefined : opened;
}

function openIfPossible(): ReturnType<typeof open> | "missing" {
  try {
    return open();
  } catch (error) {
    log.debug(`Events are decoded one by one: ${reasonOf(error)}`);
    return "missing";
  }
}

/** Words of a match: those before its integers, and of each integer. */
export const matchWords = { pattern: 0, start: 1, end: 2, dataStart: 3, dataEnd: 4, numbers: 5, first: 6, ofNumber: 2 } as const;

/** Most words of a match, and those that it usually has. */
const maxWords = matchWords.first + maxNumbers * matchWords.ofNumber;
const usualWords = 16;

/** Words of matches that are made at once. */
const foundWords = 16 * 1024;

/** Why an event was not written; as in native/event-match.c. */
export const writeStatus = { written: 0, noRoom: 1, unknown: 2, unknownAgain: 3 } as const;

/** Memory for what is kept of packets. */
export function newPackets(): Uint8Array {
  return new Uint8Array(library()?.retis_packets_size() ?? 0);
}

/** Recognises and writes events in bytes that are set. */
export class NativeMatcher {
  /** Matches, one after the other. */
  readonly found = new Uint32Array(foundWords);
  /** Of the last {@link write}: where it stopped, bytes of text, events written, whether the one there is in {@link found}, and why. */
  readonly done = new Uint32Array(5);
  #bytes: Uint8Array | undefined;
  #address = 0 as unknown as Pointer;

  #setBytes(bytes: Uint8Array): void {
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    // The bytes of a small array are moved when its buffer is first used; they stay where they are then.
    this.#address = addressOf(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  }

  /**
   * The number of events that follow each other from `start` on, before `stop`, and are known.
   * @param most about so many are looked for
   */
  match(tables: MatchTables, bytes: Uint8Array, start: number, stop: number, end: number, most: number): number {
    this.#setBytes(bytes);
    const { found } = this;
    const room = Math.min(found.length, maxWords + usualWords * (most - 1));
    return library()?.retis_match_events(addressOf(tables.addresses), this.#address, start, stop, end, addressOf(found), room) ?? 0;
  }

  /** Writes those events as text from `at` on; see {@link done}. */
  write(tables: MatchTables, bytes: Uint8Array, start: number, stop: number, end: number, text: Uint8Array, at: number): void {
    this.#setBytes(bytes);
    const into = (addressOf(text) + at) as Pointer;
    const { found, done } = this;
    const room = text.length - at;
    done.set([start, 0, 0, 0, writeStatus.written]);
    library()?.retis_write_events(
      addressOf(tables.addresses),
      this.#address,
      start,
      stop,
      end,
      addressOf(found),
      into,
      room,
      addressOf(done),
    );
  }

  /** Keeps what texts of packets with the same headers have before and after the identification. */
  keepPacket(tables: MatchTables, packet: Uint8Array, before: Uint8Array, after: Uint8Array): void {
    const text = Buffer.concat([before, after]);
    library()?.retis_keep_packet(
      addressOf(tables.addresses),
      addressOf(packet),
      packet.length,
      addressOf(text),
      before.length,
      after.length,
    );
  }
}
