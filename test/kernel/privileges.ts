/** What the executable does with its privileges: nothing that its caller's environment says, and no more than it needs. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mustRun, runCommand } from "../support/command.ts";
import { kernelEvents, readEvents } from "../support/event-file.ts";
import { ethernet, ethertype, ipv4, protocol, udp } from "../support/frames.ts";
import type { Namespace } from "../support/netns.ts";
import { Collection, retis, retisPath, settle } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";
import { macs, twoNamespaces } from "../support/topology.ts";
import { sendFrame, sendUdp } from "../support/traffic.ts";

const once = { requires: ["root"], where: "once" } as const;

const environment = scenario("variables of Bun run no code and open no debugger", once, async (trial) => {
  const ran = join(trial.directory, "ran");
  const code = join(trial.directory, "code.ts");
  writeFileSync(code, `require("node:fs").writeFileSync(${JSON.stringify(ran)}, "");`);
  const variables = {
    BUN_OPTIONS: `--preload ${code}`,
    BUN_BE_BUN: "1",
    BUN_INSPECT: "ws://127.0.0.1:0",
    BUN_INSPECT_PRELOAD: code,
    NODE_OPTIONS: `--require ${code}`,
  };
  const plain = await retis(["--version"]);
  match(plain.stdout, /^retis /);
  for (const [name, value] of Object.entries(variables)) deepEqual(await retis(["--version"], { env: { [name]: value } }), plain, name);
  ok(!existsSync(ran), "code of the environment ran");
});

const noProc = scenario("without /proc a message says so", once, async () => {
  const script = 'mount -t tmpfs none /proc && exec "$0" "$@"';
  const wrapper = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script];
  for (const args of [["--version"], ["collect", "-c", "skb"]]) {
    const { status, stdout, stderr } = await runCommand([...wrapper, retisPath, ...args]);
    equal(stderr, "error: Cannot start: /proc is not mounted [NO_PROC]\nhint: Mount it: mount -t proc proc /proc\n");
    deepEqual({ status, stdout }, { status: 1, stdout: "" });
  }
});

/** Refuses one system call with EPERM, as profiles of container engines do, and goes on as another program. */
const refusing = `
import ctypes, os, platform, struct, sys
libc = ctypes.CDLL(None)
number = {"x86_64": 321, "aarch64": 280}[platform.machine()]
code = b"".join(struct.pack("HBBI", *each) for each in
  [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7fff0000)])
class Program(ctypes.Structure):
  _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_char_p)]
libc.prctl(38, 1, 0, 0, 0)
if libc.prctl(22, 2, ctypes.byref(Program(4, code))): sys.exit("no seccomp")
os.execv(sys.argv[1], sys.argv[1:])
`;

const causes = scenario("what keeps from tracing is named: user namespace, seccomp, capabilities", once, async () => {
  const seccomp = ["/usr/bin/python3", "-c", refusing];
  const uncapable = ["setpriv", "--bounding-set=-bpf,-sys_admin", "--inh-caps=-all", "--"];
  const wrappers: readonly (readonly [readonly string[], RegExp, RegExp])[] = [
    [
      ["unshare", "--user", "--map-root-user"],
      /: this process is in a user namespace, .* \[NO_PRIVILEGE\]\n/,
      /user namespace +not the initial one/,
    ],
    [seccomp, /: a seccomp filter refuses bpf\(2\) \(EPERM\) \[NO_PRIVILEGE\]\n/, /bpf\(2\) +a seccomp filter refuses/],
    [uncapable, /: missing CAP_BPF \[NO_PRIVILEGE\]\n/, /CAP_BPF +needed to/],
  ];
  for (const [wrapper, message, line] of wrappers) {
    const { status, stderr } = await runCommand([...wrapper, retisPath, "collect", "-c", "skb,skb-drop"]);
    equal(status, 1);
    match(stderr, message);
    ok(!stderr.includes("Caused by"), stderr);
    match((await runCommand([...wrapper, retisPath, "doctor"])).stdout, line);
  }
});

