/** Events and headers for the tests of event files: seeded, so that every run sees the same ones. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Event, U64 } from "../../../core/api/event.ts";
import type { FileHeader } from "../../../core/file/header.ts";
import { openEventFile, type EventReader, type ReadOptions } from "../../../core/file/reader.ts";

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The integers at which an encoding changes length or a double loses digits. */
export const edgeIntegers: readonly U64[] = [
  0,
  1,
  23,
  24,
  255,
  256,
  65535,
  65536,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2n ** 53n,
  2n ** 53n + 1n,
  18446612682070000000n,
  2n ** 63n,
  2n ** 64n - 1n,
  -1,
  -24,
  -25,
  -256,
  -257,
  -65537,
  -(2 ** 32) - 1,
  -(2 ** 53) + 1,
  -(2n ** 63n),
];

const texts = [
  "",
  "eth0",
  "tcp_v4_rcv",
  "skb:kfree_skb",
  'quote" slash\\ tab\t nul\u0000',
  "ünïcödé",
  "包 😀",
  "a:1234567890123456789,b",
  "[18446744073709551615]",
  "x".repeat(70),
];

/** A made-up event with every kind of value that sections hold. */
export function randomEvent(random: () => number): Event {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const integer = () => (random() < 0.3 ? pick(edgeIntegers) : Math.floor(random() * 2 ** 32));
  const event: Record<string, Record<string, unknown>> = {
    common: { timestamp: integer(), task: { pid: integer(), comm: pick(texts) } },
  };
  if (random() < 0.7)
    event["kernel"] = { symbol: pick(texts), stack_trace: Array.from({ length: Math.floor(random() * 4) }, () => pick(texts)) };
  if (random() < 0.6) {
    const data = Uint8Array.from({ length: Math.floor(random() * 80) }, () => random() * 256);
    event["packet"] = { len: integer(), capture_len: data.length, data };
  }
  if (random() < 0.5) event["skb-tracking"] = { orig_head: integer(), timestamp: integer(), skb: integer() };
  if (random() < 0.3) event["third-party"] = { flag: random() < 0.5, list: [integer(), integer()], [pick(texts)]: {} };
  return event;
}

/** Events of one seed. */
export function randomEvents(seed: number, count: number): readonly Event[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, () => randomEvent(random));
}

/** An event as the eight core sections of a real drop look, differing a little by number. */
export function realisticEvent(number: number): Event {
  return {
    common: { timestamp: 5000123456789 + number * 1013, smp_id: number % 4, task: { pid: 4242, tgid: 4243, comm: "curl" } },
    kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
    "skb-tracking": {
      orig_head: 18446612682070000128n + BigInt(number % 50) * 512n,
      timestamp: 5000123450000 + number * 1009,
      skb: 18446612682080000256n + BigInt(number % 64) * 256n,
    },
    "skb-drop": { drop_reason: number % 3 === 0 ? "TCP_CSUM" : "NO_SOCKET" },
    packet: { len: 60, capture_len: 60, data: realisticPacket(number) },
    skb: {
      meta: { len: 60, data_len: 0, hash: Math.imul(number, 2654435761) >>> 0, ip_summed: 3, csum: 1048610, csum_level: 0, priority: 0 },
      data_ref: { nohdr: false, cloned: true, fclone: 2, users: 1, dataref: 2 },
    },
    netns: { cookie: 17, inum: 4026532008 },
    dev: { name: "veth10", ifindex: 5, rx_ifindex: 4 },
  };
}

/** Ethernet, IPv4 and TCP headers whose id, ports, sequence number and checksums vary. */
function realisticPacket(number: number): Uint8Array {
  const packet = Uint8Array.fromHex(
    "02000000000b02000000000a08004500002e000040004006000000000a0000640a0000c8b26e0050000000000000000050020fa000000000000000000000",
  );
  const view = new DataView(packet.buffer);
  const mixed = Math.imul(number, 2654435761) >>> 0;
  view.setUint16(18, number & 0xffff);
  view.setUint16(34, 32768 + (number % 28000));
  view.setUint32(38, mixed);
  view.setUint16(50, mixed >>> 16);
  return packet.subarray(0, 60);
}

/** A header as `collect` would give it. */
export function sampleHeader(extra: Partial<FileHeader> = {}): FileHeader {
  return {
    common: { timestamp: 5000123000000 },
    startup: {
      retis_version: "v1.7.0+retis-0.1.0",
      cmdline: "retis collect -o",
      clock_monotonic_offset: { sec: 1742309146, nsec: 691042000 },
      machine: { kernel_release: "6.12.0", kernel_version: "#1 SMP", hardware_name: "x86_64" },
    },
    ...extra,
  };
}

/** A directory that is removed when `using` ends. */
export function temporaryDirectory(): { readonly path: (name: string) => string; [Symbol.dispose](): void } {
  const directory = mkdtempSync(join(tmpdir(), "retis-file-"));
  return { path: (name) => join(directory, name), [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}

/** All events of a file and the reader that gave them. */
export function readAll(path: string, options: ReadOptions = {}): { readonly events: readonly Event[]; readonly reader: EventReader } {
  const reader = openEventFile(path, options);
  return { events: [...reader.events()], reader };
}
