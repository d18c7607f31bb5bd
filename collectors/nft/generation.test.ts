import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { NetworkNamespace } from "../../core/libbpf/network-namespace.ts";
import { parseGeneration, readGeneration } from "./generation.ts";

/** NFT_MSG_NEWGEN with a process id before the generation 0x01020304. */
const answer = Uint8Array.fromHex(
  `24000000 0f0a 0000 00000000 00000000 00000000 0800 0200 00000007 0800 0100 01020304`.replaceAll(" ", ""),
);

test("the generation in an answer", () => {
  expect(parseGeneration(answer)).toBe(0x01020304);
});

test.each([
  ["an error message", Uint8Array.fromHex("140000000200000000000000000000000000f0ff")],
  ["nothing", new Uint8Array(0)],
  ["a message that is cut off", answer.subarray(0, 34)],
  ["an attribute without a length", zeroLength()],
])("%s is an error", (_, bytes) => {
  expect(() => parseGeneration(bytes)).toThrow(/nf_tables/);
});

function zeroLength(): Uint8Array {
  const bytes = answer.slice();
  bytes[20] = 0;
  return bytes;
}

const canTry = process.getuid?.() === 0 && Bun.which("nft") !== null && Bun.which("ip") !== null;

test.if(canTry)("the kernel's number changes with a transaction, in that namespace alone", () => {
  const name = `retis-test-${process.pid}-gen`;
  execFileSync("ip", ["netns", "add", name]);
  try {
    using own = NetworkNamespace.open("/proc/self/ns/net")!;
    using other = NetworkNamespace.open(`/run/netns/${name}`)!;
    const before = [readGeneration(own), readGeneration(other)] as const;
    execFileSync("ip", ["netns", "exec", name, "nft", "add table ip t; add chain ip t c"]);
    expect([readGeneration(own), readGeneration(other)]).toEqual([before[0], before[1] + 1]);
  } finally {
    Bun.spawnSync(["ip", "netns", "del", name]);
  }
});
