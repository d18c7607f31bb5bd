/** The golden packets: one table per topic, each line with its bytes, its layers in words and its text. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DecodeOptions } from "../../../core/packet/decode-packet.ts";
import type { DecodedPacket } from "../../../core/packet/layer.ts";

export interface PacketCase {
  /** What is special about this packet. */
  readonly name: string;
  /** The captured bytes. */
  readonly hex: string;
  readonly decode?: DecodeOptions;
  /** Layers from the outside in, then how it ends unless complete: `ethernet ipv4, truncated at tcp`. */
  readonly chain: string;
  /** Expected text without link-layer headers. */
  readonly text: string;
  /** Expected text with them. */
  readonly linkText: string;
}

const DIRECTORY = import.meta.dir;

/** File names of the tables, without directory. */
export function packetTables(): readonly string[] {
  return readdirSync(DIRECTORY)
    .filter((name) => name.endsWith(".json"))
    .sort();
}

export function readTable(name: string): readonly PacketCase[] {
  return JSON.parse(readFileSync(join(DIRECTORY, name), "utf8"));
}

export function writeTable(name: string, cases: readonly PacketCase[]): void {
  writeFileSync(join(DIRECTORY, name), `${JSON.stringify(cases, null, 2)}\n`);
}

/** The layers of a packet in words, as in {@link PacketCase.chain}. */
export function chainOf({ layers, status }: DecodedPacket): string {
  const words = layers.map((layer) => layer.layer).join(" ") || "nothing";
  switch (status.kind) {
    case "complete":
      return words;
    case "fragment":
      return `${words}, fragment`;
    case "excerpt":
      return `${words}, excerpt`;
    case "truncated":
      return `${words}, truncated at ${status.at}`;
    case "unsupported":
      return `${words}, unsupported ${status.what}`;
  }
}
