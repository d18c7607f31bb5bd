/**
 * The executable completes from a table that was made when it was built (core/completion/command-table.ts); the program that runs from its
 * sources asks the commands. Both must say the same.
 */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownCommand } from "../../core/base/own-command.ts";
import type { CommandTable } from "../../core/completion/table-parser.ts";
import { runCommand } from "../support/command.ts";
import { retisPath } from "../support/retis.ts";

setDefaultTimeout(60_000);

const home = mkdtempSync(join(tmpdir(), "retis-completion-table-"));
afterAll(() => rmSync(home, { recursive: true }));

async function answer(program: readonly string[], args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand([...program, ...args], { env: { HOME: home }, cwd: home });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

async function expectSame(...words: readonly string[]): Promise<string> {
  const args = ["__complete", ...words];
  const [built, asked] = await Promise.all([answer([retisPath], args), answer(ownCommand(), args)]);
  expect(`${words}\n${built}`).toBe(`${words}\n${asked}`);
  return built;
}

test("the executable has a table, and makes the same as the sources", async () => {
  expect(readFileSync(retisPath).includes('"retis collector show":{"options":[{"flags"')).toBe(true);
  const [built, made] = await Promise.all([answer([retisPath], ["__commands"]), answer(ownCommand(), ["__commands"])]);
  expect(built).toBe(made);
  const { commands, collectors } = JSON.parse(made) as CommandTable;
  expect(Object.keys(commands)).toEqual(expect.arrayContaining(["retis collect", "retis collector show", "retis profile show"]));
  expect(collectors.map(({ value }) => value)).toContain("skb-drop");
});

test("options and arguments of every command", async () => {
  const { commands } = JSON.parse(await answer(ownCommand(), ["__commands"])) as CommandTable;
  for (const path of Object.keys(commands)) {
    const words = path.split(" ").slice(1);
    for (const last of ["--", ""]) await expectSame(...words, last);
  }
});

const lines: readonly (readonly string[])[] = [
  ["collect", "-c", "skb,"],
  ["collect", "--format="],
  ["collect", "--skb-sections", "meta,"],
  ["collect", "-o", "x", "--out"],
  ["collect", "-o", "plugin:"],
  ["collect", "--stack", "--st"],
  ["drops", "--"],
  ["collect", "-p", "tcp_r"],
  ["collect", "-p", "tp:"],
  ["collect", "-p", "tp:net:"],
  ["collect", "-p", "skb:kfree_skb:{skb.dev.na"],
  ["print", "x", "--out", "plugin:flat,"],
  ["collector", "show", "sk"],
  ["explain", "BPF_L"],
  ["profile", "show", "drop"],
  ["help", "collector", "n"],
];

test.each(lines.map((words) => [words.join(" "), words] as const))("%s", async (_, words) => {
  await expectSame(...words);
});

test("collectors of third parties are asked", async () => {
  const own = join(home, ".config/retis/collectors/own");
  mkdirSync(own, { recursive: true });
  writeFileSync(
    join(own, "collector.ts"),
    `import { defineCollector, Type } from "retis/collector";
    const options = Type.Object({ mode: Type.Union([Type.Literal("fast"), Type.Literal("slow")], { default: "fast" }) });
    export default defineCollector({ name: "own", summary: "Own", api: "1.x", sections: [], options, setup: () => ({ hooks: [] }) });`,
  );
  expect(await expectSame("collect", "-c", "ow")).toContain("own\tOwn");
  expect(await expectSame("collect", "--own-")).toContain("--own-mode");
  expect(await expectSame("collect", "--own-mode", "")).toBe("fast\nslow\n");
  rmSync(own, { recursive: true });
  expect(await expectSame("collect", "-c", "ow")).toBe(":nospace\n");
});
