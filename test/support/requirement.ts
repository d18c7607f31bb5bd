/**
 * What a scenario needs of the machine. Each answer is found by looking or by trying, never from a version number, and
 * an absent thing is named in the reason, so that a skipped scenario says why.
 */
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { runCommand } from "./command.ts";
import { cannotCompile } from "./compile-c.ts";
import { controlGroupMount } from "./control-groups.ts";
import { createNamespaces, destroyNamespaces } from "./netns.ts";
import { bestBuild, loadOvsModule, type OvsBuild, ovsPrograms } from "./ovs.ts";

/**
 * A requirement:
 * - `root`;
 * - `host`: this is not a guest of the lab, where starting the tool takes seconds;
 * - `guest`: a machine of the lab, whose clock may be set;
 * - `tracepoint:<group>:<event>`: the kernel has that tracepoint;
 * - `drop-reasons`, `drop-reason:<NAME>`: the kernel gives reasons, this one among them;
 * - `no-drop-reasons`: it gives none (before Linux 5.17);
 * - `nftables`, `nat`, `vlan`, `tun`, `bridge`: such a table, chain or device can be made;
 * - `nft-trace`: the kernel describes what it calls for each rule of nftables that took effect;
 * - `no-nft-trace`: it does not, as it has no types of modules (before Linux 5.11);
 * - `conntrack`: connections are tracked, and the kernel describes struct nf_conn;
 * - `ct-helper:<name>`: the kernel has that helper of connection tracking, e.g. `ftp`;
 * - `kprobes`: functions can be probed; `no-kprobes`: they cannot;
 * - `no-module:<name>`: that module is neither loaded nor built in;
 * - `attach-cookies`: probes know which of them was hit (Linux 5.15); `no-attach-cookies`: they do not;
 * - `pointer-to-cgroup`: sockets have a pointer of its own to their control group (Linux 5.15);
 * - `cgroup2`: control groups of version 2 are mounted;
 * - `overlay`: such a file system can be mounted;
 * - `uprobe-multi`: many places of a program with one link (Linux 6.6);
 * - `kprobe-multi`: many of them with one link (Linux 5.18, with CONFIG_FPROBE, which Debian's 6.1 lacks); `no-kprobe-multi`: each with
 *   a link of its own;
 * - `ovs`: the kernel has Open vSwitch and describes it, and programs for it were prepared (test/kernel/ovs-daemon);
 * - `ovs-usdt`, `ovs-debian`: the same with that build; `ovs-untyped`: the kernel has it, but does not describe it;
 * - `no-ovs`: the kernel has no Open vSwitch;
 * - `ovs-drop-reasons`: its datapath has an action and reasons for drops (Linux 6.6); `no-ovs-drop-reasons`: it has none;
 * - `ovs-psample`: it has the action psample (Linux 6.11);
 * - `cpus:<count>`: so many processors;
 * - `vxlan`: VXLAN devices can be made;
 * - `clang`: C can be compiled;
 * - `vsock-loopback`: vsock sockets of this machine reach each other;
 * - `tc-drop`: a traffic control filter can drop;
 * - `qdisc:<words>`: `tc qdisc add` takes them, e.g. `clsact`;
 * - `function:<name>`: the kernel describes that function, or something of its name;
 * - `file:<path>`: a file of the repository or the system is there;
 * - `program:<name>`: that program is on the PATH.
 */
export type Requirement = string;

/** The reason why a requirement is not met here; undefined when it is. */
export async function unmet(requirement: Requirement): Promise<string | undefined> {
  const known = answers.get(requirement);
  if (known !== undefined) return known;
  const answer = findUnmet(requirement);
  answers.set(requirement, answer);
  return answer;
}

/** Whether functions can be probed here, for scenarios that show less where they cannot. */
export async function canProbeFunctions(): Promise<boolean> {
  return (await unmet("kprobes")) === undefined;
}

const answers = new Map<Requirement, Promise<string | undefined>>();

