/** What an examination of the host found for a group of drops. */

/** Something that was read, and where: the reader of a report can look again. */
export interface Evidence {
  /** A command or a file. */
  readonly source: string;
  /** What it said, shortened to what matters. */
  readonly value: string;
}

/** A cause of drops. */
export interface Finding {
  /** Stable and short, for programs: `udp-port-closed`. */
  readonly id: string;
  /** One line: what is wrong. */
  readonly cause: string;
  /** `certain`: the evidence leaves nothing else. `possible`: it fits, and so may other things. */
  readonly certainty: "certain" | "possible";
  readonly evidence: readonly Evidence[];
  /** What would mend it; commands can be pasted. */
  readonly change: string;
}
