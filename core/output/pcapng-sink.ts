import type { Event, U64 } from "../api/event.ts";
import type { Sink, SinkStatus } from "../api/sink.ts";
import type { Section } from "../api/section.ts";
import { paintFor } from "../base/colour.ts";
import { eventToJson, jsonText } from "../file/json.ts";
import type { MatchedEvent } from "../pattern/matched-event.ts";
import type { ByteOutput } from "./byte-output.ts";
import { frameOf } from "./ethernet-frame.ts";
import { ClockOffsets } from "../file/clock-offsets.ts";
import { EventClock } from "./event-clock.ts";
import { EventLayout } from "./layout.ts";
import { type PacketNotes, PacketBlockWriter } from "./packet-block.ts";
import type { CaptureOrigin } from "./pcapng.ts";
import { customBlock, interfaceDescription, sectionHeader } from "./pcapng.ts";

/**
 * Private Enterprise Number under which metadata is written. It is the one that the original tool uses, so that its
 * Wireshark plugin finds them; IANA has not assigned it to either of us.
 */
const enterprise = 70000;

const syntheticNote = "Synthetic Ethernet header: the kernel had only the network header";

export interface PcapngSinkOptions {
  /** Sections that may occur, for the text in comments. */
  readonly sections: readonly Section[];
  readonly origin: CaptureOrigin;
  /** Realtime minus monotonic, until a startup event says otherwise. */
  readonly clockOffset: { readonly sec: U64; readonly nsec: number };
  /** JSON Schema of the events; undefined: packets only, without comments and metadata (`--plain`). */
  readonly schema: Readonly<Record<string, unknown>> | undefined;
  /** What the JSON says of an event; the event itself when absent. */
  readonly shown?: ((event: Event) => Event) | undefined;
}

/**
 * Packets of kernel events as a pcapng capture: an interface for each probe, the event as a comment (text) and, without
 * the packet, as JSON in a second comment and in a custom option. Nothing is written before the first packet.
 */
export class PcapngSink implements Sink {
  /** Packets so far. */
  packets = 0;
  /** Events so far that had no packet, and were left out. */
  withoutPacket = 0;
  readonly #output: ByteOutput;
  readonly #options: PcapngSinkOptions;
  readonly #clock: EventClock;
  readonly #layout: EventLayout;
  readonly #blocks = new PacketBlockWriter();
  /** Number of each interface by its name. */
  readonly #interfaces = new Map<string, number>();

  constructor(output: ByteOutput, options: PcapngSinkOptions) {
    this.#output = output;
    this.#options = options;
    this.#clock = new EventClock({ mode: "utc", offsets: new ClockOffsets(options.clockOffset) });
    const text = { format: "multi-line", linkLayer: false, paint: paintFor({ isTTY: false }), unicode: true } as const;
    this.#layout = new EventLayout(options.sections, { ...text, clock: this.#clock });
  }

  /** Packets with a comment or metadata that was too long for an option, and was left out. */
  get shortened(): number {
    return this.#blocks.shortened;
  }

  /** Takes kernel events, and startup and clock events for their clock offset; others have no place in a capture. */
  write(event: Event): void {
    this.#write(event, undefined);
  }

  /** The same for an event that resembles earlier ones. */
  writeMatched(event: MatchedEvent): void {
    this.#write(event.toEvent(), event);
  }

  #write(event: Event, matched: MatchedEvent | undefined): void {
    this.#clock.observe(event);
    const { kernel, packet, skb, common } = event;
    if (kernel === undefined) return;
    const frame = frameOf(packet, skb);
    if (frame === undefined) {
      this.withoutPacket++;
      return;
    }
    this.packets++;
    const interfaceId = this.#interfaceOf(`${String(kernel["probe_type"])}/${String(kernel["symbol"])}`);
    const timestamp = timestampOf(common);
    const time = BigInt.asUintN(64, this.#clock.sinceEpoch(timestamp) ?? BigInt(timestamp));
    const captured = { interfaceId, time, data: frame.data, originalLength: frame.length };
    const notes = this.#notesOf(event, matched);
    this.#output.fill(this.#blocks.room(captured, notes), (into, at) => this.#blocks.write(into, at, captured, notes));
  }

  flush(): SinkStatus {
    return this.#output.flush();
  }

  close(): SinkStatus {
    return this.#output.close();
  }

  #interfaceOf(name: string): number {
    const known = this.#interfaces.get(name);
    if (known !== undefined) return known;
    const id = this.#interfaces.size;
    if (id === 0) this.#begin();
    this.#interfaces.set(name, id);
    this.#output.add(interfaceDescription(name, `Fake interface for probe ${name}`));
    return id;
  }

  #begin(): void {
    const { origin, schema } = this.#options;
    this.#output.add(sectionHeader(origin));
    if (schema !== undefined) this.#output.add(customBlock(enterprise, Buffer.from(jsonText(schema))));
  }

  #notesOf(event: Event, matched: MatchedEvent | undefined): PacketNotes | undefined {
    if (this.#options.schema === undefined) return undefined;
    const { packet: _packet, ...others } = this.#options.shown?.(event) ?? event;
    return { comment: this.#comment(event, matched), metadata: eventToJson(others), enterprise };
  }

  #comment(event: Event, matched: MatchedEvent | undefined): string {
    const text = (matched === undefined ? this.#layout.eventText(event) : this.#layout.matchedText(matched)).trimEnd();
    return event["packet"]?.["synthetic_eth"] === true ? `${text}\n  ${syntheticNote}` : text;
  }
}

function timestampOf(common: Event[string]): U64 {
  const timestamp = common?.["timestamp"];
  return typeof timestamp === "bigint" || Number.isSafeInteger(timestamp) ? (timestamp as U64) : 0;
}
