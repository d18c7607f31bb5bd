import { expect, setDefaultTimeout, test } from "bun:test";
import { allSections, depthOf, everyWrongEvent, itemBytes, rightEvent, wrongEvent } from "../../test/support/wrong-events.ts";
import { Random } from "../../test/support/random.ts";
import { CborDecoder } from "../cbor/decoder.ts";
import { base64FieldsOf, base64FieldsOfSections, decodeBase64Fields } from "./base64-fields.ts";
import { eventSchema } from "../event/json-schema.ts";
import { CborEventScan } from "./cbor-event-scan.ts";
import { JsonEventScan } from "./json-event-scan.ts";
import { JsonLineParser } from "./json-line-parser.ts";
import { dropNonSections } from "./normalize-event.ts";
import { dropWrongSections, sectionChecks } from "../api/section-check.ts";
import { eventMembers } from "./section-shape.ts";

setDefaultTimeout(300_000);

const checks = sectionChecks(allSections);
const known = eventMembers(allSections);
const base64Fields = base64FieldsOf(eventSchema(allSections));

const scans = { cbor: new CborEventScan([], known), json: new JsonEventScan([], known) };
const decoder = new CborDecoder();
const parser = new JsonLineParser();

/** Whether a scan finds the event odd, and what decoding it leaves out. */
const readers = {
  cbor: (bytes: Uint8Array) => {
    scans.cbor.setBytes(bytes, bytes.length);
    decoder.setBytes(bytes, bytes.length);
    const event = decoder.decode(0) as Record<string, unknown>;
    return { odd: scans.cbor.decode(0).odd, dropped: [...dropNonSections(event), ...dropWrongSections(event, checks)] };
  },
  json: (bytes: Uint8Array) => {
    const event = parser.decode(bytes, 0, bytes.length) as Record<string, unknown>;
    const dropped = [...dropNonSections(event), ...decodeBase64Fields(event, base64Fields), ...dropWrongSections(event, checks)];
    return { odd: scans.json.decode(bytes, 0, bytes.length).odd, dropped };
  },
};

test("declared sections have bytes where the schema of events says so", () => {
  const sorted = (paths: readonly (readonly string[])[]) => paths.map((path) => path.join("/")).sort();
  expect(sorted(base64FieldsOfSections(allSections))).toEqual(sorted(base64Fields));
  expect(sorted(base64Fields)).toContain("packet/data");
});

test.each(["cbor", "json"] as const)(
  "an event that a scan of %s finds right has no wrong section, and a right one is found right",
  (form) => {
    const random = new Random(7);
    const look = (event: Record<string, unknown>) => readers[form](itemBytes(form, event));
    for (let i = 0; i < 500; i++) expect(look(rightEvent(random))).toEqual({ odd: false, dropped: [] });
    const wrong = [
      ...everyWrongEvent(random).filter((_event, number) => number % 2 === 0),
      ...Array.from({ length: 1000 }, () => wrongEvent(random)),
    ];
    let missed = 0;
    let inDoubt = 0;
    for (const event of wrong.filter((made) => depthOf(made) < 60)) {
      const { odd, dropped } = look(event);
      if (!odd && dropped.length > 0) missed++;
      if (odd && dropped.length === 0) inDoubt++;
      if (missed === 1) expect([odd, dropped, event]).toEqual([true, dropped, event]);
    }
    expect(missed).toBe(0);
    expect(inDoubt).toBeLessThan(wrong.length / 20);
  },
);
