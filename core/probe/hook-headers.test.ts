import { afterAll, beforeAll, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compileBpf } from "../../test/support/compile-c.ts";
import { assertContract, hookContract } from "./hook-headers.ts";

const repository = join(import.meta.dir, "../..");
const hook = "#include <retis/hook.h>\nRETIS_HOOK(x, RETIS_ALL_FILTERS) { return retis_skb(ctx, event) ? event->length : 0; }\n";
let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-headers-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Compiles the hook with our headers, after `change` was made to one of them, or without type information. */
function compile(name: string, change = (text: string) => text, flags: readonly string[] = [], changed = "record.h") {
  const include = join(directory, name);
  cpSync(join(repository, "bpf/include"), include, { recursive: true });
  const header = join(include, "retis", changed);
  writeFileSync(header, change(readFileSync(header, "utf8")));
  return { name, bytes: compileBpf({ source: { text: hook }, include, flags }) };
}

test("the same headers fit, whatever else the objects hold", async () => {
  const entry = { name: "entry", bytes: readFileSync(join(repository, "bpf/probe/raw-tracepoint.bpf.o")) };
  const { version, facts } = hookContract(entry);
  expect(version).toEqual({ major: 1, minor: 0 });
  for (const fact of ["retis_event.busy@0+4", "retis_section_header.owner@2+1", "RETIS_STACK=4", "RETIS_ARG_RETURN=13"])
    expect(facts).toContain(fact);
  assertContract(compile("same"), hookContract(entry));
});

test("another size or order of what is shared does not", async () => {
  const entry = hookContract(compile("ours"));
  const larger = compile("larger", (text) => text.replace("RETIS_SKB_COPY 256", "RETIS_SKB_COPY 320"));
  expect(() => assertContract(larger, entry)).toThrow("Cannot use hook larger: its headers were changed: they have retis_event.skb@");
  const swapped = compile("swapped", (text) => text.replace("u32 busy;", "u32 held;"));
  expect(() => assertContract(swapped, entry)).toThrow("they have retis_event.held@0+4, those of retis do not");
});

test.each([
  [
    "another first number",
    "RETIS_ABI_MAJOR = 1",
    "RETIS_ABI_MAJOR = 2",
    "abi.h",
    "compiled for version 2.0 of the hooks' contract; this retis has 1.0",
  ],
  ["a later version", "RETIS_ABI_MINOR = 0", "RETIS_ABI_MINOR = 7", "abi.h", "compiled for version 1.7"],
  ["a flag of another value", "RETIS_STACK = 4", "RETIS_STACK = 32", "context.h", "they have RETIS_STACK=32"],
  ["another header of sections", "u8 owner;", "u16 owner;", "record.h", "they have retis_section_header.owner@2+2"],
  ["another place of the return value", "RETIS_ARG_RETURN = 13", "RETIS_ARG_RETURN = 11", "context.h", "they have RETIS_ARG_RETURN=11"],
])("%s does not fit", (_, from, to, header, message) => {
  const other = compile("other", (text) => text.replace(from, to), [], header);
  expect(() => assertContract(other, hookContract(compile("ours")))).toThrow(message);
});

test("an earlier version fits, with fewer things", () => {
  const entry = compile("later", (text) => text.replace("RETIS_ABI_MINOR = 0", "RETIS_ABI_MINOR = 3"), [], "abi.h");
  assertContract(
    compile("earlier", (text) => text.replace(/\tRETIS_NO_PACKET = 16,\n/, ""), [], "context.h"),
    hookContract(entry),
  );
});

test("an object of the time before there was a version is named", () => {
  const old = compile("old", (text) => text.replaceAll("RETIS_DECLARE_ABI(retis_hook_XX);", ""), [], "hook.h");
  expect(() => assertContract(old, hookContract(compile("ours")))).toThrow("compiled with headers without a version");
});

test("an object without types is named", async () => {
  const stripped = compile("stripped", undefined, ["-g0"]);
  expect(() => hookContract(stripped)).toThrow("Cannot use hook stripped: it has no type information");
  expect(() => hookContract({ name: "text", bytes: Buffer.from("no object") })).toThrow(": it is not an ELF file");
});
