import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileBpf } from "../../test/support/compile-c.ts";
import { assertSameHeaders, headerLayout } from "./hook-headers.ts";

const repository = join(import.meta.dir, "../..");
const hook = "#include <retis/hook.h>\nRETIS_HOOK(x, RETIS_ALL_FILTERS) { return retis_skb(ctx, event) ? event->length : 0; }\n";
let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-headers-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Compiles the hook with our headers, after `change` was made to record.h, or without type information. */
function compile(name: string, change = (text: string) => text, flags: readonly string[] = []) {
  const include = join(directory, name);
  cpSync(join(repository, "bpf/include"), include, { recursive: true });
  const header = join(include, "retis/record.h");
  writeFileSync(header, change(readFileSync(header, "utf8")));
  return { name, bytes: compileBpf({ source: { text: hook }, include, flags }) };
}

test("the same headers fit, whatever else the objects hold", async () => {
  const entry = { name: "entry", bytes: readFileSync(join(repository, "bpf/probe/raw-tracepoint.bpf.o")) };
  expect(headerLayout(entry)).toContain("retis_event busy@0+4");
  expect(headerLayout(entry)).toMatch(/retis_context .*skb@\d+\+8/);
  assertSameHeaders(compile("same"), headerLayout(entry));
});

test("another size or order of what is shared does not", async () => {
  const entry = headerLayout(compile("ours"));
  const larger = compile("larger", (text) => text.replace("RETIS_SKB_COPY 256", "RETIS_SKB_COPY 320"));
  expect(() => assertSameHeaders(larger, entry)).toThrow("Cannot use hook larger: compiled with the headers of another version of retis");
  const swapped = compile("swapped", (text) => text.replace("u32 busy;", "u32 held;"));
  expect(() => assertSameHeaders(swapped, entry)).toThrow("another version");
});

test("an object without types is named", async () => {
  const stripped = compile("stripped", undefined, ["-g0"]);
  expect(() => headerLayout(stripped)).toThrow("Cannot use hook stripped: it has no type information");
  expect(() => headerLayout({ name: "text", bytes: Buffer.from("no object") })).toThrow(": it is not an ELF file");
});
