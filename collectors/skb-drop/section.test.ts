import { describe, expect, test } from "bun:test";
import { Line } from "../../core/api/section.ts";
import { sectionReader, sectionText, textContext } from "../../test/support/section-reader.ts";
import { skbDropSection } from "./section.ts";
import { socketNames } from "./socket-names.ts";

const hook = new URL("hook.bpf.o", import.meta.url).pathname;
const reasons: Readonly<Record<number, string>> = { [-1]: "NOT_SPECIFIED", 3: "NO_SOCKET", 0x20001: "OVS_DROP_METER" };
const reader = sectionReader("skb-drop", hook, skbDropSection, {
  subsys: (value) => (value >> 16 === 2 ? "openvswitch" : undefined),
  reason: (value) => reasons[value] ?? String(value),
  ...socketNames,
});

/** u64 location, s32 reason, reserved; little-endian. */
function payload(reason: string, location = "0000000000000000"): string {
  return `${location} ${reason} 00000000`;
}

describe("skb-drop section", () => {
  test.each([
    ["a core reason", "03000000", { drop_reason: "NO_SOCKET" }, "drop (reason NO_SOCKET)"],
    [
      "a reason of a subsystem",
      "01000200",
      { subsys: "openvswitch", drop_reason: "OVS_DROP_METER" },
      "drop (reason openvswitch/OVS_DROP_METER)",
    ],
    ["a kernel without reasons", "ffffffff", { drop_reason: "NOT_SPECIFIED" }, "drop (reason NOT_SPECIFIED)"],
    ["a reason without name", "e7030000", { drop_reason: "999" }, "drop (reason 999)"],
  ])("%s", (_name, reason, data, text) => {
    expect(reader.read(payload(reason))).toEqual(data);
    expect(reader.readCbor(payload(reason))).toEqual(data);
    expect(sectionText(skbDropSection, data)).toBe(text);
  });

  test("says where, after the reason", () => {
    const bytes = payload("03000000", "5030008 1ffffffff".replace(" ", ""));
    expect(reader.read(bytes)).toEqual({ drop_reason: "NO_SOCKET", location: "0xffffffff81003050" });
    expect(reader.readCbor(bytes)).toEqual({ drop_reason: "NO_SOCKET", location: "0xffffffff81003050" });
    expect(sectionText(skbDropSection, { drop_reason: "NO_SOCKET", location: "udp_rcv+0x50" })).toBe(
      "drop (reason NO_SOCKET) at udp_rcv+0x50",
    );
  });

  test.each([
    [
      "a listening IPv4 socket",
      // cgroup 4321; local 10.0.0.1, remote 0.0.0.0; ports 80 and 0; family 2, TCP, LISTEN; IPv4
      `e110000000000000 0a000001${"00".repeat(12)} ${"00".repeat(16)} 5000 0000 0200 0600 0a 04 000000000000`,
      { protocol: "TCP", state: "LISTEN", local: "10.0.0.1", local_port: 80, remote: "0.0.0.0", remote_port: 0, cgroup: 4321 },
      "socket TCP LISTEN 10.0.0.1.80 cgroup 4321",
    ],
    [
      "a connected IPv6 socket without a cgroup",
      `0000000000000000 ${"00".repeat(15)}01 20010db8${"00".repeat(11)}02 3500 e914 0a00 1100 01 06 000000000000`,
      { protocol: "UDP", state: "ESTABLISHED", local: "::1", local_port: 53, remote: "2001:db8::2", remote_port: 5353 },
      "socket UDP ESTABLISHED ::1.53 - 2001:db8::2.5353",
    ],
    [
      "a packet socket",
      `0000000000000000 ${"00".repeat(32)} 0000 0000 1100 0300 07 00 000000000000`,
      { protocol: "3", state: "CLOSE" },
      "socket 3 CLOSE",
    ],
  ])("the socket: %s", (_name, bytes, socket, text) => {
    const data = { drop_reason: "NO_SOCKET", socket };
    expect(reader.read(payload("03000000") + bytes)).toEqual(data);
    expect(reader.readCbor(payload("03000000") + bytes)).toEqual(data);
    expect(sectionText(skbDropSection, data)).toBe(`drop (reason NO_SOCKET) ${text}`);
  });

  test("is lost when it is cut", () => {
    expect(reader.read(payload("03000000").slice(0, -2))).toBeUndefined();
  });

  test("is on a line of its own, in alarm colour", () => {
    const pieces = skbDropSection.format?.({ drop_reason: "NO_SOCKET" }, textContext({ colour: true }), {});
    expect(pieces).toEqual([{ at: Line.drop, text: "\u001b[31m\u001b[1mdrop (reason NO_SOCKET)\u001b[22m\u001b[39m" }]);
  });

  test("does not call an skb dropped that was consumed", () => {
    const context = textContext({ colour: true });
    expect(sectionText(skbDropSection, { drop_reason: "CONSUMED" }, context)).toBe("consumed");
    expect(sectionText(skbDropSection, { drop_reason: "NOT_DROPPED_YET" }, context)).toBe("not dropped yet");
  });
});
