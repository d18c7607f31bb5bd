/** Probes in programs: static probes and functions, in processes that come and go. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mustRun } from "../support/command.ts";
import { compileBpfBeside, compileProgram } from "../support/compile-c.ts";
import { parseEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { Collection, retis } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";

const source = join(import.meta.dir, "../support/probed-program.c");
const requires = ["root", "attach-cookies", "file:/usr/include/x86_64-linux-gnu/sys/sdt.h"];
/** Of what depends on programs, compilers and processes rather than on the kernel. */
const once = { requires, where: "once" } as const;
const provider = "retis_test";

interface Probed {
  readonly count: number;
  readonly readable: number;
  readonly a0: number | bigint;
  readonly a1: number | bigint;
  readonly a2: number | bigint;
  readonly a3: number | bigint;
  readonly text: string;
}

interface UserEvent extends RecordedEvent {
  readonly userspace?: {
    readonly probe_type: string;
    readonly symbol: string;
    readonly ip: number;
    readonly path: string;
    readonly pid: number;
    readonly tid: number;
  };
  readonly probed?: Probed;
}

/** How the program is built, and what of its arguments that changes. */
const builds = {
  "by clang, position-independent": { compiler: "clang", flags: ["-fPIE", "-pie"] },
  "by clang, at a fixed address": { compiler: "clang", flags: ["-no-pie"] },
  "by gcc, with counters": { compiler: "gcc", flags: ["-O2", "-DCOUNTED"] },
  "by gcc, without optimisation": { compiler: "gcc", flags: ["-O0", "-no-pie"] },
} as const;

async function build(trial: Trial, name: string, { compiler, flags }: { readonly compiler: string; readonly flags: readonly string[] }) {
  const program = join(trial.directory, name);
  if (compiler === "gcc") await mustRun(["gcc", ...flags, "-o", program, source], { timeoutMs: 20_000 * trial.slowdown });
  else compileProgram(source, program, flags);
  return program;
}

/** A running program; `output` is what it printed. */
class Running {
  output = "";
  readonly #child: Bun.Subprocess<"ignore", "pipe", "inherit">;

  constructor(trial: Trial, argv: readonly string[]) {
    this.#child = Bun.spawn([...argv], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    trial.defer(() => this.end());
    void this.#read();
  }

  get pid(): number {
    return this.#child.pid;
  }