/** Fields of /proc/PID/status of every thread of a process, which are the same in each. */
function threadFields(pid: number): Readonly<Record<"Uid" | "CapPrm" | "CapEff" | "NoNewPrivs", string>> {
  const directory = `/proc/${pid}/task`;
  const states = readdirSync(directory).map((id) => {
    const status = readFileSync(join(directory, id, "status"), "utf8");
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "";
    return { Uid: field("Uid"), CapPrm: field("CapPrm"), CapEff: field("CapEff"), NoNewPrivs: field("NoNewPrivs") };
  });
  for (const state of states) deepEqual(state, states[0]);
  ok(states.length > 1, "one thread only");
  return states[0]!;
}

const none = "0".repeat(16);
/** Before Linux 5.19 all of bpf(2) takes a capability while kernel.unprivileged_bpf_disabled is set. */
const bpfAlone = (1n << 39n).toString(16).padStart(16, "0");
const givenUp = /Privileges given up: recording( as user \w+)? with/;
const requires = ["root", "tracepoint:skb:kfree_skb"];

/** Waits until a collection has given up its privileges. */
async function startRecorder(trial: Trial, args: readonly string[], directory = trial.directory): Promise<Collection> {
  const collection = await Collection.start(trial, args, { cwd: directory, logLevel: "debug" });
  await collection.waitForError(givenUp);
  return collection;
}

/** More datagrams to a closed port than a part of 1 MB holds. */
async function sendMany(client: Namespace): Promise<void> {
  const route = { source: "10.0.42.1", destination: "10.0.42.2" };
  const packet = ipv4(route.source, route.destination, protocol.udp, udp(route, { sourcePort: 8300, destinationPort: 8302 }));
  await sendFrame(client, "veth01", ethernet(macs.veth10, macs.veth01, ethertype.ipv4, packet), 5000);
}

const dropped = scenario("once probes are attached no thread has privileges, and recording goes on", { requires }, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const report = join(trial.directory, "command");
  const command = `grep -h -e CapEff -e NoNewPrivs /proc/self/status > ${report}; sleep 600`;
  const args = ["-c", "skb,skb-drop", "--stack", "-f", "udp port 8301", "-o", "events.json", "--cmd", command];
  const collection = await startRecorder(trial, args);
  const { CapEff, CapPrm, NoNewPrivs, Uid } = threadFields(collection.pid);
  equal(CapPrm, CapEff);
  equal(NoNewPrivs, "1");
  equal(Uid.split("\t")[0], "0");
  const kill = 1n << 5n;
  ok([none, bpfAlone].includes((BigInt(`0x${CapEff}`) & ~kill).toString(16).padStart(16, "0")), CapEff);
  await sendUdp(client, "10.0.42.2", 8301);
  await settle(trial);
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  const [event] = kernelEvents(readEvents(join(trial.directory, "events.json"))).filter((each) => each["skb-drop"] !== undefined);
  ok(event, stderr);
  const stack = (event.kernel as { stack_trace?: readonly string[] } | undefined)?.stack_trace ?? [];
  ok(
    stack.some((frame) => /^[a-z_]\w*\+0x/.test(frame)),
    `no names in ${stack}`,
  );
  // What the user runs has the user's privileges.
  const [capabilities = "", gains] = readFileSync(report, "utf8").trim().split("\n");
  ok(BigInt(`0x${capabilities.split("\t")[1]}`) > BigInt(`0x${CapEff}`), capabilities);
  equal(gains, "NoNewPrivs:\t0");
});

const user = scenario("--user records as that user, who owns all parts", { requires, where: "once", timeoutMs: 40_000 }, async (trial) => {
  const { client } = await trial.topology(twoNamespaces());
  const id = Number((await mustRun(["id", "-u", "nobody"])).trim());
  const directory = join(trial.directory, "theirs");
  mkdirSync(directory);
  chownSync(directory, id, id);
  for (const path of [trial.directory]) chmodSync(path, 0o755);
  const collection = await startRecorder(
    trial,
    ["-c", "skb,skb-drop", "--user", "nobody", "-o", "e.json", "--out-rotate", "1MB"],
    directory,
  );
  const { CapEff, Uid } = threadFields(collection.pid);
  ok([none, bpfAlone].includes(CapEff), CapEff);
  deepEqual([...new Set(Uid.split("\t"))], [String(id)]);
  await sendMany(client);
  await settle(trial);
  const { status, stderr } = await collection.stop();
  equal(status, 0, stderr);
  const files = readdirSync(directory).map((name) => statSync(join(directory, name)));
  ok(files.length > 1, stderr);
  for (const { uid, mode } of files) deepEqual([uid, mode & 0o777], [id, 0o600]);

  const refused = await retis(["collect", "-c", "skb,skb-drop", "--user", "nobody", "-o", "/etc/retis-of-nobody"]);
  equal(refused.status, 1);
  match(refused.stderr, /Cannot write \/etc\/retis-of-nobody: permission denied \(EACCES\) \[FILE_WRITE\]/);
  const unknown = await retis(["collect", "-c", "skb,skb-drop", "--user", "no-such-user"]);
  equal(unknown.status, 2);
  match(unknown.stderr, /Unknown user "no-such-user" \[UNKNOWN_USER\]/);
});

