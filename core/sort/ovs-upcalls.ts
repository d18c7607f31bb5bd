import type { SectionData } from "../api/event.ts";
import type { SeriesId } from "./series-index.ts";
import { BoundedMap } from "./bounded-map.ts";

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
  readonly #upcalls = new BoundedMap<SeriesId>(remembered);
  readonly #queues = new BoundedMap<SeriesId>(remembered);
  readonly #returned = new BoundedMap<SeriesId>(remembered);

  /** The series that a packet's events belong to: another one than its id says after it came back from user space. */
  seriesOf(own: SeriesId): SeriesId {
    return this.#returned.size === 0 ? own : (this.#returned.get(keyOf(own)) ?? own);
  }

  /**
   * The series of an event with a section `ovs`.
   *
   * @param own the series of the event's own packet, if it has one
   * @param time `common.timestamp`, as in the file
   */
  seriesOfOvs(
    ovs: SectionData,
    own: SeriesId | undefined,
    { clock, time }: { readonly clock: number; readonly time: unknown },
  ): SeriesId | undefined {
    const packet = own === undefined ? undefined : this.seriesOf(own);
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

  #enqueued(series: SeriesId | undefined, queue: string): SeriesId | undefined {
    if (series === undefined) this.orphans++;
    else this.#queues.set(queue, series);
    return series;
  }

  #queued(queue: string): SeriesId | undefined {
    const series = this.#queues.get(queue);
    if (series === undefined) this.orphans++;
    return series;
  }

  #cameBack(queue: string, own: SeriesId | undefined): SeriesId | undefined {
    const series = this.#queued(queue);
    if (series === undefined || own === undefined) return series ?? own;
    if (keyOf(own) !== keyOf(series)) this.#returned.set(keyOf(own), series);
    return series;
  }
}

function keyOf({ clock, time, head }: SeriesId): string {
  return `${clock}/${time.high}/${time.low}/${head.high}/${head.low}`;
}

/** The ids that are handed in change with the event at hand. */
function copyOf({ clock, time, head }: SeriesId): SeriesId {
  return { clock, time: time.copy(), head: head.copy() };
}
