import { expect, test } from "bun:test";
import { notAttached, TraceError } from "../base/errors.ts";
import { RecordCodec } from "../event/record.ts";
import type { RingBuffer } from "../libbpf/ring-buffer.ts";
import { LoadedProbes, type Refused } from "../probe/loaded-probes.ts";
import type { Probe } from "../probe/probe.ts";
import { Tracing } from "./tracing.ts";

/** Programs for probes that the kernel attaches but for those named `bad...`. */
class Programs extends LoadedProbes {
  readonly programs = [];

  constructor(private readonly probes: readonly Probe[]) {
    super([]);
  }

  attach(refused: Refused): readonly Probe[] {
    return this.probes.filter((probe) => {
      if (probe.symbol.startsWith("bad")) refused(probe, notAttached(probe.symbol, "EINVAL"));
      return !probe.symbol.startsWith("bad");
    });
  }
}

function probe(symbol: string, id: number, requested: boolean): Probe {
  return { id, type: "kprobe", symbol, parameters: [], hooks: 1, contextHooks: 0, requested, stack: false, showStack: false };
}

/** Symbols that are attached of those a user and a collector want. */
function attach(requested: readonly string[], others: readonly string[] = []): readonly string[] {
  const probes = [...requested, ...others].map((symbol, id) => probe(symbol, id, id < requested.length));
  const codec = new RecordCodec(new Map(), { bytes: 8, sizeOffset: 0, ownerOffset: 2 });
  const tracing = new Tracing({
    codec,
    ring: {} as RingBuffer,
    programs: [new Programs(probes)],
    probes,
    configure: () => {},
    trackedPackets: undefined,
    lossCauses: [],
  });
  return tracing.attached.map(({ symbol }) => symbol);
}

test("a probe that the kernel refuses is left out", () => {
  expect(attach(["ip_rcv", "bad", "tcp_v4_rcv"])).toEqual(["ip_rcv", "tcp_v4_rcv"]);
  expect(attach(["ip_rcv"], ["bad"])).toEqual(["ip_rcv"]);
});

test("it is an error when nothing that was requested is left, whatever collectors add", () => {
  expect(() => attach(["bad"])).toThrow(TraceError);
  expect(() => attach(["bad", "bad_too"], ["skb:kfree_skb"])).toThrow("Cannot attach to bad: EINVAL");
  expect(() => attach([], ["bad"])).toThrow(TraceError);
});
