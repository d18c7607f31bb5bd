/**
 * Records as the kernel side sends them, for benchmarks: events of seven sections with a packet of 60 bytes, values drawn
 * from what real hosts show. Layouts are those of the compiled hooks.
 */
import { join } from "node:path";
import { NamespaceNames } from "../../collectors/ns/namespace-names.ts";
import { WorkloadNames } from "../../collectors/ns/workload-names.ts";
import { Namespaces } from "../../core/workloads/namespaces.ts";
import { TimeBudget } from "../../core/workloads/time-budget.ts";
import { devSection } from "../../collectors/dev/section.ts";
import { netnsSection } from "../../collectors/ns/section.ts";
import { packetSection, skbSection } from "../../collectors/skb/section.ts";
import { skbDropSection } from "../../collectors/skb-drop/section.ts";
import type { StructLayout } from "../../core/api/layout.ts";
import type { Section } from "../../core/api/section.ts";
import type { KeyLookup, Lookup } from "../../core/api/wire.ts";
import { commonSection } from "../../core/event/common.ts";
import { kernelSection } from "../../core/event/kernel.ts";
import { RecordCodec } from "../../core/event/record.ts";
import { compileSection } from "../../core/event/section-codec.ts";
import { buildRecord, builtHeader } from "../../core/event/testdata/record-builder.ts";
import { WireBuffer } from "../../core/event/wire-buffer.ts";
import { readHookDeclarations } from "../../core/probe/hook-declarations.ts";

const root = join(import.meta.dir, "../..");

/** Members that are not zero; text goes into character arrays. */
type Values = Readonly<Record<string, number | bigint | string>>;

interface Part {
  readonly section: Section;
  readonly layout: StructLayout;
  readonly lookups?: Readonly<Record<string, Lookup>>;
  readonly keyLookups?: Readonly<Record<string, KeyLookup>>;
  /** Values of event number `i`. */
  readonly values: (i: number) => Values;
  /** Bytes after the struct. */
  readonly trailing?: (i: number) => Uint8Array;
}

const tasks = ["swapper/0", "curl", "ksoftirqd/1", "systemd-resolve", "nginx"];
const devices = ["eth0", "lo", "veth1a2b3c", "enp3s0f1np1"];
const symbols = ["skb:kfree_skb", "net:netif_receive_skb", "skb:consume_skb"];
const reasons = ["NO_SOCKET", "NETFILTER_DROP", "TCP_INVALID_SEQUENCE", "NOT_SPECIFIED"];
const packet = Uint8Array.fromHex(
  "0200000000010200000000020800450000" + "3cd4314000400664d00a0000640a0000c8b26e005012345678000000" + "00a002faf0fe3000000204",
);
const packetBytes = 60;

/** The packet with another IPv4 identification in each event. */
function packetOf(i: number): Uint8Array {
  const bytes = new Uint8Array(packetBytes);
  bytes.set(packet);
  new DataView(bytes.buffer).setUint16(18, i & 0xffff);
  return bytes;
}

function layoutIn(object: string, variable: string): StructLayout {
  const layout = readHookDeclarations(join(root, object)).sections.get(variable);
  if (!layout) throw new Error(`${object} does not declare ${variable}`);
  return layout;
}

/** Made when requested: the objects must be compiled. */
function makeParts(names: Readonly<Record<string, KeyLookup>>): readonly Part[] {
  const entry = "bpf/probe/raw-tracepoint.bpf.o";
  return [
    {
      section: commonSection,
      layout: layoutIn(entry, "core__section_common"),
      values: (i) => ({
        ...{ timestamp: 202_389_123_456_789n + BigInt(i) * 1731n, smp_id: i % 8 },
        ...{ pid: 1000 + (i % 50_000), tgid: 1000 + (i % 50_000), comm: tasks[i % tasks.length]! },
      }),
    },
    {
      section: kernelSection,
      layout: layoutIn(entry, "core__section_kernel"),
      lookups: { symbol: (probe) => symbols[probe], probe_type: () => "raw_tracepoint" },
      values: (i) => ({ probe: i % symbols.length }),
    },
    {
      section: packetSection,
      layout: layoutIn("collectors/skb/hook.bpf.o", "skb__section_packet"),
      values: (i) => ({ len: packetBytes + (i % 1400), capture_len: packetBytes }),
      trailing: packetOf,
    },
    {
      section: skbSection,
      layout: layoutIn("collectors/skb/hook.bpf.o", "skb__section_skb"),
      values: (i) => ({ present: 6, len: 46 + (i % 1400), hash: Math.imul(i, 2_654_435_761) >>> 0, users: 1, dataref: 1 }),
    },
    {
      section: skbDropSection,
      layout: layoutIn("collectors/skb-drop/hook.bpf.o", "skb_drop__section_skb_drop"),
      lookups: { reason: (reason) => reasons[reason], subsys: () => undefined, protocol: String, state: String },
      values: (i) => ({ reason: i % reasons.length }),
    },
    {
      section: devSection,
      layout: layoutIn("collectors/dev/hook.bpf.o", "dev__section_dev"),
      values: (i) => ({ name: devices[i % devices.length]!, ifindex: 1 + (i % 40), rx_ifindex: i % 3 }),
    },
    {
      section: netnsSection,
      layout: layoutIn("collectors/ns/hook.bpf.o", "ns__section_netns"),
      keyLookups: names,
      values: (i) => ({ cookie: BigInt(1 + (i % 5)), inum: 4_026_531_840 + (i % 5), time: BigInt(i), cgroup: BigInt(i % 3) }),
    },
  ];
}

