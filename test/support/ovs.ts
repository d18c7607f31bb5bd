/**
 * Open vSwitch for scenarios: a daemon of our own in a network namespace of its own, with a bridge between two more. The
 * programs come from the lab's cache (`test/kernel/ovs-daemon`); a guest sees the cache of its host.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type CommandOptions, mustRun, runCommand } from "./command.ts";
import { ethernet, ethertype, ipv4, protocol, udp } from "./frames.ts";
import { connect, createNamespaces, type Namespace } from "./netns.ts";
import type { Trial } from "./scenario.ts";
import type { Topology } from "./topology.ts";

/** Which build: Debian's own, or the one with USDT probes. */
export type OvsBuild = "debian" | "usdt";

/** Environment variables that name a build's directory, set by the lab. */
export const buildVariables = { debian: "RETIS_OVS_DEBIAN", usdt: "RETIS_OVS_USDT" } as const;

/** Uptime in seconds before which Open vSwitch 3.1 counts no CPUs, and then drops all that misses. */
const settledUptime = 11;
const installLimitMs = 5_000;
const startLimitMs = 10_000;
const stopLimitMs = 10_000;

/** Directory of a build's programs; undefined when it was not prepared. */
export function ovsPrograms(build: OvsBuild): string | undefined {
  const given = process.env[buildVariables[build]];
  if (given) return existsSync(given) ? given : undefined;
  const cache = process.env.VMRUN_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "retis-kernel-lab");
  const builds = existsSync(cache) ? readdirSync(cache).filter((name) => name.startsWith(`ovs-${build}-`)) : [];
  const paths = builds.map((name) => join(cache, name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  return paths[0];
}

/** The build with probes where there is one: it forwards from the start, and drops by an action of its own. */
export function bestBuild(): OvsBuild | undefined {
  return (["usdt", "debian"] as const).find((build) => ovsPrograms(build) !== undefined);
}

/** Loads the kernel module; false when the kernel has none. */
export async function loadOvsModule(): Promise<boolean> {
  if (!existsSync("/sys/module/openvswitch")) await runCommand(["modprobe", "-q", "openvswitch"]);
  return existsSync("/sys/module/openvswitch");
}

/** How a daemon is started. */
export interface DaemonOptions {
  /** Directory of its files below the scenario's; for several daemons. */
  readonly name?: string;
  /** The daemon has a mount and a pid namespace of its own, and its sockets where nobody outside sees them. */
  readonly contained?: boolean;
}

/** Where a contained daemon has its sockets. */
const containedRunDirectory = "/run/openvswitch";

/** The daemon with its database, in a network namespace; `ovs-vsctl` and the others speak to it. */
export class OpenVswitch {
  #daemon: Bun.Subprocess | undefined;
  #database: Bun.Subprocess | undefined;

  private constructor(
    private readonly programs: string,
    private readonly namespace: Namespace,
    /** Where its sockets are; `OVS_RUNDIR` for who wants to reach it. */
    readonly runDirectory: string,
    private readonly slowdown: number,
    private readonly contained: boolean,
  ) {}

  /**
   * Starts the database; it and the daemon are ended with the scenario.
   * @param build of all programs but the daemon
   */
  static async prepare(trial: Trial, namespace: Namespace, build: OvsBuild, options: DaemonOptions = {}): Promise<OpenVswitch> {
    const programs = ovsPrograms(build);
    if (programs === undefined) throw new Error(`the programs of build ${build} are not in the lab's cache`);
    if (!(await loadOvsModule())) throw new Error("the kernel has no module openvswitch");
    const runDirectory = join(trial.directory, options.name ?? "openvswitch");
    mkdirSync(runDirectory);
    const ovs = new OpenVswitch(programs, namespace, runDirectory, trial.slowdown, options.contained ?? false);
    trial.defer(() => ovs.#end());
    await ovs.#startDatabase();
    return ovs;
  }

  /** Starts database and daemon; both are ended with the scenario. Throws when the daemon cannot handle packets. */
  static async start(trial: Trial, namespace: Namespace, build: OvsBuild): Promise<OpenVswitch> {
    const ovs = await OpenVswitch.prepare(trial, namespace, build);
    await ovs.startDaemon();
    return ovs;
  }

  /** Process id of the daemon. */
  get pid(): number {
    if (this.#daemon === undefined) throw new Error("ovs-vswitchd does not run");
    return this.contained ? (childOf(this.#daemon.pid) ?? this.#daemon.pid) : this.#daemon.pid;
  }

  /**
   * Starts the daemon (again).
   * @param programs directory of it, when not that of the others
   */
  async startDaemon(programs = this.programs): Promise<void> {
    await waitUntil(() => Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) > settledUptime, settledUptime * 1000 * this.slowdown);
    const daemon = [join(programs, "ovs-vswitchd"), `unix:${this.runDirectory}/db.sock`, "--no-chdir", "--pidfile", "-vconsole:warn"];
    this.#daemon = this.#spawn("ovs-vswitchd", this.contained ? [...container, ...daemon] : daemon, {
      LD_LIBRARY_PATH: programs,
      OVS_RUNDIR: this.contained ? containedRunDirectory : this.runDirectory,
    });
    // The tools wait for the daemon when it is needed, and say when it does not come.
    await this.vsctl("--", "set", "Open_vSwitch", ".", "other_config:max-idle=1000000");
  }

  /** Ends the daemon as its package does; the kernel keeps the datapath. */
  async stopDaemon(): Promise<void> {
    await this.appctl("exit");
    await this.#ended();
  }

  /** Ends it with SIGKILL; its socket and pidfile stay. */
  async killDaemon(): Promise<void> {
    process.kill(this.pid, "SIGKILL");
    await this.#ended();
  }

  /** Holds the daemon up (SIGSTOP), so that upcalls gather; SIGCONT lets it go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.pid, name);
  }

  /** Waits until a thread handles packets that miss; throws when there is none. */
  async waitForHandlers(): Promise<void> {
    const hasHandler = () => threadNames(this.pid).some((name) => name.startsWith("handler"));
    if (!(await waitUntil(hasHandler, startLimitMs * this.slowdown))) throw new Error("ovs-vswitchd has no handler thread");
  }

  vsctl(...args: readonly string[]): Promise<string> {
    return this.#run("ovs-vsctl", [
      `--timeout=${(startLimitMs * this.slowdown) / 1000}`,
      `--db=unix:${this.runDirectory}/db.sock`,
      ...args,
    ]);
  }

  ofctl(...args: readonly string[]): Promise<string> {
    return this.#runBeside("ovs-ofctl", args);
  }

  appctl(...args: readonly string[]): Promise<string> {
    return this.#runBeside("ovs-appctl", [`--timeout=${(startLimitMs * this.slowdown) / 1000}`, ...args]);
  }

  /** Replaces all OpenFlow flows of a bridge, and forgets what the kernel knows of the old ones. */
  async setFlows(bridge: string, flows: readonly string[]): Promise<void> {
    await this.#runBeside("ovs-ofctl", ["--bundle", "replace-flows", bridge, "-"], `${flows.join("\n")}\n`);
    await this.forgetFlows();
  }

  /**
   * Sends the first packet of a flow, and waits until the kernel has what the daemon installs for it, so that the next one hits.
   * @param flows how many flows at least: two where the answer has one of its own
   */
  async untilInstalled(send: () => Promise<void>, flows = 1): Promise<void> {
    const count = async () => (await this.appctl("dpctl/dump-flows")).split("\n").length;
    const before = await count();
    await send();
    let last = before;
    let unchanged = 0;
    const isInstalled = async () => {
      const now = await count();
      unchanged = now >= before + flows && now === last ? unchanged + 1 : 0;
      last = now;
      return unchanged > 0;
    };
    // Not all of them install one, on all kernels.
    await waitUntil(isInstalled, installLimitMs);
  }

  /** Empties the kernel's flow table, so that the next packet of each flow misses. */
  async forgetFlows(): Promise<void> {
    await this.appctl("revalidator/purge");
    const isEmpty = async () => (await this.appctl("dpctl/dump-flows")).trim() === "";
    if (!(await waitUntil(isEmpty, startLimitMs * this.slowdown))) throw new Error("the kernel's flow table does not get empty");
  }

  async #startDatabase(): Promise<void> {
    const database = join(this.runDirectory, "conf.db");
    await this.#run("ovsdb-tool", ["create", database, join(this.programs, "vswitch.ovsschema")]);
    const options = [`--remote=punix:${this.runDirectory}/db.sock`, "--pidfile", "-vconsole:warn"];
    this.#database = this.#spawn("ovsdb-server", [join(this.programs, "ovsdb-server"), database, ...options]);
    const socket = join(this.runDirectory, "db.sock");
    if (!(await waitUntil(() => existsSync(socket), startLimitMs * this.slowdown))) throw new Error("ovsdb-server did not start");
    await this.vsctl("--no-wait", "init");
  }

  #command(argv: readonly string[]): string[] {
    // Not `ip netns exec`, which would give it a mount namespace of its own too.
    return ["nsenter", `--net=/run/netns/${this.namespace.name}`, ...argv];
  }

  get #environment(): Record<string, string> {
    return { LD_LIBRARY_PATH: this.programs, OVS_RUNDIR: this.runDirectory, OVS_DBDIR: this.runDirectory, OVS_LOGDIR: this.runDirectory };
  }

  #spawn(name: string, argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Bun.Subprocess {
    return Bun.spawn(this.#command(argv), {
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(join(this.runDirectory, `${name}.err`)),
      env: { ...process.env, ...this.#environment, ...environment },
    });
  }

  #run(program: string, args: readonly string[], input?: string): Promise<string> {
    return mustRun(this.#command([join(this.programs, program), ...args]), this.#commandOptions(input));
  }

  /** Runs a program where the daemon's sockets are. */
  #runBeside(program: string, args: readonly string[], input?: string): Promise<string> {
    if (!this.contained) return this.#run(program, args, input);
    const argv = ["nsenter", `--target=${this.pid}`, "--mount", "--pid", "--net", join(this.programs, program), ...args];
    const options = this.#commandOptions(input);
    return mustRun(argv, { ...options, env: { ...options.env, OVS_RUNDIR: containedRunDirectory } });
  }

  #commandOptions(input: string | undefined): CommandOptions {
    const timeoutMs = 2 * startLimitMs * this.slowdown;
    return { env: this.#environment, timeoutMs, ...(input === undefined ? {} : { input }) };
  }

  async #ended(): Promise<void> {
    const ended = await Promise.race([this.#daemon?.exited, Bun.sleep(stopLimitMs * this.slowdown).then(() => "late")]);
    if (ended === "late") throw new Error("ovs-vswitchd did not end");
    this.#daemon = undefined;
  }

  async #end(): Promise<void> {
    for (const child of [this.#daemon, this.#database]) {
      child?.kill("SIGKILL");
      await child?.exited;
    }
  }
}

