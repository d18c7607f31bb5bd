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

const copy: LeafCommand = {
  name: "copy",
  summary: "Copy",
  define(parser) {
    parser.requiredOption("-t, --to <place>").argument("<from>");
    return () => 0;
  },
};

function failing(error: unknown): LeafCommand {
  return { ...leaf("fail"), define: () => () => Promise.reject(error) };
}

function run(args: string, extra: readonly LeafCommand[] = []): Promise<number> {
  const group = { name: "collector", summary: "Group", yields: true, commands: [leaf("list"), leaf("show")] } as const;
  const root = { name: "retis", summary: "Sample", commands: [leaf("collect"), leaf("print", 3), leaf("pcap"), group, ...extra] };
  const program = {
    root,
    loadCollectors: async () => [],
    startWorker: () => {},
    openKernel: async () => noKernel,
    licenses: async () => "notices\n",
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
  ["", '"retis" needs a subcommand [MISSING_COMMAND]\nhint: Subcommands: collect, print, pcap, collector'],
  ["p", 'Ambiguous subcommand "p": "print", "pcap" [AMBIGUOUS_COMMAND]'],
  ["prnt", 'Unknown subcommand "prnt" [UNKNOWN_COMMAND]\nhint: Did you mean "print"?'],
  ["collector", '"retis collector" needs a subcommand [MISSING_COMMAND]\nhint: Subcommands: list, show'],
  ["print --flagg", "Unknown option --flagg [UNKNOWN_OPTION]\nhint: Did you mean --flag?\n\nUsage: retis print [options] [input]"],
  [
    "print --log-level debug",
    "Unknown option --log-level [UNKNOWN_OPTION]\nhint: --log-level comes before the subcommand: retis --log-level debug print\n",
  ],
  ["collector show a b", "Too many arguments: expected 1 argument but got 2"],
  ["--log-level loud print", 'Invalid value "loud" for --log-level: possible values: error, warn, info, debug, trace [INVALID_OPTION]'],
  ["--log-level", "Option --log-level needs a value [MISSING_VALUE]"],
  ["copy", "Option --to is required [MISSING_OPTION]"],
  ["copy --to x", "Missing argument <from> [MISSING_ARGUMENT]"],
  ["help", 'Unknown subcommand "help" [UNKNOWN_COMMAND]'],
])("wrong usage: retis %s", async (args, text) => {
  expect(await run(args, args.startsWith("copy") ? [copy] : [])).toBe(2);
  expect(stderr).toStartWith(`error: ${text}`);
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
  const error = new TraceError("NO_PRIVILEGE", "Cannot load programs: this needs root", { cause, hint: "Run it with sudo" });
  expect(await run("fail", [failing(error)])).toBe(1);
  expect(stderr).toBe(
    "error: Cannot load programs: this needs root [NO_PRIVILEGE]\n\nCaused by:\n    0: bpf(2) failed\n    1: EPERM\nhint: Run it with sudo\n",
  );
});

test("a failure with one cause", async () => {
  expect(await run("fail", [failing(new TraceError("X", "Cannot a: b", { cause: "c" }))])).toBe(1);
  expect(stderr).toBe("error: Cannot a: b [X]\n\nCaused by:\n    c\n");
});

test("an unexpected failure is reported as a bug", async () => {
  expect(await run("fail", [failing(new TypeError("x is not a function"))])).toBe(1);
  expect(stderr).toBe(
    "error: Internal error: x is not a function [INTERNAL]\nhint: This is a bug in retis: please report it with the output of --log-level debug\n",
  );
});

test("a cause that the message has already is not repeated", async () => {
  const system = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(await run("fail", [failing(new TraceError("X", "Cannot write a: no space left on device (ENOSPC)", { cause: system }))])).toBe(1);
  expect(stderr).toBe("error: Cannot write a: no space left on device (ENOSPC) [X]\n");
});

test("the code ends the first line of a message of several", async () => {
  expect(await run("fail", [failing(new TraceError("X", "Invalid a: b\n  a\n  ^"))])).toBe(1);
  expect(stderr).toBe("error: Invalid a: b [X]\n  a\n  ^\n");
});
