/** The host as seen from one network namespace. Only reads; what commands print is kept, as many groups ask the same. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { cleanEnvironment } from "../base/child-environment.ts";
import { cgroupsWithPrograms } from "./cgroup-programs.ts";
import { inNetNamespace } from "../libbpf/net-namespace.ts";
import type { Evidence } from "./finding.ts";

/** What checks may look at. */
export interface HostView {
  /**
   * Content of a file, seen from inside the namespace: `/proc/net/udp`, `/proc/sys/net/ipv4/ip_forward`. Undefined when it cannot be
   * read.
   */
  file(path: string): string | undefined;
  /** The same as the initial namespace has it: `/proc/net/stat/arp_cache`, which others lack. */
  initialFile(path: string): string | undefined;
  /** What a command prints in the namespace; undefined when it is not installed or fails. */
  output(...argv: readonly string[]): string | undefined;
  /**
   * Value of a sysctl, `net.ipv4.ip_forward`. Those that hold for all namespaces are only seen in the initial one, and are read there
   * then.
   */
  sysctl(name: string): string | undefined;
  /**
   * Control groups of this host that have BPF programs which look at packets, as paths below the mount of cgroup2; undefined when that
   * cannot be found out.
   */
  cgroupsWithPrograms(direction: "ingress" | "egress"): readonly string[] | undefined;
  /** The other namespaces of this host, for what may be in the wrong one. */
  others(): readonly { readonly name: string; readonly view: HostView }[];
}

const commandLimitMs = 5_000;

/** @param path of the namespace; undefined: that of this process */
export function hostView(path: string | undefined, others: () => ReturnType<HostView["others"]> = () => []): HostView {
  const known = new Map<string, string | undefined>();
  const remembered = (key: string, read: () => string | undefined) => {
    if (!known.has(key)) known.set(key, inside(path, read));
    return known.get(key);
  };
  const file = (name: string) => remembered(name, () => contentOf(name));
  return {
    file,
    initialFile: (name) => inside(initialNamespace, () => contentOf(name)),
    output: (...argv) => remembered(argv.join("\0"), () => outputOf(argv)),
    sysctl: (name) => (file(sysctlPath(name)) ?? globalSetting(name))?.trim(),
    cgroupsWithPrograms,
    others,
  };
}

/** /proc/net is that of the process's first thread. */
function contentOf(name: string): string {
  return readFileSync(name.replace(/^\/proc\/net\//, "/proc/thread-self/net/"), "utf8");
}

function inside<T>(path: string | undefined, read: () => T): T | undefined {
  try {
    return path === undefined ? read() : inNetNamespace(path, read);
  } catch {
    return undefined;
  }
}

function outputOf(argv: readonly string[]): string | undefined {
  const { exitCode, stdout } = Bun.spawnSync([...argv], {
    stdin: "ignore",
    stderr: "ignore",
    env: cleanEnvironment,
    timeout: commandLimitMs,
  });
  return exitCode === 0 ? stdout.toString() : undefined;
}

/** Names of devices may have dots in them, which sysctl(8) writes as slashes. */
function sysctlPath(name: string): string {
  return join("/proc/sys", name.replaceAll(".", "\0").replaceAll("/", ".").replaceAll("\0", "/"));
}

/** The initial namespace, as far as this process can see it. */
const initialNamespace = "/proc/1/ns/net";

/** Those of devices are not global: another namespace may have a device of the same name. */
function globalSetting(name: string): string | undefined {
  if (/^net\.ipv[46]\.(conf|neigh)\.(?!default\.gc_)/.test(name)) return undefined;
  return inside(initialNamespace, () => readFileSync(sysctlPath(name), "utf8"));
}

/** Evidence of a sysctl that was read. */
export function sysctlEvidence(view: HostView, name: string): Evidence {
  return { source: `sysctl ${name}`, value: view.sysctl(name) ?? "not readable" };
}

/** A network namespace of this host. */
export interface FoundNamespace {
  readonly path: string;
  /** Its name under /run/netns, or that of a process in it. */
  readonly name: string;
}

/** The network namespaces of this host by inode number: those with a name, then those of processes. */
export function findNamespaces(): ReadonlyMap<number, FoundNamespace> {
  const found = new Map<number, FoundNamespace>();
  for (const name of entriesOf("/run/netns")) note(found, `/run/netns/${name}`, name);
  for (const pid of entriesOf("/proc").filter((name) => /^\d+$/.test(name))) note(found, `/proc/${pid}/ns/net`, `process ${pid}`);
  return found;
}

function note(found: Map<number, FoundNamespace>, path: string, name: string): void {
  try {
    const { ino } = statSync(path);
    if (!found.has(ino)) found.set(ino, { path, name });
  } catch {
    // The process or name went away, or is not ours to see.
  }
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
