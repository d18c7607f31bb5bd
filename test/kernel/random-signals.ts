/**
 * Signals at random moments of start, run and stop. `RETIS_SEED` chooses other moments, `RETIS_MOMENTS` their number; a failure
 * names the moment.
 */
import { equal, match, ok } from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { leftoverBpfObjects, loadedBpfObjects } from "../support/bpf-objects.ts";
import { readEvents } from "../support/event-file.ts";
import { descendants, inheritOrphans, type RunningProcess } from "../support/orphans.ts";
import { Random } from "../support/random.ts";
import { isUnderTest, retisPath } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";

const requires = ["root", "host", "tracepoint:skb:kfree_skb"] as const;
const seed = Number(process.env.RETIS_SEED ?? 20261);
const momentCount = Number(process.env.RETIS_MOMENTS ?? 100);
/** Runs at the same time. */
const atOnce = 4;

/** What `--log-level debug` writes when a phase ends, in order; the first phase begins when the process starts. */
const phaseEnds = ["collectors planned", "probes planned", "programs loaded", "probes attached", "probes live", "command runs"] as const;
const stopPhaseEnds = ["collected", "probes detached", "stopped"] as const;
type PhaseEnd = (typeof phaseEnds)[number] | (typeof stopPhaseEnds)[number] | "process started" | "stop requested";

const signals = ["SIGHUP", "SIGTERM", "SIGINT", "SIGINT twice", "SIGKILL"] as const;

/** When a signal is sent: a part of the phase's usual length after the phase began. */
interface Moment {
  readonly number: number;
  readonly signal: (typeof signals)[number];
  readonly begin: PhaseEnd;
  readonly part: number;
  /** Between the two of {@link signals} that are two. Sooner than 100 ms they count as one. */
  readonly pauseMs: number;
  readonly systemChanges: boolean;
}

const begins: readonly PhaseEnd[] = ["process started", ...phaseEnds, "stop requested", ...stopPhaseEnds.slice(0, 2)];
/** Most can go wrong while programs are loaded, while the command runs and while all is undone. */
const weights: Partial<Record<PhaseEnd, number>> = { "probes planned": 4, "command runs": 3, "stop requested": 4 };
const weighted = begins.flatMap((begin) => Array.from({ length: weights[begin] ?? 1 }, () => begin));

function drawMoment(random: Random, number: number): Moment {
  return {
    number,
    signal: signals[number % signals.length] ?? "SIGKILL",
    begin: random.pick(weighted),
    part: random.below(1000) / 1000,
    pauseMs: random.below(500),
    systemChanges: random.once(2),
  };
}

/** A collection with a command, in a directory of its own. */
class Run {
  readonly child: Bun.Subprocess<"ignore", "ignore", "pipe">;
  readonly directory: string;
  readonly begins = new Map<PhaseEnd, number>([["process started", performance.now()]]);
  stderr = "";
  readonly #read: Promise<void>;

  constructor(parent: string, { number, systemChanges }: Pick<Moment, "number" | "systemChanges">) {
    this.directory = join(parent, String(number));
    for (const name of ["tmp", "out"]) mkdirSync(join(this.directory, name), { recursive: true });
    const changes = systemChanges ? ["--allow-system-changes"] : [];
    const command = "echo command runs >&2; sleep 100 & wait";
    const args = ["-c", "skb,skb-drop,dev", ...changes, "-o", "out/events.json", "--out-rotate", "1MB", "--cmd", command];
    this.child = Bun.spawn([...withoutTracefs, retisPath, "--log-level", "debug", "collect", ...args], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
      cwd: this.directory,
      env: { ...process.env, TMPDIR: join(this.directory, "tmp") },
    });
    this.#read = this.#readMessages();
  }

  /** Waits until a phase has begun, or the process has ended. */
  async reach(begin: PhaseEnd): Promise<void> {
    while (!this.begins.has(begin) && this.alive) await Bun.sleep(3);
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  stop(): void {
    this.begins.set("stop requested", performance.now());
    this.child.kill("SIGINT");
  }

  async ended(limitMs: number): Promise<void> {
    const within = (what: Promise<unknown>) => Promise.race([what.then(() => true), Bun.sleep(limitMs).then(() => false)]);
    ok(await within(this.child.exited), `did not end within ${limitMs} ms`);
    ok(await within(this.#read), "another process has its stderr");
  }

  async #readMessages(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of this.child.stderr) {
      this.stderr += decoder.decode(bytes, { stream: true });
      for (const end of [...phaseEnds, ...stopPhaseEnds]) {
        if (!this.begins.has(end) && this.stderr.includes(end)) this.begins.set(end, performance.now());
      }
    }
  }
}

/** Hides tracefs, so that `--allow-system-changes` has something to mount. */
const hide = 'for d in tracing debug; do mount -t tmpfs none /sys/kernel/$d; done; exec "$@"';
const withoutTracefs = ["unshare", "-m", "--propagation", "private", "sh", "-c", hide, "sh"];

