/** Runs programs of the system for tests and the kernel lab. */

/** How a command is run. */
export interface CommandOptions {
  /** Text given on standard input; nothing by default. */
  readonly input?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The command is killed after this many milliseconds; 60 s by default. */
  readonly timeoutMs?: number;
}

/** Outcome of a command that ended. */
export interface Outcome {
  /** Exit status; 128 + signal number when a signal ended it, as shells count. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end and returns what it wrote; a failing command is not an error here. */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const child = Bun.spawn([...argv], {
    stdin: options.input === undefined ? "ignore" : new Blob([options.input]),
    stdout: "pipe",
    stderr: "pipe",
    timeout: options.timeoutMs ?? 60_000,
    killSignal: "SIGKILL",
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, ...options.env },
  });
  const [stdout, stderr, status] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { status, stdout, stderr };
}

/** Like {@link runCommand}, but throws an Error with the command's messages when its status is not 0; returns its stdout. */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const outcome = await runCommand(argv, options);
  if (outcome.status !== 0) {
    throw new Error(`\`${argv.join(" ")}\` ended with status ${outcome.status}: ${outcome.stderr.trim() || outcome.stdout.trim()}`);
  }
  return outcome.stdout;
}
