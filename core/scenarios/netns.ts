/**
 * Network namespaces with veth pairs between them, for traffic that touches nothing of the host. Names carry the
 * process id, so that runs side by side do not collide, and show which leftovers have no owner any more.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { mustRun, type CommandOptions } from "./command.ts";
import { isRunning, setUp, writeSetting } from "./namespace-sockets.ts";

const prefix = "retis-test-";
const living = new Set<string>();
let created = 0;

/** One network namespace, known to `ip netns`. */
export class Namespace {
  constructor(readonly name: string) {}

  /** The command line that runs `argv` in here. */
  command(...argv: readonly string[]): readonly string[] {
    // Not `ip netns exec`: that mounts a sysfs of the namespace too, which an emulated guest feels.
    return ["nsenter", `--net=/run/netns/${this.name}`, ...argv];
  }

  /** Runs a command in here; throws when it fails, returns its stdout. */
  run(argv: readonly string[], options?: CommandOptions): Promise<string> {
    return mustRun(this.command(...argv), options);
  }

  /** Runs several `ip` commands in here (without the word `ip`) as one batch, which is quick even in an emulated guest. */
  async ip(...lines: readonly string[]): Promise<void> {
    await ipBatch(["-n", this.name], lines);
  }

  /** Identity of the namespace: the inode number that the kernel shows for it. */
  inode(): number {
    return statSync(`/run/netns/${this.name}`).ino;
  }
}

async function ipBatch(options: readonly string[], lines: readonly string[]): Promise<void> {
  await mustRun(["ip", ...options, "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

/**
 * Creates `count` namespaces with their loopback up. Devices made in them get no addresses of the kernel's own, as
 * duplicate detection and router solicitations would add drops.
 */
export async function createNamespaces(count: number): Promise<readonly Namespace[]> {
  const namespaces = Array.from({ length: count }, () => new Namespace(`${prefix}${process.pid}-${created++}`));
  for (const { name } of namespaces) living.add(name);
  await ipBatch(
    [],
    namespaces.map(({ name }) => `netns add ${name}`),
  );
  for (const namespace of namespaces) {
    writeSetting(namespace, "ipv6/conf/default/addr_gen_mode", "1");
    setUp(namespace, "lo");
  }
  return namespaces;
}

/** One end of a veth pair. */
export interface End {
  readonly namespace: Namespace;
  readonly device: string;
  readonly mac: string;
  /** Addresses with prefix length. */
  readonly addresses: readonly string[];
}

/** Joins two namespaces by a veth pair that has just the addresses given. */
export async function connect(left: End, right: End): Promise<void> {
  await ipBatch(
    [],
    [
      `link add ${left.device} address ${left.mac} netns ${left.namespace.name} type veth ` +
        `peer name ${right.device} address ${right.mac} netns ${right.namespace.name}`,
    ],
  );
  for (const { namespace, device } of [left, right]) setUp(namespace, device);
  for (const end of [left, right]) {
    await waitUntilUp(end);
    if (end.addresses.length > 0) await end.namespace.ip(...end.addresses.map((address) => addAddress(address, end.device)));
  }
}

// The kernel completes "up" in a work item; an IPv6 address given before that does not answer at first.
async function waitUntilUp({ namespace, device }: End): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (isRunning(namespace, device)) return;
    await Bun.sleep(10);
  }
  throw new Error(`device ${device} did not come up`);
}

/** The `ip` command that adds an address; IPv6 ones are usable at once, without duplicate detection. */
export function addAddress(address: string, device: string): string {
  return `addr add ${address} dev ${device}${address.includes(":") ? " nodad" : ""}`;
}

/** How many namespaces are made until one gets a number that is free again: mostly the second does. */
const maxTries = 60;

/**
 * Creates namespaces until one has the inode number of one that was destroyed.
 * @returns it last, after those that have other numbers; undefined when the kernel did not give the number again
 */
export async function createWithInode(
  inode: number,
): Promise<{ readonly all: readonly Namespace[]; readonly found: Namespace | undefined }> {
  const all: Namespace[] = [];
  while (all.length < maxTries) {
    const [namespace] = (await createNamespaces(1)) as [Namespace];
    all.push(namespace);
    if (namespace.inode() === inode) return { all, found: namespace };
  }
  return { all, found: undefined };
}

/** Removes namespaces, and with them their devices. */
export async function destroyNamespaces(namespaces: readonly Namespace[]): Promise<void> {
  await ipBatch(
    [],
    namespaces.map(({ name }) => `netns del ${name}`),
  );
  for (const { name } of namespaces) living.delete(name);
}

/** Removes namespaces of earlier test processes that could not do it themselves (`kill -9`). */
export async function removeAbandonedNamespaces(): Promise<void> {
  const names = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
  const abandoned = names.filter((name) => name.startsWith(prefix) && !existsSync(`/proc/${name.slice(prefix.length).split("-")[0]}`));
  if (abandoned.length > 0)
    await ipBatch(
      [],
      abandoned.map((name) => `netns del ${name}`),
    );
}

process.on("exit", () => {
  for (const name of living) spawnSync("ip", ["netns", "del", name]);
});