function payloadOf({ layout, values, trailing }: Part, i: number): Uint8Array {
  const behind = trailing?.(i) ?? new Uint8Array(0);
  const payload = new Uint8Array(layout.size + behind.length);
  payload.set(behind, layout.size);
  for (const [name, value] of Object.entries(values(i))) {
    const member = layout.members.find((candidate) => candidate.name === name);
    if (!member) throw new Error(`${layout.name} has no member ${name}`);
    const bytes = typeof value === "string" ? Buffer.from(value, "latin1") : new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);
    payload.set(bytes.subarray(0, member.size), member.offset);
  }
  return payload;
}

/** Records in memory laid out as the kernel's ring is. */
export interface SampleRing {
  readonly codec: RecordCodec;
  readonly buffer: WireBuffer;
  /** Where each record begins. */
  readonly starts: readonly number[];
  /** Bytes of each of them. */
  readonly length: number;
}

/** Nothing has a name. */
export const noNames: Readonly<Record<string, KeyLookup>> = Object.fromEntries(
  ["name", "container", "pod", "unit", "process"].map((lookup) => [lookup, () => undefined]),
);

/** Lookups as those of the collector, in namespaces of which each is a pod's with a container. */
export function sampleNames(): Readonly<Record<string, KeyLookup>> {
  const later = 1_000_000_000_000n;
  const clocks = { now: () => later, worked: () => 0n };
  const namespaces = new Namespaces({
    ...{ budget: new TimeBudget(clocks, 1n), now: clocks.now, proc: "/nonexistent", initial: undefined },
    processes: { in: (inode) => [inode], isIn: () => true, readOn: () => false },
    workloads: { findOfProcess: (inode) => ({ workload: { container: "app", pod: `shop/web-${inode}` }, isUnnamed: false }) },
    openNamespace: (path) => {
      const inode = Number(path.split("/")[2]);
      const opened = { inode, cookie: inode - 4_026_531_839, since: 0n, descriptor: -1 };
      return { ...opened, netlink: () => new Uint8Array(0), [Symbol.dispose]() {} };
    },
  });
  const workloads = {
    ofProcess: () => ({}),
    ofControlGroup: () => ({}),
    controlGroupPath: () => undefined,
    ofNamespace: namespaces.find.bind(namespaces),
  };
  const host = { now: clocks.now, openNamespace: () => undefined };
  return { name: new NamespaceNames({ directory: "/nonexistent", host }).find, ...new WorkloadNames(workloads).lookups };
}

/**
 * Fills a ring of so many bytes with records.
 * @param names lookups of the section `netns`
 */
export function fillRing(ringSize: number, names = noNames): SampleRing {
  const parts = makeParts(names);
  const recordOf = (i: number) => buildRecord(parts.map((part, owner) => ({ owner, payload: payloadOf(part, i) })));
  const codecs = parts.map(({ section, layout, lookups = {}, keyLookups = {} }) =>
    compileSection({ section, layout, lookups, keyLookups, frames: () => undefined, collector: "bench" }),
  );
  const memory = new ArrayBuffer(ringSize);
  const bytes = new Uint8Array(memory);
  const length = recordOf(0).length;
  const starts: number[] = [];
  for (let at = 8; at + length <= ringSize; at += length + 8) {
    bytes.set(recordOf(starts.length), at);
    starts.push(at);
  }
  return { codec: new RecordCodec(new Map(codecs.entries()), builtHeader), buffer: new WireBuffer(memory), starts, length };
}
