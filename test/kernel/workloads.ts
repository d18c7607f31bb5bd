/** Names of containers, pods and systemd units: of namespaces that only processes hold, and of sockets that share one. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { mustRun } from "../support/command.ts";
import { Member } from "../support/control-groups.ts";
import { kernelEvents, readEvents, type RecordedEvent } from "../support/event-file.ts";
import { Collection, retis, settle } from "../support/retis.ts";
import { scenario, type Trial } from "../support/scenario.ts";

const tasks = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";
const pod = `retis-test/web-${process.pid}`;
const service = `retis-test-${process.pid}.service`;

/** Writes what containerd keeps of a container, until the end of the scenario. @returns the path of its control group */
function declareContainer(trial: Trial, digit: string, annotations: Readonly<Record<string, string>>): string {
  const id = digit.repeat(52) + String(process.pid).padStart(12, "0");
  const [namespace = "", name = ""] = pod.split("/");
  const all = { "io.kubernetes.cri.sandbox-namespace": namespace, "io.kubernetes.cri.sandbox-name": name, ...annotations };
  mkdirSync(join(tasks, id), { recursive: true });
  trial.defer(() => removeDeclared(id));
  writeFileSync(join(tasks, id, "config.json"), JSON.stringify({ annotations: all }));
  return `kubepods.slice/retis-test.slice/cri-containerd-${id}.scope`;
}

function removeDeclared(id: string): void {
  rmSync(join(tasks, id), { recursive: true });
  for (let path = tasks; path !== "/run" && existsSync(path); path = dirname(path)) {
    try {
      rmdirSync(path);
    } catch {
      // It was there before.
      return;
    }
  }
}

const container = (name: string) => ({ "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.container-name": name });

/** A service, and a pod whose sandbox holds the namespace of two containers. */
async function startMembers(trial: Trial) {
  const sandboxGroup = declareContainer(trial, "a", { "io.kubernetes.cri.container-type": "sandbox" });
  const unit = await Member.start(trial, `system.slice/${service}`);
  const sandbox = await Member.start(trial, sandboxGroup);
  const app = await Member.start(trial, declareContainer(trial, "b", container("app")), sandbox);
  const proxyGroup = declareContainer(trial, "c", container("proxy"));
  const proxy = await Member.start(trial, proxyGroup, sandbox);
  const receiver = ["/usr/bin/python3", join(import.meta.dir, "../support/filtered-receiver.py"), "127.0.0.1", "7965"];
  await Member.start(trial, proxyGroup, sandbox, receiver);
  return { unit, sandbox, app, proxy };
}

type Names = Readonly<Record<string, unknown>>;

/** The last event of this probe whose packet was for the port: names of what is new may need a moment. */
function eventAt(events: readonly RecordedEvent[], symbol: string, port: number): RecordedEvent {
  const found = events.findLast(({ kernel, parsed_packet: packet }) => {
    return (kernel as Names)["symbol"] === symbol && (packet as { ports?: { destination: number } }).ports?.destination === port;
  });
  ok(found, `no event of ${symbol} for port ${port}`);
  return found;
}

/** Names in the section of such an event. */
function namesAt(events: readonly RecordedEvent[], symbol: string, port: number): Names {
  const { inum: _inum, cookie: _cookie, ...names } = eventAt(events, symbol, port)["netns"] as Names;
  return names;
}

const named = scenario(
  "namespaces and sockets have the names of their pod, container and systemd unit",
  { requires: ["root", "tracepoint:skb:kfree_skb", "tracepoint:net:net_dev_queue", "cgroup2", "program:bash"], timeoutMs: 60_000 },
  async (trial) => {
    const { unit, sandbox, app, proxy } = await startMembers(trial);
    const file = join(trial.directory, "events.json");
    const filter = ["-f", "udp dst portrange 7951-7968"];
    const compact = ["-c", "skb,skb-drop,dev,ns", "--format", "compact"];
    const [collection, rows] = await Promise.all([
      Collection.start(trial, ["-c", "skb,skb-drop,ns", "-p", "tp:net:net_dev_queue", ...filter, "-o", file]),
      // With the few privileges of another user.
      Collection.start(trial, [...compact, "--container", `${pod}@pod`, "--user", "nobody", "--all", ...filter]),
    ]);
    // Without cookies, a namespace is known by its number, and named from when it was seen first.
    await unit.send(7951);
    await sandbox.send(7952);
    await rows.waitForOutput(/7952 udp/);
    await settle(trial);
    // Looking for names may take a part of each second, which is little on an emulated machine.
    for (let round = trial.slowdown === 1 ? 1 : 3; round > 0; round--) {
      await unit.send(7961);
      await sandbox.send(7962);
      await app.send(7963);
      await proxy.send(7964);
      await app.send(7965);
      await rows.waitForOutput(/7965 udp/);
      await settle(trial);
      if (round > 1) await Bun.sleep(1000);
    }
    const { stdout } = await rows.stop();
    equal((await collection.stop()).status, 0);

    const events = kernelEvents(readEvents(file));
    const atOnce = trial.slowdown === 1 && (events[0]!["netns"] as Names)["cookie"] !== undefined;
    for (const port of atOnce ? [7951, 7961] : [7961]) deepEqual(namesAt(events, "skb:kfree_skb", port), { unit: service });
    for (const port of atOnce ? [7952, 7962] : [7962]) deepEqual(namesAt(events, "skb:kfree_skb", port), { pod });
    // Nothing receives this; the namespace is that of both containers.
    deepEqual(namesAt(events, "skb:kfree_skb", 7963), { pod });
    // The filter of the receiver's socket refuses this, and the kernel reports that socket since 6.11.
    const hasReceiver = (eventAt(events, "skb:kfree_skb", 7965)["skb-drop"] as Names)["socket"] !== undefined;
    deepEqual(namesAt(events, "skb:kfree_skb", 7965), hasReceiver ? { pod, container: "proxy" } : { pod });
    deepEqual(namesAt(events, "net:net_dev_queue", 7963), { pod, container: "app" });
    deepEqual(namesAt(events, "net:net_dev_queue", 7964), { pod, container: "proxy" });

    match(stdout, new RegExp(`7962 udp .*lo@${pod}`));
    ok(!/79[56]1 udp/.test(stdout), "a packet of another namespace");
    // Each start takes seconds in an emulated guest, and none of this depends on the kernel.
    if (trial.slowdown === 1) await checkCommands(file);
  },
);

