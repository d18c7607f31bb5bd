import { describe, expect, test } from "bun:test";
import { Line } from "../../core/api/section.ts";
import { sectionReader, sectionText, textContext } from "../../test/support/section-reader.ts";
import { skbDropSection } from "./section.ts";

const hook = new URL("hook.bpf.o", import.meta.url).pathname;
const reasons: Readonly<Record<number, string>> = { [-1]: "NOT_SPECIFIED", 3: "NO_SOCKET", 0x20001: "OVS_DROP_METER" };
const reader = sectionReader("skb-drop", hook, skbDropSection, {
  subsys: (value) => (value >> 16 === 2 ? "openvswitch" : undefined),
  reason: (value) => reasons[value] ?? String(value),
});

describe("skb-drop section", () => {
  // s32 reason, little-endian.
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
  ])("%s", (_name, hex, data, text) => {
    expect(reader.read(hex)).toEqual(data);
    expect(reader.readCbor(hex)).toEqual(data);
    expect(sectionText(skbDropSection, data)).toBe(text);
  });

  test("is lost when it is cut", () => {
    expect(reader.read("030000")).toBeUndefined();
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
