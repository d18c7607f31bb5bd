/** Which series `retis sort` is to keep: conditions on events, and ids. */
import { Option, type Command } from "commander";
import type { Event } from "../../api/event.ts";
import { trackingIdText } from "../../api/skb-tracking.ts";
import { invalidOption, packetNotFound } from "../../base/errors.ts";
import { commaList } from "../../cli/option-values.ts";
import { collects } from "../../cli/parser.ts";
import type { Halves } from "../../file/event-scan.ts";
import type { SeriesFilter } from "../../sort/series-index.ts";
import { ProbeChoice } from "../probe-choice.ts";
import { NetnsChoice } from "./netns-choice.ts";
import { anyOf } from "./text-pattern.ts";

/** One of the series' events must meet it. */
export type Condition = (event: Event) => boolean;

interface ConditionFlags {
  readonly id?: readonly string[];
  readonly drop?: true;
  readonly dropReason?: readonly string[];
  readonly probe?: readonly string[];
  readonly dev?: readonly string[];
  readonly netns?: readonly string[];
  readonly has?: readonly string[];
  readonly untracked: boolean;
}

/** Bits of marks in a series index; the highest one has another use. */
const maxConditions = 31;

export function conditionOptions(): readonly Option[] {
  const text = (value: string) => [value];
  return [
    collects(new Option("--id <id>", "Only the packet whose id (after #) begins with this; repeatable"), text),
    new Option("--drop", "Only packets that were dropped"),
    collects(
      new Option("--drop-reason <list>", "Only packets that were dropped for any of these reasons, e.g. NO_SOCKET or TCP_*"),
      commaList,
    ),
    collects(
      new Option("-p, --probe <probe>", "Only packets that passed this probe, e.g. ip_rcv or net:netif_*; repeatable: any of them"),
      text,
    ),
    collects(new Option("--dev <list>", "Only packets that passed any of these devices, e.g. eth0 or veth*"), commaList),
    collects(
      new Option(
        "--netns <list>",
        "Only packets that passed any of these network namespaces, by name (also of a pod, container or unit), number or cookie (0x…)",
      ),
      commaList,
    ),
    collects(new Option("--has <field>", "Only packets with SECTION, SECTION.FIELD or SECTION.FIELD=VALUE; repeatable: all of them"), text),
    new Option("--no-untracked", "Leave out events that belong to no packet"),
  ];
}

/** What the options select. */
export interface SeriesRequest {
  readonly conditions: readonly Condition[];
  readonly filter: SeriesFilter;
  /** Whether anything is left out. */
  readonly isSelective: boolean;
  /** Throws NO_PACKET for an id that no packet, or several, begin with; call it after all series were matched. */
  checkIds(): void;
  /** What the user should know of the choice; call it after all series were matched. */
  warnings(): readonly string[];
}

/** Reads the options. Throws INVALID_OPTION and INVALID_PROBE. */
export function readConditions(parser: Command): SeriesRequest {
  const flags = parser.opts<ConditionFlags>();
  const netns = flags.netns && new NetnsChoice(flags.netns);
  const conditions = conditionsOf(flags, netns);
  if (conditions.length > maxConditions) throw invalidOption("--has", flags.has!.at(-1)!, `at most ${maxConditions} conditions`);
  const ids = (flags.id ?? []).map((text) => new IdPrefix(text));
  return {
    conditions,
    isSelective: conditions.length > 0 || ids.length > 0 || !flags.untracked,
    filter: {
      marks: 2 ** conditions.length - 1,
      untracked: flags.untracked && ids.length === 0,
      matches: (time, head) => ids.length === 0 || ids.filter((id) => id.matches(time, head)).length > 0,
    },
    warnings: () => netns?.warnings() ?? [],
    checkIds() {
      for (const { text, found } of ids) if (found.size !== 1) throw packetNotFound(text, [...found].toSorted());
    },
  };
}

function conditionsOf({ drop, dropReason, probe, dev, has }: ConditionFlags, netns: NetnsChoice | undefined): readonly Condition[] {
  const conditions: Condition[] = [];
  if (drop) conditions.push((event) => event["skb-drop"] !== undefined);
  if (dropReason) conditions.push(reasonCondition(anyOf(dropReason, "i")));
  if (probe) {
    const choice = new ProbeChoice(probe);
    conditions.push((event) => choice.matches(event));
  }
  if (dev) conditions.push(fieldCondition(["dev", "name"], anyOf(dev)));
  if (netns) conditions.push((event) => netns.matches(event));
  return [...conditions, ...(has ?? []).map(hasCondition)];
}

function reasonCondition(pattern: RegExp): Condition {
  return ({ "skb-drop": drop }) =>
    drop !== undefined && (pattern.test(String(drop["drop_reason"])) || pattern.test(`${drop["subsys"]}/${drop["drop_reason"]}`));
}

/** `SECTION[.FIELD…][=VALUE]`; in the value `*` matches any run of characters. */
function hasCondition(text: string): Condition {
  const match = /^([^=]+?)(?:=(.*))?$/s.exec(text);
  const path = match?.[1]?.split(".") ?? [];
  if (path.length === 0 || path.includes("")) {
    throw invalidOption("--has", text, "no section named", "Examples: ct, skb-drop.subsys, ct.orig.ip.dst=10.0.0.*");
  }
  return fieldCondition(path, match?.[2] === undefined ? undefined : anyOf([match[2]]));
}

/** Holds when there is a value at the path that fits; any value does without a pattern. */
function fieldCondition(path: readonly string[], pattern: RegExp | undefined): Condition {
  return (event) => holdsAt(event, path, 0, pattern);
}

/** A list matches if one of its items does. */
function holdsAt(value: unknown, path: readonly string[], depth: number, pattern: RegExp | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (Array.isArray(value)) return value.some((item) => holdsAt(item, path, depth, pattern));
  if (depth < path.length)
    return typeof value === "object" && holdsAt((value as Record<string, unknown>)[path[depth]!], path, depth + 1, pattern);
  return pattern === undefined || (typeof value !== "object" && pattern.test(String(value)));
}

/** The beginning of an id as texts show it: time and head in hexadecimal. */
class IdPrefix {
  /** Ids that begin like it; a few are enough to say that there are several. */
  readonly found = new Set<string>();
  readonly #digits: string;

  constructor(readonly text: string) {
    this.#digits = text.replace(/^#|^0x/i, "").toLowerCase();
    if (!/^[0-9a-f]+$/.test(this.#digits)) throw invalidOption("--id", text, "not a hexadecimal number");
  }

  matches(time: Halves, head: Halves): boolean {
    const id = trackingIdText(hex(time), hex(head));
    if (!id.startsWith(this.#digits)) return false;
    if (this.found.size < 5) this.found.add(id);
    return true;
  }
}

function hex({ high, low }: Halves): string {
  return high === 0 ? low.toString(16) : high.toString(16) + low.toString(16).padStart(8, "0");
}