/** What starts a program in namespaces of its own, as its process 1. */
const container = [
  ...["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"],
  `mount -t tmpfs run /run && mkdir ${containedRunDirectory} && exec "$0" "$@"`,
];

function childOf(pid: number): number | undefined {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
  return child ? Number(child) : undefined;
}

function threadNames(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => readFileSync(`/proc/${pid}/task/${tid}/comm`, "utf8").trim());
}

async function waitUntil(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) return false;
    await Bun.sleep(20);
  }
  return true;
}

/** MAC addresses of the hosts at the bridge. */
export const hostMacs = { client: "02:00:00:00:45:01", server: "02:00:00:00:45:02" } as const;
/** IPv4 addresses of the hosts at the bridge. */
export const hostAddresses = { client: "10.0.45.1", server: "10.0.45.2" } as const;

/** A frame from the client to a UDP port of the server. */
export function hostFrame(destinationPort: number): Buffer {
  const route = { source: hostAddresses.client, destination: hostAddresses.server };
  const payload = Buffer.alloc(16, "x");
  const packet = ipv4(route.source, route.destination, protocol.udp, udp(route, { sourcePort: 5000, destinationPort, payload }));
  return ethernet(hostMacs.server, hostMacs.client, ethertype.ipv4, packet);
}

/** client/e0 10.0.45.1 — pa, br0, pb of `bridge` — server/e0 10.0.45.2; neighbours are known, there is no IPv6. */
export interface OvsBridge extends Topology {
  readonly bridge: Namespace;
  readonly ovs: OpenVswitch;
}

