import { afterEach, describe, expect, test } from "bun:test";
import { FileRing } from "../../../test/support/file-ring.ts";
import { MergedRings } from "./merged-rings.ts";

const ms = 1_000_000;
/** Seconds after which 32 bits of nanoseconds are full: times of the tests go beyond. */
const start = 4_294_000_000n;
const timeOffset = 8;
const ringBytes = 64 * 1024;
/** What a ring of this size lets wait: half of it at 800 kB a millisecond. */
const holdNs = 40_960;

let sources: FileRing[] = [];
afterEach(() => {
  for (const source of sources) source.close();
  sources = [];
});

/** Rings that share a clock which only the test moves. */
class Bench {
  readonly rings: readonly FileRing[];
  readonly merged: MergedRings;
  /** Nanoseconds since the start. */
  now = 0;

  constructor(count: number, bytes = ringBytes) {
    this.rings = Array.from({ length: count }, (_, index) => new FileRing(bytes, index));
    sources.push(...this.rings);
    this.merged = new MergedRings(
      this.rings.map(({ ring }) => ring),
      { timeOffset, now: () => start + BigInt(this.now) },
    );
  }

  /** A program's record; its payload is the time, at 8. */
  send(ring: number, time: number, options: { readonly bytes?: number; readonly busy?: true } = {}): void {
    const payload = Buffer.alloc(options.bytes ?? 16);
    payload.writeBigUInt64LE(start + BigInt(time), timeOffset);
    this.rings[ring]!.send(payload, options.busy);
  }

  /** Times and rings of what is due. */
  drain(maxBytes = Number.MAX_SAFE_INTEGER): readonly string[] {
    return this.#visited((visit) => this.merged.drain(visit, maxBytes));
  }

  drainAll(): readonly string[] {
    return this.#visited((visit) => this.merged.drainAll(visit));
  }

  #visited(drain: (visit: (at: number, length: number, ring: number) => void) => number): readonly string[] {
    const seen: string[] = [];
    const records = drain((at, length, ring) => {
      const time = Buffer.from(this.merged.memories[ring]!, at, length).readBigUInt64LE(timeOffset) - start;
      seen.push(`${time}@${ring}`);
    });
    expect(records).toBe(seen.length);
    return seen;
  }
}

describe("order", () => {
  test("records of several rings come in order of time", () => {
    const bench = new Bench(3);
    for (const [ring, time] of [
      [0, 5],
      [0, 40],
      [2, 7],
      [2, 8],
      [1, 1],
      [1, 41],
      [0, 50],
    ] as const)
      bench.send(ring, time);
    bench.now = ms;
    expect(bench.drain()).toEqual(["1@1", "5@0", "7@2", "8@2", "40@0", "41@1", "50@0"]);
    expect(bench.merged.heldMs).toBe(0);
  });

  test("also those that overtook each other within a ring", () => {
    const bench = new Bench(2);
    for (const [ring, time] of [
      [0, 5],
      [0, 3],
      [0, 9],
      [0, 4],
      [1, 6],
      [1, 2],
    ] as const)
      bench.send(ring, time);
    bench.now = ms;
    expect(bench.drain()).toEqual(["2@1", "3@0", "4@0", "5@0", "6@1", "9@0"]);
  });

  test("of equal times, the first ring's is first", () => {
    const bench = new Bench(2);
    bench.send(1, 5);
    bench.send(0, 5);
    bench.now = ms;
    expect(bench.drain()).toEqual(["5@0", "5@1"]);
  });

  test("times before the rings were read, and beyond 32 bits, are in order", () => {
    const bench = new Bench(2);
    for (const [ring, time] of [
      [0, 2 ** 33],
      [1, 2 ** 32 - 1],
      [1, 2 ** 33 + 1],
      [0, 2 ** 34],
    ] as const)
      bench.send(ring, time);
    bench.send(1, 2 ** 35);
    bench.now = 2 ** 40;
    expect(bench.drain()).toEqual(["4294967295@1", "8589934592@0", "8589934593@1", "17179869184@0", "34359738368@1"]);
    bench.send(0, -1_000_000);
    bench.send(1, -2_000_000);
    expect(bench.drain()).toEqual(["-2000000@1", "-1000000@0"]);
  });
});

