/** `--dev`, `--netns`, `--container` and `--process`: what packets a run is about, as a meta filter that the kernel evaluates. */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CollectScope } from "../api/collect-options.ts";
import { invalidOption } from "../base/errors.ts";
import { controlGroupMount } from "../libbpf/control-group.ts";
import { initialNetworkNamespace } from "../workloads/initial-namespace.ts";
import { networkNamespaceOf } from "../workloads/namespace-processes.ts";
import { Workloads } from "../workloads/workloads.ts";

/** A scope while a run lasts. */
export interface OpenScope {
  /** Meta filter; undefined when the scope is everything. */
  readonly expression: string | undefined;
  /** Lets go of the namespace. While it is held, the kernel gives its inode number to no other. */
  close(): void;
}

/** Inode numbers of namespaces begin here (PROC_DYNAMIC_FIRST of the kernel's fs/proc/generic.c); process ids end far below. */
const firstInode = 0xf000_0000;

/** @throws TraceError `INVALID_OPTION` for what is not there */
export function openScope({ dev, netns, container, process }: CollectScope): OpenScope {
  const held: number[] = [];
  const inNamespace = (flag: string, value: string, path: string) => {
    const fd = openNamespace(flag, value, path);
    held.push(fd);
    return `net.ns.inum == ${fstatSync(fd).ino}`;
  };
  const inContainer = (name: string) => {
    const pid = processOf(name);
    // The namespace of the host has all packets of the host: those of the container's sockets are meant.
    if (networkNamespaceOf("/proc", pid) === initialNetworkNamespace()) return ofControlGroup("--container", name, String(pid));
    return inNamespace("--container", name, `/proc/${pid}/ns/net`);
  };
  const terms = [
    ...(dev === undefined ? [] : [`net_device.name == ${quoted("--dev", dev)}`]),
    ...(netns === undefined ? [] : [isInode(netns) ? `net.ns.inum == ${netns}` : inNamespace("--netns", netns, namespacePath(netns))]),
    ...(container === undefined ? [] : [inContainer(container)]),
    ...(process === undefined ? [] : [ofControlGroup("--process", process, process)]),
  ];
  const expression = terms.length === 0 ? undefined : terms.join(" and ");
  return { expression, close: () => held.splice(0).forEach((fd) => closeSync(fd)) };
}

/** Both must hold. */
export function joinExpressions(...expressions: readonly (string | undefined)[]): string | undefined {
  const given = expressions.filter((each) => each !== undefined);
  return given.length < 2 ? given[0] : given.map((each) => `(${each})`).join(" and ");
}

function quoted(flag: string, name: string): string {
  if (/^[^\s/"\\]{1,15}$/.test(name)) return `"${name}"`;
  throw invalidOption(flag, name, "not the name of a device");
}

function isInode(text: string): boolean {
  return /^\d+$/.test(text) && Number(text) >= firstInode && Number(text) < 2 ** 32;
}

function namespacePath(text: string): string {
  if (/^\d+$/.test(text)) return `/proc/${text}/ns/net`;
  return text.includes("/") ? text : `/run/netns/${text}`;
}

function openNamespace(flag: string, value: string, path: string): number {
  try {
    return openSync(path, "r");
  } catch {
    const hint = "A name as 'ip netns' lists it, a process id, the inode number that events show, or a path";
    throw invalidOption(flag, value, `no network namespace at ${path}`, flag === "--netns" ? hint : undefined);
  }
}

function processOf(container: string): number {
  // As events show it.
  const pid = new Workloads().processOfContainer(container.replace(/@(?:pod|container)$/, ""));
  if (pid !== undefined) return pid;
  throw invalidOption(
    "--container",
    container,
    "no process of such a container runs",
    "A name, a pod as NAMESPACE/NAME, or the beginning of an id",
  );
}

/** The process's control group (version 2), which sockets remember from when they were made. */
function ofControlGroup(flag: string, value: string, pid: string): string {
  const path = /^0::(.*)$/m.exec(controlGroupsOf(flag, value, pid))?.[1];
  const mount = controlGroupMount();
  if (path === undefined || path === "/" || mount === undefined) {
    const problem = "the process is in no control group of its own (version 2)";
    const reason = flag === "--process" ? problem : `the container has the network of the host, and ${problem}`;
    throw invalidOption(flag, value, reason, "Use --netns with a process id, or -f with its ports");
  }
  return `sock.sk_cgrp_data.cgroup.kn.id == ${statSync(join(mount, path), { bigint: true }).ino}`;
}

function controlGroupsOf(flag: string, value: string, pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, "utf8");
  } catch {
    throw invalidOption(flag, value, "no such process");
  }
}
