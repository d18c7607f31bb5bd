import { expect, test } from "bun:test";
import { KernelSymbols } from "./symbols.ts";
import { log } from "../base/log.ts";
import { StackFrames } from "./stack-frames.ts";

const kallsyms = `ffffffff81000000 T _text
ffffffff81001000 T kfree_skb
ffffffff81002000 T bpf_trace_run4
ffffffff81003000 T udp_rcv
ffffffffc0001000 t nft_do_chain	[nf_tables]
ffffffffc0002000 t bpf_prog_0123456789abcdef_retis_raw_tracepoint	[bpf]
`;

function words(addresses: readonly bigint[]): Uint32Array {
  return new Uint32Array(BigUint64Array.from(addresses).buffer);
}

test("frames have symbol, offset and module; those of the tracing are left out", () => {
  let read = 0;
  const readSymbols = () => {
    read++;
    return KernelSymbols.parse(Buffer.from(kallsyms));
  };
  const { lookup } = new StackFrames(readSymbols, () => []);
  const stack = words([0xffffffffc0002010n, 0xffffffff81002020n, 0xffffffff81001030n, 0xffffffffc0001040n, 0xffffffff81003050n, 0n, 5n]);
  expect(lookup(stack, 0, 7)).toEqual(["kfree_skb+0x30", "nft_do_chain+0x40 [nf_tables]", "udp_rcv+0x50"]);
  expect(lookup(words([0x1000n]), 0, 1)).toEqual(["0x1000"]);
  expect(lookup(words([0xffffffff81002020n]), 0, 1)).toBeUndefined();
  expect(read).toBe(1);
});

test("where names are hidden that is said once, and the frames of the tracing are found by address", () => {
  const hidden = kallsyms.replaceAll(/^f+[0-9a-f]+/gm, "0000000000000000");
  const lines: string[] = [];
  const restore = log.setLineWriter((line) => lines.push(line));
  const { level } = log;
  log.setLevel("info");
  try {
    const frames = new StackFrames(
      () => KernelSymbols.parse(Buffer.from(hidden)),
      () => [0xffffffff81002000n],
    );
    frames.prepare();
    const stack = words([0xffffffffc0002010n, 0xffffffff81002120n, 0xffffffff81001030n, 0xffffffff81003050n]);
    expect(frames.lookup(stack, 0, 4)).toEqual(["0xffffffff81001030", "0xffffffff81003050"]);
    expect(lines).toEqual([expect.stringMatching(/^WARN .*without names.*kptr_restrict/)]);
  } finally {
    log.setLineWriter(restore);
    log.setLevel(level);
  }
});

test("a place is hexadecimal without a symbol", () => {
  const { location } = new StackFrames(
    () => KernelSymbols.parse(Buffer.from(kallsyms)),
    () => [],
  );
  expect(location(0xffffffff81003050n)).toBe("udp_rcv+0x50");
  expect(location(0xffffffffc0001040n)).toBe("nft_do_chain+0x40 [nf_tables]");
  expect(location(0xdeadn)).toBe("0xdead");
});

test.each(["kretprobe_trampoline", "__kretprobe_trampoline", "arch_rethook_trampoline", "return_to_handler"])(
  "a place is absent where %s waits for the return",
  (name) => {
    const { location } = new StackFrames(
      () => KernelSymbols.parse(Buffer.from(`ffffffff81000000 T ${name}\n`)),
      () => [],
    );
    expect(location(0xffffffff81000000n)).toBeUndefined();
  },
);
