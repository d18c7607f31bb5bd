import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { cleanEnvironment, securePagerEnvironment } from "./child-environment.ts";

const root = join(import.meta.dir, "../..");

test("a pager with privileges knows the terminal, and is told nothing else by the caller", () => {
  const caller = {
    TERM: "xterm",
    LC_CTYPE: "C.UTF-8",
    LANG: "C",
    LESSOPEN: "|evil %s",
    LESS: "-oout",
    LESSKEY: "k",
    HOME: "/home/a",
    LD_PRELOAD: "x",
  };
  expect(securePagerEnvironment(caller)).toEqual({
    TERM: "xterm",
    LC_CTYPE: "C.UTF-8",
    LANG: "C",
    PATH: cleanEnvironment["PATH"],
    HOME: "/dev/null",
    LESSSECURE: "1",
    LESSHISTFILE: "-",
  });
});

test("every program that is started is given its environment", () => {
  // The user's own command, npm, and what an author's tests start have the user's environment.
  const exceptions = ["core/run/child-command.ts", "core/authoring/type-check.ts", "core/command/collector/install.ts"];
  const sources = ["core/**/*.ts", "collectors/**/*.ts"].flatMap((pattern) => [...new Glob(pattern).scanSync(root)]);
  const starting = sources
    .filter((file) => !file.endsWith(".test.ts") && !exceptions.includes(file) && !file.startsWith("core/scenarios/"))
    .map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }))
    .filter(({ text }) => /Bun\.spawn|"(node:)?child_process"|Bun\.\$|\bfrom "bun";.*\$/.test(text));
  expect(starting.length).toBeGreaterThan(0);
  expect(starting.filter(({ text }) => !text.includes("/child-environment.ts")).map(({ file }) => file)).toEqual([]);
});
