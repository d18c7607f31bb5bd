import { expect, test } from "bun:test";
import { probeConfigs } from "../probe/probe.ts";
import { registerParameters } from "./targets.ts";

const skb = "struct sk_buff *";
const registers = process.arch === "arm64" ? 8 : 6;

function skbPosition(types: readonly string[]): number {
  const parameters = registerParameters(types);
  const probe = {
    id: 0,
    type: "kprobe",
    symbol: "f",
    parameters,
    hooks: 1,
    contextHooks: 0,
    requested: true,
    stack: false,
    showStack: false,
  } as const;
  return new DataView(probeConfigs([probe], [[skb]]).buffer).getInt8(0);
}

test("every argument that is in a register is found, none after them", () => {
  for (let position = 0; position < registers; position++)
    expect(skbPosition([...Array<string>(position).fill("int"), skb])).toBe(position);
  expect(skbPosition([...Array<string>(registers).fill("int"), skb])).toBe(-1);
});

test("a pointer to a pointer is another type", () => {
  expect(skbPosition(["struct sk_buff **", "bool"])).toBe(-1);
  expect(skbPosition(["struct sk_buff **", skb])).toBe(1);
});

test("nothing after an argument passed by value has a known position", () => {
  for (const byValue of ["struct iov_iter", "union tcp_ao_addr", "", "unsigned __int128"]) {
    expect(skbPosition([skb, byValue])).toBe(0);
    expect(skbPosition([byValue, skb])).toBe(-1);
  }
});
