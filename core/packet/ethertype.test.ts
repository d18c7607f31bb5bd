import { expect, test } from "bun:test";
import { ethertypeText, linkTypeText } from "./ethertype.ts";
import { protocolText } from "./ip-protocol.ts";

test("ethertypeText and protocolText leave out a name they do not have", () => {
  expect([ethertypeText(0x86dd), ethertypeText(0x00cc)]).toEqual(["IPv6 (0x86dd)", "(0x00cc)"]);
  expect([protocolText(47), protocolText(59)]).toEqual(["GRE (47)", "(59)"]);
});

test("linkTypeText tells lengths from ethertypes", () => {
  expect(linkTypeText(38)).toBe("802.3 len 38");
  expect(linkTypeText(1500)).toBe("802.3 len 1500");
  expect(linkTypeText(1501)).toBe("ethertype (0x05dd)");
  expect(linkTypeText(2)).toBe("ethertype (0x0002)");
  expect(linkTypeText(0x88cc)).toBe("ethertype LLDP (0x88cc)");
});
