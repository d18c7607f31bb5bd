import { afterAll, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addEntry } from "./add-entry.ts";
import { compileEntry } from "./compile-entry.ts";

const directory = mkdtempSync(join(tmpdir(), "retis-entry-test-"));
const program = join(directory, "env");
const target = process.arch === "arm64" ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
// Position-independent, unlike Bun; that the executable works is tried in test/kernel.
writeFileSync(program, addEntry(readFileSync("/usr/bin/env"), await compileEntry(target)));
chmodSync(program, 0o755);
afterAll(() => rmSync(directory, { recursive: true }));

const dangerous = { BUN_OPTIONS: "--preload x", BUN_BE_BUN: "1", BUN_INSPECT: "1", BUN_: "1" };
const harmless = { PATH: "/bin", BUNDLE: "1", XBUN_OPTIONS: "1", EMPTY: "" };
const ofEngine = { BUN_JSC_useDFGJIT: "0", NODE_PATH: "/x", RETIS_DUMP_CODE: "/x", PAGER: "more" };

/** The variables that the program finds in its environment. */
function seen(environment: Readonly<Record<string, string>>): ReadonlySet<string> {
  const { stdout, exitCode } = Bun.spawnSync([program], { env: environment });
  expect(exitCode).toBe(0);
  return new Set(stdout.toString().trim().split("\n"));
}

function lines(environment: Readonly<Record<string, string>>): ReadonlySet<string> {
  return new Set(Object.entries(environment).map(([name, value]) => `${name}=${value}`));
}

describe("the entry code", () => {
  test("takes the variables of Bun away", () => {
    expect(seen({ ...dangerous, ...harmless, ...ofEngine })).toEqual(lines({ ...harmless, ...ofEngine }));
    expect(seen({ ...harmless, ...dangerous })).toEqual(lines(harmless));
    expect(seen(harmless)).toEqual(lines(harmless));
  });

  test("leaves nothing of them where there are no others", () => {
    expect(seen(dangerous)).toEqual(lines({ RETIS_NO_VARIABLE: "" }));
    expect(seen({})).toEqual(new Set([""]));
  });

  test.each([{ SUDO_UID: "1000" }, { DOAS_USER: "a" }, { PKEXEC_UID: "1000" }])("takes more away from another caller: %p", (caller) => {
    expect(seen({ ...ofEngine, ...caller, ...harmless })).toEqual(lines({ ...caller, ...harmless }));
  });

  test("knows root that calls sudo", () => {
    expect(seen({ ...ofEngine, SUDO_UID: "0" })).toEqual(lines({ ...ofEngine, SUDO_UID: "0" }));
  });

  test("passes the arguments on", () => {
    expect(Bun.spawnSync([program, "-i", "A=1"], { env: dangerous }).stdout.toString()).toBe("A=1\n");
  });
});

/** What a command that reads files is left with; a program of that name shows it. */
describe.skipIf(process.getuid?.() !== 0)("the entry code, as root (needs root)", () => {
  const commands = join(directory, "commands");
  const stranger = 65534;
  /** Root's own, readable and not, and another user's. */
  const files = { mine: [0, 0o600], theirs: [stranger, 0o600], shown: [stranger, 0o644] } as const;
  const theirPlace = join(directory, "place");
  mkdirSync(commands);
  mkdirSync(theirPlace);
  for (const name of ["print", "pri", "sort", "stats", "pcap", "collect", "script"]) {
    writeFileSync(join(commands, name), "#!/bin/sh\nexec grep -E '^(CapPrm|CapEff|NoNewPrivs)' /proc/self/status\n", { mode: 0o755 });
  }
  for (const [name, [owner, mode]] of Object.entries(files)) {
    writeFileSync(join(directory, name), "", { mode });
    chownSync(join(directory, name), owner, owner);
  }
  chownSync(theirPlace, stranger, stranger);
  symlinkSync(join(theirPlace, "absent"), join(directory, "dangling"));

  const all = capabilitiesAfter(["collect"]);

  /** Capabilities and no_new_privs of what is started in the directory with these arguments. */
  function capabilitiesAfter(args: readonly string[], environment: Readonly<Record<string, string>> = {}): readonly (string | undefined)[] {
    const env = { PATH: `${commands}:/usr/bin:/bin`, ...environment };
    const text = Bun.spawnSync([program, ...args], { env, cwd: directory }).stdout.toString();
    return ["CapPrm", "CapEff", "NoNewPrivs"].map((name) => new RegExp(`^${name}:\\s*0*(\\S+)$`, "m").exec(text)?.[1]);
  }

  const none = ["0", "0", "1"];
  /** CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH. */
  const files6 = ["6", "6", "1"];

  test.each([
    "print",
    "pri mine",
    "print shown -e",
    "print -",
    "print absent",
    "sort mine shown",
    "stats mine",
    "pcap mine -o out",
    "pcap mine -o -",
    "pcap mine -oout",
    "sort mine -eo out --print",
    "sort mine --out=mine --format=json",
    "sort mine.. --out out --out-format json",
  ])("nothing: %s", (line) => expect(capabilitiesAfter(line.split(" "))).toEqual(none));

  test.each([
    "print theirs",
    "print theirs..",
    "print mine theirs",
    "stats mine --collector-dir theirs",
    "sort mine -o shown",
    "pcap mine -o place/out",
    "pcap mine -oplace/out",
    "pcap mine -eo place/out",
    "sort mine --out place/out",
    "sort mine --out=place/out",
    "sort mine -o dangling",
  ])("what opens files of others: %s", (line) => expect(capabilitiesAfter(line.split(" "))).toEqual(files6));

  test("that too for temporary files", () => {
    expect(capabilitiesAfter(["sort", "mine"], { TMPDIR: theirPlace })).toEqual(files6);
    expect(capabilitiesAfter(["sort", "mine"], { TMPDIR: commands })).toEqual(none);
  });

  test("other commands keep all", () => {
    expect(all[0]).not.toBe("0");
    expect([all[0] === all[1], all[2]]).toEqual([true, "0"]);
    for (const args of [["script"], ["script", "print"], ["collect", "sort"]]) expect(capabilitiesAfter(args)).toEqual(all);
  });
});

test("an executable without a note is refused in words", () => {
  const bytes = new Uint8Array(readFileSync("/usr/bin/env"));
  const view = new DataView(bytes.buffer);
  view.setUint16(0x38, 0, true);
  expect(() => addEntry(bytes, new Uint8Array(16))).toThrow("has no note to replace");
});

test.each(["x86_64-linux-gnu", "aarch64-linux-gnu"])("compiles for %s", async (each) => {
  expect((await compileEntry(each)).length).toBeGreaterThan(500);
});
