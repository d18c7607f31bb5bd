import { counted } from "../../base/plural.ts";
import { withoutControls } from "../../base/terminal.ts";
import type { Event } from "../../api/event.ts";
import { probeKeyOf } from "../probe-choice.ts";

interface Count {
  events: number;
  packets: number;
}

/** How many events, and how many packets, there are of each kernel probe. */
export class ProbeTable {
  readonly #counts = new Map<string, Count>();

  add(event: Event): void {
    const key = probeKeyOf(event);
    if (key === undefined) return;
    let count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, (count = { events: 0, packets: 0 }));
    count.events++;
    if (event["packet"] !== undefined) count.packets++;
  }

  /** A line for each probe, those with most events first: the probe as `--probe` takes it, then the numbers. */
  text(): string {
    const rows = [...this.#counts]
      .sort(([a, x], [b, y]) => y.events - x.events || (a < b ? -1 : 1))
      .map(([probe, count]) => [withoutControls(probe), count] as const);
    const width = Math.max(0, ...rows.map(([probe]) => probe.length));
    return rows
      .map(([probe, { events, packets }]) => `${probe.padEnd(width)}  ${counted(events, "event")}, ${packets} with a packet\n`)
      .join("");
  }
}
