/** What sorting should give, worked out in memory in the plainest way. Written apart from the code under test. */
import type { Event, U64 } from "../../api/event.ts";

interface Identity {
  readonly orig_head: U64;
  readonly timestamp: U64;
  readonly skb: U64;
}

const compare = (a: U64, b: U64) => (a < b ? -1 : a > b ? 1 : 0);
const timeOf = (event: Event) => (event["common"] as { timestamp: U64 }).timestamp;
const identityOf = (event: Event) => event["skb-tracking"] as unknown as Identity | undefined;

/**
 * Series of events of one clock without Open vSwitch: events of one id together, in the order of time; series in the
 * order of their first events. Where times are equal, events that belong to no packet come first, then series in the
 * order of their ids; otherwise the order of the input stays.
 */
export function naiveSort(events: readonly Event[]): Event[][] {
  const series = new Map<string, Event[]>();
  const alone: Event[][] = [];
  for (const event of events) {
    const id = identityOf(event);
    if (id === undefined) {
      alone.push([event]);
      continue;
    }
    const key = `${id.timestamp}/${id.orig_head}`;
    series.set(key, [...(series.get(key) ?? []), event]);
  }
  const tracked = [...series.values()].map((members) => members.toSorted((a, b) => compare(timeOf(a), timeOf(b))));
  tracked.sort(([a], [b]) => {
    const [one, other] = [identityOf(a!)!, identityOf(b!)!];
    return compare(one.timestamp, other.timestamp) || compare(one.orig_head, other.orig_head);
  });
  const all = [...alone, ...tracked.map(withTracking)];
  return all.toSorted(([a], [b]) => compare(timeOf(a!), timeOf(b!)));
}

function withTracking(series: readonly Event[]): Event[] {
  const skb = identityOf(series[0]!)!;
  return series.map((event, idx) => ({ ...event, tracking: { skb, idx } }) as unknown as Event);
}
