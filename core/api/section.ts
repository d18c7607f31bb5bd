/**
 * A section: one named part of an event, e.g. `skb-drop`. It is declared once; raw bytes, CBOR, JSON, JSON schema and
 * text all follow from the declaration. Core sections are declared the same way as those of collectors.
 */
import type { Static, TObject, TSchema } from "@sinclair/typebox";
import type { Event, SectionData } from "./event.ts";

/** Lines of the body, in print order. Pieces with the same line share it. Third parties use `Line.other`. */
export const Line = {
  packet: 10,
  netns: 20,
  skb: 30,
  drop: 40,
  stack: 50,
  ovs: 60,
  ovsDetrace: 70,
  nft: 80,
  ct: 90,
  other: 100,
  startup: 110,
} as const;

/** One piece of text of an event. */
export interface TextPiece {
  /** `"head"` appends to the first line; a number (see {@link Line}) goes to that body line. */
  readonly at: "head" | number;
  /** One line, or several: further lines follow below (multi-line) or after a space (single-line). */
  readonly text: string | readonly string[];
  /** Extra columns for lines of this piece in multi-line text (stack frames use 2). Default 0. */
  readonly indent?: number;
}

/** Colours for text; every function returns its argument unchanged when colour is off. */
export interface Paint {
  readonly alarm: (text: string) => string;
  readonly symbol: (text: string) => string;
  readonly dim: (text: string) => string;
  /** Of hosts and of flows. */
  readonly address: (text: string) => string;
  readonly device: (text: string) => string;
}

/** What a formatter may know beside the section. */
export interface TextContext {
  /** `-e`: show link-layer information. */
  readonly linkLayer: boolean;
  readonly multiLine: boolean;
  readonly paint: Paint;
}

/**
 * How an event is about a packet that it does not carry, or that it carries as another one than before: because it left the
 * kernel meanwhile, for instance. Packets are noted under keys by earlier events, and joined by later ones. Keys are those of one
 * recording and one section; a packet that was noted more than 10 s before is forgotten.
 */
export interface Correlation {
  /**
   * The event belongs to a packet that was noted under one of these keys: the first key that has any counts, and of several
   * packets the event's own, or else the one that was noted first. Without any, the event belongs to its own packet.
   */
  readonly joins?: readonly string[];
  /** The packet that was joined is not noted under that key any more. */
  readonly takes?: boolean;
  /** What the event's own packet does from now on belongs to the packet that was joined. */
  readonly merges?: boolean;
  /** Notes the packet that the event belongs to, for later events. */
  readonly notes?: readonly string[];
  /** Forgets all packets under these keys. */
  readonly forgets?: readonly string[];
}

/** How a section is completed with what another section says, in another event. */
export interface Completion<T extends SectionData = SectionData> {
  /** Key of the other section. */
  readonly section: string;
  /** What both have in common, computed of the data of either; undefined for data that needs no completion. */
  readonly key: (data: SectionData) => string | undefined;
  /** The section's data with what the other says. */
  readonly complete: (data: T, other: SectionData) => SectionData;
}

/** Declaration of a section. `S` is its TypeBox object schema, written with the vocabulary of wire.ts. */
export interface Section<S extends TObject = TObject> {
  /** Name in events, JSON and CBOR, kebab-case. */
  readonly key: string;
  /** One line for the JSON schema and `collector show`; the first sentence is the label. */
  readonly summary: string;
  readonly schema: S;
  /** Properties that readers add where events are shown, all optional: no hook sends them, and recorded files lack them. */
  readonly shown?: Readonly<Record<string, TSchema>>;
  /**
   * Name given to `RETIS_SECTION(<collector>, <wire>, …)` in the hook; absent for sections that only user space makes.
   */
  readonly wire?: string;
  /**
   * Own decoder for a section whose rules the schema cannot say; takes the slower path. `payload` is valid only during
   * the call. Throwing, or returning undefined, loses this section but not the event.
   */
  readonly decode?: (payload: Uint8Array) => SectionData | undefined;
  /** For `sort`: how an event with this section is about a packet. Pure. */
  readonly correlate?: (data: Static<S>, event: Event) => Correlation | undefined;
  /** For `sort`: what else completes the section. */
  readonly completedBy?: Completion<Static<S>>;
  /**
   * Text of the section. Pure, never throws. One that looks at the rest of the event declares the parameter `event`; of any other
   * the text of equal data is made once, and used again.
   */
  readonly format?: (data: Static<S>, context: TextContext, event: Event) => readonly TextPiece[];
}

/** Declares a section; checks the name. Keeps the schema's type for `format`. */
export function defineSection<S extends TObject>(section: Section<S>): Section {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(section.key)) {
    throw new TypeError(`Cannot define section "${section.key}": its key is not kebab-case`);
  }
  return section as unknown as Section;
}
