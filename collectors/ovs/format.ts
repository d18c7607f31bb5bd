/** Text of the section `ovs`, of our own events and of those of the original's files, which lack what is new here. */
import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import { formatAction } from "./format-action.ts";
import type { OvsEvent } from "./schema.ts";
import { ufidText } from "./ufid.ts";

const commands = ["unspec", "miss", "action", "exec"];
/** Columns by which OpenFlow rules are indented below their heading. */
const ruleIndent = "    ";

function commandText(cmd: number | undefined): string {
  const name = cmd === undefined ? undefined : commands[cmd];
  return name === undefined ? "" : ` (${name})`;
}

function lookupLines(event: OvsEvent, multiLine: boolean): readonly string[] {
  const hits = `mask ${event.n_mask_hit} cache ${event.n_cache_hit}`;
  if (!event.flow) return [`flow miss ${hits}`];
  const addresses = `flow ${event.flow.toString(16)} sf_acts ${(event.sf_acts ?? 0).toString(16)}`;
  const lines = [`flow hit ufid ${ufidText(event.ufid)} ${hits} ${addresses}`];
  if (event.dpflow) lines.push(`odpflow ${event.dpflow}`);
  const rules = event.ofpflows ?? [];
  if (rules.length > 0) lines.push("openflow", ...rules.map((rule) => `${multiLine ? ruleIndent : ""}${rule}`));
  return lines;
}

function eventLines(event: OvsEvent, multiLine: boolean): readonly string[] {
  switch (event.event_type) {
    case "upcall":
      return [`upcall${commandText(event.cmd)} port ${event.port} cpu ${event.cpu}`];
    case "upcall_enqueue":
      return [`upcall_enqueue${commandText(event.cmd)} (${event.upcall_cpu}/${event.upcall_ts}) q ${event.queue_id} ret ${event.ret}`];
    case "upcall_return":
      return [`upcall_ret (${event.upcall_cpu}/${event.upcall_ts}) ret ${event.ret}`];
    case "recv_upcall":
      return [`upcall_recv q ${event.queue_id} pkt_size ${event.pkt_size}`];
    case "flow_operation":
      return [`flow_${event.op_type ?? "?"} q ${event.queue_id} ts ${event.batch_ts} (${event.batch_idx})`];
    case "action_execute":
      return [formatAction(event)];
    case "flow_lookup":
      return lookupLines(event, multiLine);
    default:
      return [event.event_type];
  }
}

export function formatOvs(event: OvsEvent, { multiLine }: TextContext): readonly TextPiece[] {
  return [{ at: Line.ovs, text: eventLines(event, multiLine) }];
}
