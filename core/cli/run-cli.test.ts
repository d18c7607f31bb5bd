import { afterEach, beforeEach, expect, spyOn, test } from "bun:test";
import { TraceError } from "../base/errors.ts";
import type { LeafCommand } from "./cli-command.ts";
import { runCli } from "./run-cli.ts";

const noKernel = { release: "", parameters: () => undefined };
let ran: string[] = [];
let stderr = "";
let levels: string[] = [];
let write: ReturnType<typeof spyOn>;

beforeEach(() => {
  [ran, levels, stderr] = [[], [], ""];
  write = spyOn(process.stderr, "write").mockImplementation(((text: string) => {
    stderr += text;
    return true;
  }) as typeof process.stderr.write);
});

afterEach(() => write.mockRestore());

function leaf(name: string, status = 0): LeafCommand {
  return {
    name,
    summary: `Does ${name}`,
    define(parser, { context }) {
      parser.option("--flag").argument("[input]");
      return () => {
        ran.push(`${name} ${JSON.stringify(parser.opts())} ${parser.args.join()} | ${context.commandLine}`);
        return status;
      };
    },
  };
}

function failing(error: unknown): LeafCommand {
  return { ...leaf("fail"), define: () => () => Promise.reject(error) };
}

function run(args: string, extra: readonly LeafCommand[] = []): Promise<number> {
  const group = { name: "collector", summary: "Group", yields: true, commands: [leaf("list"), leaf("show")] } as const;
  const root = { name: "retis", summary: "Sample", commands: [leaf("collect"), leaf("print", 3), leaf("pcap"), group, ...extra] };
  const program = {
    root,
    loadCollectors: async () => [],
    openKernel: async () => noKernel,
    setLogLevel: (level: string) => void levels.push(level),
  };
  return runCli(
    program,
    args.split(" ").filter((arg) => arg !== ""),
  );
}

test.each([
  ["print --flag x", 3, 'print {"flag":true} x | retis print --flag x'],
  ["pr", 3, "print {}  | retis pr"],
  ["--log-level debug pc", 0, "pcap {}  | retis --log-level debug pc"],
  ["col", 0, "collect {}  | retis col"],
  ["collecto l", 0, "list {}  | retis collecto l"],
  ["collector l", 0, "list {}  | retis collector l"],
  ["collector show --flag", 0, 'show {"flag":true}  | retis collector show --flag'],
])("%s", async (args, status, expected) => {
  expect(await run(args)).toBe(status);
  expect(ran).toEqual([expected]);
  expect(stderr).toBe("");
});

test("an exact name wins over longer names that begin with it", async () => {
  expect(await run("collect --flag", [leaf("collect-more")])).toBe(0);
  expect(ran[0]).toStartWith("collect {");
});

test.each([
  ["", 'error: Cannot run "retis" as it needs a subcommand\nHint: Subcommands: collect, print, pcap, collector'],
  ["p", 'error: Cannot run subcommand "p" as several begin like that: "print", "pcap"'],
  ["prnt", 'error: Cannot run subcommand "prnt" as there is none of that name\nHint: Did you mean "print"?'],
  ["collector", 'error: Cannot run "retis collector" as it needs a subcommand\nHint: Subcommands: list, show'],
  ["print --flagg", "error: unknown option '--flagg'\n(Did you mean --flag?)\n\nUsage: retis print [options] [input]"],
  ["print --log-level debug", "error: unknown option '--log-level'"],
  ["collector show a b", "error: too many arguments"],
  ["--log-level loud print", "error: option '--log-level <level>' argument 'loud' is invalid"],
  ["help", 'error: Cannot run subcommand "help" as there is none of that name'],
])("wrong usage: retis %s", async (args, text) => {
  expect(await run(args)).toBe(2);
  expect(stderr).toStartWith(text);
  expect(stderr).toEndWith("For more information, try '--help'.\n");
  expect(ran).toEqual([]);
});

test("the log level is set before the command runs", async () => {
  await run("--log-level trace print");
  await run("print");
  expect(levels).toEqual(["trace", "info"]);
});

test("a failure at run time shows its causes and the next step", async () => {
  const cause = new Error("bpf(2) failed", { cause: new Error("EPERM") });
  const error = new TraceError("NO_PRIVILEGE", "Cannot load programs as this needs root", { cause, hint: "Run it with sudo" });
  expect(await run("fail", [failing(error)])).toBe(1);
  expect(stderr).toBe(
    "Error: Cannot load programs as this needs root\n\nCaused by:\n    0: bpf(2) failed\n    1: EPERM\nHint: Run it with sudo\n",
  );
});

test("a failure with one cause", async () => {
  expect(await run("fail", [failing(new TraceError("X", "Cannot a as b", { cause: "c" }))])).toBe(1);
  expect(stderr).toBe("Error: Cannot a as b\n\nCaused by:\n    c\n");
});

test("what nobody foresaw is called a fault of ours", async () => {
  expect(await run("fail", [failing(new TypeError("x is not a function"))])).toBe(1);
  expect(stderr).toBe("Error: x is not a function\nHint: This is a fault in retis; please report it with what --log-level debug shows\n");
});

test("a cause that the message already tells is not told again", async () => {
  const system = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(await run("fail", [failing(new TraceError("X", "Cannot write a as no space left on device (ENOSPC)", { cause: system }))])).toBe(
    1,
  );
  expect(stderr).toBe("Error: Cannot write a as no space left on device (ENOSPC)\n");
});
