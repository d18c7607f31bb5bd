import { expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { randomEvents, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import type { Event } from "../api/event.ts";
import { eventToJson } from "./json.ts";
import { EventFileWriter } from "./writer.ts";

setDefaultTimeout(60_000);

/** Debian's own Python, which has Debian's packages. */
const python = "/usr/bin/python3";
const hasCbor2 = spawnSync(python, ["-c", "import cbor2"]).status === 0;

/**
 * A reader that knows docs/file-format.md and nothing else. It prints the header's facts and every event in one canonical
 * text: sorted keys, integers in full, bytes as `b:<hex>`.
 */
const reader = `
import base64, cbor2, io, json, subprocess, sys

content = open(sys.argv[1], "rb").read()
if content[:4] == bytes.fromhex("28b52ffd"):
    content = subprocess.run(["zstd", "-dc", sys.argv[1]], check=True, capture_output=True).stdout

def from_cbor(content):
    stream = io.BytesIO(content)
    while stream.tell() < len(content):
        yield cbor2.load(stream)

def byte_paths(schema, path=()):
    if schema.get("contentEncoding") == "base64":
        yield path
    for name, part in schema.get("properties", {}).items():
        yield from byte_paths(part, path + (name,))

def from_json(content):
    paths = {("packet", "data")}
    for line in content.decode("utf-8").split("\\n")[:-1]:
        item = json.loads(line)
        paths.update(byte_paths(item.get("schema", {})))
        for section, name in paths:
            if name in item.get(section, {}):
                item[section][name] = base64.b64decode(item[section][name], validate=True)
        yield item

def canonical(value):
    if isinstance(value, dict):
        return {key: canonical(member) for key, member in value.items()}
    if isinstance(value, list):
        return [canonical(member) for member in value]
    return "b:" + value.hex() if isinstance(value, bytes) else value

items = list(from_cbor(content) if content[:3] == bytes.fromhex("d9d9f7") else from_json(content))
assert items[0]["retis-events"] == 1 and items[0]["host"] == "lab"
for item in [{key: items[0][key] for key in ("common", "startup")}] + items[1:]:
    print(json.dumps(canonical(item), sort_keys=True, separators=(",", ":"), ensure_ascii=False))
`;

/** The same canonical text, of an event as we hold it. */
function canonical(value: unknown): unknown {
  if (value instanceof Uint8Array) return `b:${value.toHex()}`;
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, canonical(member)]));
}

/** Python escapes other control characters in its own way; compare parsed texts with numbers kept as text. */
function comparable(line: string): unknown {
  const reviver = (_key: string, value: unknown, context?: { source: string }) =>
    typeof value === "number" ? `number ${context?.source}` : value;
  return JSON.parse(line, reviver as (key: string, value: unknown) => unknown);
}

const schema = { properties: { "third-party": { properties: { blob: { type: "string", contentEncoding: "base64" } } } } };

for (const form of ["cbor", "json"] as const) {
  for (const zstd of [false, true]) {
    const lacking = zstd && Bun.which("zstd") === null ? " (needs the Debian package zstd)" : "";
    const name = `Python reads a file of ours by its documentation (needs python3-cbor2)${lacking}: ${form}${zstd ? " with zstd" : ""}`;
    test.skipIf(!hasCbor2 || lacking !== "")(name, () => {
      using directory = temporaryDirectory();
      const path = directory.path("events");
      const events: Event[] = [...randomEvents(42, 500), { "third-party": { blob: new Uint8Array([0, 255]) } }];
      const writer = new EventFileWriter({ path, form, zstd, header: () => sampleHeader({ host: "lab", schema }) });
      for (const event of events) writer.writeEvent(event);
      writer.close();
      writeFileSync(directory.path("reader.py"), reader);
      const run = spawnSync(python, [directory.path("reader.py"), path], {
        encoding: "utf8",
        maxBuffer: 1 << 28,
        env: { ...process.env, PYTHONUTF8: "1" },
      });
      expect(run.stderr).toBe("");
      const lines = run.stdout.split("\n").slice(0, -1);
      expect(lines).toHaveLength(events.length + 1);
      for (const [index, event] of [sampleHeader() as unknown as Event, ...events].entries()) {
        expect(comparable(lines[index] as string)).toEqual(comparable(eventToJson(canonical(event) as Event)));
      }
    });
  }
}
