/** One action of the datapath as text. What the original shows is shown in its words; what it lacks follows the name. */

import { ctFlag, type OvsEvent } from "./schema.ts";

const certain = 0xffffffff;

/** Bits of `flags` in the order in which they are named. */
const ctWords: readonly (readonly [number, string])[] = [
  [ctFlag.commit, "commit"],
  [ctFlag.force, "force"],
  [ctFlag.persistent, "persistent"],
  [ctFlag.random, "hash"],
  [ctFlag.fullyRandom, "random"],
];

function range(min: string | number, max: string | number): string {
  return min === max ? `${min}` : `${min}-${max}`;
}

function natText({ dir, min_addr, max_addr, min_port, max_port }: NonNullable<OvsEvent["nat"]>, flags: number): string {
  if (dir === undefined) return " nat";
  const addresses = flags & ctFlag.addresses && min_addr !== undefined && max_addr !== undefined ? `=${range(min_addr, max_addr)}` : "";
  const ports = flags & ctFlag.ports && min_port !== undefined && max_port !== undefined ? `:${range(min_port, max_port)}` : "";
  return ` nat(${dir}${addresses}${ports})`;
}

function ctText({ zone_id, nat, flags = 0 }: OvsEvent): string {
  const words = ctWords.filter(([bit]) => flags & bit).map(([, word]) => word);
  return ` ct zone ${zone_id}${nat ? natText(nat, flags) : ""}${words.length > 0 ? ` ${words.join(",")}` : ""}`;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, "0")}`;
}

function nshText({ spi, si, flags, ttl, np, mdtype, context }: NonNullable<OvsEvent["nsh"]>): string {
  const words = context?.map((word) => `0x${word.toString(16)}`) ?? [];
  return `spi 0x${spi.toString(16)} si ${si} flags ${flags} ttl ${ttl} np ${np} mdtype ${mdtype}${words.map((word) => ` ${word}`).join("")}`;
}

/** Whatever else is known of an action, in the order of its attributes. */
function details(action: OvsEvent): string {
  const { meter_id, max_len, probability, pkt_len, group, upcall_port, hash, key, set, vlan, mpls, ethertype, eth, nsh } = action;
  const words: readonly (string | undefined)[] = [
    key,
    set?.fields,
    meter_id === undefined ? undefined : `${meter_id}`,
    max_len === undefined ? undefined : `${max_len}`,
    probability === undefined ? undefined : `${((100 * probability) / certain).toFixed(2)}%`,
    pkt_len === undefined ? undefined : `${pkt_len}`,
    group === undefined ? undefined : `group ${group}`,
    // The usual case: each CPU has a socket of its own.
    upcall_port === undefined || upcall_port === certain ? undefined : `port ${upcall_port}`,
    hash && `alg ${hash.alg} basis ${hash.basis}`,
    vlan && `vlan ${vlan.vid} p ${vlan.pcp}`,
    mpls && `label ${mpls.label} tc ${mpls.tc} ttl ${mpls.ttl}${mpls.bos ? " bos" : ""}`,
    ethertype === undefined ? undefined : `ethertype ${hex(ethertype)}`,
    eth && `${eth.src} > ${eth.dst}`,
    nsh && nshText(nsh),
  ];
  return words
    .filter((word) => word !== undefined)
    .map((word) => ` ${word}`)
    .join("");
}

function actionText(action: OvsEvent): string {
  switch (action.action) {
    case undefined:
      return " unspec";
    case "output":
      return ` oport ${action.port}`;
    case "recirc":
      return ` recirc 0x${(action.id ?? 0).toString(16)}`;
    case "drop":
      return ` drop ${action.reason}`;
    case "set":
      return ` tunnel_set${action.set?.fields === undefined ? "" : ` ${action.set.fields}`}`;
    case "ct":
      return ctText(action);
    default:
      return ` ${action.action}${details(action)}`;
  }
}

/** `[recirc_id 0x… ]exec <action>[ q <queue id>]` */
export function formatAction(action: OvsEvent): string {
  const round = action.recirc_id ? `[recirc_id 0x${action.recirc_id.toString(16)}] ` : "";
  return `${round}exec${actionText(action)}${action.queue_id === undefined ? "" : ` q ${action.queue_id}`}`;
}
