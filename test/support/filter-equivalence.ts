/** Holds packet filters in the kernel to libpcap: the same expressions on the same packets. */
import { log } from "../../core/base/log.ts";
import { preparePacketFilter } from "../../core/filter/packet-filter.ts";
import { ExpressionError } from "../../core/libpcap/compile-expression.ts";
import { handWritten, randomExpression } from "./filter-expressions.ts";
import { ethernetPackets, rawPackets } from "./filter-packets.ts";
import { compileFilterEntry, type FilterPacket, FilterRunner } from "./filter-runner.ts";
import { PacketFilter } from "../../core/libpcap/packet-filter.ts";
import { Random } from "./random.ts";

/** What a comparison found. */
export interface Equivalence {
  /** Expressions that libpcap accepts, and of those the ones with a form for packets without a link-layer header. */
  readonly expressions: number;
  readonly withoutLinkLayer: number;
  readonly verdicts: number;
  readonly passed: number;
  /** A line for each verdict that differs. */
  readonly differences: readonly string[];
}

/** Expressions about the bytes of the link layer have no meaning without it, though libpcap compiles them. */
const linkLayerBytes = /(ether|link)\[/;

function accepted(expression: string, linkType: "ethernet" | "raw"): PacketFilter | undefined {
  try {
    return new PacketFilter(expression, linkType);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

/** The hand-written expressions first, then random ones, all of them accepted by libpcap. */
function* expressions(random: Random, count: number): Generator<readonly [string, PacketFilter]> {
  const seen = new Set<string>();
  for (let tried = 0; seen.size < count; tried++) {
    const expression = handWritten[tried] ?? randomExpression(random);
    const filter = seen.has(expression) ? undefined : accepted(expression, "ethernet");
    if (!filter) continue;
    seen.add(expression);
    yield [expression, filter];
  }
}

/**
 * Compares verdicts of `count` expressions on `packets` packets of each form.
 * @param seed the same seed gives the same expressions and packets
 */
export async function compareWithLibpcap(seed: number, count: number, packets: number): Promise<Equivalence> {
  const random = new Random(seed);
  const entry = compileFilterEntry();
  const framed = ethernetPackets(random, packets);
  const raw = rawPackets(random, packets);
  const first = new FilterRunner(entry, undefined);
  [...framed, ...raw].forEach((packet, index) => first.put(index, packet));
  const result = { expressions: 0, withoutLinkLayer: 0, verdicts: 0, passed: 0, differences: [] as string[] };
  const compare = (expression: string, form: "l2" | "l3", runner: FilterRunner, expected: PacketFilter | undefined) => {
    const [offset, chosen] = form === "l2" ? [0, framed] : [framed.length, raw];
    chosen.forEach((packet, index) => {
      const right = expected?.matches(packet.bytes, packet.linear, packet.length) ?? false;
      const verdict = runner.passes(offset + index, form);
      result.verdicts++;
      if (verdict) result.passed++;
      if (verdict !== right) result.differences.push(`${form} "${expression}" on ${textOf(packet)}: ${verdict ? "passes" : "is rejected"}`);
    });
  };
  log.setLevel("warn");
  try {
    for (const [expression, filter] of expressions(random, count)) {
      const runner = new FilterRunner(entry, preparePacketFilter(expression), first);
      const withoutLinkLayer = linkLayerBytes.test(expression) ? undefined : accepted(expression, "raw");
      compare(expression, "l2", runner, filter);
      compare(expression, "l3", runner, withoutLinkLayer);
      runner.close();
      result.expressions++;
      if (withoutLinkLayer) result.withoutLinkLayer++;
    }
    return result;
  } finally {
    log.setLevel("info");
    first.close();
  }
}

function textOf({ bytes, linear, length, offloadedTag }: FilterPacket): string {
  return `${Buffer.from(bytes).toString("hex")} (${linear} readable, length ${length}${offloadedTag ? ", tag offloaded" : ""})`;
}