  async end(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    for await (const chunk of this.#child.stdout) this.output += decoder.decode(chunk, { stream: true });
  }
}

async function until(trial: Trial, what: string, condition: () => boolean, limitMs = 8000): Promise<void> {
  const deadline = Date.now() + limitMs * trial.slowdown;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come about`);
    await Bun.sleep(10);
  }
}

function installCollector(trial: Trial): string {
  const directory = join(trial.directory, "collectors", "probed");
  cpSync(join(import.meta.dir, "user-probe-collector"), directory, { recursive: true });
  compileBpfBeside(join(directory, "hook.bpf.c"));
  // A checkout may be writable by the group, which a collector must not be.
  for (const name of ["", ...readdirSync(directory)]) chmodSync(join(directory, name), 0o755);
  return directory;
}

function userEvents(events: readonly RecordedEvent[]): readonly UserEvent[] {
  return events.filter((event): event is UserEvent => event["userspace"] !== undefined);
}

/** Collects as JSON on stdout, so that a scenario sees events as they come. */
class Live {
  readonly collection: Collection;
  #text = "";

  private constructor(collection: Collection) {
    this.collection = collection;
  }

  static async start(trial: Trial, args: readonly string[]): Promise<Live> {
    return new Live(await Collection.start(trial, [...args, "--format", "json"]));
  }

  /** Waits for an event of this process. */
  waitFor(pid: number): Promise<void> {
    return this.collection.waitForOutput(new RegExp(`"userspace":\\{[^}]*"pid":${pid}\\b`));
  }

  async stop(): Promise<{ readonly events: readonly UserEvent[]; readonly stderr: string }> {
    const { status, stdout, stderr } = await this.collection.stop();
    this.#text = stdout;
    equal(status, 0, stderr);
    return { events: userEvents(parseEvents(this.#text)), stderr };
  }
}

function argumentsOf(events: readonly UserEvent[], name: string): readonly Probed[] {
  return events.flatMap(({ userspace, probed }) => (userspace?.symbol === `${provider}:${name}` && probed ? [probed] : []));
}

const readsArguments = Object.entries(builds).map(([how, kind]) =>
  scenario(
    `arguments of a program built ${how}: registers, memory and constants, with size and sign`,
    { ...once, requires: kind.compiler === "gcc" ? [...requires, "program:gcc"] : requires, timeoutMs: 30_000 },
    async (trial) => {
      const collector = installCollector(trial);
      const program = await build(trial, "probed-args", kind);
      const running = new Running(trial, [program, "20"]);
      const live = await Live.start(trial, ["-c", collector, "--probed-program", program]);
      await live.collection.waitForOutput(/retis_test:counted[\s\S]*retis_test:counted/);
      const { events, stderr } = await live.stop();

      const [numbers] = argumentsOf(events, "numbers");
      // The largest of them is shown as the signed number of the same bits.
      deepEqual(
        [numbers?.count, numbers?.readable, numbers?.a0, numbers?.a1, numbers?.a2, BigInt(numbers?.a3 ?? 0)],
        [4, 15, -3, 65533, -70000, BigInt.asIntN(64, 0xfedcba9876543210n)],
      );
      const [text] = argumentsOf(events, "text");
      deepEqual([text?.text, text?.a1, text?.count], ["hello, probe", 13, 2]);
      for (const { a0, a1, a2 } of argumentsOf(events, "table")) deepEqual([a0, a1], [-(Number(a2) & 7) || 0, -12]);
      const rounds = argumentsOf(events, "counted").map(({ a0 }) => Number(a0));
      deepEqual(
        rounds,
        Array.from({ length: rounds.length }, (_, index) => (rounds[0] ?? 0) + index),
        "no hit is missing",
      );
      for (const { userspace } of events)
        deepEqual([userspace?.probe_type, userspace?.path, userspace?.pid, userspace?.tid], ["usdt", program, running.pid, running.pid]);
      ok(!/lost/.test(stderr), stderr);
    },
  ),
);

const functions = scenario(
  "a function of a program, and one of its libraries, by process",
  { where: "oldest and newest", requires },
  async (trial) => {
    const collector = installCollector(trial);
    const program = await build(trial, "probed-calls", builds["by clang, position-independent"]);
    const running = new Running(trial, [program, "20"]);
    const other = new Running(trial, [program, "20"]);
    const live = await Live.start(trial, [
      ...["-c", collector, "--probed-program", String(running.pid), "--probed-probes", "function"],
      ...["-p", `uprobe:${running.pid}:usleep`],
    ]);
    await live.collection.waitForOutput(/"usleep"[\s\S]*"probed_function"[\s\S]*"usleep"/);
    const { events } = await live.stop();
    const called = events.filter(({ userspace }) => userspace?.symbol === "probed_function");
    ok(called.length > 0);
    deepEqual([called[0]?.probed?.text, BigInt.asIntN(32, BigInt(called[0]?.probed?.a0 ?? 0))], ["hello, probe", -5n]);
    match(events.find(({ userspace }) => userspace?.symbol === "usleep")?.userspace?.path ?? "", /libc/);
    deepEqual([...new Set(events.map(({ userspace }) => userspace?.pid))], [running.pid], `not ${other.pid}`);
  },
);

const counters = scenario("the counter of a probe is raised while it is attached, and no longer", once, async (trial) => {
  const program = await build(trial, "probed-count", { compiler: "clang", flags: ["-DCOUNTED"] });
  const running = new Running(trial, [program, "10"]);
  const live = await Live.start(trial, ["-c", "skb", "-p", `usdt:probed-count:${provider}:counted`]);
  await until(trial, "a raised counter", () => / 1\n/.test(running.output));
  await live.waitFor(running.pid);
  await live.stop();
  const seen = running.output.length;
  await until(trial, "a lowered counter", () => / 0\n/.test(running.output.slice(seen)));
});

const names = scenario("all processes of a name, also those that start later or again", once, async (trial) => {
  const program = await build(trial, "probed-name", builds["by clang, position-independent"]);
  const renamed = join(trial.directory, "another-name");
  copyFileSync(program, renamed);
  const live = await Live.start(trial, ["-c", "skb", "-p", `usdt:probed-name:${provider}:counted/optional`]);
  await live.collection.waitForError(/Waiting to attach usdt:probed-name:\S+: no running process is called probed-name/);
  const stranger = new Running(trial, [renamed, "20"]);
  const first = new Running(trial, [program, "20"]);
  await live.waitFor(first.pid);
  const second = new Running(trial, [program, "20"]);
  await live.waitFor(second.pid);
  await first.end();
  const third = new Running(trial, [program, "20"]);
  await live.waitFor(third.pid);
  // The file is replaced, as an upgrade does it, and the program started again.
  rmSync(program);
  copyFileSync(renamed, program);
  const upgraded = new Running(trial, [program, "20"]);
  await live.waitFor(upgraded.pid);
  const { events } = await live.stop();
  const pids = [first, second, third, upgraded].map(({ pid }) => pid);
  deepEqual([...new Set(events.map(({ userspace }) => userspace?.pid))], pids, `not ${stranger.pid}`);
  const times = events.map(({ common, userspace }) => `${common?.timestamp} ${userspace?.tid}`);
  equal(new Set(times).size, times.length, "no hit is reported twice");
});

const ended = scenario("a probe on a process ends with it, and the run goes on", once, async (trial) => {
  const program = await build(trial, "probed-pid", builds["by clang, position-independent"]);
  const running = new Running(trial, [program, "20"]);
  const live = await Live.start(trial, ["-c", "skb", "-p", `usdt:${running.pid}:${provider}:counted`]);
  await live.waitFor(running.pid);
  const other = new Running(trial, [program, "20"]);
  await running.end();
  await live.collection.waitForError(new RegExp(`Process ${running.pid} exited: detached 1 probe`));
  await until(trial, "output of the other process", () => other.output.length > 50);
  const { events } = await live.stop();
  deepEqual([...new Set(events.map(({ userspace }) => userspace?.pid))], [running.pid]);
});

const many = scenario(
  "hundreds of functions of a program are probed, and left again in a moment",
  { requires: [...requires, "uprobe-multi", "file:/bin/bash"] },
  async (trial) => {
    const live = await Live.start(trial, ["-c", "skb", "-p", "uprobe:/bin/bash:rl_*", "-p", "uprobe:/bin/bash:execute_*"]);
    await mustRun(["/bin/bash", "-c", "true"], { timeoutMs: 10_000 * trial.slowdown });
    await live.collection.waitForOutput(/"execute_command_internal"/);
    const before = performance.now();
    const { events, stderr } = await live.stop();
    const took = performance.now() - before;
    ok(Number(/(\d+) probe\(s\) loaded/.exec(stderr)?.[1]) > 200, stderr);
    ok(events.every(({ userspace }) => userspace?.path === "/bin/bash"));
    ok(took < 3000 * trial.slowdown, `stopping took ${took} ms`);
  },
);

const container = scenario("a program in another mount namespace, whose file is deleted meanwhile", once, async (trial) => {
  const program = await build(trial, "probed-box", builds["by clang, position-independent"]);
  const inside = `mount -t tmpfs inside /mnt && cp ${program} /mnt/boxed && exec /mnt/boxed 20`;
  const running = new Running(trial, ["unshare", "--mount", "sh", "-c", inside]);
  await until(trial, "the program inside", () => running.output.length > 0);
  const live = await Live.start(trial, ["-c", "skb", "-p", `usdt:boxed:${provider}:counted`]);
  await live.waitFor(running.pid);
  const { events } = await live.stop();
  equal(events[0]?.userspace?.path, "/mnt/boxed");
  rmSync(`/proc/${running.pid}/root/mnt/boxed`);
  const again = await Live.start(trial, ["-c", "skb", "-p", `usdt:boxed:${provider}:counted`]);
  await again.waitFor(running.pid);
  equal((await again.stop()).events[0]?.userspace?.path, "/mnt/boxed");
});

const shared = scenario(
  "a program of an image that two containers share is probed in both, each hit once",
  { where: "oldest and newest", requires: [...requires, "overlay"] },
  async (trial) => {
    const program = await build(trial, "probed-image", builds["by clang, position-independent"]);
    const image = join(trial.directory, "image");
    mkdirSync(image);
    copyFileSync(program, join(image, "imaged"));
    const overlay = `mount -t overlay box -o lowerdir=${image},upperdir=/mnt/upper,workdir=/mnt/work /mnt/root`;
    const inside = `mount -t tmpfs box /mnt && mkdir /mnt/upper /mnt/work /mnt/root && ${overlay} && exec /mnt/root/imaged 20`;
    const boxes = [1, 2].map(() => new Running(trial, ["unshare", "--mount", "sh", "-c", inside]));
    await until(trial, "both programs", () => boxes.every(({ output }) => output.length > 0));
    const live = await Live.start(trial, ["-c", "skb", "-p", `usdt:imaged:${provider}:counted`]);
    for (const { pid } of boxes) await live.waitFor(pid);
    const first = boxes.map(({ output }) => output.split("\n").length);
    await until(trial, "more rounds", () => boxes.every(({ output }, index) => output.split("\n").length > (first[index] ?? 0) + 10));
    const { events } = await live.stop();
    for (const { pid, output } of boxes) {
      const hits = events.filter(({ userspace }) => userspace?.pid === pid).length;
      const rounds = output.split("\n").length;
      ok(hits >= 10 && hits <= rounds, `${hits} events of at most ${rounds} rounds`);
    }
  },
);

const filtered = scenario("filters are about packets: they leave ungated hooks of programs alone", once, async (trial) => {
  const collector = installCollector(trial);
  const program = await build(trial, "probed-filter", builds["by clang, position-independent"]);
  const running = new Running(trial, [program, "20"]);
  const file = join(trial.directory, "events.json");
  const collection = await Collection.start(trial, [
    ...["-c", `${collector},skb,skb-drop`, "--probed-program", program, "-f", "udp port 9", "-o", file],
    ...["-p", `uprobe:${program}:probed_function`],
  ]);
  const before = running.output.length;
  await until(trial, "output", () => running.output.length > before + 100);
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  const events = userEvents(readEvents(file));
  ok(events.some(({ userspace }) => userspace?.symbol === `${provider}:numbers`));
  // No hook has anything to say about this one, and there is no packet that could pass.
  ok(!events.some(({ userspace }) => userspace?.symbol === "probed_function"));
});

const wrong = scenario("what is not there is named", { requires, where: "once" }, async (trial) => {
  const program = await build(trial, "probed-wrong", builds["by clang, position-independent"]);
  for (const [probe, reason] of [
    ["usdt:no-such-program:a:b", /no running process is called no-such-program/],
    ["usdt:999999999:a:b", /no process 999999999/],
    [`usdt:${program}:${provider}:nothing`, /has no static probe retis_test:nothing/],
    [`uprobe:${program}:nothing`, /has no function nothing/],
    [`uprobe:${program}:probed_function+0x4000`, /bytes long/],
    ["usdt:/etc/passwd:a:b", /not an ELF file/],
    ["usdt:/no/such/file:a:b", /ENOENT/],
    ["usdt:no_such_provider:name", /no running program has such a probe/],
  ] as const) {
    const { status, stderr } = await retis(["collect", "-c", "skb", "-p", probe], { timeoutMs: 20_000 * trial.slowdown });
    equal(status, 1, probe);
    match(stderr, reason);
  }
});

const old = scenario(
  "a kernel without attach cookies refuses probes in programs by name, and goes on with the others",
  { requires: ["root", "no-attach-cookies"] },
  async (trial) => {
    const program = await build(trial, "probed-old", builds["by clang, position-independent"]);
    const probe = `usdt:${program}:${provider}:counted`;
    const alone = await retis(["collect", "-c", "skb", "-p", probe], { timeoutMs: 20_000 * trial.slowdown });
    equal(alone.status, 1);
    match(alone.stderr, /this kernel has no attach cookies \(Linux 5\.15\)/);
    const collection = await Collection.start(trial, ["-c", "skb", "-p", "tp:net:netif_rx", "-p", probe]);
    const { status, stderr } = await collection.stop();
    equal(status, 0, stderr);
    match(stderr, /usdt:.*: this kernel has no attach cookies \(Linux 5\.15\).*; left out/);
  },
);

export const scenarios = [...readsArguments, functions, counters, names, ended, many, container, shared, filtered, wrong, old];
