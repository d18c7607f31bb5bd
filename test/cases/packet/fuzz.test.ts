/** A million damaged packets: whatever arrives, decoding ends soon, throws nothing and prints a line of sane length. */
import { expect, test } from "bun:test";
import { bytesFromHex } from "../../../core/base/bytes.ts";
import { type DecodeOptions, decodePacket, MAX_LAYERS } from "../../../core/packet/decode-packet.ts";
import { packetText } from "../../../core/packet/packet-text.ts";
import { packetTables, readTable } from "./packet-case.ts";

const PACKETS = 1_000_000;
const SEED = 0x5eed_2026;

/** Characters of text per captured byte, at most: a Geneve option of four bytes prints 36. Layers have words besides. */
const TEXT_PER_BYTE = 9;
const TEXT_PER_LAYER = 200;

/** Far above the microseconds that a packet needs. */
const MAX_MILLISECONDS = 50;

/** A packet that looks slow is tried again: it stays slow, while a process that was not scheduled does not. */
const ATTEMPTS = 10;

/** xorshift32 (Marsaglia 2003): small, fast and the same on every machine. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

const random = randomFrom(SEED);
const originals = packetTables()
  .flatMap((table) => readTable(table))
  .map((packetCase) => bytesFromHex(packetCase.hex))
  .filter((bytes) => bytes.length > 0);

function anyOriginal(): Uint8Array {
  return originals[random(originals.length)]!;
}

function flipBits(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  for (let count = 1 + random(8); count > 0; count--) copy[random(copy.length)]! ^= 1 << random(8);
  return copy;
}

function truncate(packet: Uint8Array): Uint8Array {
  return packet.subarray(0, random(packet.length + 1));
}

/** The head of one packet and the tail of another. */
function splice(packet: Uint8Array): Uint8Array {
  const other = anyOriginal();
  const head = packet.subarray(0, random(packet.length + 1));
  const tail = other.subarray(random(other.length + 1));
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return joined;
}

/** Extreme values where lengths, counts and header types live, as anywhere else. */
function editLengths(packet: Uint8Array): Uint8Array {
  const copy = packet.slice();
  const values = [0x00, 0x01, 0x7f, 0x80, 0xff, 0x3b, 0x2c, 0x04];
  for (let count = 1 + random(3); count > 0; count--) {
    const at = random(copy.length);
    const value = values[random(values.length)]!;
    copy[at] = value;
    if (random(2) === 0 && at + 1 < copy.length) copy[at + 1] = value;
  }
  return copy;
}

/** A piece of the packet again and again, up to the size of a jumbo frame: endless stacks, options and chunks. */
function repeat(packet: Uint8Array): Uint8Array {
  const start = random(packet.length);
  const piece = packet.subarray(start, start + 1 + random(packet.length - start));
  const copies = 1 + random(Math.min(64, Math.ceil(9000 / piece.length)));
  const long = new Uint8Array(start + piece.length * copies);
  long.set(packet.subarray(0, start));
  for (let i = 0; i < copies; i++) long.set(piece, start + i * piece.length);
  return long;
}

const MUTATIONS = [flipBits, truncate, splice, editLengths, repeat];

function mutate(): Uint8Array {
  let packet = anyOriginal();
  for (let count = 1 + random(2); count > 0 && packet.length > 0; count--) {
    packet = MUTATIONS[random(MUTATIONS.length)]!(packet);
  }
  return packet;
}

/** What is wrong with how a packet was treated; undefined when nothing is. */
function complaint(bytes: Uint8Array, options: DecodeOptions): string | undefined {
  const packet = decodePacket(bytes, options);
  if (packet.layers.length > MAX_LAYERS) return `${packet.layers.length} layers`;
  for (const linkLayer of [false, true]) {
    const { length } = packetText(packet, { linkLayer });
    const bound = TEXT_PER_BYTE * bytes.length + TEXT_PER_LAYER * (packet.layers.length + 1);
    if (length > bound) return `${length} characters`;
  }
  return undefined;
}

/** Milliseconds that a packet takes at its fastest, once it seemed slow. */
function fastestOf(bytes: Uint8Array, options: DecodeOptions): number {
  let fastest = Infinity;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const start = performance.now();
    complaint(bytes, options);
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}

/** As {@link complaint}, with exceptions and slowness among what is wrong. */
function anyComplaint(bytes: Uint8Array, options: DecodeOptions): string | undefined {
  const start = performance.now();
  try {
    const wrong = complaint(bytes, options);
    if (wrong !== undefined || performance.now() - start <= MAX_MILLISECONDS) return wrong;
    const fastest = fastestOf(bytes, options);
    return fastest > MAX_MILLISECONDS ? `${fastest} ms` : undefined;
  } catch (error) {
    return String(error);
  }
}

test("decodePacket and packetText survive every golden packet, cut at every length", () => {
  for (const packet of originals) {
    for (let length = 0; length <= packet.length; length++) {
      for (const linkLayer of ["ethernet", "raw"] as const) {
        const cut = packet.subarray(linkLayer === "raw" ? Math.min(14, length) : 0, length);
        expect(complaint(cut, { linkLayer })).toBeUndefined();
      }
    }
  }
});

test("decodePacket and packetText survive a million damaged packets", () => {
  let clean = 0;
  for (; clean < PACKETS; clean++) {
    const bytes = mutate();
    const wrong = anyComplaint(bytes, { linkLayer: random(8) === 0 ? "raw" : "ethernet" });
    if (wrong !== undefined) throw new Error(`Packet ${clean} (seed ${SEED}): ${wrong}: ${bytes.toHex()}`);
  }
  expect(clean).toBe(PACKETS);
}, 120_000);
