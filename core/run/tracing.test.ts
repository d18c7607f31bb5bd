import { expect, test } from "bun:test";
import { notAttached, TraceError } from "../base/errors.ts";
import { RecordCodec } from "../event/record.ts";
import { type Check, type LoadedProgram, LoadedProbes, type Refused } from "../probe/loaded-probes.ts";
import type { Probe } from "../probe/probe.ts";
import type { ProgramInstance } from "../probe/program-instance.ts";
import type { RecordSource } from "./rings/record-source.ts";
import { Tracing } from "./tracing.ts";

/** Programs for probes that the kernel attaches but for those named `bad...`. */
class Programs extends LoadedProbes {
  constructor(
    private readonly probes: readonly Probe[],
    readonly programs: readonly LoadedProgram[] = [],
  ) {
    super([]);
  }

  attach(refused: Refused, check: Check): readonly Probe[] {
    return this.probes.filter((probe) => {
      check();
      if (probe.symbol.startsWith("bad")) refused(probe, notAttached(probe.symbol, "EINVAL"));
      return !probe.symbol.startsWith("bad");
    });
  }
}

function probe(symbol: string, id: number, requested: boolean): Probe {
  return { id, type: "kprobe", symbol, parameters: [], hooks: 1, contextHooks: 0, requested, stack: false, showStack: false };
}

function trace(programs: Programs, probes: Probe[], check: Check = () => {}): Tracing {
  const codec = new RecordCodec(new Map(), { bytes: 8, sizeOffset: 0, ownerOffset: 2 });
  return new Tracing({
    codec,
    ring: {} as RecordSource,
    rings: { count: 1, bytes: 65536, ofCpu: [0] },
    programs: [programs],
    probes,
    configure: () => {},
    trackedPackets: undefined,
    lossCauses: [],
    check,
  });
}

/** Symbols that are attached of those a user and a collector want. */
function attach(requested: readonly string[], others: readonly string[] = [], check: Check = () => {}): readonly string[] {
  const probes = [...requested, ...others].map((symbol, id) => probe(symbol, id, id < requested.length));
  return trace(new Programs(probes), probes, check).attached.map(({ symbol }) => symbol);
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

test("programs that only track packets begin before those that emit events, and end after them", () => {
  const switched: string[] = [];
  const probes = [probe("emits", 0, true), { ...probe("tracks", 1, false), hooks: 0 }];
  const programs = probes.map((one) => {
    const instance = {
      set enabled(on: boolean) {
        switched.push(`${one.symbol} ${on ? "on" : "off"}`);
      },
    };
    return { fd: -1, instance: instance as ProgramInstance, probes: [one] };
  });
  const tracing = trace(new Programs(probes, programs), probes);
  expect(switched).toEqual([]);
  tracing.enable();
  tracing.detach();
  expect(switched).toEqual(["tracks on", "emits on", "emits off", "tracks off"]);
});

test("attaching ends when the check throws, also after the last probe", () => {
  const givingUpAt = (calls: number) => () => {
    if (--calls === 0) throw new Error("give up");
  };
  expect(() => attach(["ip_rcv", "tcp_v4_rcv"], [], givingUpAt(2))).toThrow("give up");
  expect(() => attach(["bad"], [], givingUpAt(2))).toThrow("give up");
});
