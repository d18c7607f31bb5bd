/** Whether a drop is a problem, from what collectors say about reasons and packets. */
import type { TextFormat } from "../api/collect-options.ts";
import type { Collector } from "../api/collector.ts";
import type { DropKnowledge, DropRule } from "../api/drop-advice.ts";
import { functionOfLocation } from "../base/function-name.ts";
import type { FlatRecord } from "./flat-fields.ts";

/** Class of a drop, from its flat record. */
export type DropClassifier = (record: FlatRecord) => string;

/** Whether events of a format show the classes of drops. */
export function needsClasses(format: TextFormat): boolean {
  return format === "flat" || format === "compact";
}

/** From what collectors say; one whose knowledge cannot be had is left out. */
export async function dropClassifier(collectors: readonly Collector[]): Promise<DropClassifier> {
  const settled = await Promise.allSettled(collectors.map(({ dropKnowledge }) => dropKnowledge?.()));
  return classifierOf(settled.flatMap((each) => (each.status === "fulfilled" && each.value ? [each.value] : [])));
}

/** The first rule that fits decides, else the reason. */
export function classifierOf(known: readonly DropKnowledge[]): DropClassifier {
  const rules = known.flatMap(({ rules: own = [] }) => own);
  const classes = new Map<string, string>();
  for (const { name, aliases = [], class: usual } of known.flatMap(({ advice }) => advice)) {
    for (const each of [name, ...aliases]) classes.set(each, usual);
  }
  return (record) => rules.find((rule) => fits(rule, record))?.class ?? classes.get(String(record["reason"])) ?? "unknown";
}

function fits({ reasons, functions, protocols, destination, packet }: DropRule, record: FlatRecord): boolean {
  const { reason, location, proto, dst, src, dev } = record;
  return (
    (reasons === undefined || reasons.includes(String(reason))) &&
    (functions === undefined || functions.includes(functionOfLocation(String(location)))) &&
    (protocols === undefined || protocols.includes(String(proto))) &&
    (destination === undefined || (dst !== undefined && kindOf(String(dst)) === destination)) &&
    (packet === undefined || (src === undefined && dev === undefined))
  );
}

/** Of an IP address. Which addresses are the broadcast address of a network is not known: the last of a /24 counts as one. */
function kindOf(address: string): "multicast" | "broadcast" | "unicast" {
  if (/^(22[4-9]|23\d)\./.test(address) || /^ff/i.test(address)) return "multicast";
  return /^255\.255\.255\.255$/.test(address) || /^\d+\.\d+\.\d+\.255$/.test(address) ? "broadcast" : "unicast";
}
