/** Event files in which the same kinds of events recur, as in recordings: seeded. */
import type { Random } from "./random.ts";
import { rightEvent, wrongEvent } from "./wrong-events.ts";
import { sampleHeader } from "../cases/files/sample-events.ts";
import { encodeItem } from "../../core/cbor/encode-item.ts";
import { headerItem, selfDescribedTag } from "../../core/file/header.ts";
import { jsonText } from "../../core/file/json.ts";

type Values = Record<string, Record<string, unknown>>;

const frame = Uint8Array.fromHex(
  "02000000000b02000000000a08004500002e1234400040110000" + "0a0100010a01000230390035001a0000" + "00".repeat(18),
);
const bigAddresses = [0, 77, 0xffff_8881_0000_0000n, 2n ** 64n - 1n, 2 ** 53 - 1, 2n ** 53n];

/** An event again, with another time, task, packet and tracking id, as the next event of the same kind has. */
function another(event: Values, random: Random): Values {
  const next: Values = { ...event };
  if (event["common"] !== undefined)
    next["common"] = { ...event["common"], timestamp: random.pick([5, 2 ** 45 + random.below(1e6), 2n ** 60n]) };
  const packet = Uint8Array.from(frame);
  packet[19] = random.below(256);
  if (event["packet"] !== undefined && random.once(2)) next["packet"] = { ...event["packet"], len: random.below(70_000), data: packet };
  if (event["skb-tracking"] !== undefined) {
    next["skb-tracking"] = { ...event["skb-tracking"], orig_head: random.pick(bigAddresses), skb: random.pick(bigAddresses) };
  }
  return next;
}

/** Events of few kinds, as they are in files; some of them have values of wrong types. */
export function recurringEvents(random: Random, count: number): readonly Values[] {
  const kinds = Array.from({ length: 12 }, () => (random.once(4) ? wrongEvent(random) : rightEvent(random)) as Values);
  return Array.from({ length: count }, () => another(random.pick(kinds), random));
}

/** Events of few kinds in runs, as packets of a few flows cause them; among them those of {@link recurringEvents}. */
export function eventsOfFlows(random: Random, count: number): readonly Values[] {
  const kinds = Array.from({ length: 5 }, () => rightEvent(random) as Values);
  const events: Values[] = [];
  while (events.length < count) {
    const kind = random.pick(kinds);
    const flow = random.below(4);
    for (let left = random.below(16); left > 0; left--) events.push(ofFlow(another(kind, random), flow, random));
    events.push(...recurringEvents(random, random.below(3)));
  }
  return events;
}

function ofFlow(event: Values, flow: number, random: Random): Values {
  if (event["packet"] === undefined) return event;
  const packet = Uint8Array.from(frame);
  packet[35] = flow;
  packet[18] = random.below(256);
  return { ...event, packet: { ...event["packet"], len: random.below(70_000), data: packet } };
}

/** An event file of either form. */
export function fileOf(form: "cbor" | "json", events: readonly unknown[]): Uint8Array {
  const header = headerItem(sampleHeader(), {});
  if (form === "cbor")
    return Buffer.concat([selfDescribedTag, encodeItem(header), ...events.map((event) => Uint8Array.from(encodeItem(event)))]);
  return Buffer.from([header, ...events].map((item) => `${jsonText(item)}\n`).join(""));
}
