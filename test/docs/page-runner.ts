/** Runs the commands of a documentation page as a reader would, in a directory of their own and beside some traffic. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Outcome } from "../support/command.ts";
import { createNamespaces, destroyNamespaces, type Namespace } from "../support/netns.ts";
import { unmet } from "../support/requirement.ts";
import { retisPath } from "../support/retis.ts";
import type { CommandStep, Step } from "./page-steps.ts";
import { cannotUsePython, type PythonPackage, pythonPath } from "../compat/python-package.ts";

const repository = join(import.meta.dir, "../..");
/** A command that needs longer is killed. */
const commandLimitMs = 30_000;
/** From the first event to Ctrl-C. */
const readerMs = 150;
/** How long a collection gets to show a first event once its probes are attached. */
const eventLimitMs = 1000;

/** Why a command is not run here, beginning with "needs"; undefined when it can be. */
export async function unmetNeed(step: CommandStep): Promise<string | undefined> {
  if (step.notRun !== undefined) return step.notRun;
  for (const need of step.needs) {
    const reason = need.startsWith("python-") ? await cannotUsePython(need.slice("python-".length) as PythonPackage) : await unmet(need);
    if (reason !== undefined) return `needs ${need}: ${reason.replace(/ ?\(.*?\)/g, "")}`;
  }
  return undefined;
}

/** A namespace with traffic in it, in which the commands of all pages run. */
export class Surroundings {
  private constructor(
    readonly namespace: Namespace,
    /** How much slower than the host this machine is, roughly; limits are multiplied by it. */
    readonly slowdown: number,
    private readonly traffic: Bun.Subprocess,
  ) {}

  static async start(slowdown = 1): Promise<Surroundings> {
    const [namespace] = await createNamespaces(1);
    await namespace!.ip("addr add 10.0.0.1/32 dev lo", "addr add 10.0.0.100/32 dev lo");
    const traffic = Bun.spawn([...namespace!.command("python3", join(import.meta.dir, "traffic.py"))], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    return new Surroundings(namespace!, slowdown, traffic);
  }

  /** The command line that runs `argv` in here, with tracefs mounted as distributions do; the host's mounts stay as they are. */
  command(...argv: readonly string[]): readonly string[] {
    const setUp = 'mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"';
    return ["nsenter", `--net=/run/netns/${this.namespace.name}`, "unshare", "--mount", "sh", "-c", setUp, "sh", ...argv];
  }

  async stop(): Promise<void> {
    this.traffic.kill();
    await this.traffic.exited;
    await destroyNamespaces([this.namespace]);
  }
}

/** One reader of one page: a working directory, a home directory, and `retis` on the PATH. */
export class Reader {
  readonly directory = mkdtempSync(join(tmpdir(), "retis-page-"));
  readonly #home = mkdtempSync(join(tmpdir(), "retis-page-home-"));

  constructor(private readonly surroundings: Surroundings) {
    mkdirSync(join(this.#home, "bin"));
    symlinkSync(retisPath, join(this.#home, "bin/retis"));
  }

  /** Saves a file, or types a command and waits for its end; a collection without one is ended by Ctrl-C once it has shown something. */
  async follow(step: Step): Promise<Outcome | undefined> {
    if (step.kind === "command") return this.#type(step);
    writeFileSync(join(this.directory, step.name), step.text);
    return undefined;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
    rmSync(this.#home, { recursive: true, force: true });
  }

  async #type({ text, files }: CommandStep): Promise<Outcome> {
    const { slowdown } = this.surroundings;
    for (const file of files) {
      mkdirSync(dirname(join(this.directory, file)), { recursive: true });
      cpSync(join(repository, file), join(this.directory, file));
    }
    const child = Bun.spawn([...this.surroundings.command("sh", "-c", text)], {
      cwd: this.directory,
      env: { ...process.env, HOME: this.#home, PATH: `${this.#home}/bin:${process.env.PATH}`, PYTHONPATH: pythonPath, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
      timeout: commandLimitMs * slowdown,
      killSignal: "SIGKILL",
    });
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    if (collectsUntilInterrupted(text)) await interrupt(child, stdout, stderr, eventLimitMs * slowdown);
    const status = await child.exited;
    await Promise.all([stdout.done, stderr.done]);
    return { status, stdout: stdout.text, stderr: stderr.text };
  }
}

function collectsUntilInterrupted(command: string): boolean {
  return /\b(collect|retis drops)\b/.test(command) && !/--cmd|--stop-after|--help/.test(command);
}

interface Text {
  text: string;
  done: Promise<void>;
}

function collect(stream: ReadableStream<Uint8Array>): Text {
  const read: Text = { text: "", done: Promise.resolve() };
  read.done = (async () => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) read.text += decoder.decode(bytes, { stream: true });
  })();
  return read;
}

/** Waits until the probes are attached and an event was shown, or long enough for one; then presses Ctrl-C. */
async function interrupt(child: Bun.Subprocess, stdout: Text, stderr: Text, limitMs: number): Promise<void> {
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  while (!ended() && !/probe\(s\) loaded$/m.test(stderr.text)) await Bun.sleep(10);
  const deadline = Date.now() + limitMs;
  while (!ended() && !stdout.text.includes("\n\n") && Date.now() < deadline) await Bun.sleep(10);
  // The first event is shown at once; a reader sees those that come with it too.
  await Bun.sleep(readerMs);
  for (const pid of toolsOfGroup(child.pid)) process.kill(pid, "SIGINT");
}

/** Processes of the group that run the tool: a terminal's Ctrl-C reaches the shell too, which waits for the tool and goes on. */
function toolsOfGroup(group: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => groupOf(pid) === group && executableOf(pid) === retisPath);
}

function groupOf(pid: number): number | undefined {
  const path = `/proc/${pid}/stat`;
  if (!existsSync(path)) return undefined;
  try {
    // The name before may have blanks and brackets in it.
    return Number(readFileSync(path, "utf8").split(") ").at(-1)!.split(" ")[2]);
  } catch {
    return undefined; // it ended meanwhile
  }
}

function executableOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return undefined; // it ended meanwhile
  }
}
