import type { Event, SectionData } from "../api/event.ts";
import { BoundedMap } from "./bounded-map.ts";

const remembered = 65_536;

/** What is known of Open vSwitch's flows (`ovs-detrace` events), to complete the lookups that found them (`flow_lookup`). */
export class OvsFlows {
  readonly #flows = new BoundedMap<SectionData>(remembered);

  /** Notes the flow of an `ovs-detrace` section. */
  add(detrace: SectionData): void {
    this.#flows.set(keyOf(detrace), detrace);
  }

  /** Whether completing can change anything. */
  get known(): boolean {
    return this.#flows.size > 0;
  }

  /** A `flow_lookup` event with `dpflow` and `ofpflows` of its flow; the event itself when the flow is not known. */
  complete(event: Event): Event {
    const { ovs } = event;
    const flow = ovs === undefined ? undefined : this.#flows.get(keyOf(ovs));
    if (flow === undefined) return event;
    return { ...event, ovs: { ...ovs, dpflow: flow["dpflow"], ofpflows: flow["ofpflows"] } };
  }
}

function keyOf({ ufid, flow, sf_acts }: SectionData): string {
  return `${String(ufid)}/${String(flow)}/${String(sf_acts)}`;
}
