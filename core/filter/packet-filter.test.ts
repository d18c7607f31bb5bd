import { afterAll, beforeAll, expect, test } from "bun:test";
import { TraceError } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { preparePacketFilter } from "./packet-filter.ts";

beforeAll(() => log.setLevel("error"));
afterAll(() => log.setLevel("info"));

/** Message and hint of the refusal. */
function refusal(expression: string): readonly [string, string] {
  try {
    preparePacketFilter(expression);
  } catch (error) {
    if (error instanceof TraceError) return [error.message, error.options.hint ?? ""];
    throw error;
  }
  throw new Error(`${expression} is accepted`);
}

test("an expression gives two objects", () => {
  const { objects, vlan } = preparePacketFilter("tcp port 443");
  expect(objects.map(({ name }) => name)).toEqual(["L2 packet filter", "L3 packet filter"]);
  expect(vlan).toBeFalse();
});

test("vlan is seen as a word only", () => {
  expect(preparePacketFilter("vlan 5 and tcp").vlan).toBeTrue();
  expect(preparePacketFilter("not (udp or vlan)").vlan).toBeTrue();
  expect(preparePacketFilter("ether proto 0x8100").vlan).toBeFalse();
});

test("without a form for packets without link layer all of those are rejected", () => {
  const rejecting = preparePacketFilter("ether[0] & 1 = 0").objects[1]?.bytes;
  expect(preparePacketFilter("ether broadcast").objects[1]?.bytes).toEqual(rejecting!);
  expect(preparePacketFilter("link [0] & 1 = 0").objects[1]?.bytes).toEqual(rejecting!);
  expect(preparePacketFilter("ip").objects[1]?.bytes).not.toEqual(rejecting!);
});

test("libpcap's message is passed on, with the place", () => {
  const [message, hint] = refusal("tcp prot 443");
  expect(message).toBe(`Invalid packet filter "tcp prot 443": libpcap: can't parse filter expression: syntax error`);
  expect(hint).toStartWith("Look at character 5: prot;");
});

test.each([
  ["tcp and and udp", "Look at character 9: and"],
  ["src host 1.2.3.4 ) or tcp", "Look at character 18: )"],
  ["host 10.0.0.1 port 80", "Look at character 15: port"],
  ["tcp[tcpflags] & tcp-foo != 0", "Look at character 17: tcp-foo"],
  ["tcp or net 10.0.0.1/8", "Look at character 12: 10.0.0.1/8"],
  ["tcp port nosuchservice", "Look at character 10: nosuchservice"],
  ["udp or port 99999", "Look at character 13: 99999"],
  ["ip[0] / 0 = 1", "Look at character 9: 0"],
  ["len << 40 > 2", "Look at character 8: 40"],
  ["udp and (tcp or", "Something is missing at its end"],
  ["tcp[13", "Something is missing at its end"],
])("the place of the fault in %s", (expression, place) => {
  expect(refusal(expression)[1]).toStartWith(`${place};`);
});

test("a filter that is too long says so", () => {
  const bytes = Array.from({ length: 600 }, (_, index) => `ether[${index}] = ${index % 7}`).join(" or ");
  expect(refusal(bytes)[0]).toMatch(/^The packet filter is too long: \d+ BPF instructions, and there is room for 4096$/);
});

test("facts that only packet sockets have are refused, the direction is not", () => {
  for (const expression of ["inbound", "not outbound and tcp", "vlan 5 and inbound"])
    expect(preparePacketFilter(expression)).toMatchObject({ direction: true });
  expect(preparePacketFilter("tcp")).toMatchObject({ direction: false });
  expect(() => preparePacketFilter("ifindex 3")).toThrow("it uses facts that only packet sockets have");
  expect(() => preparePacketFilter("ether[0xfffff008:4] = 3")).toThrow("it uses facts that only packet sockets have");
});
