import { expect, test } from "bun:test";
import { ProbeStack } from "./probe-stack.ts";

const target = (symbol: string) => ({ symbol, parameters: ["struct sk_buff *"] });
const event = (symbol: string, stack: readonly string[]) => ({ kernel: { symbol, probe_type: "raw_tracepoint", stack_trace: stack } });

test("each function is looked at once, and only what can be probed is found", () => {
  const requested: string[] = [];
  const find = (name: string) => {
    requested.push(name);
    return name === "do_syscall_64" ? undefined : target(name);
  };
  const probes = new ProbeStack(["ip_rcv"], find, () => false);
  probes.observe(
    event("skb:kfree_skb", [
      "kfree_skb+0x1",
      "tcp_v4_rcv+0x20",
      "nft_do_chain+0x3 [nf_tables]",
      "ip_rcv+0x9",
      "do_syscall_64+0x2",
      "0xffff",
    ]),
  );
  probes.observe(event("skb:kfree_skb", ["tcp_v4_rcv+0x99", "do_syscall_64+0x2"]));
  expect(requested).toEqual(["kfree_skb", "tcp_v4_rcv", "nft_do_chain", "do_syscall_64"]);
  expect(probes.take().map(({ symbol }) => symbol)).toEqual(["kfree_skb", "tcp_v4_rcv", "nft_do_chain"]);
  expect(probes.take()).toEqual([]);
});

test("the stack is shown only for probes whose stack was requested", () => {
  const probes = new ProbeStack(
    [],
    () => undefined,
    (_type, symbol) => symbol === "skb:consume_skb",
  );
  expect(probes.observe(event("skb:kfree_skb", ["a+0x1"]))).toEqual({
    kernel: { symbol: "skb:kfree_skb", probe_type: "raw_tracepoint" },
  } as never);
  const shown = event("skb:consume_skb", ["a+0x1"]);
  expect(probes.observe(shown)).toBe(shown);
  const plain = { common: { timestamp: 1 } };
  expect(probes.observe(plain)).toBe(plain);
});
