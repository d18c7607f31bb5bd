import { expect, test } from "bun:test";
import { ethertypeText, isKnownEthertype } from "./ethertype.ts";
import { protocolText } from "./ip-protocol.ts";

test("ethertypeText and protocolText leave out a name they do not have", () => {
  expect([ethertypeText(0x86dd), ethertypeText(0x00cc)]).toEqual(["IPv6 (0x86dd)", "(0x00cc)"]);
  expect([protocolText(47), protocolText(59)]).toEqual(["GRE (47)", "(59)"]);
});

test("isKnownEthertype needs a name, not a decoder", () => {
  expect([0x8864, 0x88cc, 0x0000].map(isKnownEthertype)).toEqual([true, false, false]);
});