const parts = scenario(
  "parts of a rotated file can be made in another user's directory",
  { requires, where: "once", timeoutMs: 40_000 },
  async (trial) => {
    const { client } = await trial.topology(twoNamespaces());
    const directory = join(trial.directory, "theirs");
    mkdirSync(directory, { mode: 0o755 });
    chownSync(directory, 65534, 65534);
    const collection = await startRecorder(trial, ["-c", "skb,skb-drop", "-o", "e.json", "--out-rotate", "1MB"], directory);
    await sendMany(client);
    await settle(trial);
    const { status, stderr } = await collection.stop();
    equal(status, 0, stderr);
    ok(readdirSync(directory).length > 1, stderr);
  },
);

const reading = scenario("commands that read files have no privileges, before they look at one", once, async (trial) => {
  const file = join(import.meta.dir, "../cases/sort/packet-paths.json");
  const content = readFileSync(file);
  const lines = [
    "print -",
    "--log-level debug print - --format json",
    "--log-level=debug sort - -o sorted.cbor",
    "-P . stats -",
    "-P. pcap - -o packets.pcapng",
  ];
  for (const line of lines) {
    const child = Bun.spawn([retisPath, ...line.split(" ")], { stdin: "pipe", stdout: "pipe", stderr: "pipe", cwd: trial.directory });
    const [stdout, stderr] = [child.stdout.text(), child.stderr.text()];
    // Until something is written it waits for the first byte.
    while (readdirSync(`/proc/${child.pid}/task`).length < 3) await Bun.sleep(5);
    const { CapPrm, CapEff, NoNewPrivs } = threadFields(child.pid);
    deepEqual([CapPrm, CapEff, NoNewPrivs], [none, none, "1"], line);
    child.stdin.write(content);
    await child.stdin.end();
    equal(await child.exited, 0, `${line}: ${await stderr}`);
    ok((await stdout).length > 100 || line.includes("-o"), line);
  }
  for (const name of ["sorted.cbor", "packets.pcapng"]) ok(statSync(join(trial.directory, name)).size > 100, name);
});

const pager = scenario("a pager with privileges has a clean environment, and none is taken from another caller", once, async (trial) => {
  const seen = join(trial.directory, "environment");
  const pagerOf = { PAGER: `env > ${seen}; cat`, LESSOPEN: "|false", LESS: "-olog", HOME: trial.directory, TERM: "xterm" };
  // On a terminal only. One event fits on it, so that less ends by itself.
  const file = join(trial.directory, "event.json");
  writeFileSync(
    file,
    readFileSync(join(import.meta.dir, "../cases/sort/packet-paths.json"), "utf8")
      .split("\n")
      .slice(0, 2)
      .join("\n"),
  );
  const show = (env: Readonly<Record<string, string>>) =>
    runCommand(["script", "-qec", `${retisPath} print ${file}`, "/dev/null"], {
      env: { ...pagerOf, ...env },
    });
  equal((await show({})).status, 0);
  const names = readFileSync(seen, "utf8").split("\n");
  for (const line of ["LESSSECURE=1", "LESSHISTFILE=-", "HOME=/dev/null", "TERM=xterm"])
    ok(names.includes(line), `${line} is not among ${names}`);
  ok(!names.some((line) => /^(LESSOPEN|LESS|PAGER)=/.test(line)), names.join(" "));
  rmSync(seen);
  equal((await show({ SUDO_UID: "1000" })).status, 0);
  ok(!existsSync(seen), "the pager of another caller ran");
});

export const scenarios = [environment, pager, reading, noProc, causes, dropped, user, parts];
