/** What scripts import from "retis/script". Its types, for editors, are in retis-script.d.ts.template. */
import type { Event } from "../api/event.ts";
import type { Section } from "../api/section.ts";
import { macAddress } from "../base/address.ts";
import { paintFor } from "../base/colour.ts";
import { notSorted } from "../base/errors.ts";
import { eventToJson } from "../file/json.ts";
import type { EventReader } from "../file/reader.ts";
import { EventClock } from "../output/event-clock.ts";
import { EventLayout } from "../output/layout.ts";
import { decodePacket } from "../packet/decode-packet.ts";
import type { DecodedPacket } from "../packet/layer.ts";
import { packetText as textOfPacket, type PacketTextOptions } from "../packet/packet-text.ts";
import { match, strictMatch, trackingId } from "./tracking-id.ts";
import { ClockWatch, epochNanoseconds, timeOf } from "./wall-clock.ts";

/** What a script is given. */
export interface ScriptInput {
  readonly args: readonly string[];
  /** The INPUT of the command line, undefined for the default. */
  readonly input: string | undefined;
  /** Sections that may occur, for the text of events. */
  readonly sections: readonly Section[];
  open(input: string | undefined): EventReader;
  /** Tells what could not be read; called at the end of a file. */
  report(reader: EventReader): void;
}

/** The module: a plain object with its exports. */
export function scriptModule({ args, input, sections, open, report }: ScriptInput) {
  const layout = textLayout(sections);

  /** Events of a file in its order; those of a sorted one series by series. */
  function* events(path = input): Generator<Event, void, undefined> {
    const reader = open(path);
    try {
      const clock = new ClockWatch(reader.header.startup.clock_monotonic_offset);
      for (let batch = reader.readBatch(); batch !== undefined; batch = reader.readBatch()) {
        for (const event of batch) {
          clock.observe(event);
          yield event;
        }
      }
      report(reader);
    } finally {
      reader.close();
    }
  }

  /** Series of a sorted file: the events of one packet each, in order. Throws NOT_SORTED for another file. */
  function* series(path = input): Generator<readonly Event[], void, undefined> {
    const reader = open(path);
    try {
      if (reader.kind !== "series") throw notSorted(path ?? "the input");
      const clock = new ClockWatch(reader.header.startup.clock_monotonic_offset);
      for (let batch = reader.readSeriesBatch(); batch !== undefined; batch = reader.readSeriesBatch()) {
        for (const series of batch) {
          for (const event of series) clock.observe(event);
          yield series;
        }
      }
      report(reader);
    } finally {
      reader.close();
    }
  }

  return {
    ...{ args, events, series },
    ...{ trackingId, match, strictMatch },
    ...{ timeOf, epochNanoseconds },
    ...{ packetOf, packetText, macAddress },
    /** The event as `retis print` shows it, without the line end. */
    eventText: (event: Event): string => layout.eventText(event).trimEnd(),
    /** One line of the JSON form; `JSON.stringify` cannot write 64-bit integers. */
    eventJson: eventToJson,
  };
}

/** Headers of the event's packet, from the outside in; undefined for an event without one. */
function packetOf(event: Event): DecodedPacket | undefined {
  const data = event["packet"]?.["data"];
  return data instanceof Uint8Array ? decodePacket(data) : undefined;
}

/** The packet as one line; undefined for an event without one. */
function packetText(event: Event, options: Partial<PacketTextOptions> = {}): string | undefined {
  const data = event["packet"]?.["data"];
  return data instanceof Uint8Array ? textOfPacket(data, { linkLayer: options.linkLayer ?? false }) : undefined;
}

function textLayout(sections: readonly Section[]): EventLayout {
  const clock = new EventClock({ mode: "boot" });
  return new EventLayout(sections, { format: "multi-line", linkLayer: false, paint: paintFor({ isTTY: false }), clock, unicode: true });
}
