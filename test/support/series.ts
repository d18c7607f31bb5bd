/** Sorts recorded events by the packet they are about, apart from `retis sort`: where each packet was, in order of time. */
import type { RecordedEvent } from "./event-file.ts";

/** Section `skb-tracking`. */
interface Tracking {
  readonly orig_head: number | bigint;
  readonly timestamp: number | bigint;
  readonly skb: number | bigint;
}

function tracking(event: RecordedEvent): Tracking | undefined {
  return event["skb-tracking"] as Tracking | undefined;
}

/** The packet's identity; clones share it. */
export function identityOf(event: RecordedEvent): string | undefined {
  const section = tracking(event);
  return section && `${section.timestamp} ${section.orig_head}`;
}

/** Address of the skb; clones differ in it. */
export function skbOf(event: RecordedEvent): number | bigint | undefined {
  return tracking(event)?.skb;
}

/** Identities of the packets that the events are about, each once. */
export function identitiesOf(events: readonly RecordedEvent[]): ReadonlySet<string> {
  return new Set(events.flatMap((event) => identityOf(event) ?? []));
}

/** Where a packet was: probe and device, e.g. `ip_rcv veth10`. */
export function stepOf({ kernel, dev }: RecordedEvent): string {
  return `${kernel?.symbol.replace(/^net:|^skb:/, "")} ${(dev as { readonly name?: string } | undefined)?.name ?? "-"}`;
}

/** The events of each packet in order of time, packets in order of their first sight. */
export function seriesOf(events: readonly RecordedEvent[]): readonly (readonly RecordedEvent[])[] {
  const packets = new Map<string, RecordedEvent[]>();
  const time = ({ common }: RecordedEvent) => BigInt(common?.timestamp ?? 0);
  for (const event of [...events].sort((a, b) => Number(time(a) - time(b)))) {
    const identity = identityOf(event);
    if (identity === undefined) continue;
    const path = packets.get(identity);
    if (path) path.push(event);
    else packets.set(identity, [event]);
  }
  return [...packets.values()];
}
