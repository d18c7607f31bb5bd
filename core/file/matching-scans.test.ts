import { expect, setDefaultTimeout, test } from "bun:test";
import { Random } from "../../test/support/random.ts";
import { recurringEvents } from "../../test/support/recurring-events.ts";
import { allSections } from "../../test/support/wrong-events.ts";
import { encodeItem } from "../cbor/encode-item.ts";
import { CborEventScan } from "./cbor-event-scan.ts";
import type { EventScan } from "./event-scan.ts";
import { jsonText } from "./json.ts";
import { JsonEventScan } from "./json-event-scan.ts";
import { MatchingCborScan, MatchingJsonScan } from "./matching-scans.ts";
import { eventMembers } from "./section-shape.ts";

setDefaultTimeout(60_000);

const wanted = ["ovs", "nft"];
const shapes = eventMembers(allSections);

/** Everything that is defined after a scan; of an odd event, which is decoded, only that it is odd. */
function factsOf(scan: EventScan): unknown {
  const { start, end, isEvent, odd, sections, time } = scan;
  if (odd) return { start, end, isEvent, odd };
  const ids = [scan.idTime, scan.idHead, scan.skb].map(({ high, low }) => [high, low]);
  return { start, end, isEvent, odd, sections, time: [time.high, time.low], ids: scan.has("skb-tracking") ? ids : [] };
}

function outcome(scan: () => EventScan): unknown {
  try {
    return factsOf(scan());
  } catch (error) {
    return String(error);
  }
}

test.each([1, 2, 3])("a scan that knows earlier events finds what one finds that does not, CBOR, seed %d", (seed) => {
  const random = new Random(seed);
  const matching = new MatchingCborScan(wanted, allSections);
  const plain = new CborEventScan(wanted, shapes);
  for (const event of recurringEvents(random, 400)) {
    const bytes = Buffer.from(encodeItem(event));
    if (random.once(8)) bytes[random.below(bytes.length)] = random.below(256);
    for (const scan of [matching, plain]) scan.setBytes(bytes, bytes.length);
    expect(outcome(() => matching.decode(0))).toEqual(outcome(() => plain.decode(0)));
  }
});

test.each([1, 2, 3])("a scan that knows earlier events finds what one finds that does not, JSON, seed %d", (seed) => {
  const random = new Random(seed);
  const matching = new MatchingJsonScan(wanted, allSections);
  const plain = new JsonEventScan(wanted, shapes);
  for (const event of recurringEvents(random, 400)) {
    const bytes = Buffer.from(jsonText(event));
    if (random.once(8)) bytes[random.below(bytes.length)] = random.below(256);
    expect(outcome(() => matching.decode(bytes, 0, bytes.length))).toEqual(outcome(() => plain.decode(bytes, 0, bytes.length)));
    expect(matching.warning).toBe(plain.warning);
  }
});
