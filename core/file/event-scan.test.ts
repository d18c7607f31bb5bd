import { expect, setDefaultTimeout, test } from "bun:test";
import { randomEvents, randomFrom } from "../../test/cases/files/sample-events.ts";
import type { Event, U64 } from "../api/event.ts";
import { u64FromHalves } from "../api/event.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { CborDecoder } from "../cbor/decoder.ts";
import { ItemError } from "../cbor/item-error.ts";
import { CborEventScan } from "./cbor-event-scan.ts";
import { type EventScan, Halves, scannedSections } from "./event-scan.ts";
import { JsonEventScan, setDecimal } from "./json-event-scan.ts";
import { eventToJson } from "./json.ts";
import { allSections, rightEvent } from "../../test/support/wrong-events.ts";
import { Random } from "../../test/support/random.ts";
import { eventMembers, type Members } from "./section-shape.ts";

setDefaultTimeout(60_000);

const toU64 = ({ low, high }: Halves) => u64FromHalves(low, high);

const known = eventMembers(allSections);

/** Events whose sections have the declared shapes. */
function rightEvents(seed: number, count: number): readonly Event[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => rightEvent(random) as Event);
}

function scanCbor(bytes: Uint8Array, members?: Members): EventScan {
  const scan = new CborEventScan([], members);
  scan.setBytes(bytes, bytes.length);
  return scan.decode(0);
}

function scanJson(text: string): EventScan {
  const bytes = Buffer.from(text);
  return new JsonEventScan().decode(bytes, 0, bytes.length);
}

/** What a scan should say of an event. */
function expectFacts(scan: EventScan, event: Event): void {
  const unsigned = (value: unknown): value is U64 => (typeof value === "number" || typeof value === "bigint") && value >= 0;
  const { timestamp } = event["common"] as { timestamp: U64 };
  expect(toU64(scan.time)).toEqual(unsigned(timestamp) ? timestamp : 0);
  const tracking = event["skb-tracking"] as { orig_head: U64; timestamp: U64; skb: U64 } | undefined;
  const tracked = tracking !== undefined && Object.values(tracking).every(unsigned);
  expect(scan.has("skb-tracking")).toBe(tracked);
  if (tracked) expect([scan.idHead, scan.idTime, scan.skb].map(toU64)).toEqual([tracking.orig_head, tracking.timestamp, tracking.skb]);
}

test("scans of either form say what the decoded event says", () => {
  for (const event of randomEvents(11, 3000)) {
    const bytes = encodeItem(event);
    const scan = scanCbor(bytes);
    expect(scan.end).toBe(bytes.length);
    expectFacts(scan, event);
    const text = eventToJson(event);
    const json = scanJson(` ${text}\r`);
    expect([json.start, json.end, json.isEvent, json.odd]).toEqual([1, 1 + Buffer.byteLength(text), true, false]);
    expectFacts(json, event);
  }
});

test("sections are known by their bits", () => {
  for (const key of Object.keys(scannedSections) as (keyof typeof scannedSections)[]) {
    if (key === "skb-tracking") continue;
    const event = { common: { timestamp: 1 }, [key]: { "skb-tracking": {}, startup: 3 } };
    for (const scan of [scanCbor(encodeItem(event)), scanJson(JSON.stringify(event))]) expect(scan.sections).toBe(scannedSections[key]);
  }
});

test("damaged CBOR is refused exactly where the decoder refuses it", () => {
  const random = randomFrom(12);
  const decoder = new CborDecoder();
  const verdict = (act: () => number) => {
    try {
      return act();
    } catch (error) {
      if (error instanceof ItemError) return error.kind;
      throw error;
    }
  };
  for (const event of [...randomEvents(13, 1000), ...rightEvents(13, 1000)]) {
    const bytes = encodeItem(event);
    for (let round = 0; round < 10; round++) {
      const damaged = bytes.slice(0, random() < 0.3 ? Math.floor(random() * bytes.length) : bytes.length);
      for (let flips = random() * 3; flips > 0 && damaged.length > 0; flips--)
        damaged[Math.floor(random() * damaged.length)] = random() * 256;
      decoder.setBytes(damaged, damaged.length);
      const wanted = verdict(() => {
        decoder.decode(0);
        return decoder.position;
      });
      expect(verdict(() => scanCbor(damaged, known).end)).toBe(wanted);
    }
  }
});

test("damaged JSON is refused exactly where JSON.parse refuses it", () => {
  const random = randomFrom(14);
  const characters = Buffer.from('{}[]",:\\ \t0123456789.eE+-truefalsn/bu\u0001ü');
  const isValid = (act: () => unknown) => {
    try {
      act();
      return true;
    } catch (error) {
      if (error instanceof SyntaxError) return false;
      throw error;
    }
  };
  for (const event of [...randomEvents(15, 1000), ...rightEvents(15, 1000)]) {
    const bytes = Buffer.from(eventToJson(event));
    for (let round = 0; round < 10; round++) {
      const damaged = bytes.subarray(0, random() < 0.2 ? Math.floor(random() * bytes.length) : bytes.length).slice();
      for (let flips = random() * 3; flips > 0 && damaged.length > 0; flips--)
        damaged[Math.floor(random() * damaged.length)] = characters[Math.floor(random() * characters.length)]!;
      const text = damaged.toString("utf8");
      expect(isValid(() => new JsonEventScan([], known).decode(damaged, 0, damaged.length))).toBe(isValid(() => JSON.parse(text)));
    }
  }
});

test.each([
  "1",
  "-1",
  "1.50",
  "1e5",
  "0.1E-3",
  "01",
  "1.",
  ".5",
  "-",
  "[1,]",
  "[]",
  "[,]",
  "{}",
  '{"a":}',
  '{"a" : 1 }',
  "true",
  "tru",
  "nul",
  '"\\u00e4"',
  '"\\u00g4"',
  '"\\x"',
  "",
  "[1 2]",
  "{1:2}",
])("the value %s is judged like JSON.parse does", (text) => {
  let valid = true;
  try {
    JSON.parse(text);
  } catch {
    valid = false;
  }
  if (valid) expect(() => scanJson(text)).not.toThrow();
  else expect(() => scanJson(text)).toThrow(SyntaxError);
});

test("events that only decoding understands are marked", () => {
  expect(scanJson('{"comm\\u006fn":{"timestamp":5}}').odd).toBe(true);
  expect(scanJson('{"common":{"timestamp":1e3}}').odd).toBe(true);
  const broken = Buffer.from('{"common":{"comm":"\xff"}}', "latin1");
  expect(new JsonEventScan().decode(broken, 0, broken.length).odd).toBe(true);
});

test("decimal digits become exact halves", () => {
  const random = randomFrom(16);
  const values = [0n, 9n, 999999999n, 1000000000n, 2n ** 53n + 1n, 2n ** 64n - 1n];
  for (let i = 0; i < 20_000; i++)
    values.push(
      BigInt.asUintN(Math.floor(random() * 65), (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32))),
    );
  for (const value of values) {
    const bytes = Buffer.from(String(value));
    const halves = new Halves();
    setDecimal(halves, bytes, 0, bytes.length);
    expect((BigInt(halves.high) << 32n) | BigInt(halves.low)).toBe(value);
  }
});
