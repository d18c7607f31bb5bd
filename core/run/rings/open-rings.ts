/** Makes the rings of a plan, whose first is the map that the programs were loaded with, and gives each CPU its own. */
import { syscallFailed } from "../../base/errors.ts";
import type { BpfMap } from "../../libbpf/bpf-map.ts";
import { kernelNow } from "../../libbpf/clock.ts";
import { errnoName } from "../../libbpf/libc.ts";
import { createMap, type KernelObject, mapTypes } from "../../libbpf/raw-objects.ts";
import { RingBuffer } from "../../libbpf/ring-buffer.ts";
import { recordTimeOffset } from "../../probe/program-types.ts";
import { MergedRings } from "./merged-rings.ts";
import type { RecordSource } from "./record-source.ts";
import type { RingPlan } from "./ring-plan.ts";
import { SingleRing } from "./single-ring.ts";

export interface RingMaps {
  /** The first ring, `retis_events`. */
  readonly first: BpfMap;
  /** The ring of each CPU, `retis_cpu_rings`; not used with one ring. */
  readonly ofCpu: BpfMap;
}

/** Bytes of keys and values in native order. */
function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** A ring that no program was loaded with; closing it leaves it to the maps that have it. */
class FurtherRing extends RingBuffer {
  readonly #map: KernelObject;

  constructor(map: KernelObject, size: number, index: number) {
    super(map.fd, size, index);
    this.#map = map;
  }

  override close(): void {
    super.close();
    this.#map.close();
  }
}

/** @throws SYSCALL */
function furtherRing(bytes: number, index: number): RingBuffer {
  const map = createMap(mapTypes.ringBuffer, 0, 0, bytes);
  if (typeof map === "number") throw syscallFailed("create a ring buffer", errnoName(map));
  try {
    return new FurtherRing(map, bytes, index);
  } catch (error) {
    map.close();
    throw error;
  }
}

/** @throws TraceError; nothing stays open then */
export function openRings({ count, bytes, ofCpu }: RingPlan, maps: RingMaps): RecordSource {
  const rings: RingBuffer[] = [new RingBuffer(maps.first.fd, bytes)];
  if (count === 1) return new SingleRing(rings[0]!);
  try {
    for (let index = 1; index < count; index++) rings.push(furtherRing(bytes, index));
    for (const [cpu, ring] of ofCpu.entries()) maps.ofCpu.update(u32(cpu), u32(rings[ring]!.fd));
    return new MergedRings(rings, { timeOffset: recordTimeOffset(), now: kernelNow });
  } catch (error) {
    for (const ring of rings) ring.close();
    throw error;
  }
}
