/**
 * How events belong together while a packet is in user space. The kernel hands it up (upcall, upcall_enqueue) with a queue id, a
 * handler thread receives it (recv_upcall) and acts (flow_operation), and it comes back (action_execute with the queue id) as
 * another skb. The kernel side gives that one the identity that it had; files of the original have a new one there.
 */
import type { Correlation, Event, SectionData } from "../../core/api/collector.ts";
import type { OvsEvent } from "./schema.ts";

/** In the kernel on its way up: by CPU and time of the upcall. */
const upcallKey = (cpu: unknown, time: unknown) => `upcall ${cpu} ${time}`;
/** Queued for user space, and received there. */
const queueKey = ({ queue_id }: OvsEvent) => `queue ${queue_id}`;
const receivedKey = ({ queue_id }: OvsEvent) => `received ${queue_id}`;
/** One of a batch. Files of the original have the index 0 in each recv_upcall, so the queue id alone must do as well. */
const batchKey = ({ batch_ts, batch_idx, queue_id }: OvsEvent) => `batch ${batch_ts} ${batch_idx} ${queue_id}`;

export function correlateOvs(ovs: OvsEvent, event: Event): Correlation | undefined {
  switch (ovs.event_type) {
    case "upcall":
      return { notes: [upcallKey(ovs.cpu, event["common"]?.["timestamp"])] };
    case "upcall_enqueue":
      return { joins: [upcallKey(ovs.upcall_cpu, ovs.upcall_ts)], notes: ovs.ret === 0 ? [queueKey(ovs)] : [] };
    case "upcall_return":
      return { forgets: [upcallKey(ovs.upcall_cpu, ovs.upcall_ts)] };
    case "recv_upcall":
      return { joins: [queueKey(ovs)], takes: true, notes: [receivedKey(ovs), batchKey(ovs)] };
    case "flow_operation":
      return { joins: [batchKey(ovs), receivedKey(ovs), queueKey(ovs)] };
    case "action_execute":
      return ovs.queue_id === undefined ? undefined : { joins: [receivedKey(ovs), queueKey(ovs)], takes: true, merges: true };
    default:
      return undefined;
  }
}

/** What a lookup and the description of the flow that it found have in common; undefined where no flow was found. */
export function flowKey({ event_type, ufid, flow, sf_acts }: SectionData): string | undefined {
  if (event_type !== undefined && event_type !== "flow_lookup") return undefined;
  return flow === undefined || Number(flow) === 0 ? undefined : `${String(ufid)}/${String(flow)}/${String(sf_acts)}`;
}
