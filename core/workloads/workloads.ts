/**
 * What a process belongs to: container, pod, systemd unit. Read from its control group and from the files that container
 * runtimes and kubelet keep; no runtime is asked. Sources: cgroups(7); systemd's CGROUP_DELEGATION; the layouts of Docker
 * (config.v2.json), Podman and CRI-O (containers/storage), containerd (bundle of the task: OCI runtime specification), and
 * kubelet (names of the files in /var/log/containers).
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Workload } from "../api/workload.ts";

/** Named parts of what a runtime's files say. */
interface ContainerName {
  readonly name?: string | undefined;
  readonly pod?: string | undefined;
  /** It only holds the namespaces of its pod. */
  readonly isSandbox?: boolean;
}

/** What was found of a control group. */
export interface FoundWorkload {
  readonly workload: Workload;
  /** It is a container's, and no file names that yet: files may come a moment after processes. */
  readonly isUnnamed: boolean;
}

/** A file as it was when it was read. */
interface ReadFile {
  readonly version: string;
  readonly value: unknown;
}

/** Of containers/storage; nearly always the first. */
const storageDrivers = ["overlay", "vfs", "btrfs", "zfs"];
const nothing: FoundWorkload = { workload: {}, isUnnamed: false };
/** Longer files are not read. */
const maxBytes = 32 * 1024 * 1024;

const idLength = 64;
const shortIdLength = 12;
/** The container's id in a control group: `docker-ID.scope`, `libpod-ID.scope`, `cri-containerd-ID.scope`, `/docker/ID`, … */
const containerGroup = new RegExp(`(?:^|[-/:])([0-9a-f]{${idLength}})(?:\\.scope)?(?:/|$)`);
const unitGroup = /([^/]+\.(?:service|scope))(?:\/|$)/;

/** Reads from `root`, which is `/` but in tests. */
export class Workloads {
  readonly #root: string;
  readonly #byId = new Map<string, ContainerName>();
  /** Lists of all containers, which are parsed when they change. */
  readonly #lists = new Map<string, ReadFile>();

  constructor(root = "/") {
    this.#root = root;
  }

  /** Of a process; empty when nothing is known, also when the process is gone. */
  ofProcess(pid: number): Workload {
    return this.findOfProcess(pid).workload;
  }

