import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { KernelSymbols } from "./symbols.ts";

const sample = `0000000000000000 A fixed_percpu_data
0000000000021000 A cpu_tss_rw
ffffffff81000000 T _stext
ffffffff81000000 T _text
ffffffff81000040 t helper
ffffffff81000080 T tcp_v4_rcv
ffffffffc0200000 t $x\t[probe]
ffffffffc0201000 t helper\t[probe]
ffffffffc0200000 t probe_init\t[probe]
`;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a name is found by search and, after some of these, by index alike", () => {
  const symbols = KernelSymbols.parse(bytesOf(`${sample}ffffffffc0300000 t ip_rcv\nffffffffc0300010 t T ip_rcv`));
  const lookUp = () =>
    ["helper", "tcp_v4_rcv", "tcp_v4", "v4_rcv", "_stext", "fixed_percpu_data", "$x", "T", "ip_rcv", "t", ""].map((name) =>
      symbols.addressesOf(name),
    );
  const first = lookUp();
  expect(first[0]).toEqual([0xffffffff81000040n, 0xffffffffc0201000n]);
  expect(first[1]).toEqual([0xffffffff81000080n]);
  expect(first.slice(2, 4)).toEqual([[], []]);
  expect(first[8]).toEqual([0xffffffffc0300000n]);
  lookUp();
  expect(lookUp()).toEqual(first);
});

describe("kallsyms", () => {
  const symbols = KernelSymbols.parse(bytesOf(sample));

  test("addresses by name are exact; all of a shared name are known", () => {
    expect(symbols.count).toBe(8);
    expect(symbols.addressOf("tcp_v4_rcv")).toBe(0xffffffff81000080n);
    expect(symbols.addressOf("cpu_tss_rw")).toBe(0x21000n);
    expect(symbols.addressOf("helper")).toBe(0xffffffff81000040n);
    expect(symbols.addressesOf("helper")).toEqual([0xffffffff81000040n, 0xffffffffc0201000n]);
    expect(symbols.addressOf("tcp_v4")).toBeUndefined();
    expect(symbols.addressOf("$x")).toBeUndefined();
  });

  test("names by address: the first of several, nothing between symbols", () => {
    expect(symbols.nameAt(0xffffffff81000000n)).toBe("_stext");
    expect(symbols.nameAt(0xffffffff81000001n)).toBeUndefined();
    expect(symbols.nameAt(0x21000)).toBe("cpu_tss_rw");
  });

  test("the symbol an address lies in", () => {
    expect(symbols.nearest(0xffffffff81000085n)).toEqual({ name: "tcp_v4_rcv", offset: 5 });
    expect(symbols.nearest(0xffffffff81000001n)).toEqual({ name: "_stext", offset: 1 });
    expect(symbols.nearest(0xffffffffc0200fffn)).toEqual({ name: "probe_init", offset: 0xfff, module: "probe" });
  });

  test("addresses without symbols have none", () => {
    expect(symbols.nearest(0xffffffff90000000n)).toBeUndefined();
    expect(symbols.nearest(0x7fff_0000_0000n)).toBeUndefined();
    expect(symbols.nearest(0x1234_5678_9abc_def0n)).toBeUndefined();
  });

  test("hidden addresses are noticed and never given", () => {
    const hidden = KernelSymbols.parse(bytesOf("0000000000000000 T _stext\n0000000000000000 T tcp_v4_rcv\n"));
    expect(hidden.addressesHidden).toBe(true);
    expect(hidden.addressOf("tcp_v4_rcv")).toBeUndefined();
    expect(hidden.nearest(5)).toBeUndefined();
    expect(symbols.addressesHidden).toBe(false);
  });

  test("a last line without its end, and no line at all", () => {
    const cut = KernelSymbols.parse(bytesOf("ffffffff81000080 T tcp_v4_rcv"));
    expect(cut.addressOf("tcp_v4_rcv")).toBe(0xffffffff81000080n);
    expect(cut.nameAt(0xffffffff81000080n)).toBe("tcp_v4_rcv");
    expect(KernelSymbols.parse(new Uint8Array()).count).toBe(0);
  });
});

const kallsyms = "/proc/kallsyms";
const readable = existsSync(kallsyms) && !KernelSymbols.read(kallsyms).addressesHidden;

test.skipIf(!readable)("every line of the running kernel's list is found (needs root, /proc/kallsyms)", () => {
  const bytes = readFileSync(kallsyms);
  const lines = bytes
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => line.split(/[ \t]/) as [string, string, string]);
  const symbols = KernelSymbols.parse(bytes);
  const byName = new Map<string, bigint[]>();
  const byAddress = new Map<bigint, string>();
  for (const [digits, , name] of lines.filter(([, , name]) => !name.startsWith("$"))) {
    const address = BigInt(`0x${digits}`);
    byName.set(name, [...(byName.get(name) ?? []), address]);
    if (!byAddress.has(address)) byAddress.set(address, name);
  }
  const wrongNames = [...byName].filter(([name, addresses]) => symbols.addressesOf(name).join() !== addresses.join());
  const wrongAddresses = [...byAddress].filter(([address, name]) => symbols.nameAt(address) !== name);
  expect(byName.size).toBeGreaterThan(10_000);
  expect([wrongNames, wrongAddresses]).toEqual([[], []]);
});