async function findUnmet(requirement: Requirement): Promise<string | undefined> {
  const [kind = "", detail = ""] = splitOnce(requirement);
  switch (kind) {
    case "root":
      return reasonUnless(process.getuid?.() === 0, "not run as root");
    case "guest":
      return reasonUnless(process.env["RETIS_LAB"] !== undefined, "not in a guest of the lab, whose clock may be set");
    case "tracepoint":
      return reasonUnless(kernelKnows(`btf_trace_${detail.split(":")[1]}`), `the kernel has no tracepoint ${detail}`);
    case "drop-reasons":
      return reasonUnless(kernelKnows("skb_drop_reason"), "the kernel gives no drop reasons");
    case "no-drop-reasons":
      return reasonUnless(!kernelKnows("skb_drop_reason"), "the kernel gives drop reasons");
    case "drop-reason":
      return reasonUnless(kernelKnows(`SKB_DROP_REASON_${detail}`), `the kernel has no drop reason ${detail}`);
    case "nftables":
      return reasonUnless(await worksInNamespace("nft", "add", "table", "inet", "try"), "the kernel or this machine has no nftables");
    case "nft-trace":
      return reasonUnless(await describesRules(), "the kernel has no nftables, or no type information of it");
    case "no-nft-trace":
      return reasonUnless(!(await describesRules()), "the kernel describes nftables");
    case "conntrack":
      return reasonUnless(
        (await canTrackConnections()) && knowsConnections(),
        "the kernel has no connection tracking, or no type information of it",
      );
    case "ct-helper":
      return reasonUnless(await canUseHelper(detail), `the kernel has no helper for ${detail} (nf_conntrack_${detail})`);
    case "vlan":
      return reasonUnless(await canMakeVlan(), "the kernel has no VLAN devices (CONFIG_VLAN_8021Q)");
    case "clang":
      return cannotCompile;
    case "tc-drop":
      return reasonUnless(
        await worksInNamespace("sh", "-c", "tc qdisc add dev lo clsact && tc filter add dev lo ingress matchall action drop"),
        "the kernel has no traffic control filters that drop (cls_matchall, act_gact)",
      );
    case "qdisc":
      return reasonUnless(
        await worksInNamespace("tc", "qdisc", "add", "dev", "lo", ...detail.split(" ")),
        `the kernel has no queueing discipline ${detail}`,
      );
    case "vxlan":
      return reasonUnless(
        await worksInNamespace("ip", "link", "add", "try0", "type", "vxlan", "id", "1", "dstport", "4789"),
        "the kernel has no VXLAN devices (CONFIG_VXLAN)",
      );
    case "tun":
      return reasonUnless(
        await worksInNamespace("sh", "-c", "modprobe -q tun; ip tuntap add try0 mode tun"),
        "the kernel has no TUN devices (CONFIG_TUN)",
      );
    case "vsock-loopback":
      return reasonUnless(await canReachItselfByVsock(), "the kernel has no vsock sockets that reach itself (CONFIG_VSOCKETS_LOOPBACK)");
    case "nat":
      return reasonUnless(
        await worksInNamespace(
          "nft",
          "add table ip try; add chain ip try c { type nat hook postrouting priority 100; }; add rule ip try c masquerade",
        ),
        "the kernel cannot translate addresses (nft_masq)",
      );
    case "bridge":
      return reasonUnless(
        await worksInNamespace("ip", "link", "add", "try0", "type", "bridge"),
        "the kernel has no bridges (CONFIG_BRIDGE)",
      );
    case "no-kprobes":
      return reasonUnless((await unmet("kprobes")) !== undefined, "functions can be probed");
    case "kprobes":
      return reasonUnless(existsSync("/sys/bus/event_source/devices/kprobe"), "the kernel has no kprobes (CONFIG_KPROBES)");
    case "no-module":
      return reasonUnless(!existsSync(`/sys/module/${detail}`), `${detail} is loaded or built in`);
    case "attach-cookies":
      return reasonUnless(kernelKnows("BPF_FUNC_get_attach_cookie"), "the kernel has no attach cookies");
    case "no-attach-cookies":
      return reasonUnless(!kernelKnows("BPF_FUNC_get_attach_cookie"), "the kernel has attach cookies");
    case "pointer-to-cgroup":
      // The commit that gave it to them took this function away: 8520e224f547.
      return reasonUnless(!kernelKnows("cgroup_sk_alloc_disable"), "sockets share the place of their control group with other things");
    case "cgroup2":
      return reasonUnless(controlGroupMount() !== undefined, "no control groups of version 2 are mounted");
    case "overlay":
      return reasonUnless(await canMountOverlay(), "the kernel has no overlay file system (CONFIG_OVERLAY_FS)");
    case "uprobe-multi":
      return reasonUnless(kernelKnows("bpf_uprobe_multi_link"), "the kernel cannot attach many uprobes at once");
    case "kprobe-multi":
      return reasonUnless(kernelKnows("bpf_kprobe_multi_link"), "the kernel cannot attach many kprobes at once (CONFIG_FPROBE)");
    case "host":
      return reasonUnless(process.env.RETIS_LAB === undefined, "too slow in an emulated guest");
    case "no-kprobe-multi":
      return reasonUnless(!kernelKnows("bpf_kprobe_multi_link"), "the kernel attaches many kprobes at once");
    case "ovs":
      return (
        (await unmetOvs()) ?? reasonUnless(bestBuild() !== undefined, "no programs of Open vSwitch were prepared (test/kernel/ovs-daemon)")
      );
    case "ovs-usdt":
    case "ovs-debian":
      return (await unmetOvs()) ?? unmetBuild(kind === "ovs-usdt" ? "usdt" : "debian");
    case "ovs-untyped":
      return reasonUnless((await loadOvsModule()) && !describesOvs(), "the kernel has no Open vSwitch, or describes it");
    case "ovs-drop-reasons":
      return (await unmetOvs()) ?? reasonUnless(ovsGivesReasons(), "the datapath of Open vSwitch has no drop reasons");
    case "no-ovs-drop-reasons":
      return (await unmetOvs()) ?? reasonUnless(!ovsGivesReasons(), "the datapath of Open vSwitch has drop reasons");
    case "ovs-psample":
      return (await unmetOvs()) ?? reasonUnless(ovsKnows("OVS_ACTION_ATTR_PSAMPLE"), "Open vSwitch of the kernel has no action psample");
    case "cpus":
      return reasonUnless(availableParallelism() >= Number(detail), `there are fewer than ${detail} processors`);
    case "no-ovs":
      return reasonUnless(!(await loadOvsModule()), "the kernel has Open vSwitch");
    case "function":
      return reasonUnless(kernelKnows(detail), `the kernel's type information has no function ${detail}`);
    case "file":
      return reasonUnless(existsSync(detail), `there is no ${detail}`);
    case "program":
      return reasonUnless(Bun.which(detail) !== null, `${detail} is not installed`);
    default:
      throw new Error(`unknown requirement ${requirement}`);
  }
}

