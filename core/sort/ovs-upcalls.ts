import type { SectionData } from "../api/event.ts";
import type { JourneyId } from "./series-index.ts";
import { RecentMap } from "./bounded-map.ts";

/** Upcalls and queue ids that are remembered; an upcall takes milliseconds. */
const remembered = 65_536;

/**
 * Follows packets through Open vSwitch's user space, whose events carry no packet of their own: the kernel hands a packet
 * over (upcall, upcall_enqueue), a thread receives it and acts (recv_upcall, flow_operation), and the packet comes back as
 * a new one (action_execute with a queue id). Events are taken in the order of the file.
 *
 * An event whose upcall was not recorded stays alone and is counted.
 */
export class OvsUpcalls {
  /** Events that belong to an upcall that is not known. */
  orphans = 0;
  readonly #upcalls = new RecentMap<JourneyId>(remembered);
  readonly #queues = new RecentMap<JourneyId>(remembered);
  readonly #returned = new RecentMap<JourneyId>(remembered);

  /** The journey that a packet's events belong to: another one than its id says after it came back from user space. */
  journeyOf(own: JourneyId): JourneyId {
    return this.#returned.size === 0 ? own : (this.#returned.get(keyOf(own)) ?? own);
  }

  /**
   * The journey of an event with a section `ovs`.
   *
   * @param own the journey of the event's own packet, if it has one
   * @param time `common.timestamp`, as in the file
   */
  journeyOfOvs(
    ovs: SectionData,
    own: JourneyId | undefined,
    { clock, time }: { readonly clock: number; readonly time: unknown },
  ): JourneyId | undefined {
    const packet = own === undefined ? undefined : this.journeyOf(own);
    const upcall = `${clock}/${ovs["upcall_cpu"]}/${ovs["upcall_ts"]}`;
    switch (ovs["event_type"]) {
      case "upcall":
        if (packet !== undefined) this.#upcalls.set(`${clock}/${ovs["cpu"]}/${time}`, copyOf(packet));
        return packet;
      case "upcall_enqueue":
        return this.#enqueued(this.#upcalls.get(upcall), `${clock}/${ovs["queue_id"]}`) ?? packet;
      case "upcall_return":
        this.#upcalls.delete(upcall);
        return packet;
      case "recv_upcall":
      case "flow_operation":
        return this.#queued(`${clock}/${ovs["queue_id"]}`) ?? packet;
      case "action_execute":
        return ovs["queue_id"] === undefined ? packet : this.#cameBack(`${clock}/${ovs["queue_id"]}`, own);
      default:
        return packet;
    }
  }

  #enqueued(journey: JourneyId | undefined, queue: string): JourneyId | undefined {
    if (journey === undefined) this.orphans++;
    else this.#queues.set(queue, journey);
    return journey;
  }

  #queued(queue: string): JourneyId | undefined {
    const journey = this.#queues.get(queue);
    if (journey === undefined) this.orphans++;
    return journey;
  }

  #cameBack(queue: string, own: JourneyId | undefined): JourneyId | undefined {
    const journey = this.#queued(queue);
    if (journey === undefined || own === undefined) return journey ?? own;
    if (keyOf(own) !== keyOf(journey)) this.#returned.set(keyOf(own), journey);
    return journey;
  }
}

function keyOf({ clock, time, head }: JourneyId): string {
  return `${clock}/${time.high}/${time.low}/${head.high}/${head.low}`;
}

/** The ids that are handed in change with the event at hand. */
function copyOf({ clock, time, head }: JourneyId): JourneyId {
  return { clock, time: time.copy(), head: head.copy() };
}
