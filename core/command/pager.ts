/** The pager of reading commands (spec engine 10.2). */
import { closeSync, existsSync } from "node:fs";
import { join } from "node:path";
import { type Environment, securePagerEnvironment } from "../base/child-environment.ts";
import { pagerNotStarted } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { isPrivileged } from "../base/privilege.ts";
import { stdoutDescriptor } from "../base/stdout.ts";
import { isTerminal } from "../base/terminal.ts";
import { TextOutput } from "../output/text-output.ts";

/** Exit statuses of the shell for a command that it found but cannot run, and for one that it did not find. */
const cannotRun = 126;
const notFound = 127;

/** A running pager: what is written to `fd` is shown by it, and so are log messages. */
export interface Pager {
  readonly fd: number;
  /** Ends its input and waits until the user leaves it. Throws PAGER when it never ran. */
  close(): Promise<void>;
}

/** The shell command of the pager that is wanted, if any: `$PAGER`, else less; none off a terminal or with `NOPAGER`. */
export function pagerCommand(toTerminal: boolean, environment: Environment): string | undefined {
  if (!toTerminal || environment["NOPAGER"] !== undefined) return undefined;
  if (environment["PAGER"]) return environment["PAGER"];
  const directories = (environment["PATH"] ?? "").split(":").filter((directory) => directory !== "");
  return directories.some((directory) => existsSync(join(directory, "less"))) ? "less -FRX" : undefined;
}

/** Starts the pager when one is wanted. */
export function startPager(): Pager | undefined {
  const command = pagerCommand(isTerminal(stdoutDescriptor()), process.env);
  return command === undefined ? undefined : spawnPager(command);
}

function spawnPager(command: string): Pager {
  const child = spawnShell(command);
  const fd = child.stdio[3] as number;
  const output = new TextOutput(fd);
  const before = log.setLineWriter((line) => {
    output.add(`${line}\n`);
    output.flush();
  });
  // Ctrl-C is a command to the pager, which would be left with a broken terminal if we ended first.
  process.on("SIGINT", ignore);
  const close = async () => {
    log.setLineWriter(before);
    closeSync(fd);
    const status = await child.exited;
    process.off("SIGINT", ignore);
    if (status === cannotRun || status === notFound) throw pagerNotStarted(command, "the shell cannot run it");
  };
  return { fd, close };
}

/** Only descriptors above 2 are handed out as numbers, which can be written to at once; the shell moves it to stdin. */
function spawnShell(command: string) {
  return Bun.spawn({
    cmd: ["/bin/sh", "-c", `exec 0<&3 3<&-; ${command}`],
    stdio: ["inherit", stdoutDescriptor(), "inherit", "pipe"],
    env: isPrivileged() ? securePagerEnvironment(process.env) : process.env,
  });
}

function ignore(): void {}