/** Usual length of each phase in milliseconds, by its begin. */
async function measurePhases(directory: string, limitMs: number): Promise<ReadonlyMap<PhaseEnd, number>> {
  const run = new Run(directory, { number: -1, systemChanges: true });
  await run.reach("command runs");
  ok(run.begins.has("command runs"), run.stderr);
  run.stop();
  await run.ended(limitMs);
  const times = begins.map((begin) => run.begins.get(begin) ?? Number.NaN);
  const ends = [...times.slice(1), run.begins.get("stopped") ?? Number.NaN];
  const lengths = begins.map((begin, index) => [begin, (ends[index] ?? 0) - (times[index] ?? 0)] as const);
  for (const [begin, length] of lengths) ok(length >= 0, `phase after "${begin}" was not seen:\n${run.stderr}`);
  return new Map(lengths);
}

async function interrupt(run: Run, moment: Moment, phases: ReadonlyMap<PhaseEnd, number>): Promise<void> {
  const stopping = begins.indexOf(moment.begin) >= begins.indexOf("stop requested");
  if (stopping) {
    await run.reach("command runs");
    run.stop();
  }
  await run.reach(moment.begin);
  await Bun.sleep(moment.part * (phases.get(moment.begin) ?? 0));
  const name = moment.signal === "SIGINT twice" ? "SIGINT" : moment.signal;
  run.child.kill(name);
  if (moment.signal !== "SIGINT twice") return;
  await Bun.sleep(moment.pauseMs);
  run.child.kill(name);
}

/** How the process ended, and the files that it wrote. */
function checkEnd(run: Run, { signal }: Moment): void {
  const orderly = signal !== "SIGKILL" && run.child.signalCode === null;
  ok(run.child.signalCode !== null || run.child.exitCode === 0, `status ${run.child.exitCode}`);
  ok(!/^(error|warn)|fault/im.test(run.stderr), "an error");
  equal(readdirSync(join(run.directory, "tmp")).join(), "", "temporary files");
  const output = join(run.directory, "out");
  const files = readdirSync(output);
  for (const file of files) match(file, /^events\.json(\.\d+)?$/);
  if (orderly) for (const file of files) readEvents(join(output, file));
}

/** Mounts that this process sees, of the kinds that retis makes, by their ids. */
function mounts(): readonly string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => / - (tracefs|debugfs|bpf) /.test(line));
}

/** Processes that have not ended within the limit. */
async function leftProcesses(started: () => readonly RunningProcess[], limitMs: number): Promise<string> {
  for (const deadline = Date.now() + limitMs; ; await Bun.sleep(20)) {
    const left = started();
    if (left.length === 0 || Date.now() > deadline) return left.map(({ pid, command }) => `${command} (${pid})`).join(", ");
  }
}

async function signalAtMoments(trial: Trial, moments: readonly Moment[]): Promise<void> {
  const limitMs = 15_000 * trial.slowdown;
  const expedited = "/sys/kernel/rcu_expedited";
  const before = { objects: loadedBpfObjects(), mounts: mounts(), expedited: readFileSync(expedited, "utf8") };
  const processes = new Set(descendants().map(({ pid }) => pid));
  const started = () => descendants().filter(({ pid }) => !processes.has(pid));
  trial.defer(() => {
    for (const { pid } of started()) process.kill(pid, "SIGKILL");
  });
  const phases = await measurePhases(trial.directory, limitMs);
  const waiting = [...moments];
  const failures: string[] = [];
  const work = async () => {
    for (let moment = waiting.shift(); moment; moment = waiting.shift()) {
      const run = new Run(trial.directory, moment);
      try {
        await interrupt(run, moment, phases);
        await run.ended(limitMs);
        checkEnd(run, moment);
      } catch (error) {
        failures.push(`${JSON.stringify(moment)}: ${error}\n${run.stderr}`);
        run.child.kill("SIGKILL");
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  equal(failures.join("\n"), "");
  equal(await leftProcesses(started, limitMs), "", "processes left");
  equal((await leftoverBpfObjects(before.objects, limitMs, isUnderTest)).join(", "), "", "BPF objects left");
  equal(
    mounts()
      .filter((mount) => !before.mounts.includes(mount))
      .join("\n"),
    "",
    "mounts left",
  );
  equal(readFileSync(expedited, "utf8"), before.expedited);
}

const randomMoments = scenario(
  "signals at random moments leave nothing",
  { requires, where: "once", timeoutMs: 600_000 },
  async (trial) => {
    const random = new Random(seed);
    inheritOrphans(true);
    trial.defer(() => inheritOrphans(false));
    await signalAtMoments(
      trial,
      Array.from({ length: momentCount }, (_, number) => drawMoment(random, number)),
    );
  },
);

export const scenarios = [randomMoments];
