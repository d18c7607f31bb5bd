import { expect, test } from "bun:test";
import type { Host, KernelFacts } from "../../core/api/collector.ts";
import { checkOvs } from "./check.ts";
import { ovsProbes } from "./probes.ts";

interface Daemon {
  /** Process ids of daemons that run. */
  readonly pids?: readonly number[];
  /** Why the probes of some cannot be had. */
  readonly problem?: string;
  readonly hidden?: readonly number[];
  readonly warn?: (message: string) => void;
}

/** A kernel that has all, but for what is given. */
function host(facts: Partial<KernelFacts> = {}, { pids = [], problem, hidden = pids, warn = () => {} }: Daemon = {}): Host {
  const kernel = {
    moduleLoaded: () => true,
    hasStruct: () => true,
    parameters: () => ["struct sk_buff *"],
    config: () => "y",
    enumValues: () => undefined,
    ...facts,
  };
  return {
    kernel: kernel as unknown as KernelFacts,
    userspace: { processes: () => pids.map((pid) => ({ pid, program: "/usr/sbin/ovs-vswitchd" })), userName: () => undefined },
    whyUnprobeable: (probe) => (hidden.some((pid) => probe.startsWith(`usdt:${pid}:`)) ? problem : undefined),
    log: { warn, info() {}, debug() {} },
    now: () => 0n,
    openNamespace: () => undefined,
    workloads: { ofProcess: () => ({}), ofControlGroup: () => ({}), controlGroupPath: () => undefined, ofNamespace: () => ({}) },
    systemChangesAllowed: false,
  };
}

function reasonOf(facts: Partial<KernelFacts>): string {
  const result = checkOvs(host(facts));
  return result.ok ? "" : result.reason;
}

test("a kernel with the module and its types is fine", () => {
  expect(checkOvs(host())).toEqual({ ok: true });
});

test("without the module nothing else is looked at", () => {
  const never = () => {
    throw new Error("the kernel's types were read");
  };
  const facts = { moduleLoaded: () => false, hasStruct: never, parameters: never };
  expect(reasonOf({ ...facts, config: () => "m" })).toBe("module openvswitch is not loaded: Open vSwitch is not in use");
  expect(reasonOf({ ...facts, config: () => "n" })).toBe("the kernel has no Open vSwitch (CONFIG_OPENVSWITCH is off)");
});

test("what is missing is named", () => {
  expect(reasonOf({ hasStruct: () => false })).toBe(
    "the kernel has no type information of module openvswitch (/sys/kernel/btf/openvswitch)",
  );
  expect(reasonOf({ parameters: () => undefined })).toBe(
    "the kernel has no tracepoint openvswitch:ovs_dp_upcall, openvswitch:ovs_do_execute_action",
  );
});

test("without kprobes the tracepoints are used, and that is said", () => {
  const withoutKprobes = host({ config: (option) => (option === "CONFIG_KPROBES" ? "n" : "y") });
  expect(checkOvs(withoutKprobes)).toMatchObject({ ok: true, note: expect.stringContaining("only upcalls and actions") });
  expect(ovsProbes(withoutKprobes, true).probes.every(({ probe }) => probe.startsWith("tp:"))).toBe(true);
});

test("what only --ovs-track shows is probed only then", () => {
  const probesOf = (track: boolean) => ovsProbes(host(), track).probes.map(({ probe }) => probe);
  expect(probesOf(false)).not.toContain("kretprobe:ovs_packet_cmd_execute/optional");
  expect(probesOf(true)).toEqual(expect.arrayContaining([...probesOf(false), "kretprobe:ovs_packet_cmd_execute/optional"]));
});

test("daemons are probed, also those that start later; one line says which cannot be", () => {
  const problem = "/usr/sbin/ovs-vswitchd has no static probe dpif_recv:recv_upcall";
  const lines: string[] = [];
  const warn = (line: string) => void lines.push(line);
  const daemonProbes = (daemon: Daemon, track = true) =>
    ovsProbes(host({}, { ...daemon, warn }), track).probes.filter(({ probe }) => probe.startsWith("usdt:")).length;
  expect([daemonProbes({ pids: [7] }), daemonProbes({}), daemonProbes({ pids: [7], problem }, false)]).toEqual([3, 3, 0]);
  expect(lines).toEqual([]);
  // Another build may take its place, and others may be there. Its parent, which watches over it, is the same program.
  expect(daemonProbes({ pids: [7, 8, 9], problem, hidden: [8, 9] })).toBe(3);
  expect(lines).toEqual([expect.stringContaining(`${problem} (needs a build with --enable-usdt-probes)`)]);
});

test("each hook runs at a probe of the plan", () => {
  const { hooks, probes } = ovsProbes(host(), true);
  const keys = probes.map(({ probe }) => probe.replace("/optional", ""));
  for (const { at } of hooks) expect(keys).toEqual(expect.arrayContaining([...at]));
});
