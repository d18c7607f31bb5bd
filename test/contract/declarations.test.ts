/** The types that `retis collector new` writes for editors say the same as the contract itself (core/api). */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as contract from "../../core/api/collector.ts";
import { writeCollectorTemplate } from "../../core/command/collector/template.ts";
import { runCommand } from "../support/command.ts";

setDefaultTimeout(60_000);

const repository = join(import.meta.dir, "../..");
const api = join(repository, "core/api");
let directory = "";
let declarations = "";

beforeAll(() => {
  directory = join(mkdtempSync(join(tmpdir(), "retis-types-")), "typed");
  writeCollectorTemplate("typed", directory);
  declarations = readFileSync(join(directory, "retis-collector.d.ts"), "utf8");
});
afterAll(() => rmSync(join(directory, ".."), { recursive: true, force: true }));

function exported(kinds: string, source: string): readonly string[] {
  return [...source.matchAll(new RegExp(`^\\s*export (?:${kinds}) (\\w+)`, "gm"))].map((match) => match[1]!).sort();
}

/** Names, an overloaded function's once. */
const distinct = (names: readonly string[]) => [...new Set(names)];

/** Names of types that core/api/collector.ts exports, those it passes on included. */
function typeNames(): readonly string[] {
  const source = readFileSync(join(api, "collector.ts"), "utf8");
  const passedOn = [...source.matchAll(/^export type \{([^}]*)\} from/gm)].flatMap((match) =>
    match[1]!.split(",").map((name) => name.trim()),
  );
  const wire = readFileSync(join(api, "wire.ts"), "utf8");
  return [...passedOn, ...exported("interface|type", source), ...exported("interface|type", wire)].sort();
}

/** Errors of the type check of the directory; `source` becomes one more file in it. */
async function typeErrors(source = ""): Promise<string> {
  writeFileSync(join(directory, "check.ts"), source);
  const { stdout } = await runCommand([join(repository, "node_modules/.bin/tsc"), "-p", "."], { cwd: directory });
  return stdout;
}

test("the same values are exported", () => {
  expect(distinct(exported("const|function", declarations))).toEqual(Object.keys(contract).sort());
});

test("the same types are exported", () => {
  expect(exported("interface|type", declarations)).toEqual(typeNames());
});

test("a new collector passes a strict type check with them alone", async () => {
  expect(await typeErrors()).toBe("");
});

test("modules of Node, types of the web and bytes can be used", async () => {
  const source = `import { readFileSync } from "node:fs";
    import { Bytes, defineSection, Line, Type, U32 } from "retis/collector";
    export const url = new URL("http://localhost"), text = new TextDecoder().decode(readFileSync("/proc/version")), late = setTimeout(() => {}, 1);
    export default defineSection({ key: "a", summary: "A", wire: "a",
      schema: Type.Object({ length: U32({ description: "L" }), raw: Bytes({ description: "R", length: "length" }) }),
      format: ({ raw }) => [{ at: Line.other, text: new TextDecoder().decode(raw.subarray(0, 2)) + raw.toString() }] });`;
  expect(await typeErrors(source)).toBe("");
});

test("the sample passes it too", async () => {
  for (const file of ["collector.ts", "section.ts"]) {
    writeFileSync(join(directory, file), readFileSync(join(repository, "test/plugin-sample", file), "utf8"));
  }
  expect(await typeErrors()).toBe("");
});

test("the types are the same, as far as they are not schemas", async () => {
  const alike = [
    "CheckResult",
    "Hook",
    "Plan",
    "EnumValue",
    "KernelFacts",
    "HostLog",
    "Host",
    "Run",
    "RunMap",
    "MapValue",
    "SectionObserver",
    "Correlation",
    "Completion",
    "SectionData",
    "Event",
    "TextPiece",
    "Paint",
  ];
  alike.push("TextContext", "When", "WireMeaning", "WireAnnotation", "FieldOptions", "Lookup", "FrameLookup");
  const members = ["Collector", "Section"];
  const values = [
    "Line",
    ...Object.keys(contract).filter((name) => /^([UI]\d|Bool|CString|Bytes|Ip|Mac|Optional|Text|Integers)/.test(name)),
  ];
  const lines = [
    `import type * as real from ${JSON.stringify(join(api, "collector.ts"))};`,
    'import type * as published from "retis/collector";',
    "type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;",
    "type Arguments<F> = F extends (...args: infer A) => unknown ? A : F;",
    ...alike.map((name) => `export const ${name}Alike: Same<published.${name}, real.${name}> = true;`),
    ...members.map((name) => `export const ${name}Members: Same<keyof published.${name}, keyof real.${name}> = true;`),
    ...values.map((name) => `export const ${name}Taken: Same<Arguments<typeof published.${name}>, Arguments<typeof real.${name}>> = true;`),
  ];
  expect(await typeErrors(lines.join("\n"))).toBe("");
});

test("a mistake in a collector is an error", async () => {
  expect(await typeErrors('import { U8 } from "retis/collector"; U8({ describe: "" });')).toContain("'describe' does not exist");
  expect(await typeErrors('import { defineCollector } from "retis/collector"; defineCollector({ name: "x" });')).toContain(
    "missing the following properties",
  );
});
