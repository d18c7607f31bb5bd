import { expect, test } from "bun:test";
import { endpointsText, TRAFFIC_CLASS_TEXT } from "./ip-text.ts";

test("TRAFFIC_CLASS_TEXT shows the whole byte and names its ECN bits", () => {
  expect([0x00, 0x01, 0xba, 0x03].map((byte) => TRAFFIC_CLASS_TEXT[byte])).toEqual(["0x0", "0x1 ECT(1)", "0xba ECT(0)", "0x3 CE"]);
});

test("endpointsText shows ports when there are any", () => {
  const ip = { src: "::1", dst: "::2" };
  expect(endpointsText(ip, undefined)).toBe("::1 > ::2");
  expect(endpointsText(ip, { srcPort: 0, dstPort: 53 })).toBe("::1.0 > ::2.53");
});
