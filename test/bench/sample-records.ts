/**
 * Records as the kernel side sends them, for benchmarks: events of seven sections with a packet of 60 bytes, values drawn
 * from what real hosts show.
 */
import { devSection } from "../../collectors/dev/section.ts";
import { netnsSection } from "../../collectors/ns/section.ts";
import { packetSection, skbSection } from "../../collectors/skb/section.ts";
import { skbDropSection } from "../../collectors/skb-drop/section.ts";
import type { StructLayout } from "../../core/api/layout.ts";
import type { Section } from "../../core/api/section.ts";
import type { Lookup } from "../../core/api/wire.ts";
import { commonSection } from "../../core/event/common.ts";
import { kernelSection } from "../../core/event/kernel.ts";
import { RecordCodec } from "../../core/event/record.ts";
import { compileSection } from "../../core/event/section-codec.ts";
import { array, chars, s32, struct, u16, u32, u64, u8 } from "../../core/event/testdata/layout-builder.ts";
import { buildRecord } from "../../core/event/testdata/record-builder.ts";
import { WireBuffer } from "../../core/event/wire-buffer.ts";

interface Part {
  readonly section: Section;
  readonly layout: StructLayout;
  readonly lookups?: Readonly<Record<string, Lookup>>;
  /** Payload of event number `i`. */
  readonly fill: (view: DataView, i: number) => void;
  /** Bytes behind the struct. */
  readonly trailing?: number;
}

const ascii = (view: DataView, at: number, text: string) => {
  for (let i = 0; i < text.length; i++) view.setUint8(at + i, text.charCodeAt(i));
};

const tasks = ["swapper/0", "curl", "ksoftirqd/1", "systemd-resolve", "nginx"];
const devices = ["eth0", "lo", "veth1a2b3c", "enp3s0f1np1"];
const symbols = ["skb:kfree_skb", "net:netif_receive_skb", "skb:consume_skb"];
const reasons = ["NO_SOCKET", "NETFILTER_DROP", "TCP_INVALID_SEQUENCE", "NOT_SPECIFIED"];
const packet = Uint8Array.fromHex(
  "0200000000010200000000020800450000" + "3cd4314000400664d00a0000640a0000c8b26e005012345678000000" + "00a002faf0fe3000000204",
);

const parts: readonly Part[] = [
  {
    section: commonSection,
    layout: struct("retis_common", { timestamp: u64, smp_id: u32, pid: u32, tgid: u32, reserved: u32, comm: chars(16) }),
    fill(view, i) {
      view.setBigUint64(0, 202_389_123_456_789n + BigInt(i) * 1731n, true);
      view.setUint32(8, i % 8, true);
      view.setUint32(12, 1000 + (i % 50_000), true);
      view.setUint32(16, 1000 + (i % 50_000), true);
      ascii(view, 24, tasks[i % tasks.length]!);
    },
  },
  {
    section: kernelSection,
    layout: struct("retis_kernel", { probe: u32, frames: u32, stack: array(u64, 0) }),
    lookups: { symbol: (probe) => symbols[probe], probe_type: () => "raw_tracepoint" },
    fill: (view, i) => view.setUint32(0, i % symbols.length, true),
  },
  {
    section: packetSection,
    layout: struct("skb_packet", { len: u32, capture_len: u32, flags: u8, reserved0: array(u8, 3), reserved1: u32, data: array(u8, 0) }),
    trailing: 60,
    fill(view, i) {
      view.setUint32(0, 60 + (i % 1400), true);
      view.setUint32(4, 60, true);
      packet.forEach((byte, at) => view.setUint8(16 + at, byte));
      view.setUint16(34, i & 0xffff);
    },
  },
  {
    section: skbSection,
    layout: struct("skb_metadata", {
      ...{ present: u32, vlan_proto: u16, vlan_vid: u16, vlan_pcp: u8, vlan_dei: u8, ip_summed: u8, csum_level: u8 },
      ...{ len: u32, data_len: u32, hash: u32, csum: u32, priority: u32, nohdr: u8, cloned: u8, fclone: u8, gso_flags: u8 },
      ...{ users: u32, dataref: u32, gso_frags: u8, reserved: array(u8, 3), gso_size: u32, gso_segs: u32, gso_type: u32 },
    }),
    fill(view, i) {
      view.setUint32(0, 6, true);
      view.setUint32(12, 46 + (i % 1400), true);
      view.setUint32(20, Math.imul(i, 2_654_435_761), true);
      view.setUint32(40, 1, true);
      view.setUint32(44, 1, true);
    },
  },
  {
    section: skbDropSection,
    layout: struct("skb_drop_section", { reason: s32 }),
    lookups: { reason: (reason) => reasons[reason], subsys: () => undefined },
    fill: (view, i) => view.setInt32(0, i % reasons.length, true),
  },
  {
    section: devSection,
    layout: struct("dev_section", { name: chars(16), ifindex: u32, rx_ifindex: u32 }),
    fill(view, i) {
      ascii(view, 0, devices[i % devices.length]!);
      view.setUint32(16, 1 + (i % 40), true);
      view.setUint32(20, i % 3, true);
    },
  },
  {
    section: netnsSection,
    layout: struct("ns_section", { cookie: u64, inum: u32, reserved: u32 }),
    lookups: { name: () => undefined },
    fill(view, i) {
      view.setBigUint64(0, BigInt(1 + (i % 5)), true);
      view.setUint32(8, 4_026_531_840 + (i % 5), true);
    },
  },
];

/** Reads the records. */
export const sampleCodec = new RecordCodec(
  new Map(parts.map(({ section, layout, lookups = {} }, owner) => [owner, compileSection({ section, layout, lookups, frames: () => undefined, collector: "bench" })])),
);

function recordOf(i: number): Uint8Array {
  const sections = parts.map(({ layout, fill, trailing = 0 }, owner) => {
    const payload = new Uint8Array(layout.size + trailing);
    fill(new DataView(payload.buffer), i);
    return { owner, payload };
  });
  return buildRecord(sections);
}

/** Fills a ring of so many bytes with records; gives where they begin. All have the same length. */
export function fillRing(ringSize: number): { readonly buffer: WireBuffer; readonly starts: readonly number[]; readonly length: number } {
  const memory = new ArrayBuffer(ringSize);
  const bytes = new Uint8Array(memory);
  const length = recordOf(0).length;
  const starts: number[] = [];
  for (let at = 8; at + length <= ringSize; at += length + 8) {
    bytes.set(recordOf(starts.length), at);
    starts.push(at);
  }
  return { buffer: new WireBuffer(memory), starts, length };
}
