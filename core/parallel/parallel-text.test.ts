import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { Random } from "../../test/support/random.ts";
import { fileOf, recurringEvents } from "../../test/support/recurring-events.ts";
import { allSections } from "../../test/support/wrong-events.ts";
import { paintIn } from "../base/colour.ts";
import { base64FieldsOfSections } from "../file/base64-fields.ts";
import type { EventVisitor } from "../file/file-reader.ts";
import { openEventFile } from "../file/reader.ts";
import { EventClock } from "../output/event-clock.ts";
import { EventLayout } from "../output/layout.ts";
import { formatInParallel, type StartWorker } from "./parallel-text.ts";
import { changesLaterText, RangeFormatter } from "./range-text.ts";
import { SharedWork } from "./shared-work.ts";
import type { TextJob } from "./text-job.ts";

setDefaultTimeout(120_000);

const time = "utc";
const colour = false;

/** How many bytes are read in order first, at least. */
const beginning = 3000;

interface Outcome {
  readonly text: string;
  readonly errors: unknown;
}

interface Way {
  readonly rangeSize: number;
  readonly startWorker: StartWorker;
  /** Called when text was joined. */
  readonly joined?: () => void;
}

/** The text of a file and what was reported; with a way also from ranges, and how many bytes they gave. */
function read(path: string, format: TextJob["format"], way?: Way): Outcome & { readonly inRanges: number } {
  const reader = openEventFile(path, { known: allSections, base64Fields: base64FieldsOfSections(allSections), visited: true });
  const clock = new EventClock({ mode: time });
  const layout = new EventLayout(allSections, { format, linkLayer: false, paint: paintIn(colour), clock, unicode: false });
  let text = "";
  let inRanges = 0;
  let changes = 0;
  const add = (make: () => string): void => {
    try {
      text += make();
    } catch (error) {
      text += `${error}\n`;
    }
  };
  const visitor: EventVisitor = {
    event: (event) => {
      if (changesLaterText(event)) changes++;
      add(() => layout.eventText(event));
    },
    matched: (event) => add(() => layout.matchedText(event)),
  };
  const file = reader.seekable!;
  while ((file.position ?? 0) < beginning && file.visit(visitor, beginning));
  const from = file.position;
  if (way !== undefined && from !== undefined && changes === 1) {
    const { rangeSize } = way;
    const ranges = Math.floor((file.size - from) / rangeSize);
    const job = { path: file.samePath, format, linkLayer: false, time, colour, from, rangeSize, ranges } as const;
    const write = (bytes: Uint8Array) => {
      text += Buffer.from(bytes).toString();
      inRanges += bytes.length;
      way.joined?.();
      return "ok" as const;
    };
    file.seek(formatInParallel(job, allSections, write, way.startWorker));
  }
  while (reader.visit(visitor));
  reader.close();
  return { text, errors: [reader.readErrorCount, reader.readErrors], inRanges };
}

/** A worker in this thread: it does a range at times, when text was joined. */
function wayBy(random: Random, rangeSize: number): Way {
  let work: SharedWork | undefined;
  let formatter: RangeFormatter | undefined;
  const joined = (): void => {
    const range = random.once(2) ? work?.take() : undefined;
    if (range !== undefined) work!.put(range, formatter!.format(range, work!.bytes(range)));
  };
  const startWorker: StartWorker = ({ job, buffer }) => {
    work = new SharedWork(job.ranges, buffer);
    formatter = new RangeFormatter(job, allSections);
    joined();
  };
  return { rangeSize, startWorker, joined };
}

function expectSame(path: string, format: TextJob["format"], way: Way): number {
  const { inRanges: _none, ...ordinary } = read(path, format);
  const { inRanges, ...parallel } = read(path, format, way);
  expect(parallel.text.split("\n")).toEqual(ordinary.text.split("\n"));
  expect(parallel).toEqual(ordinary);
  return inRanges;
}

const clockChanges = [{ since: 2 ** 45, clock_monotonic_offset: { sec: 1_700_000_000, nsec: 5 } }];

