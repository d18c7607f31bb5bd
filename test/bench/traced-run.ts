/** A `retis collect` under measurement: when its probes were live, what it says, when it is gone. */
import { retisPath } from "../support/retis.ts";

const defaultLimitMs = 60_000;
const loaded = /^.*\d+ probe\(s\) loaded$/m;

export interface RunOptions {
  /** The tool; retis by default. */
  readonly program?: string;
  /** What it says when its probes are live; by default what retis says. */
  readonly live?: RegExp;
  /** CPU that it may use; all when undefined. */
  readonly cpu?: number | undefined;
  /** Gets its stdout; nobody by default. */
  readonly stdout?: Bun.BunFile;
  /** Longest start and longest stop in milliseconds; a minute by default. */
  readonly limitMs?: number;
}

/** Owns the process: `stop` ends it. */
export class TracedRun {
  readonly #child: Bun.Subprocess<"ignore", "ignore" | Bun.BunFile, "pipe">;
  readonly #limitMs: number;
  readonly #isLive: RegExp;
  readonly #read: Promise<void>;
  readonly #live = Promise.withResolvers<void>();
  readonly #startedAt = performance.now();
  #text = "";
  #liveMs = Number.NaN;

  private constructor(args: readonly string[], { program = retisPath, live = loaded, cpu, stdout, limitMs = defaultLimitMs }: RunOptions) {
    const pinned = cpu === undefined ? [] : ["taskset", "-c", String(cpu)];
    this.#limitMs = limitMs;
    this.#isLive = live;
    this.#child = Bun.spawn([...pinned, program, ...args], { stdin: "ignore", stdout: stdout ?? "ignore", stderr: "pipe" });
    this.#read = this.#readMessages();
  }

  /** Starts `retis` with these arguments and waits for live probes. @throws Error with its messages when it ends before */
  static async start(args: readonly string[], options: RunOptions = {}): Promise<TracedRun> {
    const run = new TracedRun(args, options);
    try {
      await Promise.race([run.#live.promise, run.#ended("before its probes were live"), run.#tooLate("start")]);
      return run;
    } catch (error) {
      run.kill();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Milliseconds from the call that started the process to the message that probes are live. */
  get liveMs(): number {
    return this.#liveMs;
  }

  /** Everything that it wrote to stderr so far. */
  get messages(): string {
    return this.#text;
  }

  /** Interrupts as Ctrl-C does. @returns milliseconds until the process was gone @throws Error when it did not end well */
  async stop(): Promise<number> {
    const from = performance.now();
    this.#child.kill("SIGINT");
    const status = await Promise.race([this.#child.exited, this.#tooLate("stop")]);
    const took = performance.now() - from;
    await this.#read;
    if (status !== 0) throw new Error(`retis ended with status ${status}: ${this.#text}`);
    return took;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  /** A number in the messages; 0 when they do not say it. */
  count(pattern: RegExp): number {
    return Number(pattern.exec(this.#text)?.[1] ?? 0);
  }

  async #readMessages(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stderr) {
      this.#text += decoder.decode(chunk, { stream: true });
      if (!Number.isNaN(this.#liveMs) || !this.#isLive.test(this.#text)) continue;
      this.#liveMs = performance.now() - this.#startedAt;
      this.#live.resolve();
    }
  }

  async #ended(when: string): Promise<never> {
    const status = await this.#child.exited;
    await this.#read;
    // Both may have happened; then the other promise of the race was first.
    throw new Error(`retis ended with status ${status} ${when}: ${this.#text}`);
  }

  async #tooLate(what: string): Promise<never> {
    // Unreferenced, or a benchmark that is done would wait for its limits.
    await new Promise((resolve) => void setTimeout(resolve, this.#limitMs).unref());
    throw new Error(`retis did not ${what} within ${this.#limitMs} ms: ${this.#text}`);
  }
}