describe("records that may have predecessors on their way", () => {
  test("are held back until they are old enough, and those before them are not", () => {
    const bench = new Bench(2);
    bench.send(0, 100);
    bench.send(0, 60_000);
    bench.now = 100 + holdNs;
    expect(bench.drain()).toEqual(["100@0"]);
    expect(bench.merged.heldMs).toBe(holdNs / ms);
    bench.send(1, 59_000);
    bench.now = 60_000 + holdNs;
    expect(bench.drain()).toEqual(["59000@1", "60000@0"]);
    expect(bench.merged.heldMs).toBe(0);
  });

  test("are not looked at again before they can be due", () => {
    const bench = new Bench(2);
    bench.send(0, 100);
    bench.now = 200;
    expect(bench.drain()).toEqual([]);
    bench.now = 100 + holdNs;
    expect(bench.drain()).toEqual([]);
    expect(bench.merged.heldMs).toBeGreaterThan(0);
    bench.now = 200 + holdNs;
    expect(bench.drain()).toEqual(["100@0"]);
  });

  test("are taken when a ring is more than half full", () => {
    const bench = new Bench(2);
    for (let time = 0; time < 40; time++) bench.send(0, time, { bytes: 1000 });
    bench.now = 50;
    expect(bench.drain(1_000_000).length).toBeGreaterThan(0);
  });

  test("are taken at the end", () => {
    const bench = new Bench(2);
    bench.send(1, 30);
    bench.send(0, 20);
    bench.now = 31;
    expect(bench.drain()).toEqual([]);
    expect(bench.drainAll()).toEqual(["20@0", "30@1"]);
    expect(bench.drainAll()).toEqual([]);
    expect(bench.merged.heldMs).toBe(0);
  });

  test("one that comes later than the wait is not lost", () => {
    const bench = new Bench(2);
    bench.send(0, 100);
    bench.now = ms;
    expect(bench.drain()).toEqual(["100@0"]);
    bench.send(1, 50);
    bench.send(0, 200);
    expect(bench.drain()).toEqual(["50@1", "200@0"]);
  });
});

describe("space", () => {
  test("is given back up to the first record that is held, and records are read once", () => {
    const bench = new Bench(2);
    bench.send(0, 10);
    bench.send(0, 90_000);
    bench.send(0, 20);
    bench.now = 60_000;
    expect(bench.drain()).toEqual(["10@0", "20@0"]);
    expect(bench.rings[0]!.freed).toBe(24);
    bench.now = 90_000 + 2 * holdNs;
    expect(bench.drain()).toEqual(["90000@0"]);
    expect(bench.rings[0]!.freed).toBe(72);
  });

  test("a record that is still written ends what is read of its ring", () => {
    const bench = new Bench(2);
    bench.send(0, 10, { busy: true });
    bench.send(0, 20);
    bench.send(1, 30);
    bench.now = ms;
    expect(bench.drain()).toEqual(["30@1"]);
    bench.rings[0]!.finish();
    expect(bench.drain()).toEqual(["10@0", "20@0"]);
  });

  test("a flood through small rings arrives whole, once and in order", () => {
    const bench = new Bench(4);
    const seen: number[] = [];
    for (let time = 0; time < 20_000; time++) {
      bench.send((time * 7) % 4, time * 100, { bytes: 16 + (time % 50) });
      bench.now = time * 100;
      if (time % 50 === 0) seen.push(...bench.drain(4096).map((text) => Number.parseInt(text, 10)));
    }
    for (let got = bench.drainAll(); got.length > 0; got = bench.drainAll()) seen.push(...got.map((text) => Number.parseInt(text, 10)));
    expect(seen.length).toBe(20_000);
    expect(seen).toEqual(Array.from({ length: 20_000 }, (_, index) => index * 100));
  });
});
