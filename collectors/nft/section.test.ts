import { expect, test } from "bun:test";
import { sectionReader, sectionText } from "../../test/support/section-reader.ts";
import { nftSection } from "./section.ts";
import { verdictName } from "./verdicts.ts";

const texts: Readonly<Record<string, string>> = { "4026531840/17/1000/5/2/7": "tcp dport 80 drop" };
// Both hooks send the same struct.
const readers = ["rule", "rule-in-info"].map((name) =>
  sectionReader(
    "nft",
    new URL(`hooks/${name}.bpf.o`, import.meta.url).pathname,
    nftSection,
    { verdict: verdictName },
    { rule: (...key) => texts[key.join("/")] },
  ),
);

const wide = (value: bigint) => Buffer.from(new BigInt64Array([value]).buffer).toString("hex");

interface Payload {
  readonly handles: readonly [table: bigint, chain: bigint, rule: bigint];
  readonly verdict: number;
  readonly queue?: number;
  readonly policy?: boolean;
  readonly names: readonly [table: string, chain: string, target: string];
}

/** As `struct nft_section` in hooks/section.h. */
function payload({ handles, verdict, queue = 0, policy = false, names }: Payload): string {
  const [table, chain, target] = names;
  const small = Buffer.alloc(40);
  small.writeBigUInt64LE(17n, 0);
  small.writeBigUInt64LE(1000n, 8);
  small.writeUInt32LE(4026531840, 16);
  small.writeUInt32LE(5, 20);
  small.writeInt32LE(verdict, 24);
  small.writeUInt16LE(queue, 28);
  small.writeUInt16LE(table.length + 1, 32);
  small.writeUInt16LE(target === "" ? 0 : table.length + chain.length + 2, 34);
  small.writeUInt8(Number(policy), 36);
  const text = Buffer.from(
    names
      .filter((name) => name !== "" || name === chain)
      .map((name) => `${name}\0`)
      .join(""),
  ).toString("hex");
  return [...handles.map(wide), small.toString("hex"), text].join("");
}

const names = ["t0", "c0", ""] as const;

test.each([
  [
    "a drop by a rule, with its text",
    { handles: [2n, 3n, 7n], verdict: 0, names },
    {
      table_name: "t0",
      chain_name: "c0",
      verdict: "drop",
      table_handle: 2,
      chain_handle: 3,
      rule_handle: 7,
      policy: false,
      rule: "tcp dport 80 drop",
    },
    'table t0 (2) chain c0 (3) handle 7 drop rule "tcp dport 80 drop"',
  ],
  [
    "a jump by a rule of unknown text",
    { handles: [2n, 3n, 8n], verdict: -3, names: ["t0", "c0", "c1"] },
    {
      table_name: "t0",
      chain_name: "c0",
      verdict: "jump",
      verdict_chain_name: "c1",
      table_handle: 2,
      chain_handle: 3,
      rule_handle: 8,
      policy: false,
    },
    "table t0 (2) chain c0 (3) handle 8 jump chain c1",
  ],
  [
    "a policy",
    { handles: [2n, 3n, 0n], verdict: 1, policy: true, names },
    { table_name: "t0", chain_name: "c0", verdict: "accept", table_handle: 2, chain_handle: 3, policy: true },
    "table t0 (2) chain c0 (3) accept (policy)",
  ],
  [
    "a queue",
    { handles: [2n, 3n, 9n], verdict: 3, queue: 65535, names },
    { table_name: "t0", chain_name: "c0", verdict: "queue", table_handle: 2, chain_handle: 3, rule_handle: 9, policy: false, queue: 65535 },
    "table t0 (2) chain c0 (3) handle 9 queue num 65535",
  ],
  [
    "a rule whose chain was not found, and names of full length",
    { handles: [2n, 0n, 9n], verdict: -4, names: ["t".repeat(255), "", "x".repeat(255)] },
    {
      ...{ table_name: "t".repeat(255), chain_name: "", verdict: "goto", verdict_chain_name: "x".repeat(255) },
      ...{ table_handle: 2, chain_handle: 0, rule_handle: 9, policy: false },
    },
    `table ${"t".repeat(255)} (2) handle 9 goto chain ${"x".repeat(255)}`,
  ],
] as const)("nft section: %s", (_name, sent, data, text) => {
  for (const reader of readers) {
    expect(reader.read(payload(sent))).toEqual(data);
    expect(reader.readCbor(payload(sent))).toEqual(data);
  }
  expect(sectionText(nftSection, data)).toBe(text);
});
