/** Drives retis the way a user does: this program, or the executable that {@link useProgram} names. */
import { join } from "node:path";
import type { ReadableStreamDefaultReader } from "node:stream/web";
import type { Subprocess } from "bun";
import { ownCommand } from "../base/own-command.ts";
import { runCommand, type CommandOptions, type Outcome } from "./command.ts";
import { kernelEvents, readEvents, type RecordedEvent } from "./event-file.ts";
import type { Trial } from "./trial.ts";
import { timed } from "./stopwatch.ts";

let program = ownCommand();

/** Runs another program in place of this one. */
export function useProgram(command: readonly string[]): void {
  program = command;
}

const startLimitMs = 15_000;
const stopLimitMs = 10_000;

/** Runs the tool to its own end. */
export function retis(args: readonly string[], options?: CommandOptions): Promise<Outcome> {
  return timed("run retis", () => runCommand([...program, ...args], options));
}

/** How a collection is started. */
export interface CollectionOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Words before the tool's path, e.g. `unshare -m`; they must end in an exec, so that signals reach the tool. */
  readonly wrapper?: readonly string[];
  readonly logLevel?: string;
  /** The command that collects; by default `collect`. */
  readonly command?: "collect" | "drops";
  /** A file descriptor that takes stdout; by default it is read here. */
  readonly stdout?: number;
}

/** A `retis collect` whose probes are live. */
export class Collection {
  private constructor(
    private readonly child: Subprocess<"ignore", "pipe" | number, "pipe">,
    private readonly stdout: TextReader | undefined,
    private readonly stderr: TextReader,
    private readonly slowdown: number,
  ) {}

  /**
   * Starts `retis collect` and waits until it says that its probes are loaded. Killed at the end of the scenario at the
   * latest. Throws when it ends before or takes too long.
   */
  static async start(trial: Trial, args: readonly string[], options: CollectionOptions = {}): Promise<Collection> {
    const collection = Collection.launch(trial, args, options);
    await timed("start retis", () => collection.waitForError(/probe\(s\) loaded/));
    return collection;
  }

  /** Starts `retis collect` and waits for nothing. */
  static launch(trial: Trial, args: readonly string[], options: CollectionOptions = {}): Collection {
    const words = ["--log-level", options.logLevel ?? "info", options.command ?? "collect", ...args];
    const child = Bun.spawn([...(options.wrapper ?? []), ...program, ...words], {
      stdin: "ignore",
      stdout: options.stdout ?? "pipe",
      stderr: "pipe",
      cwd: options.cwd ?? trial.directory,
      env: { ...process.env, ...options.env },
    });
    const stdout = child.stdout instanceof ReadableStream ? new TextReader(child.stdout) : undefined;
    const collection = new Collection(child, stdout, new TextReader(child.stderr), trial.slowdown);
    trial.defer(() => collection.kill());
    return collection;
  }

  /** Waits until stderr matches; throws with all of stderr when the tool ends before, or after `limitMs` (times the slow-down). */
  waitForError(pattern: RegExp, limitMs = startLimitMs): Promise<void> {
    return this.waitFor(this.stderr, pattern, limitMs);
  }

  /** Waits until stdout matches, like {@link waitForError}. */
  waitForOutput(pattern: RegExp, limitMs = startLimitMs): Promise<void> {
    return this.waitFor(this.openStdout(), pattern, limitMs);
  }

  /** Whether stdout matches within `limitMs` on the clock. */
  async showsOutput(pattern: RegExp, limitMs: number): Promise<boolean> {
    for (const deadline = Date.now() + limitMs; Date.now() < deadline; await Bun.sleep(10)) {
      if (pattern.test(this.openStdout().text)) return true;
    }
    return false;
  }

  get pid(): number {
    return this.child.pid;
  }

  /** What was written to stdout until now. */
  outputSoFar(): string {
    return this.openStdout().text;
  }

  /** Sends a signal without waiting. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Closes our end of the tool's stdout, as `head` does when it has seen enough. */
  async closeOutput(): Promise<void> {
    await this.openStdout().cancel();
  }