describe("the text from ranges is that of reading in order", () => {
  test.each(["single-line", "multi-line"] as const)("%s", (format) => {
    using directory = temporaryDirectory();
    for (let seed = 1; seed <= 4; seed++) {
      const path = directory.path(`${seed}`);
      const random = new Random(seed);
      writeFileSync(path, fileOf("cbor", recurringEvents(random, 400)));
      // Ranges smaller than events too.
      expectSame(path, format, wayBy(random, random.pick([100, 1000, 5000])));
    }
  });

  test("all of it where nothing is unusual", () => {
    using directory = temporaryDirectory();
    const path = directory.path("usual");
    const events = Array.from({ length: 2000 }, (_, i) => usualEvent(i));
    writeFileSync(path, fileOf("cbor", events));
    const { text } = read(path, "multi-line");
    expect(expectSame(path, "multi-line", wayBy(new Random(1), 4000))).toBeGreaterThan(text.length * 0.85);
  });

  test("when the clock changes, another recording begins, or bytes look like an item", () => {
    using directory = temporaryDirectory();
    const path = directory.path("changes");
    const events: unknown[] = Array.from({ length: 900 }, (_, i) => usualEvent(i));
    events[300] = {
      ...usualEvent(300),
      packet: { len: 200, capture_len: 200, data: new Uint8Array(fileOf("cbor", [usualEvent(1)])).slice(-90) },
    };
    events[500] = { common: { timestamp: 2 ** 45, smp_id: 0 }, clock: { changes: clockChanges } };
    writeFileSync(path, fileOf("cbor", events));
    for (const rangeSize of [64, 700, 5000]) expectSame(path, "single-line", wayBy(new Random(rangeSize), rangeSize));
    writeFileSync(path, Buffer.concat([fileOf("cbor", events.slice(0, 400)), fileOf("cbor", events.slice(400))]));
    for (const rangeSize of [64, 700, 5000]) expectSame(path, "single-line", wayBy(new Random(rangeSize), rangeSize));
  });

  test("with the same read errors in damaged files", () => {
    using directory = temporaryDirectory();
    const path = directory.path("damaged");
    const random = new Random(3);
    for (let round = 0; round < 25; round++) {
      const bytes = Uint8Array.from(
        fileOf("cbor", random.once(3) ? recurringEvents(random, 80) : Array.from({ length: 120 }, (_, i) => usualEvent(i))),
      );
      for (let damages = 1 + random.below(3); damages > 0; damages--) {
        const at = beginning + random.below(bytes.length - beginning);
        bytes[at] = random.once(2) ? random.below(256) : bytes[at]! ^ (1 << random.below(8));
      }
      writeFileSync(path, bytes.subarray(0, bytes.length - random.below(50)));
      expectSame(path, "single-line", wayBy(random, random.pick([300, 2000])));
    }
  });

  test("by another thread", async () => {
    using directory = temporaryDirectory();
    const path = directory.path("large");
    writeFileSync(
      path,
      fileOf(
        "cbor",
        Array.from({ length: 30_000 }, (_, i) => usualEvent(i)),
      ),
    );
    const worker = new Worker(new URL("../worker.ts", import.meta.url).href);
    const inRanges = expectSame(path, "single-line", { rangeSize: 50_000, startWorker: (task) => worker.postMessage(task) });
    expect(inRanges).toBeGreaterThan(1_000_000);
    worker.terminate();
  });
});

function usualEvent(i: number): Record<string, Record<string, unknown>> {
  const data = Uint8Array.fromHex(
    `02000000000b02000000000a08004500002e${(i & 0xffff).toString(16).padStart(4, "0")}400040110000${"0a0100010a01000230390035001a0000"}${"00".repeat(18)}`,
  );
  return {
    common: { timestamp: 2 ** 45 + i * 1000, smp_id: i % 4, task: { pid: 1 + (i % 50), tgid: 1 + (i % 50), comm: "curl" } },
    kernel: { symbol: i % 3 ? "skb:kfree_skb" : "skb:consume_skb", probe_type: "raw_tracepoint" },
    packet: { len: 60, capture_len: 60, data },
    "skb-drop": { drop_reason: i % 5 ? "NO_SOCKET" : "NETFILTER_DROP" },
  };
}
