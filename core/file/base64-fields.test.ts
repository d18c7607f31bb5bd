import { expect, test } from "bun:test";
import { readAll, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { base64FieldsOf, decodeBase64Fields } from "./base64-fields.ts";
import { EventFileWriter } from "./writer.ts";

const bytes = { type: "string", contentEncoding: "base64" };
const schema = {
  properties: {
    packet: { anyOf: [{ $ref: "#/$defs/Packet" }, { type: "null" }] },
    frames: { $ref: "#/$defs/Frames" },
    dev: { properties: { name: { type: "string" } } },
  },
  $defs: {
    Packet: { properties: { len: { type: "integer" }, data: bytes } },
    Frames: {
      properties: {
        list: { type: "array", items: { properties: { raw: bytes } } },
        keys: { items: bytes },
        next: { $ref: "#/$defs/Frames" },
      },
    },
  },
};

test("byte-valued properties are found through references, choices and arrays", () => {
  const paths = base64FieldsOf(schema).map((path) => path.join("/"));
  expect(paths).toContain("packet/data");
  expect(paths).toContain("frames/list/[]/raw");
  expect(paths).toContain("frames/keys/[]");
  expect(paths).not.toContain("dev/name");
  expect(base64FieldsOf({ properties: 7, $ref: "elsewhere" })).toEqual([]);
});

test("base64 becomes bytes in place, and text that is none loses its section", () => {
  const event = { packet: { len: 2, data: "AAE=" }, frames: { list: [{ raw: "/w==" }, {}], keys: ["", "AA=="] }, dev: { name: "AAE=" } };
  expect(decodeBase64Fields(event, base64FieldsOf(schema))).toEqual([]);
  expect(event as unknown).toEqual({
    packet: { len: 2, data: new Uint8Array([0, 1]) },
    frames: { list: [{ raw: new Uint8Array([255]) }, {}], keys: [new Uint8Array(0), new Uint8Array(1)] },
    dev: { name: "AAE=" },
  });
  for (const data of ["AAE", "-_==", "A", 7]) {
    const bad: Record<string, unknown> = { packet: { data }, dev: {} };
    expect(decodeBase64Fields(bad, [["packet", "data"]])).toEqual(["packet/data"]);
    expect(bad).toEqual({ dev: {} });
  }
});

test("a reader without the collector learns the bytes of its section from the file", () => {
  using directory = temporaryDirectory();
  const event = { common: { timestamp: 1 }, frames: { keys: [new Uint8Array([1, 2, 3])] } };
  for (const form of ["json", "cbor"] as const) {
    const writer = new EventFileWriter({ path: directory.path(form), form, header: () => sampleHeader({ host: "lab", schema }) });
    writer.writeEvent(event);
    writer.close();
    const { events, reader } = readAll(directory.path(form));
    expect(events).toEqual([sampleHeader(), event] as never);
    expect(reader.header.host).toBe("lab");
    expect(reader.header.schema).toEqual(schema);
  }
});

test("a schema that refers to itself again and again ends", () => {
  const again = { $ref: "#/$defs/a" };
  const a = { anyOf: [again, again, { properties: { x: again, y: again, data: bytes } }] };
  const properties = Object.fromEntries(Array.from({ length: 1000 }, (_, number) => [`s${number}`, again]));
  const begin = performance.now();
  const fields = base64FieldsOf({ properties, $defs: { a } });
  expect(fields.length).toBeLessThanOrEqual(1000);
  expect(performance.now() - begin).toBeLessThan(5000);
});
