/** README.md and docs/ are true: each command they show is run as written, page by page, in page order. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cannotTrace } from "../contract/compiled.ts";
import { runCommand } from "../support/command.ts";
import { retisPath } from "../support/retis.ts";
import { Reader, Surroundings, unmetNeed } from "./page-runner.ts";
import { stepsOf, strayCommands } from "./page-steps.ts";

setDefaultTimeout(120_000);

const repository = join(import.meta.dir, "../..");
/** Pages whose commands another test runs, which also looks at what they print. */
const elsewhere = new Map([["docs/writing-a-collector.md", "test/contract/tutorial.test.ts"]]);

const read = (path: string) => readFileSync(join(repository, path), "utf8");
const markdownIn = (directory: string) =>
  readdirSync(join(repository, directory))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `${directory}/${name}`);
const pages = ["README.md", ...markdownIn("docs"), ...markdownIn("docs/wireshark")];
const pageSteps = pages.filter((page) => !elsewhere.has(page)).map((page) => ({ page, steps: stepsOf(page, read(page)) }));

const surroundings = cannotTrace === undefined ? await Surroundings.start() : undefined;
afterAll(() => surroundings?.stop());

for (const { page, steps } of pageSteps) {
  if (steps.length === 0) continue;
  const reasons = await Promise.all(
    steps.map(async (step) =>
      step.kind === "file" ? undefined : ((await unmetNeed(step)) ?? (cannotTrace && `needs to trace: ${cannotTrace}`)),
    ),
  );
  describe(page, () => {
    const reader = surroundings && new Reader(surroundings);
    afterAll(() => reader?.remove());
    steps.forEach((step, index) => {
      const title = `line ${step.line}: ${step.kind === "file" ? step.name : step.text}`;
      const reason = reasons[index];
      test.skipIf(reason !== undefined || reader === undefined)(reason === undefined ? title : `${title} (${reason})`, async () => {
        const outcome = await reader!.follow(step);
        if (step.kind === "file" || outcome === undefined) return;
        const { status, stdout, stderr } = outcome;
        expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
        if (mustPrint(step.text)) expect(stdout).not.toBe("");
      });
    });
  });
}

/** A command that reads, and writes to no file, has something to say; a collection may see no packet that passes its filter. */
function mustPrint(command: string): boolean {
  return command.startsWith("retis ") && !/ (-o|>) ?/.test(command) && !/ -[fm] /.test(command);
}

test("commands are nowhere but in blocks that are run", () => {
  expect(pages.flatMap((page) => strayCommands(read(page)).map((line) => `${page}:${line}`))).toEqual([]);
  for (const [page, file] of elsewhere) expect(read(file)).toContain(page);
});

/** Words after `retis` in running text that are not commands of it, and why. */
const exceptions = new Map([["python", "a command of the original tool"]]);

test.skipIf(cannotTrace !== undefined)(
  `commands and options in running text exist${cannotTrace ? ` (needs dist/retis: ${cannotTrace})` : ""}`,
  async () => {
    const help = new Map<string, Promise<string>>();
    const helpOf = (...words: readonly string[]) => {
      const key = words.join(" ");
      if (!help.has(key))
        help.set(
          key,
          runCommand([retisPath, ...words, "--help"]).then(({ stdout }) => stdout),
        );
      return help.get(key)!;
    };
    const commands = [...(await helpOf()).matchAll(/^ {2}([a-z-]+)\b/gm)].map(([, name]) => name!);
    const unknown: string[] = [];
    for (const page of pages) {
      for (const [span, text = ""] of read(page).matchAll(/`retis ([^`\n]+)`/g)) {
        const command = text.split(" ").find((word) => /^[a-z-]{2,}$/.test(word) && !word.startsWith("-"));
        if (command === undefined || exceptions.has(command)) continue;
        const known = `${await helpOf()}${await helpOf(command)}`;
        const options = text.match(/(?<= )--?[a-z][a-z-]*/g) ?? [];
        if (!commands.includes(command)) unknown.push(`${page}: ${span}: no command ${command}`);
        for (const option of options)
          if (!new RegExp(`(^|[ ,])${option}\\b`, "m").test(known)) unknown.push(`${page}: ${span}: no option ${option}`);
      }
    }
    expect(unknown).toEqual([]);
  },
);
