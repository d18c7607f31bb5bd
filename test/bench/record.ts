/**
 * P1: user-space time from a record in the ring to its CBOR in a file, for an event of seven sections with a packet of 60
 * bytes; for comparison the same record as an object, and that object through cbor-x.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Encoder } from "cbor-x/encode";
import { EventFileWriter } from "../../core/file/writer.ts";
import { addressOf, libc } from "../../core/libbpf/libc.ts";
import type { Benchmark, Figure } from "./figure.ts";
import { offlineHeader } from "./offline-events.ts";
import { fillRing, sampleNames, type SampleRing } from "./sample-records.ts";

const ringSize = 32 << 20;
const rounds = 25;
/** As in core/run/run-outputs.ts. */
const encodeBufferBytes = 512 * 1024;
/** More than one record takes. */
const recordRoom = 4096;

const CLOCK_THREAD_CPUTIME_ID = 3;
const timespec = new BigInt64Array(2);

/** Nanoseconds of processor time of this thread, kernel time included: waiting for a CPU does not count. */
function threadTime(): number {
  libc().clock_gettime(CLOCK_THREAD_CPUTIME_ID, addressOf(timespec));
  return Number(timespec[0]) * 1e9 + Number(timespec[1]);
}

/** Nanoseconds for each event in each round; one round before them is not counted. */
function measure(events: number, run: () => void): readonly number[] {
  run();
  return Array.from({ length: rounds }, () => {
    const start = threadTime();
    run();
    return (threadTime() - start) / events;
  });
}

/** Encodes all records; `full` gets each buffer of CBOR. */
function encodeAll({ codec, buffer, starts, length }: SampleRing, out: Uint8Array, full: (end: number) => void): void {
  let position = 0;
  for (const at of starts) {
    if (position > out.length - recordRoom) {
      full(position);
      position = 0;
    }
    position = codec.write(buffer, at, length, out, position);
  }
  full(position);
}

function measureFile(ring: SampleRing, out: Uint8Array): readonly number[] {
  const directory = mkdtempSync(join(tmpdir(), "retis-record-"));
  try {
    return measure(ring.starts.length, () => {
      const writer = new EventFileWriter({ path: join(directory, "events.cbor"), form: "cbor", header: () => offlineHeader });
      encodeAll(ring, out, (end) => writer.writeCbor(out, 0, end));
      writer.close();
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function run(): Promise<readonly Figure[]> {
  const ring = fillRing(ringSize);
  const { codec, buffer, starts, length } = ring;
  const out = new Uint8Array(encodeBufferBytes);
  let bytes = 0;
  encodeAll(ring, out, (end) => (bytes += end));
  const encoded = measure(starts.length, () => encodeAll(ring, out, () => {}));
  const written = measureFile(ring, out);
  const named = fillRing(ringSize, sampleNames());
  const withNames = measure(named.starts.length, () => encodeAll(named, out, () => {}));
  const few = starts.slice(0, starts.length >> 2);
  const decoded = measure(few.length, () => few.forEach((at) => codec.decode(buffer, at, length)));
  const encoder = new Encoder({ useRecords: false, tagUint8Array: false, variableMapSize: true });
  const through = measure(few.length, () => few.forEach((at) => encoder.encode(codec.decode(buffer, at, length))));
  return [
    { aim: "P1", measure: "record one event, ring to CBOR file", unit: "ns", samples: written, atMost: 500 },
    { aim: "P1", measure: "record events on one CPU", unit: "thousand/s", samples: written.map((ns) => 1e6 / ns), atLeast: 2000 },
    {
      aim: "P1",
      measure: `  record of ${length} bytes to ${Math.round(bytes / starts.length)} bytes of CBOR`,
      unit: "ns",
      samples: encoded,
    },
    { aim: "P1", measure: "  the same with pods and containers", unit: "ns", samples: withNames },
    { aim: "P1", measure: "  record to object", unit: "ns", samples: decoded },
    { aim: "P1", measure: "  record to object to CBOR by cbor-x", unit: "ns", samples: through },
  ];
}

export const recordBenchmark: Benchmark = { name: "record", run };
