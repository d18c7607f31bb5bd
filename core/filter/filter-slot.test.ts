import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { elfSections } from "../libbpf/elf-sections.ts";
import { patchFunction } from "./filter-slot.ts";

const object = readFileSync(join(import.meta.dir, "../../bpf/filter/l2.bpf.o"));
const code = Uint8Array.from([0xb4, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);

test("the function becomes the code, at its exact length", () => {
  const filled = patchFunction(object, "retis_filter_l2", code, "packet filter");
  expect(elfSections(filled).get(".text")).toEqual(code);
  expect(filled.length).toBe(object.length);
  expect(elfSections(object).get(".text")?.length).toBe(4096 * 8);
});

test("code that is too long is refused with both numbers", () => {
  expect(() => patchFunction(object, "retis_filter_l2", new Uint8Array(4097 * 8), "packet filter")).toThrow(
    "The packet filter is too long: 4097 BPF instructions, and there is room for 4096",
  );
  expect(elfSections(patchFunction(object, "retis_filter_l2", new Uint8Array(4096 * 8), "packet filter")).get(".text")?.length).toBe(
    4096 * 8,
  );
});

test("a function that is not there is a fault", () => {
  expect(() => patchFunction(object, "retis_filter_l9", code, "packet filter")).toThrow("retis_filter_l9");
});

test("no debug information refers to what is cut off", () => {
  // .BTF.ext: one function and one line, both at the start (struct btf_ext_header and its sub-sections, bpf/btf.h).
  const ext = elfSections(object).get(".BTF.ext") ?? new Uint8Array();
  const view = new DataView(ext.buffer, ext.byteOffset, ext.byteLength);
  const header = view.getUint32(4, true);
  const lines = header + view.getUint32(16, true);
  const [recordBytes, records, firstOffset] = [
    view.getUint32(lines, true),
    view.getUint32(lines + 8, true),
    view.getUint32(lines + 12, true),
  ];
  expect([recordBytes, records, firstOffset]).toEqual([16, 1, 0]);
});
