/**
 * Whole runs of `retis sort`. A case is a line of `commands`; what it prints and its exit status are held to
 * `sort/<name>.txt`, which `RETIS_GOLDEN=refresh` writes.
 */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EventFileWriter } from "../../core/file/writer.ts";
import { offlineEvent, writeOfflineEvents } from "../bench/offline-events.ts";

setDefaultTimeout(60_000);

const main = join(import.meta.dir, "../../core/main.ts");
const directory = join(import.meta.dir, "sort");
const files = join(import.meta.dir, "files");
const refresh = process.env["RETIS_GOLDEN"] === "refresh";
const scratch = mkdtempSync(join(tmpdir(), "retis-sort-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const commands: Readonly<Record<string, string>> = {
  help: "sort --help",
  "multi-line": "sort CASES/packet-paths.json",
  "single-line-utc": "sort --format single-line --utc CASES/packet-paths.json",
  "clock-change": "sort --format single-line --utc CASES/clock-change.json",
  "clock-change-selective": "sort --format single-line --utc --drop CASES/clock-change.json",
  "time-delta": "sort --format single-line --time delta CASES/packet-paths.json",
  json: "sort --format json CASES/packet-paths.json",
  id: "sort --id #b81263ce94 --format single-line CASES/packet-paths.json",
  "id-of-several": "sort --id b8 CASES/packet-paths.json",
  "id-unknown": "sort --id 77 CASES/packet-paths.json",
  "id-no-number": "sort --id eth0 CASES/packet-paths.json",
  drop: "sort --drop --format single-line CASES/packet-paths.json",
  "drop-reason": "sort --drop-reason no_socket,netfilter_* --format single-line CASES/packet-paths.json",
  "probe-and-device": "sort -p k:packet_* --dev eth* --format single-line CASES/packet-paths.json",
  "no-untracked": "sort --no-untracked --format single-line CASES/packet-paths.json",
  "has-value": "sort --has kernel.symbol=tcp_* --has dev --format single-line CASES/packet-paths.json",
  "has-nothing": "sort --has ct.state=new CASES/packet-paths.json",
  "has-wrong": "sort --has =5 CASES/packet-paths.json",
  "two-inputs": "sort --format single-line CASES/packet-paths.json FILES/sections-1.7.json",
  "sorted-input": "sort --format single-line FILES/sorted-1.7.json",
  "old-layout": "sort --format single-line FILES/layout-1.5.json",
  ovs: "sort CASES/ovs-1.7.json",
  "ovs-single-line": "sort --format single-line CASES/ovs-1.7.json",
  "onto-input": "sort CASES/packet-paths.json -o CASES/packet-paths.json",
  "form-without-file": "sort CASES/packet-paths.json --out-format cbor",
  "missing-input": "sort CASES/nowhere",
  "wrong-buffer": "sort --max-buffer some CASES/packet-paths.json",
};

const environment = { PATH: process.env["PATH"], HOME: "/nowhere", TERM: "dumb", LANG: "C.UTF-8", TMPDIR: scratch };

function retis(args: readonly string[]) {
  const { stdout, stderr, exitCode } = Bun.spawnSync({ cmd: [process.execPath, main, ...args], cwd: directory, env: environment });
  return { stdout: stdout.toString(), stderr: stderr.toString(), status: exitCode };
}

test.each(Object.entries(commands))("%s", (name, command) => {
  const args = command.replaceAll("CASES", directory).replaceAll("FILES", files).split(" ");
  const { stdout, stderr, status } = retis(args);
  const shown = `$ retis ${command}\nexit status ${status}\n--- stdout\n${stdout}\n--- stderr\n${stderr}`;
  const actual = shown.replaceAll(directory, "CASES").replaceAll(files, "FILES");
  const path = join(directory, `${name}.txt`);
  if (refresh) writeFileSync(path, actual);
  expect(actual).toBe(readFileSync(path, "utf8"));
});

test.each(["json", "cbor", "json.zst"])("a sorted file .%s prints as sorting prints, and begins with its startup event", (extension) => {
  const out = join(scratch, `sorted.${extension}`);
  const { status, stderr, stdout } = retis(["sort", join(directory, "packet-paths.json"), "-o", out, "--print", "--max-buffer", "2"]);
  expect([status, stderr]).toEqual([
    0,
    "WARN  Events lost while recording: 3; packet paths may have gaps\n8 events read, 4 series written\n",
  ]);
  expect(retis(["print", out]).stdout.trimEnd()).toBe(stdout.trimEnd());
  if (extension === "json") {
    const lines = readFileSync(out, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.every(Array.isArray)).toBe(true);
    expect(lines[0].at(-1).startup.retis_version).toBe("v1.7.0");
  }
  rmSync(out);
});

const large = join(scratch, "large");

test("a reader that leaves is not an error, and temporary files have no names", async () => {
  writeOfflineEvents(large, 60_000, "cbor", false);
  const pipeline = `"$0" "$1" sort "$2" --max-buffer 500 | head -n 1; exit "\${PIPESTATUS[0]}"`;
  const { exitCode, stdout, stderr } = Bun.spawnSync({ cmd: ["bash", "-c", pipeline, process.execPath, main, large], env: environment });
  expect([exitCode, stderr.toString()]).toEqual([0, ""]);
  expect(stdout.toString()).toStartWith("202389000000000");
  expect(readdirSync(scratch)).toEqual(["large"]);
});

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s ends sorting and leaves no file", async (signal, status) => {
  const out = join(scratch, "sorted");
  const child = Bun.spawn({
    cmd: [process.execPath, main, "sort", ...Array.from({ length: 6 }, () => large), "-o", out],
    env: environment,
    stderr: "pipe",
  });
  while (!existsSync(out) && child.exitCode === null) await Bun.sleep(1);
  child.kill(signal);
  expect(await child.exited).toBe(status);
  expect(await child.stderr.text()).toBe("WARN  Interrupted: no output file was written\n");
  expect(readdirSync(scratch)).toEqual(["large"]);
});

test("a part of a rotated input is not overwritten", () => {
  const base = join(scratch, "rotated");
  const { startup } = JSON.parse(readFileSync(join(directory, "packet-paths.json"), "utf8").split("\n")[0]!);
  const writer = new EventFileWriter({ path: base, form: "cbor", rotate: 20_000, header: () => ({ common: { timestamp: 1 }, startup }) });
  for (let i = 0; i < 300; i++) writer.writeEvent(offlineEvent(i));
  writer.close();
  const before = readFileSync(`${base}.1`);
  const { status, stderr } = retis(["sort", `${base}.0..`, "-o", `${base}.1`]);
  expect([status, stderr.split("\n")[0]]).toEqual([2, `error: Cannot write to ${base}.1: it is the input [OUTPUT_IS_INPUT]`]);
  expect(readFileSync(`${base}.1`).equals(before)).toBe(true);
});
