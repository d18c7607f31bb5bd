import { expect, test } from "bun:test";
import type { KernelFacts } from "../../core/api/collector.ts";
import { connectionNames } from "./connection-names.ts";

const enums: Readonly<Record<string, readonly { readonly name: string; readonly value: number }[]>> = {
  tcp_conntrack: [
    { name: "TCP_CONNTRACK_NONE", value: 0 },
    { name: "TCP_CONNTRACK_SYN_SENT", value: 1 },
    { name: "TCP_CONNTRACK_LISTEN", value: 9 },
  ],
  sctp_conntrack: [{ name: "SCTP_CONNTRACK_COOKIE_WAIT", value: 2 }],
};
const names = connectionNames({ enumValues: (name: string) => enums[name] } as unknown as KernelFacts);
const tcp = 6 << 8;
const sctp = 132 << 8;

test("states of a packet are those of enum ip_conntrack_info", () => {
  const texts = [0, 1, 2, 3, 4, 5, 7].map((value) => names["state"]!(value));
  expect(texts).toEqual(["established", "related", "new", "reply", "related_reply", "5", "untracked"]);
});

test("zone directions are two bits", () => {
  expect([0, 1, 2, 3].map((value) => names["zone_direction"]!(value))).toEqual(["None", "Original", "Reply", "Default"]);
});

test("states of protocols have the kernel's names without their prefix", () => {
  const texts = [tcp, tcp | 1, tcp | 8, sctp | 2, sctp | 200, 17 << 8, 0].map((value) => names["protocol_state"]!(value));
  expect(texts).toEqual(["NONE", "SYN_SENT", "8", "COOKIE_WAIT", "200", undefined, undefined]);
});

test("a simultaneous open is not called LISTEN", () => {
  expect(names["protocol_state"]!(tcp | 9)).toBe("SYN_SENT2");
});

test("states are numbers where the kernel has no names", () => {
  const bare = connectionNames({ enumValues: () => undefined } as unknown as KernelFacts);
  expect(bare["protocol_state"]!(tcp | 3)).toBe("3");
});
