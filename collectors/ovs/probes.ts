/** What is probed in the datapath, and the hooks that run there. */
import type { Hook, Host, PlannedProbe } from "../../core/api/collector.ts";
import actionHook from "./hooks/action.bpf.o" with { type: "file" };
import commandHook from "./hooks/command.bpf.o" with { type: "file" };
import commandReturnHook from "./hooks/command-return.bpf.o" with { type: "file" };
import enqueueErrorHook from "./hooks/enqueue-error.bpf.o" with { type: "file" };
import enqueueHook from "./hooks/enqueue.bpf.o" with { type: "file" };
import enqueuePacketHook from "./hooks/enqueue-packet.bpf.o" with { type: "file" };
import executeHook from "./hooks/execute.bpf.o" with { type: "file" };
import lookupHook from "./hooks/lookup.bpf.o" with { type: "file" };
import lookupPacketHook from "./hooks/lookup-packet.bpf.o" with { type: "file" };
import processHook from "./hooks/process.bpf.o" with { type: "file" };
import putHook from "./hooks/put.bpf.o" with { type: "file" };
import queueIdHook from "./hooks/queue-id.bpf.o" with { type: "file" };
import receiveHook from "./hooks/receive.bpf.o" with { type: "file" };
import upcallHook from "./hooks/upcall.bpf.o" with { type: "file" };
import upcallReturnHook from "./hooks/upcall-return.bpf.o" with { type: "file" };

/** A probe with the hooks that run only there. */
interface OvsProbe {
  readonly probe: string;
  readonly hooks: readonly string[];
  /** Its hooks only note something for other probes. */
  readonly light?: boolean;
}

const tracepoints: readonly OvsProbe[] = [
  { probe: "tp:openvswitch:ovs_dp_upcall", hooks: [upcallHook] },
  { probe: "tp:openvswitch:ovs_do_execute_action", hooks: [actionHook] },
];

const functions: readonly OvsProbe[] = [
  { probe: "kretprobe:ovs_dp_upcall", hooks: [upcallReturnHook] },
  { probe: "kprobe:ovs_dp_process_packet", hooks: [processHook], light: true },
  { probe: "kretprobe:ovs_flow_tbl_lookup_stats", hooks: [lookupPacketHook, lookupHook] },
  // Only while a packet goes to user space or comes back: so it keeps its identity.
  { probe: "kprobe:skb_zerocopy", hooks: [queueIdHook], light: true },
  { probe: "kretprobe:queue_userspace_packet", hooks: [enqueueErrorHook], light: true },
  { probe: "kprobe:ovs_flow_key_extract_userspace", hooks: [commandHook], light: true },
];

/** With `--ovs-track`. */
const tracking: readonly OvsProbe[] = [
  { probe: "kretprobe:queue_userspace_packet", hooks: [enqueuePacketHook, enqueueHook] },
  { probe: "kretprobe:ovs_packet_cmd_execute", hooks: [commandReturnHook], light: true },
];

/** All processes of this name, also those that start later. */
const daemon = "ovs-vswitchd";

/** With `--ovs-track`, in the daemon. */
const daemonProbes: readonly OvsProbe[] = [
  { probe: `usdt:${daemon}:dpif_recv:recv_upcall`, hooks: [receiveHook] },
  { probe: `usdt:${daemon}:dpif_netlink_operate__:op_flow_put`, hooks: [putHook] },
  { probe: `usdt:${daemon}:dpif_netlink_operate__:op_flow_execute`, hooks: [executeHook] },
];

/** Says which daemons that run now cannot be seen. Their probes are awaited all the same: another build may replace them. */
function reportHiddenDaemons({ userspace, whyUnprobeable, log }: Host): void {
  const probes = daemonProbes.map(({ probe }) => probe.slice(`usdt:${daemon}:`.length));
  const reasons = userspace.processes(daemon).flatMap(({ pid }) => {
    const reason = probes.map((probe) => whyUnprobeable(`usdt:${pid}:${probe}`)).find((found) => found !== undefined);
    return reason ?? [];
  });
  for (const reason of new Set(reasons))
    log.warn(`ovs: what ${daemon} does with packets is not reported: ${reason} (needs a build with --enable-usdt-probes)`);
}

/** Probes and hooks for a run on this host. */
export function ovsProbes(host: Host, track: boolean): { readonly probes: readonly PlannedProbe[]; readonly hooks: readonly Hook[] } {
  const canProbeFunctions = host.kernel.config("CONFIG_KPROBES") !== "n";
  const kernelProbes = [...tracepoints, ...(canProbeFunctions ? functions : []), ...(canProbeFunctions && track ? tracking : [])];
  // What a daemon does is known by what the kernel handed to it.
  const tracks = canProbeFunctions && track;
  if (tracks) reportHiddenDaemons(host);
  const probes = [...kernelProbes, ...(tracks ? daemonProbes : [])];
  return {
    // What a kernel has under another name, or inlined, is left out; the others are worth having.
    probes: probes.map(({ probe, light = false }) => ({ probe: `${probe}/optional`, light })),
    hooks: probes.flatMap(({ probe, hooks }) => hooks.map((object) => ({ object, at: [probe] }))),
  };
}
