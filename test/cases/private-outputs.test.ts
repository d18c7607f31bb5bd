/** Everything that writes packet contents makes files for their owner alone, and follows no other user's links. */
import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventFileWriter } from "../../core/file/writer.ts";
import { sampleHeader } from "./files/sample-events.ts";

const main = join(import.meta.dir, "../../core/main.ts");
const input = join(import.meta.dir, "sort/packet-paths.json");
const base = mkdtempSync(join(tmpdir(), "retis-outputs-"));
let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(base, "case-"));
});
afterAll(() => rmSync(base, { recursive: true }));

const commands = ["sort", "pcap"];

function run(args: readonly string[]) {
  const { stderr, exitCode } = Bun.spawnSync(["/bin/sh", "-c", 'umask 0; exec "$@"', "sh", process.execPath, main, ...args]);
  return { status: exitCode, stderr: stderr.toString() };
}

test.each(commands)("%s", (command) => {
  const out = join(directory, "out");
  const { status, stderr } = run([command, input, "-o", out]);
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(statSync(out).mode & 0o777).toBe(0o600);
});

test("parts of a rotated file", () => {
  const before = process.umask(0);
  const path = join(directory, "events");
  const writer = new EventFileWriter({ path, form: "json", header: sampleHeader, rotate: 2048 });
  for (let index = 0; index < 200; index++) writer.writeEvent({ common: { timestamp: index } });
  writer.close();
  process.umask(before);
  const modes = readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777);
  expect(modes.length).toBeGreaterThan(2);
  expect(new Set(modes)).toEqual(new Set([0o600]));
});

describe.skipIf(process.getuid?.() !== 0)("as root, a link of another user in a sticky directory is not followed (needs root)", () => {
  function prepare(): { readonly out: string; readonly target: string } {
    const [out, target] = [join(directory, "out"), join(base, "target")];
    writeFileSync(target, "content");
    symlinkSync(target, out);
    lchownSync(out, 65534, 65534);
    chmodSync(directory, 0o1777);
    return { out, target };
  }

  test.each(commands)("%s", (command) => {
    const { out, target } = prepare();
    const { status, stderr } = run([command, input, "-o", out]);
    expect(status).toBe(1);
    expect(stderr).toContain(`Cannot write ${out}: ${out} belongs to uid 65534, and others can make files in ${directory} [UNSAFE_OUTPUT]`);
    expect(readFileSync(target, "utf8")).toBe("content");
  });

  test.each(commands)("%s, nor a directory used", (command) => {
    const way = join(directory, "way");
    mkdirSync(way);
    chownSync(way, 65534, 65534);
    chmodSync(directory, 0o1777);
    const { status, stderr } = run([command, input, "-o", join(way, "out")]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${way} belongs to uid 65534, and others can make files in ${directory} [UNSAFE_OUTPUT]`);
    expect(readdirSync(way)).toEqual([]);
  });

  test("an event file", () => {
    const { out, target } = prepare();
    expect(() => new EventFileWriter({ path: out, form: "cbor", header: sampleHeader })).toThrow("belongs to uid 65534");
    expect(readFileSync(target, "utf8")).toBe("content");
  });
});
