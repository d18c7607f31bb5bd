/** What processes, sockets and network namespaces belong to, and how that is shown. */

/** What a process or a socket belongs to. */
export interface Workload {
  /** Name of the container, or the first 12 characters of its id when no file names it. */
  readonly container?: string;
  /** `NAMESPACE/NAME`. */
  readonly pod?: string;
  /** Of systemd, e.g. `nginx.service`, `session-3.scope`. */
  readonly unit?: string;
}

/** What a network namespace belongs to: what all processes in it have in common. */
export interface NamespaceWorkload extends Workload {
  /** `COMM/PID` of the process that was there first, when neither a container nor a service says more. */
  readonly process?: string;
}

/** A network namespace, as hooks see it. */
export interface NamespaceIdentity {
  /** `net->ns.inum`. */
  readonly inode: number;
  /** `net->net_cookie`; 0 on kernels without it. */
  readonly cookie: number | bigint;
  /** Time of the event, by `Host.now()`: a kernel without cookies gives inode numbers again. */
  readonly time: number | bigint;
}

/**
 * Names of containers, pods and systemd units, from control groups and from files of Docker, Podman, CRI-O, containerd and
 * kubelet; no runtime is asked. Lookups can be made for each event: answers are remembered, those that may improve are
 * looked up again after a while, and all lookups together take little of the time.
 *
 * After `start` they need CAP_SYS_PTRACE (which process is in which namespace), CAP_SYS_ADMIN (proof by cookie) and
 * CAP_DAC_READ_SEARCH (control groups by id): see `Plan.capabilities`.
 */
export interface WorkloadFacts {
  /** Of a process that runs now; empty when nothing is known. Not remembered: process ids are given again. */
  ofProcess(pid: number): Workload;
  /**
   * Of a control group of version 2 by its id, as bpf_get_current_cgroup_id() gives it, or
   * `sk->sk_cgrp_data.cgroup->kn->id` of a socket. Empty for the root, and for one that is gone and was never looked up.
   */
  ofControlGroup(id: number | bigint): Workload;
  /**
   * Path of a control group of version 2 by its id, below where the hierarchy is mounted, `/` for the root; undefined when it is
   * gone and was never looked up.
   */
  controlGroupPath(id: number | bigint): string | undefined;
  /** Of a network namespace, where that is proven by its cookie or by the time; empty for the initial one, which is the host's. */
  ofNamespace(namespace: NamespaceIdentity): NamespaceWorkload;
}

/** Names that CNI plugins and Podman make up contain a UUID. */
const generatedName = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/;

/** What a namespace may be called by; texts of a file may be anything. */
export interface NamespaceNames {
  readonly name?: unknown;
  readonly pod?: unknown;
  readonly container?: unknown;
  readonly unit?: unknown;
  readonly process?: unknown;
}

/** The one that says most, and what it is the name of; that of the namespace itself has no kind. */
export interface ChosenName {
  readonly text: string;
  readonly kind?: "pod" | "container" | "process" | "unit";
}

/**
 * Chooses the namespace's own name, else that of its pod, container, systemd unit or process. A name that a program made up is
 * not one of its own where it is known whose it is. Undefined when nothing names it.
 */
export function chooseName({ name, pod, container, unit, process }: NamespaceNames): ChosenName | undefined {
  const own = isText(name) ? { text: name } : undefined;
  if (own !== undefined && !generatedName.test(own.text)) return own;
  if (isText(pod)) return { text: pod, kind: "pod" };
  if (isText(container)) return { text: container, kind: "container" };
  if (own !== undefined) return own;
  if (isText(process)) return { text: process, kind: "process" };
  return isText(unit) ? { text: unit, kind: "unit" } : undefined;
}

/** How a namespace is called: its own name, else `NAME@KIND` (see {@link chooseName}). Undefined when nothing names it. */
export function namespaceLabel(names: NamespaceWorkload & { readonly name?: string }): string | undefined {
  const chosen = chooseName(names);
  return chosen && labelOf(chosen);
}

/** `NAME`, or `NAME@KIND`. */
export function labelOf({ text, kind }: ChosenName): string {
  return kind === undefined ? text : `${text}@${kind}`;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
