/** Stages of a third party's collector in commands that read files: those of the cookbook's `drop-notes`. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownCommand } from "../../core/base/own-command.ts";
import { runCommand } from "../support/command.ts";

setDefaultTimeout(60_000);

const plugins = join(import.meta.dir, "../plugins");
let directory = "";
let file = "";

const drop = (timestamp: number, drop_reason: string) => ({
  common: { timestamp, smp_id: 0 },
  kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
  "skb-drop": { drop_reason },
});

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "retis-stages-"));
  file = join(directory, "events.json");
  const header = readFileSync(join(import.meta.dir, "../cases/cli/events.json"), "utf8").split("\n")[0]!;
  const events = [drop(1000, "NO_SOCKET"), drop(2000, "UNHANDLED_PROTO"), drop(3000, "TCP_CSUM")];
  writeFileSync(file, [header, ...events.map((event) => JSON.stringify(event)), ""].join("\n"));
});
afterAll(() => rmSync(directory, { recursive: true }));

async function retis(...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand([...ownCommand(), ...args], { cwd: directory, env: { HOME: directory } });
  expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

const used = ["-c", join(plugins, "drop-notes")];
const note = "note: the agent of the load balancer was stopped";

test("print shows notes, and no drops that are normal", async () => {
  const text = await retis("print", file, "--format", "single-line", ...used);
  expect(text).toContain(`drop (reason NO_SOCKET) ${note}`);
  expect([...text.matchAll(/reason (\w+)/g)].map(([, reason]) => reason)).toEqual(["NO_SOCKET", "TCP_CSUM"]);
});

test("an installed collector that is not named changes nothing, and by its name it acts", async () => {
  const installed = ["--collector-dir", plugins];
  expect(await retis("print", file, ...installed)).toBe(await retis("print", file));
  expect(await retis("print", file, ...installed, "-c", "drop-notes")).toContain(note);
});

test("what sort writes and prints, and what stats counts", async () => {
  const sorted = join(directory, "sorted.data");
  expect(await retis("sort", file, "-o", sorted, "--print", ...used)).toContain(note);
  const text = await retis("print", sorted, "--format", "json");
  expect(text).toContain('"drop-note":{"text":');
  expect(text).not.toContain("UNHANDLED_PROTO");
  const { drops } = JSON.parse(await retis("stats", file, "--json", ...used)).parts[0];
  expect(drops.total).toBe(2);
});