const inHost = scenario(
  "packets of a container that has the network of the host, and of a process",
  { requires: ["root", "host", "tracepoint:net:net_dev_queue", "pointer-to-cgroup", "cgroup2", "program:bash"] },
  async (trial) => {
    const web = await Member.start(trial, declareContainer(trial, "d", container("hosted")), "host");
    const other = await Member.start(trial, `system.slice/${service}`, "host");
    const args = ["-c", "skb,ns", "-p", "tp:net:net_dev_queue", "-f", "udp dst portrange 7981-7982"];
    const [ofContainer, ofProcess] = await Promise.all([
      Collection.start(trial, [...args, "--container", "hosted"]),
      Collection.start(trial, [...args, "--process", String(other.pid)]),
    ]);
    await other.send(7982);
    await web.send(7981);
    await Promise.all([ofContainer.waitForOutput(/\.7981 /), ofProcess.waitForOutput(/\.7982 /)]);
    await settle(trial);
    const [first, second] = [(await ofContainer.stop()).stdout, (await ofProcess.stop()).stdout];
    match(first, new RegExp(`\\.7981 [^\\n]*\\n  ns \\S+ \\(${pod}@pod\\)\\n`));
    match(second, new RegExp(`\\.7982 [^\\n]*\\n  ns \\S+ \\(${service}@unit\\)\\n`));
    ok(!/\.7982 /.test(first) && !/\.7981 /.test(second), "a packet of another control group");
  },
);

/** What other commands make of the recorded names. */
async function checkCommands(file: string): Promise<void> {
  const [text, flat, stats, sorted] = await Promise.all([
    retis(["print", file]),
    retis(["print", "--format", "flat", file]),
    retis(["stats", file]),
    retis(["sort", "--netns", pod, "--format", "json", file]),
  ]);
  match(text.stdout, new RegExp(`^  ns \\S+ \\(${pod}@pod\\)$`, "m"));
  match(text.stdout, new RegExp(`^  ns \\S+ \\(${service}@unit\\)$`, "m"));
  match(flat.stdout, new RegExp(`"dport":7963.*"container":"app","pod":"${pod}"`));
  match(flat.stdout, new RegExp(`"dport":7961.*"unit":"${service}"`));
  match(stats.stdout, new RegExp(`ns ${pod}@pod if 1 \\(lo\\)`));
  match(stats.stdout, new RegExp(`ns ${service}@unit if 1 \\(lo\\)`));
  ok(sorted.stdout.includes(pod) && !sorted.stdout.includes(service), "sort --netns with the name of a pod");
}

/**
 * Words before Podman's. Its runtime refuses version 2 beside the others, and limits of resources that this root may not set.
 */
const withoutVersion2 = ["unshare", "--mount", "sh", "-c", 'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', "sh"];

const podman = scenario(
  "a container of Podman has its name",
  { requires: ["root", "host", "tracepoint:skb:kfree_skb", "program:podman", "program:busybox"], where: "once" },
  async (trial) => {
    const name = `retis-test-${process.pid}`;
    const root = join(trial.directory, "root");
    mkdirSync(join(root, "bin"), { recursive: true });
    writeFileSync(join(root, "bin/busybox"), readFileSync(Bun.which("busybox")!), { mode: 0o755 });
    const settings = join(trial.directory, "containers.conf");
    writeFileSync(settings, '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n');
    const options = { env: { ...process.env, CONTAINERS_CONF: settings } };
    const program = ["podman", "--cgroup-manager", "cgroupfs"];
    trial.defer(async () => {
      await mustRun([...program, "rm", "--force", "--time", "0", name], options);
    });
    const run = ["run", "--detach", "--name", name, "--network", "none", "--rootfs", root, "/bin/busybox", "sleep", "60"];
    await mustRun([...withoutVersion2, ...program, ...run], options);
    const pid = (await mustRun([...program, "inspect", "--format", "{{.State.Pid}}", name], options)).trim();
    const collection = await Collection.start(trial, ["-c", "skb,skb-drop,ns", "--container", name]);
    await mustRun(["nsenter", `--net=/proc/${pid}/ns/net`, "bash", "-c", "echo x > /dev/udp/127.0.0.1/7971"]);
    await collection.waitForOutput(/7971 /);
    const { stdout } = await collection.stop();
    match(stdout, new RegExp(`\\.7971 [^\\n]*\\n  ns \\S+ \\(${name}@container\\)\\n`));
  },
);

export const scenarios = [named, inHost, podman];