  /** Interrupts as Ctrl-C does, and waits for the end. */
  stop(): Promise<Outcome> {
    this.signal("SIGINT");
    return this.ended();
  }

  /** Waits for the end; throws when it does not come within 10 s times the slow-down. */
  async ended(limitMs = stopLimitMs): Promise<Outcome> {
    const limit = limitMs * this.slowdown;
    const status = await timed("end retis", () => Promise.race([this.child.exited, Bun.sleep(limit)]));
    if (status === undefined) throw new Error(`retis did not end within ${limit} ms; its messages:\n${this.stderr.text}`);
    await Promise.all([this.stdout?.done, this.stderr.done]);
    return { status, stdout: this.stdout?.text ?? "", stderr: this.stderr.text };
  }

  private openStdout(): TextReader {
    if (this.stdout === undefined) throw new Error("stdout of this collection goes elsewhere");
    return this.stdout;
  }

  private async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.child.exited;
  }

  private async waitFor(reader: TextReader, pattern: RegExp, limitMs: number): Promise<void> {
    const deadline = Date.now() + limitMs * this.slowdown;
    while (!pattern.test(reader.text)) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) {
        await reader.done;
        if (pattern.test(reader.text)) return;
        throw new Error(`retis ended with status ${this.child.exitCode} before ${pattern} appeared; its messages:\n${this.stderr.text}`);
      }
      if (Date.now() > deadline) throw new Error(`${pattern} did not appear in time; messages of retis:\n${this.stderr.text}`);
      await Bun.sleep(5);
    }
  }
}

/** Collects a stream's text as it arrives. */
class TextReader {
  text = "";
  readonly done: Promise<void>;
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.reader = stream.getReader();
    this.done = this.readAll();
  }

  cancel(): Promise<void> {
    return this.reader.cancel();
  }

  private async readAll(): Promise<void> {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await this.reader.read();
      if (done) return;
      this.text += decoder.decode(value, { stream: true });
    }
  }
}

/** What a recording left. */
export interface Recording extends Outcome {
  /** Events made by kernel probes, in file order. */
  readonly events: readonly RecordedEvent[];
  /** All events, the startup event first. */
  readonly allEvents: readonly RecordedEvent[];
}

/**
 * Records to a JSON file while `traffic` runs: start, traffic, Ctrl-C. `args` are those of `retis collect` without `-o`.
 * Throws when the tool does not end with status 0.
 */
export async function record(trial: Trial, args: readonly string[], traffic: () => Promise<void>): Promise<Recording> {
  const file = join(trial.directory, `events-${recordings++}.json`);
  const collection = await Collection.start(trial, [...args, "-o", file]);
  await timed("traffic", traffic);
  await settle(trial);
  const outcome = await collection.stop();
  if (outcome.status !== 0) throw new Error(`retis ended with status ${outcome.status}; its messages:\n${outcome.stderr}`);
  const allEvents = readEvents(file);
  return { ...outcome, allEvents, events: kernelEvents(allEvents) };
}

let recordings = 0;

/**
 * Records the same traffic once for each list of arguments, all at the same time; gives the recordings in the order of the lists.
 * Throws like {@link record}.
 */
export async function recordSideBySide(
  trial: Trial,
  argumentLists: readonly (readonly string[])[],
  traffic: () => Promise<void>,
): Promise<readonly Recording[]> {
  const recorded: Recording[] = [];
  const recordFrom = async (index: number): Promise<void> => {
    const args = argumentLists[index];
    if (args === undefined) return traffic();
    recorded[index] = await record(trial, args, () => recordFrom(index + 1));
  };
  await recordFrom(0);
  return recorded;
}

/** Lets packets that are still under way arrive: those that timers of the kernel or other processes send. */
export function settle(trial: Trial): Promise<void> {
  return timed("settle", () => Bun.sleep(trial.slowdown > 1 ? 250 : 50));
}