function describesOvs(): boolean {
  return existsSync("/sys/kernel/btf/openvswitch") || kernelKnows("dp_upcall_info");
}

function ovsGivesReasons(): boolean {
  return ovsKnows("OVS_DROP_EXPLICIT");
}

/** Whether the datapath's types have a name. */
function ovsKnows(name: string): boolean {
  const module = "/sys/kernel/btf/openvswitch";
  return (existsSync(module) && readFileSync(module).includes(`\0${name}\0`)) || kernelKnows(name);
}

async function unmetOvs(): Promise<string | undefined> {
  if (!(await loadOvsModule())) return "the kernel has no Open vSwitch (CONFIG_OPENVSWITCH)";
  return reasonUnless(describesOvs(), "the kernel has no type information of Open vSwitch (/sys/kernel/btf/openvswitch)");
}

function unmetBuild(build: OvsBuild): string | undefined {
  const reason = build === "usdt" ? "Open vSwitch with USDT probes was not built" : "Debian's Open vSwitch was not unpacked";
  return reasonUnless(ovsPrograms(build) !== undefined, `${reason} (test/kernel/ovs-daemon ${build})`);
}

function splitOnce(requirement: Requirement): readonly [string, string] {
  const colon = requirement.indexOf(":");
  return colon < 0 ? [requirement, ""] : [requirement.slice(0, colon), requirement.slice(colon + 1)];
}

function reasonUnless(met: boolean, reason: string): string | undefined {
  return met ? undefined : reason;
}

// A name that the kernel's BTF knows is in its string section between two NULs.
function kernelKnows(name: string): boolean {
  kernelBtf ??= readFileSync("/sys/kernel/btf/vmlinux");
  return kernelBtf.includes(`\0${name}\0`);
}

let kernelBtf: Buffer | undefined;

function canTrackConnections(): Promise<boolean> {
  return worksInNamespace(
    "nft",
    "add table ip try; add chain ip try o { type filter hook output priority 0; }; add rule ip try o ct mark set 9",
  );
}

// Making a table loads the module.
async function describesRules(): Promise<boolean> {
  if ((await unmet("nftables")) !== undefined) return false;
  return existsSync("/sys/kernel/btf/nf_tables") || kernelKnows("__nft_trace_packet");
}

// A module's BTF exists once it is loaded; vmlinux has this member of struct nf_conn only when tracking is built in.
function knowsConnections(): boolean {
  return existsSync("/sys/kernel/btf/nf_conntrack") || kernelKnows("tuplehash");
}

function canUseHelper(name: string): Promise<boolean> {
  return worksInNamespace("nft", `add table ip try; add ct helper ip try h { type "${name}" protocol tcp; }`);
}

async function canMountOverlay(): Promise<boolean> {
  const overlay = "mount -t overlay try -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /mnt/l";
  const script = `modprobe -q overlay; mount -t tmpfs try /mnt && mkdir /mnt/l /mnt/u /mnt/w && ${overlay}`;
  return (await runCommand(["unshare", "--mount", "sh", "-c", script])).status === 0;
}

async function canReachItselfByVsock(): Promise<boolean> {
  await runCommand(["modprobe", "-q", "vsock_loopback"]);
  return (await runCommand(["/usr/bin/python3", join(import.meta.dir, "unread-vsock.py")])).status === 0;
}

function canMakeVlan(): Promise<boolean> {
  return worksInNamespace("sh", "-c", "ip link add try0 type veth peer name try1 && ip link add link try0 name try0.5 type vlan id 5");
}

async function worksInNamespace(...argv: readonly string[]): Promise<boolean> {
  const [namespace] = await createNamespaces(1);
  if (namespace === undefined) return false;
  const { status } = await runCommand(namespace.command(...argv));
  await destroyNamespaces([namespace]);
  return status === 0;
}
