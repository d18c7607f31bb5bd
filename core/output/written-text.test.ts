import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { Random } from "../../test/support/random.ts";
import { eventsOfFlows, fileOf } from "../../test/support/recurring-events.ts";
import { allSections } from "../../test/support/wrong-events.ts";
import type { Event } from "../api/event.ts";
import { paintFor } from "../base/colour.ts";
import { openEventFile } from "../file/reader.ts";
import type { TextTarget } from "../pattern/event-writer.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import { EventClock } from "./event-clock.ts";
import { JsonSink } from "./json-sink.ts";
import { EventLayout, type LayoutOptions } from "./layout.ts";

setDefaultTimeout(120_000);
import type { TextOutput } from "./text-output.ts";

type Looks = Pick<LayoutOptions, "format" | "linkLayer"> & { readonly isTTY: boolean };

function layoutOf({ format, linkLayer, isTTY }: Looks): EventLayout {
  const clock = new EventClock({ mode: "boot" });
  return new EventLayout(allSections, { format, linkLayer, paint: paintFor({ isTTY }, {}), clock, unicode: true });
}

/** Collects text of either kind; its buffer is small, so that there is often no room. */
class Collected implements TextTarget {
  readonly bytes = new Uint8Array(3000);
  size = 0;
  text = "";

  makeRoom(): boolean {
    const hadText = this.size > 0;
    this.text += Buffer.from(this.bytes.subarray(0, this.size)).toString("utf8");
    this.size = 0;
    return hadText;
  }

  add(text: string): void {
    this.makeRoom();
    this.text += text;
  }
}

function textOf(make: () => string): string {
  try {
    return make();
  } catch (error) {
    return String(error);
  }
}

/** Text of events: of one that was decoded, and of one that was recognised. */
interface TextMaker {
  readonly eventText: (event: Event) => string;
  readonly matchedText: (event: MatchedEvent) => string;
}

function jsonMaker(): TextMaker {
  let text = "";
  const output = { add: (line: string) => (text = line), takesBytes: true } as unknown as TextOutput;
  const sink = new JsonSink(output);
  return {
    eventText: (event) => {
      sink.write(event);
      return text;
    },
    matchedText: (event) => {
      sink.writeMatched(event);
      return text;
    },
  };
}

/** Text of the events of a file, errors in reading it, and how many events were given. */
function read(path: string, layout: TextMaker, how: "written" | "decoded") {
  const reader = openEventFile(path, { known: allSections, visited: how === "written" });
  const collected = new Collected();
  let given = 0;
  const add = (make: () => string): void => {
    given++;
    collected.add(textOf(make));
  };
  const event = (each: Event): void => add(() => layout.eventText(each));
  if (how === "written") {
    while (reader.visit({ event, matched: (each) => add(() => layout.matchedText(each)), target: collected }));
  } else for (let batch = reader.readBatch(); batch !== undefined; batch = reader.readBatch()) batch.forEach(event);
  collected.makeRoom();
  return { text: collected.text, errors: [reader.readErrorCount, reader.readErrors], given };
}

/** @returns how many events were written without being given */
function expectSame(path: string, makerOf: () => TextMaker): number {
  const written = read(path, makerOf(), "written");
  const decoded = read(path, makerOf(), "decoded");
  expect(written.text).toBe(decoded.text);
  expect(written.errors).toEqual(decoded.errors);
  return decoded.given - written.given;
}

describe.each(["single-line", "multi-line"] as const)(
  "%s: events that are written where they are read have the text of events that are given",
  (format) => {
    test.each([
      { linkLayer: false, isTTY: false, least: 600 },
      { linkLayer: true, isTTY: false, least: 0 },
      { linkLayer: false, isTTY: true, least: 0 },
    ])("%p", ({ linkLayer, isTTY, least }) => {
      using directory = temporaryDirectory();
      let count = 0;
      for (let seed = 1; seed <= 4; seed++) {
        const path = directory.path(`${seed}`);
        writeFileSync(path, fileOf("cbor", eventsOfFlows(new Random(seed), 800)));
        count += expectSame(path, () => layoutOf({ format, linkLayer, isTTY }));
      }
      expect(count).toBeGreaterThanOrEqual(least);
    });

    test("in damaged files, too", () => {
      using directory = temporaryDirectory();
      const path = directory.path("damaged");
      const random = new Random(3);
      for (let round = 0; round < 12; round++) {
        const bytes = Uint8Array.from(fileOf("cbor", eventsOfFlows(random, 200)));
        for (let changes = 1 + random.below(4); changes > 0; changes--) {
          const at = 2000 + random.below(bytes.length - 2000);
          bytes[at] = random.once(2) ? random.below(256) : bytes[at]! ^ (1 << random.below(8));
        }
        writeFileSync(path, bytes.subarray(0, bytes.length - random.below(50)));
        expectSame(path, () => layoutOf({ format, linkLayer: false, isTTY: false }));
      }
    });
  },
);

test("json: events that are written where they are read have the text of events that are given", () => {
  using directory = temporaryDirectory();
  let count = 0;
  for (let seed = 1; seed <= 4; seed++) {
    const path = directory.path(`${seed}`);
    writeFileSync(path, fileOf("cbor", eventsOfFlows(new Random(seed), 800)));
    count += expectSame(path, jsonMaker);
  }
  expect(count).toBeGreaterThan(600);
});
