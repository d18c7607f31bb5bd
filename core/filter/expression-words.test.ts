import { describe, expect, test } from "bun:test";
import { hasWord, shiftedAlternative } from "./expression-words.ts";

describe("shiftedAlternative", () => {
  test.each([
    ["vlan 5 or vlan 6", "vlan"],
    ["(vlan 5 and tcp) or (vlan 6 and tcp)", "vlan"],
    ["(vlan 5) || (vlan 6)", "vlan"],
    ["tcp and (udp or (mpls 1 and ip) or mpls 2)", "mpls"],
    ["not (vlan 5 or udp or vlan 6)", "vlan"],
    ["vlan 5 and vlan 6", undefined],
    ["vlan 5 and (tcp or udp) and vlan 6", undefined],
    ["tcp or (vlan and tcp)", undefined],
    ["vlan and (ether[14:2] = 5 or ether[14:2] = 6)", undefined],
    ["(vlan 5 or", undefined],
    ["vlan 5) or vlan 6", undefined],
    ["", undefined],
  ])("%s", (expression, word) => expect(shiftedAlternative(expression)).toBe(word));
});

test("words are whole words", () => {
  expect(hasWord("udp or (inbound)", "inbound", "outbound")).toBe(true);
  expect(hasWord("host inbound.example or udp", "inbound")).toBe(false);
});
