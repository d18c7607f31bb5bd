/**
 * Whether a drop is a problem, from what collectors say about reasons and packets. Files do not hold it (collectors/skb-drop/class-stage.ts):
 * everything that shows an event adds it.
 */
import type { TextFormat } from "../api/collect-options.ts";
import type { Collector } from "../api/collector.ts";
import type { DropKnowledge, DropRule } from "../api/drop-advice.ts";
import type { Event } from "../api/event.ts";
import { functionOfLocation } from "../base/function-name.ts";
import { HeaderCache } from "../packet/header-cache.ts";
import { type FlatRecord, flatRecord, reasonOfDrop } from "./flat-fields.ts";

/** What classes are decided by: fields of the flat record of a drop. */
export type ClassifiedDrop = { readonly [Field in "reason" | "location" | "proto" | "dst"]?: string | number | undefined };

/** Class of a drop. */
export type DropClassifier = (drop: ClassifiedDrop) => string;

/** Whether the sink of a format shows the classes of drops by itself. */
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
  return (drop) => rules.find((rule) => fits(rule, drop))?.class ?? classes.get(String(drop.reason)) ?? "unknown";
}

/** Fields of a drop are read as they are needed: those of the packet cost most. */
function fits({ reasons, functions, protocols, destination }: DropRule, drop: ClassifiedDrop): boolean {
  return (
    (reasons === undefined || reasons.includes(String(drop.reason))) &&
    (functions === undefined || isOneOf(functions, functionOfLocation(String(drop.location)))) &&
    (protocols === undefined || protocols.includes(String(drop.proto))) &&
    (destination === undefined || (drop.dst !== undefined && kindOf(String(drop.dst)) === destination))
  );
}

function isOneOf(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => (pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern));
}

/** Of an IP address. Which addresses are the broadcast address of a network is not known: the last of a /24 counts as one. */
function kindOf(address: string): "multicast" | "broadcast" | "unicast" {
  if (/^(22[4-9]|23\d)\./.test(address) || /^ff/i.test(address)) return "multicast";
  return /^255\.255\.255\.255$/.test(address) || /^\d+\.\d+\.\d+\.255$/.test(address) ? "broadcast" : "unicast";
}

/** Class of the drop that an event is; undefined for other events. */
export type EventClassifier = (event: Event) => string | undefined;

/** Combinations of reason and location that are remembered for packets with the same headers. */
const maxKinds = 64;

/** Classes of events. The headers of frequent packets recur, and rules look at nothing but headers, reason and location. */
export function eventClassifier(classOf: DropClassifier): EventClassifier {
  const frequent = new HeaderCache(() => new Map<string, string>());
  return (event) => {
    const reason = reasonOfDrop(event);
    if (reason === undefined) return undefined;
    const drop = new EventDrop(event);
    const data = event["packet"]?.["data"];
    const known = data instanceof Uint8Array ? frequent.of(data) : undefined;
    if (known === undefined) return classOf(drop);
    const kind = `${reason} ${drop.location}`;
    let found = known.get(kind);
    if (found === undefined) {
      if (known.size >= maxKinds) known.clear();
      known.set(kind, (found = classOf(drop)));
    }
    return found;
  };
}

const noContext = { host: undefined, time: () => undefined, classOf: () => "" };

/** The drop of an event; its packet is decoded when a field of it is read. */
class EventDrop implements ClassifiedDrop {
  readonly #event: Event;
  #record: FlatRecord | undefined;

  constructor(event: Event) {
    this.#event = event;
  }

  get reason() {
    return reasonOfDrop(this.#event);
  }

  get location() {
    return this.#event["skb-drop"]?.["location"] as string | undefined;
  }

  get proto() {
    return this.#fields["proto"];
  }

  get dst() {
    return this.#fields["dst"];
  }

  get #fields(): FlatRecord {
    return (this.#record ??= flatRecord(this.#event, noContext));
  }
}
