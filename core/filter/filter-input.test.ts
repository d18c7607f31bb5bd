import { afterAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cannotCompile, compileBpf } from "../../test/support/compile-c.ts";
import { filterInput } from "./filter-input.ts";

const bpf = join(import.meta.dir, "../../bpf");
const directory = mkdtempSync(join(tmpdir(), "retis-filter-input-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("the layout of this executable's filters", () => {
  const input = filterInput(readFileSync(join(bpf, "filter/l2.bpf.o")));
  expect(input).toMatchObject({
    data: 0,
    length: 8,
    linear: 12,
    copied: 16,
    inserted: 20,
    scratch: 24,
    packetType: 32,
    headers: 40,
    headerBytes: 192,
  });
});

test.skipIf(cannotCompile !== undefined)("another layout is read, not assumed (needs clang)", () => {
  cpSync(bpf, directory, { recursive: true });
  const header = join(directory, "include/retis/filter.h");
  const text = readFileSync(header, "utf8")
    .replace("RETIS_FILTER_HEADERS 192", "RETIS_FILTER_HEADERS 256")
    .replace("\tu64 data;", "\tu64 before;\n\tu64 data;");
  writeFileSync(header, text);
  const object = compileBpf({ source: { path: join(directory, "filter/l3.bpf.c") }, include: join(directory, "include") });
  expect(filterInput(object)).toMatchObject({ data: 8, length: 16, headers: 48, headerBytes: 256, size: 304 });
});

test("an object without the struct is named as the fault", () => {
  expect(() => filterInput(readFileSync(join(bpf, "probe/session.bpf.o")))).toThrow("a BPF object lacks struct retis_filter_input");
});
