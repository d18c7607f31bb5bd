/** docs/writing-a-collector.md, done as it says: every command is run and every change is made, in order. */
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../support/command.ts";
import { cannotTrace, makeWorkplace } from "./compiled.ts";

setDefaultTimeout(120_000);

const page = readFileSync(join(import.meta.dir, "../../docs/writing-a-collector.md"), "utf8");
/** The directory that the page makes. */
const collectorDirectory = "queue-time";

type Step = { readonly kind: "command"; readonly text: string } | { readonly kind: "change"; readonly file: string; readonly text: string };

const steps: readonly Step[] = [...page.matchAll(/^```(sh|diff)(?: (\S+))?\n(.*?)^```$/gms)].flatMap(
  ([, kind, file = "", text = ""]): readonly Step[] =>
    kind === "diff"
      ? [{ kind: "change", file, text }]
      : text
          .trim()
          .split("\n")
          .map((line) => ({ kind: "command", text: line })),
);

const place = cannotTrace ? undefined : makeWorkplace();
afterAll(() => place?.remove());

/** Makes the change of a block in diff form; what it removes and keeps must be in the text exactly once. */
function changed(source: string, diff: string): string {
  const lines = diff.trimEnd().split("\n");
  const side = (dropped: string) =>
    lines
      .filter((line) => !line.startsWith(dropped))
      .map((line) => `${line.slice(1)}\n`)
      .join("");
  expect(source.split(side("+"))).toHaveLength(2);
  return source.replace(side("+"), () => side("-"));
}

test.skipIf(place === undefined)(`the tutorial works as written${cannotTrace ? ` (${cannotTrace})` : ""}`, async () => {
  const directory = place!.directory;
  const env = { HOME: directory, PATH: `${directory}:${process.env.PATH}` };
  const answers = new Map<string, string>();
  for (const step of steps) {
    if (step.kind === "change") {
      const path = join(directory, collectorDirectory, step.file);
      writeFileSync(path, changed(readFileSync(path, "utf8"), step.text));
      continue;
    }
    const { status, stdout, stderr } = await runCommand(["sh", "-c", step.text], { cwd: directory, env });
    expect({ command: step.text, status, stderr: status === 0 ? "" : stderr }).toEqual({ command: step.text, status: 0, stderr: "" });
    answers.set(step.text, stdout);
  }
  const answer = (pattern: RegExp) => [...answers].find(([command]) => pattern.test(command))?.[1];
  expect(answer(/collect -c .* --stop-after 1 --cmd/)).toMatch(/^ {2}length \d+$/m);
  expect(answer(/--format json/)).toMatch(/"queue-time":\{"length":\d+/);
  expect(answer(/print events.data/)).toMatch(/^ {2}length 84$/m);
  expect(answer(/--help/)).toContain("--queue-time-min-length <number>");
  expect(answer(/collector show/)).toContain("length  uint32   Bytes of the packet from the current header on");
  expect(answer(/schema/)).toContain('"queue-time"');
  expect(answer(/doctor/)).toMatch(/^ {2}ok +queue-time/m);
  expect(answer(/collector list/)).toContain("queue-time");
});

test("the page has the commands and changes that this test expects", () => {
  expect(steps.filter(({ kind }) => kind === "command").length).toBeGreaterThan(10);
  expect(steps.filter(({ kind }) => kind === "change")).toHaveLength(4);
});
