import { expect, test } from "bun:test";
import type { Event } from "../api/event.ts";
import { UnshownEvents } from "./unshown-events.ts";

const drop = (reason: string, location = "udp_rcv+0x12/0x30"): Event => ({
  kernel: { probe_type: "raw_tracepoint", symbol: "skb:kfree_skb" },
  "skb-drop": { drop_reason: reason, location },
});
const probe: Event = { kernel: { probe_type: "kprobe", symbol: "ip_rcv" } };

function counting() {
  const output = { text: "", congested: false, add: (text: string) => void (output.text += text) };
  const clock = { time: 0 };
  return { output, clock, unshown: new UnshownEvents(output, () => clock.time) };
}

test("events are counted by reason and place, or by probe, the most frequent first", () => {
  const { output, unshown } = counting();
  for (const event of [probe, drop("NO_SOCKET"), drop("NO_SOCKET"), drop("NO_SOCKET", "tcp_rcv+0x1")])
    expect(unshown.add(event)).toBe(true);
  unshown.show();
  expect(output.text).toBe(`output too slow, 4 events counted:
  2 x NO_SOCKET at udp_rcv
  1 x kprobe:ip_rcv
  1 x NO_SOCKET at tcp_rcv
`);
  unshown.show();
  expect(output.text.split("\n")).toHaveLength(5);
});

test("totals wait for the reader, and for a second since the last ones", () => {
  const { output, clock, unshown } = counting();
  expect(unshown.untilDue).toBe(Number.POSITIVE_INFINITY);
  output.congested = true;
  unshown.add(probe);
  unshown.showIfDue();
  expect([output.text, unshown.untilDue]).toEqual(["", Number.POSITIVE_INFINITY]);
  output.congested = false;
  unshown.showIfDue();
  expect(output.text).toContain("1 event counted");
  unshown.add(probe);
  clock.time = 400;
  expect(unshown.untilDue).toBe(600);
  unshown.showIfDue();
  expect(output.text).not.toContain("\noutput");
  clock.time = 1000;
  unshown.showIfDue();
  expect(output.text).toContain("\noutput too slow, 1 event counted:\n");
});

test("events of the run itself are not counted; many kinds take bounded memory, and add up", () => {
  const { output, unshown } = counting();
  expect(unshown.add({ common: { timestamp: 1 } })).toBe(false);
  for (let kind = 0; kind < 1000; kind++) unshown.add(drop("NO_SOCKET", `function_${kind}+0x1`));
  unshown.show();
  const rows = [...output.text.matchAll(/^ {2}(\d+) x /gm)].map(([, times]) => Number(times));
  expect(rows).toHaveLength(101);
  expect(rows.reduce((sum, times) => sum + times, 0)).toBe(1000);
});
