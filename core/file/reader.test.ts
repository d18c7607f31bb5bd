import { expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { randomEvents, readAll, sampleHeader, temporaryDirectory } from "../../test/cases/files/sample-events.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { formatKey, selfDescribedTag } from "./header.ts";
import { openEventFile } from "./reader.ts";
import { EventFileWriter, type FileForm } from "./writer.ts";

setDefaultTimeout(60_000);

const events = randomEvents(31, 3000);

function writeFile(path: string, form: FileForm, zstd: boolean): void {
  const writer = new EventFileWriter({ path, form, zstd, header: sampleHeader });
  for (const event of events) writer.writeEvent(event);
  writer.close();
}

for (const form of ["cbor", "json"] as const) {
  for (const zstd of [false, true]) {
    test(`standard input is read: ${form}${zstd ? " with zstd" : ""}`, () => {
      using directory = temporaryDirectory();
      const path = directory.path("events");
      writeFile(path, form, zstd);
      const script = `
        import { openEventFile } from "${import.meta.dir}/reader.ts";
        const reader = openEventFile("-");
        console.log(reader.form, [...reader.events()].length, reader.readErrorCount);`;
      writeFileSync(directory.path("count.ts"), script);
      const piped = spawnSync("sh", ["-c", `cat '${path}' | '${process.execPath}' '${directory.path("count.ts")}'`], { encoding: "utf8" });
      expect(piped.stdout + piped.stderr).toBe(`${form} ${events.length + 1} 0\n`);
    });

    test(`files joined with cat are one file: ${form}${zstd ? " with zstd" : ""}`, () => {
      using directory = temporaryDirectory();
      const path = directory.path("events");
      writeFile(path, form, zstd);
      writeFileSync(path, Buffer.concat([readFileSync(path), readFileSync(path)]));
      const { events: read, reader } = readAll(path);
      expect(reader.readErrors).toEqual([]);
      expect(read).toEqual([sampleHeader(), ...events, sampleHeader(), ...events] as never);
    });
  }
}

test("what cannot be opened is one clear error", () => {
  expect(() => openEventFile("/nonexistent")).toThrow("Cannot read /nonexistent: no such file or directory (ENOENT)");
  expect(() => openEventFile("/")).toThrow("Cannot read /: it is a directory");
});

test("a newer format and a header without its mandatory parts are refused", async () => {
  using directory = temporaryDirectory();
  const path = directory.path("header");
  const write = (header: object) => Bun.write(path, Buffer.concat([selfDescribedTag, encodeItem(header)]));
  await write({ [formatKey]: 2, ...sampleHeader() });
  expect(() => openEventFile(path)).toThrow("unsupported version: file format 2");
  await write(sampleHeader());
  expect(() => openEventFile(path)).toThrow("it is CBOR, but its first item has no");
  await write({ [formatKey]: 1, ...sampleHeader(), common: {} });
  expect(() => openEventFile(path)).toThrow("common/timestamp is missing");
});

test("a reader that is closed early gives nothing more", () => {
  using directory = temporaryDirectory();
  const path = directory.path("events");
  writeFile(path, "cbor", false);
  const reader = openEventFile(path);
  expect(reader.readBatch()?.length).toBeGreaterThan(0);
  reader.close();
  reader.close();
  expect(reader.readBatch()).toBeUndefined();
});