/** Two flows that let the hosts reach each other, without learning of addresses. */
export const forwardingFlows = ["in_port=pa,actions=output:pb", "in_port=pb,actions=output:pa"] as const;

/** A bridge between two hosts, with {@link forwardingFlows}. Everything ends with the scenario. */
export async function ovsBridge(trial: Trial, build: OvsBuild | undefined = bestBuild()): Promise<OvsBridge> {
  if (build === undefined) throw new Error("no Open vSwitch is in the lab's cache");
  const created = createNamespaces(3).then((namespaces) => ({
    namespaces,
    client: namespaces[0]!,
    server: namespaces[2]!,
    bridge: namespaces[1]!,
  }));
  const topology = await trial.topology(created);
  await connectHosts(topology, topology.bridge, topology.bridge);
  const ovs = await OpenVswitch.start(trial, topology.bridge, build);
  await ovs.vsctl("add-br", "br0", "--", "add-port", "br0", "pa", "--", "add-port", "br0", "pb");
  await ovs.waitForHandlers();
  await ovs.setFlows("br0", forwardingFlows);
  return { ...topology, ovs };
}

/** Joins the hosts to pa and pb of the namespaces next to them. */
async function connectHosts(topology: Topology, nextToClient: Namespace, nextToServer: Namespace): Promise<void> {
  const { client, server } = topology;
  for (const namespace of topology.namespaces) {
    await namespace.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]);
  }
  await connect(
    { namespace: client, device: "e0", mac: hostMacs.client, addresses: [`${hostAddresses.client}/24`] },
    { namespace: nextToClient, device: "pa", mac: "02:00:00:00:45:11", addresses: [] },
  );
  await connect(
    { namespace: server, device: "e0", mac: hostMacs.server, addresses: [`${hostAddresses.server}/24`] },
    { namespace: nextToServer, device: "pb", mac: "02:00:00:00:45:12", addresses: [] },
  );
  await client.ip(`neigh replace ${hostAddresses.server} lladdr ${hostMacs.server} dev e0 nud permanent`);
  await server.ip(`neigh replace ${hostAddresses.client} lladdr ${hostMacs.client} dev e0 nud permanent`);
}

/** client/e0 — pa, br0, pc — qc, br0, pb — server/e0: two datapaths with a daemon each, of which the far one is contained. */
export interface OvsChain extends Topology {
  readonly near: OpenVswitch;
  readonly far: OpenVswitch;
}

/** Two datapaths one after the other between two hosts. No daemon runs yet. Everything ends with the scenario. */
export async function ovsChain(trial: Trial, build: OvsBuild): Promise<OvsChain> {
  const created = createNamespaces(4).then((namespaces) => ({ namespaces, client: namespaces[0]!, server: namespaces[3]! }));
  const topology = await trial.topology(created);
  const [, near, far] = topology.namespaces as readonly [Namespace, Namespace, Namespace, Namespace];
  await connectHosts(topology, near, far);
  await connect(
    { namespace: near, device: "pc", mac: "02:00:00:00:45:21", addresses: [] },
    { namespace: far, device: "qc", mac: "02:00:00:00:45:22", addresses: [] },
  );
  return {
    ...topology,
    near: await OpenVswitch.prepare(trial, near, build, { name: "near" }),
    far: await OpenVswitch.prepare(trial, far, build, { name: "far", contained: true }),
  };
}