  findOfProcess(pid: number): FoundWorkload {
    return this.find(controlGroup(this.#text(`proc/${pid}/cgroup`)));
  }

  /** Of a path below the root of the control groups, e.g. `/system.slice/docker-….scope`. */
  find(path: string): FoundWorkload {
    const id = containerGroup.exec(path)?.[1];
    if (id === undefined) {
      const unit = unitGroup.exec(path)?.[1];
      return unit === undefined ? nothing : { workload: { unit }, isUnnamed: false };
    }
    const found = this.#container(id);
    const { name = id.slice(0, shortIdLength), pod, isSandbox = false } = found ?? {};
    const container = isSandbox && pod !== undefined ? {} : { container: name };
    return { workload: pod === undefined ? container : { ...container, pod }, isUnnamed: found === undefined };
  }

  /** A process of the container with this name, id or beginning of an id; undefined when none runs. */
  processOfContainer(wanted: string): number | undefined {
    const pids = entries(join(this.#root, "proc")).filter((name) => /^\d+$/.test(name));
    return pids
      .map(Number)
      .sort((a, b) => a - b)
      .find((pid) => this.#isOf(pid, wanted));
  }

  #isOf(pid: number, wanted: string): boolean {
    const id = containerGroup.exec(controlGroup(this.#text(`proc/${pid}/cgroup`)))?.[1];
    if (id === undefined) return false;
    const { name, pod } = this.#container(id) ?? {};
    return wanted === name || wanted === pod || wanted === `${pod}/${name}` || (wanted.length >= 4 && id.startsWith(wanted));
  }

  /** A container that no file names yet is looked for again: its files may come a moment after its processes. */
  #container(id: string): ContainerName | undefined {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const found = this.#docker(id) ?? this.#containerd(id) ?? this.#storage(id) ?? this.#kubelet(id);
    if (found !== undefined) this.#byId.set(id, found);
    return found;
  }

  #docker(id: string): ContainerName | undefined {
    const config = this.#json(`var/lib/docker/containers/${id}/config.v2.json`);
    if (config === undefined) return undefined;
    const labels = recordOf(recordOf(config["Config"])["Labels"]);
    const pod = podOf(labels["io.kubernetes.pod.namespace"], labels["io.kubernetes.pod.name"]);
    const isSandbox = labels["io.kubernetes.docker.type"] === "podsandbox";
    return { name: textOf(labels["io.kubernetes.container.name"]) ?? textOf(config["Name"])?.replace(/^\//, ""), pod, isSandbox };
  }

  /** Each namespace of containerd has a directory: `k8s.io`, `moby`, `default`. */
  #containerd(id: string): ContainerName | undefined {
    const tasks = "run/containerd/io.containerd.runtime.v2.task";
    for (const namespace of entries(join(this.#root, tasks))) {
      const config = this.#json(`${tasks}/${namespace}/${id}/config.json`);
      if (config === undefined) continue;
      const notes = recordOf(config["annotations"]);
      const pod = podOf(notes["io.kubernetes.cri.sandbox-namespace"], notes["io.kubernetes.cri.sandbox-name"]);
      const isSandbox = notes["io.kubernetes.cri.container-type"] === "sandbox";
      return { name: textOf(notes["io.kubernetes.cri.container-name"]) ?? textOf(notes["nerdctl/name"]), pod, isSandbox };
    }
    return undefined;
  }

  /** Podman and CRI-O keep one list for all containers; that of CRI-O has more in a text of JSON. */
  #storage(id: string): ContainerName | undefined {
    for (const driver of storageDrivers) {
      const found = this.#stored(id, `var/lib/containers/storage/${driver}-containers`);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #stored(id: string, directory: string): ContainerName | undefined {
    for (const list of ["containers.json", "volatile-containers.json"]) {
      const all = this.#list(`${directory}/${list}`);
      const entry = Array.isArray(all) ? all.map(recordOf).find((each) => each["id"] === id) : undefined;
      if (entry === undefined) continue;
      const metadata = recordOf(parsed(textOf(entry["metadata"])));
      const notes = recordOf(this.#json(`${directory}/${id}/userdata/config.json`)?.["annotations"]);
      const pod = podOf(
        notes["io.kubernetes.pod.namespace"] ?? metadata["pod-namespace"],
        notes["io.kubernetes.pod.name"] ?? metadata["pod-name"],
      );
      const names = entry["names"];
      const name = notes["io.kubernetes.container.name"] ?? (Array.isArray(names) ? names[0] : undefined) ?? metadata["name"];
      return { name: textOf(name), pod, isSandbox: notes["io.kubernetes.cri-o.ContainerType"] === "sandbox" };
    }
    return undefined;
  }

  /** `POD_NAMESPACE_CONTAINER-ID.log` */
  #kubelet(id: string): ContainerName | undefined {
    const file = entries(join(this.#root, "var/log/containers")).find((name) => name.endsWith(`-${id}.log`));
    const [pod, namespace, container] = file?.slice(0, -`-${id}.log`.length).split("_") ?? [];
    return container === undefined ? undefined : { name: container, pod: podOf(namespace, pod) };
  }

  #text(path: string): string | undefined {
    try {
      const file = join(this.#root, path);
      const { size } = statSync(file);
      return size > maxBytes ? undefined : readFileSync(file, "utf8");
    } catch {
      return undefined;
    }
  }

  #list(path: string): unknown {
    const version = versionOf(join(this.#root, path));
    const known = this.#lists.get(path);
    if (version === undefined || known?.version === version) return version && known?.value;
    const value = parsed(this.#text(path));
    this.#lists.set(path, { version, value });
    return value;
  }

  #json(path: string): Readonly<Record<string, unknown>> | undefined {
    const value = parsed(this.#text(path));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  }
}

/** Changes when the file does; undefined when there is none. */
function versionOf(file: string): string | undefined {
  try {
    const { ino, size, mtimeNs } = statSync(file, { bigint: true });
    return `${ino}/${size}/${mtimeNs}`;
  } catch {
    return undefined;
  }
}

/** Of the unified hierarchy, else of systemd's own, else the longest one: older runtimes name the container in all of them. */
function controlGroup(text: string | undefined): string {
  const lines = (text ?? "")
    .trim()
    .split("\n")
    .map((line) => line.split(":"));
  const pathOf = (controllers: string) =>
    lines
      .find(([, names]) => names === controllers)
      ?.slice(2)
      .join(":");
  const candidates = [pathOf(""), pathOf("name=systemd"), ...lines.map((parts) => parts.slice(2).join(":"))];
  return (
    candidates.find((path) => path !== undefined && containerGroup.test(path)) ?? candidates.find((path) => path && path !== "/") ?? "/"
  );
}

function podOf(namespace: unknown, name: unknown): string | undefined {
  return textOf(namespace) !== undefined && textOf(name) !== undefined ? `${String(namespace)}/${String(name)}` : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function entries(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
