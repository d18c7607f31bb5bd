import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { Random } from "../../test/support/random.ts";
import { fileOf, recurringEvents } from "../../test/support/recurring-events.ts";
import { allSections } from "../../test/support/wrong-events.ts";
import type { Event } from "../api/event.ts";
import { base64FieldsOfSections } from "../file/base64-fields.ts";
import { openEventFile, type EventReader } from "../file/reader.ts";
import { paintFor } from "../base/colour.ts";
import { EventClock } from "./event-clock.ts";
import { EventLayout, type LayoutOptions } from "./layout.ts";

setDefaultTimeout(120_000);

interface Outcome {
  readonly events: readonly Event[];
  readonly texts: readonly string[];
  readonly errors: unknown;
}

function layoutOf(format: LayoutOptions["format"]): EventLayout {
  const clock = new EventClock({ mode: "delta" });
  return new EventLayout(allSections, { format, linkLayer: false, paint: paintFor({ isTTY: true }, {}), clock, unicode: true });
}

function textOf(make: () => string): string {
  try {
    return make();
  } catch (error) {
    return String(error);
  }
}

/** Reads in one way or the other; says how many events were recognised. */
function read(path: string, format: LayoutOptions["format"], how: "visit" | "batches"): Outcome & { readonly matched: number } {
  const layout = layoutOf(format);
  const options = { known: allSections, base64Fields: base64FieldsOfSections(allSections) };
  const reader: EventReader = openEventFile(path, { ...options, visited: how === "visit" });
  const events: Event[] = [];
  const texts: string[] = [];
  let matched = 0;
  const take = (event: Event): void => {
    events.push(event);
    texts.push(textOf(() => layout.eventText(event)));
  };
  if (how === "visit") {
    const recognised = (event: Parameters<Parameters<EventReader["visit"]>[0]["matched"]>[0]): void => {
      matched++;
      events.push(event.toEvent());
      texts.push(textOf(() => layout.matchedText(event)));
    };
    while (reader.visit({ event: take, matched: recognised }));
  } else for (let batch = reader.readBatch(); batch !== undefined; batch = reader.readBatch()) batch.forEach(take);
  return { events, texts, errors: [reader.readErrorCount, reader.readErrors], matched };
}

function expectSame(path: string, format: LayoutOptions["format"]): number {
  const { matched, ...visited } = read(path, format, "visit");
  const { matched: _none, ...batches } = read(path, format, "batches");
  expect(visited.texts).toEqual(batches.texts as never);
  expect(visited).toEqual(batches as never);
  return matched;
}

describe.each(["cbor", "json"] as const)("%s: recognised events are those that decoding gives", (form) => {
  test.each(["single-line", "multi-line"] as const)("with the same text, %s", (format) => {
    using directory = temporaryDirectory();
    let matched = 0;
    for (let seed = 1; seed <= 3; seed++) {
      const path = directory.path(`${seed}`);
      writeFileSync(path, fileOf(form, recurringEvents(new Random(seed), 400)));
      matched += expectSame(path, format);
    }
    expect(matched).toBeGreaterThan(3 * 200);
  });

  test("with the same read errors in damaged files", () => {
    using directory = temporaryDirectory();
    const path = directory.path("damaged");
    const random = new Random(3);
    for (let round = 0; round < 12; round++) {
      const bytes = Uint8Array.from(fileOf(form, recurringEvents(random, 60)));
      const header = form === "cbor" ? 2000 : bytes.indexOf(0x0a) + 1;
      for (let changes = 1 + random.below(4); changes > 0; changes--) {
        const at = header + random.below(bytes.length - header);
        bytes[at] = random.once(2) ? random.below(256) : bytes[at]! ^ (1 << random.below(8));
      }
      writeFileSync(path, bytes.subarray(0, bytes.length - random.below(50)));
      expectSame(path, "single-line");
    }
  });
});
