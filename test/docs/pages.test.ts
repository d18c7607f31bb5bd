/** README.md and docs/ are true: each command they show is run as written, page by page, in page order. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cannotTrace } from "../contract/compiled.ts";
import { type Outcome, runCommand } from "../support/command.ts";
import { retisPath } from "../support/retis.ts";
import { Reader, Surroundings, unmetNeed } from "./page-runner.ts";
import { type Step, strayCommands } from "./page-steps.ts";
import { elsewhere, pages, pagesWithSteps, readPage } from "./pages.ts";

setDefaultTimeout(120_000);

/** So many pages are followed at once: commands mostly wait for an event. */
const readersAtOnce = 3;

interface PlannedStep {
  readonly step: Step;
  /** Why it is not run. */
  readonly reason: string | undefined;
  outcome?: Promise<Outcome | undefined>;
}

async function plan(step: Step): Promise<PlannedStep> {
  const reason = step.kind === "command" ? await unmetNeed(step) : undefined;
  return { step, reason: reason ?? (cannotTrace && `needs to trace: ${cannotTrace}`) };
}

const planned = await Promise.all(
  pagesWithSteps()
    .filter(({ steps }) => steps.length > 0)
    .map(async ({ page, steps }) => ({ page, steps: await Promise.all(steps.map(plan)) })),
);

/** Has readers follow the pages, each one page after the other; outcomes are promised at once. */
function followAll(surroundings: Surroundings): readonly Reader[] {
  const lanes: Promise<unknown>[] = Array.from({ length: readersAtOnce }, () => Promise.resolve());
  return planned.map(({ steps }, index) => {
    const reader = new Reader(surroundings);
    for (const each of steps) {
      if (each.reason !== undefined) continue;
      each.outcome = lanes[index % readersAtOnce]!.then(() => reader.follow(each.step));
      // The step's own test shows the failure; those after it go on.
      lanes[index % readersAtOnce] = each.outcome.catch(() => undefined);
    }
    return reader;
  });
}

let surroundings: Surroundings | undefined;
let readers: readonly Reader[] = [];
beforeAll(async () => {
  if (cannotTrace !== undefined) return;
  surroundings = await Surroundings.start();
  readers = followAll(surroundings);
});
afterAll(async () => {
  await Promise.allSettled(planned.flatMap(({ steps }) => steps.map(({ outcome }) => outcome)));
  for (const reader of readers) reader.remove();
  await surroundings?.stop();
});

for (const { page, steps } of planned) {
  describe(page, () => {
    for (const each of steps) {
      const { step, reason } = each;
      const title = `line ${step.line}: ${step.kind === "file" ? step.name : step.text}`;
      test.skipIf(reason !== undefined)(reason === undefined ? title : `${title} (${reason})`, async () => {
        const outcome = await each.outcome;
        if (step.kind === "file") return;
        const { status, stdout, stderr } = outcome!;
        if (step.failsWith !== undefined) {
          expect(stderr).toMatch(patternOf(step.failsWith));
          expect(status).not.toBe(0);
          return;
        }
        expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
        if (mustPrint(step.text)) expect(stdout).not.toBe("");
      });
    }
  });
}

/** Matches a whole text in which `…` means any text of one line. */
function patternOf(text: string): RegExp {
  return new RegExp(
    `^${text
      .split("…")
      .map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join(".*")}$`,
  );
}

/** A command that reads, and writes to no file, has something to say; a collection may see no packet that passes its filter. */
function mustPrint(command: string): boolean {
  return command.startsWith("retis ") && !/ (-o|>) ?/.test(command) && !/ -[fm] /.test(command);
}

test("commands are nowhere but in blocks that are run", () => {
  expect(pages.flatMap((page) => strayCommands(readPage(page)).map((line) => `${page}:${line}`))).toEqual([]);
  for (const [page, file] of elsewhere) expect(readPage(file)).toContain(page);
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
    const valued = [...(await helpOf()).matchAll(/(--[a-z-]+)[ =][A-Z<]/g)].map(([, name]) => name);
    const withValue = new RegExp(`(${valued.join("|")})[ =]\\S+ ?`, "g");
    for (const page of pages) {
      for (const [span, text = ""] of readPage(page).matchAll(/`retis ([^`\n]+)`/g)) {
        const line = text.split(" | ")[0]!.replace(withValue, "");
        const [command, further = ""] = line.split(" ").filter((word) => /^[a-z][a-z-]+$/.test(word));
        if (command === undefined || exceptions.has(command)) continue;
        const ofCommand = await helpOf(command);
        const isGroup = new RegExp(`^ {2}${further || "-"}\\b`, "m").test(ofCommand);
        const known = [await helpOf(), ofCommand, isGroup ? await helpOf(command, further) : ""].join("\n");
        const options = line.match(/(?<= )--?[a-z][a-z-]*/g) ?? [];
        if (!commands.includes(command)) unknown.push(`${page}: ${span}: no command ${command}`);
        for (const option of options)
          if (!new RegExp(`(^|[ ,])${option}\\b`, "m").test(known)) unknown.push(`${page}: ${span}: no option ${option}`);
      }
    }
    expect(unknown).toEqual([]);
  },
);
