/** Drops that belong together: same reason, place, namespace, device and destination. */
import type { Event, SectionData } from "../api/event.ts";
import { functionOfLocation } from "../base/function-name.ts";
import { dropReasonOf } from "../stats/drop.ts";
import { packetFactsOf, type PacketFacts } from "./packet-facts.ts";

/** The network namespace of a drop, as the event has it. */
export interface DropNamespace {
  readonly inum: number;
  readonly name?: string;
}

export interface DropGroup {
  /** `[<subsystem>/]<reason>`. */
  readonly reason: string;
  /** Function that dropped the packet, without offset. */
  readonly location: string | undefined;
  readonly namespace: DropNamespace | undefined;
  readonly device: string | undefined;
  /** Of the first packet. */
  readonly packet: PacketFacts | undefined;
  /** A rule or policy of nftables that dropped it, as text. */
  readonly rule: string | undefined;
  /** Of the first drop: `problem`, `normal` or `unknown`. */
  readonly class?: string | undefined;
  count: number;
}

/** Sections that groups are made of; open the file with these. */
export const groupedSections: readonly string[] = ["common", "startup", "kernel", "skb-drop", "packet", "dev", "netns", "nft"];

/** More groups than this are counted together: their flows differ, their causes rarely do. */
const maxGroups = 10_000;

/** Collects drops into groups; memory is bounded. */
export class DropGroups {
  readonly #classOf: (event: Event) => string | undefined;
  readonly #isWanted: ((packet: Uint8Array, length: number) => boolean) | undefined;
  readonly #groups = new Map<string, DropGroup>();
  /** The rule that decided on a packet comes in an event of its own, just before the drop on the same CPU. */
  #lastRule: { readonly packet: string; readonly rule: string } | undefined;

  /**
   * @param isWanted of a packet's captured bytes and its whole length; packets without bytes are then left out
   * @param classOf class of the drop that an event is
   */
  constructor(isWanted?: (packet: Uint8Array, length: number) => boolean, classOf: (event: Event) => string | undefined = () => undefined) {
    this.#classOf = classOf;
    this.#isWanted = isWanted;
  }

  add(event: Event): void {
    this.#noteRule(event);
    const reason = dropReasonOf(event);
    if (reason === undefined || !this.#passes(event["packet"])) return;
    const packet = factsOf(event["packet"]);
    const details = {
      reason,
      location: locationOf(event["skb-drop"]),
      namespace: namespaceOf(event["netns"]),
      device: textOf(event["dev"]?.["name"]),
      packet,
      rule: this.#ruleOf(packet),
    };
    const full = this.#groups.size >= maxGroups;
    const key = full ? `${reason} ${details.location}` : keyOf(details);
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { ...details, class: this.#classOf(event), count: 1 });
    else group.count++;
  }

  #passes(section: SectionData | undefined): boolean {
    if (this.#isWanted === undefined) return true;
    const { data, len } = section ?? {};
    return data instanceof Uint8Array && this.#isWanted(data, typeof len === "number" ? len : data.length);
  }

  /** Those that are normal last, otherwise the most frequent first. */
  ranking(): readonly DropGroup[] {
    const isNormal = (group: DropGroup) => Number(group.class === "normal");
    return [...this.#groups.values()].sort((a, b) => isNormal(a) - isNormal(b) || b.count - a.count);
  }

  #noteRule({ nft, packet }: Event): void {
    if (nft === undefined || nft["verdict"] !== "drop") return;
    const facts = factsOf(packet);
    if (facts !== undefined) this.#lastRule = { packet: flowKey(facts), rule: ruleText(nft) };
  }

  #ruleOf(packet: PacketFacts | undefined): string | undefined {
    if (packet === undefined || this.#lastRule?.packet !== flowKey(packet)) return undefined;
    return this.#lastRule.rule;
  }
}

/** As `nft -a list ruleset` has it, where the rule can be read. */
function ruleText({ table_name, chain_name, policy, rule, rule_handle }: SectionData): string {
  const chain = `table ${String(table_name)} chain ${String(chain_name)}`;
  if (policy === true) return `${chain}: policy drop`;
  if (rule === undefined) return `${chain} handle ${String(rule_handle ?? "?")}`;
  return `${chain}: ${String(rule)}${rule_handle === undefined ? "" : ` # handle ${String(rule_handle)}`}`;
}

function keyOf({ reason, location, namespace, device, packet }: Omit<DropGroup, "count" | "class">): string {
  return [reason, location, namespace?.inum, device, packet === undefined ? "" : flowKey(packet)].join(" ");
}

/** Clients choose source ports at random: they say nothing about a cause. */
function flowKey({ source, destination, protocol, destinationPort, opensConnection }: PacketFacts): string {
  return `${source} ${destination} ${protocol} ${destinationPort ?? ""} ${opensConnection ?? ""}`;
}

function factsOf(section: SectionData | undefined): PacketFacts | undefined {
  const { data, len } = section ?? {};
  return data instanceof Uint8Array ? packetFactsOf(data, typeof len === "number" ? len : data.length) : undefined;
}

function locationOf(drop: SectionData | undefined): string | undefined {
  const location = textOf(drop?.["location"]);
  return location === undefined ? undefined : functionOfLocation(location);
}

function namespaceOf(section: SectionData | undefined): DropNamespace | undefined {
  const { inum, name } = section ?? {};
  if (typeof inum !== "number") return undefined;
  return { inum, ...(typeof name === "string" ? { name } : {}) };
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
