import { Line, type TextContext, type TextPiece } from "../../core/api/collector.ts";
import { protocolText } from "../../core/packet/ip-protocol.ts";
import type { TrackedConnection } from "./schema.ts";

/** What is said of a tracked connection and of its parent. */
type Connection = Omit<TrackedConnection, "state" | "parent">;
type Tuple = NonNullable<Connection["orig"]>;
type Protocol = Tuple["proto"];

/** `ct_state <STATE> <connection>`, and the parent in brackets. */
export function formatConnection(ct: TrackedConnection, context: TextContext): readonly TextPiece[] {
  const own = ["ct_state", ct.state.toUpperCase(), ...connectionWords(ct)].join(" ");
  if (ct.parent === undefined) return [{ at: Line.ct, text: own }];
  const parent = `parent [${connectionWords(ct.parent).join(" ")}]`;
  return [{ at: Line.ct, text: [own, context.multiLine ? `\\ ${parent}` : parent] }];
}

/** Nothing for a packet that is not tracked. */
function connectionWords(connection: Connection): readonly string[] {
  const { ct_status, orig, reply, mark, labels } = connection;
  if (ct_status === undefined) return [];
  return [
    `status 0x${ct_status.toString(16)}`,
    ...(orig && reply ? directionWords(connection, orig, reply) : ["template"]),
    ...zoneWords(connection),
    ...(mark === undefined ? [] : [`mark ${mark}`]),
    ...(labels === undefined ? [] : [`labels 0x${((BigInt(labels.hi) << 64n) | BigInt(labels.lo)).toString(16)}`]),
  ];
}

/** Nothing when the directions are of different protocols, which no kernel makes. */
function directionWords({ proto_state }: Connection, orig: Tuple, reply: Tuple): readonly string[] {
  const name = protocolName(orig.proto);
  if (name !== protocolName(reply.proto)) return [];
  const state = orig.proto.tcp || orig.proto.sctp ? [`(${proto_state ?? "UNKNOWN"})`] : [];
  return [name, ...state, `orig [${tupleText(orig)}]`, `reply [${tupleText(reply)}]`];
}

function protocolName(proto: Protocol): string {
  return proto.other ? `proto ${protocolText(proto.other.protonum)}` : (Object.keys(proto)[0] ?? "");
}

function tupleText({ ip, proto }: Tuple): string {
  const addresses = `${ip.src} > ${ip.dst}`;
  const icmp = proto.icmp ?? proto.icmpv6;
  if (icmp) return `${addresses} type ${icmp.type} code ${icmp.code} id ${icmp.id}`;
  if (proto.gre) return `${addresses} srckey 0x${proto.gre.srckey.toString(16)} dstkey 0x${proto.gre.dstkey.toString(16)}`;
  const { sport, dport }: Partial<NonNullable<Protocol["tcp"]>> = proto.tcp ?? proto.udp ?? proto.sctp ?? proto.other ?? {};
  if (sport === undefined || dport === undefined) return addresses;
  const tag = proto.sctp ? ` vtag 0x${proto.sctp.vtag.toString(16)}` : "";
  return `${ip.src}.${sport} > ${ip.dst}.${dport}${tag}`;
}

/** Nothing on kernels without zones. */
function zoneWords({ zone_id, zone_dir }: Connection): readonly string[] {
  switch (zone_dir) {
    case "Original":
      return [`orig-zone ${zone_id}`];
    case "Reply":
      return [`reply-zone ${zone_id}`];
    case "Default":
      return [`zone ${zone_id}`];
    default:
      return [];
  }
}
