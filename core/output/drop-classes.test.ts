import { expect, test } from "bun:test";
import type { Event } from "../api/event.ts";
import { classifierOf, eventClassifier } from "./drop-classes.ts";

const advice = { meaning: "", causes: [], steps: [] };
const classOf = classifierOf([
  {
    advice: [
      { name: "NO_SOCKET", class: "problem", ...advice },
      { name: "QUEUE_PURGE", aliases: ["PURGED"], class: "normal", ...advice },
    ],
    rules: [
      { name: "multicast", class: "normal", meaning: "", reasons: ["NO_SOCKET"], destination: "multicast" },
      { name: "function", class: "normal", meaning: "", reasons: ["NOT_SPECIFIED"], functions: ["stp_rcv"] },
      { name: "functions", class: "normal", meaning: "", reasons: ["NOT_SPECIFIED"], functions: ["virtio_transport_*"] },
    ],
  },
]);

const classOfDrop = eventClassifier(classOf);

/** IPv4 and UDP after an Ethernet header. */
function datagramTo(...destination: readonly number[]): Uint8Array {
  const ip = [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, ...destination, 0, 1, 0, 2, 0, 8, 0, 0];
  return Uint8Array.from([...Array(12).fill(0), 8, 0, ...ip]);
}

function drop(reason: string, sections: object = {}, location?: string): Event {
  return { "skb-drop": { drop_reason: reason, ...(location === undefined ? {} : { location }) }, ...sections } as Event;
}

test.each([
  ["its reason decides", drop("NO_SOCKET"), "problem"],
  ["other names of a reason", drop("PURGED", { dev: { name: "eth0" } }), "normal"],
  ["a rule about the destination", drop("NO_SOCKET", { packet: { len: 42, data: datagramTo(224, 0, 0, 251) } }), "normal"],
  ["another destination", drop("NO_SOCKET", { packet: { len: 42, data: datagramTo(10, 0, 0, 2) } }), "problem"],
  ["a rule about the function", drop("NOT_SPECIFIED", {}, "stp_rcv.isra.0+0x92 [stp]"), "normal"],
  ["another function", drop("NOT_SPECIFIED", {}, "stp_rcv_more+0x92"), "unknown"],
  ["a rule about functions of a kind", drop("NOT_SPECIFIED", {}, "virtio_transport_recv_pkt+0x92 [vsock]"), "normal"],
  ["the beginning of a function's name", drop("NOT_SPECIFIED", {}, "virtio_trans+0x92"), "unknown"],
  ["a packet that was not recorded", drop("NOT_SPECIFIED"), "unknown"],
  ["a reason that nothing is known about", drop("NEW"), "unknown"],
  ["the same headers and another reason", drop("PURGED", { packet: { len: 42, data: datagramTo(224, 0, 0, 251) } }), "normal"],
  ["the same headers, no reason", drop("NOT_SPECIFIED", { packet: { len: 42, data: datagramTo(224, 0, 0, 251) } }), "unknown"],
  [
    "the same headers at another place",
    drop("NOT_SPECIFIED", { packet: { len: 42, data: datagramTo(224, 0, 0, 251) } }, "stp_rcv+0x1"),
    "normal",
  ],
  ["not a drop", drop("CONSUMED"), undefined],
  ["no drop reason", {} as Event, undefined],
])("class: %s", (_, event, expected) => {
  expect(classOfDrop(event)).toBe(expected as never);
  expect(classOfDrop(event)).toBe(expected as never);
});
