import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { BtfBuilder } from "../kernel/testdata/btf-builder.ts";
import { Kernel } from "../kernel/kernel.ts";
import { parseMetaFilter } from "./meta-parser.ts";
import { usualRoots } from "./meta-filter.ts";
import { resolveMetaFilter } from "./meta-resolver.ts";
import { cannotCompile } from "../../test/support/compile-c.ts";
import { metaKernel } from "./testdata/meta-kernel.ts";

const skb = { root: "sk_buff", dereferences: [] } as const;

/** A module with a struct that vmlinux only declares, and with an enum. */
function moduleBtf(stringsStart: number, firstId: number): Uint8Array {
  const btf = new BtfBuilder(stringsStart, firstId);
  const int = btf.type("int", { name: "module_int", sizeOrType: 4, words: [32] });
  btf.type("struct", { name: "undeclared", sizeOrType: 8, length: 1, words: [btf.string("zone"), int, 32] });
  btf.type("enum", { name: "module_state", sizeOrType: 4, length: 1, words: [btf.string("MODULE_READY"), 7] });
  btf.type("enum", { name: "other_state", sizeOrType: 4, length: 2, words: [btf.string("TWICE"), 1, btf.string("MODULE_READY"), 7] });
  btf.type("enum", { name: "third_state", sizeOrType: 4, length: 1, words: [btf.string("TWICE"), 2] });
  return btf.bytes();
}

describe.skipIf(cannotCompile !== undefined)("resolving against types of our own (needs clang)", () => {
  const kernel = cannotCompile === undefined ? metaKernel(moduleBtf) : undefined!;
  const resolve = (text: string) => resolveMetaFilter(kernel, text, parseMetaFilter(text), usualRoots);

  function complaint(text: string): { readonly message: string; readonly hint: string | undefined } {
    try {
      resolve(text);
    } catch (error) {
      const { message, options } = error as Error & { options?: { hint?: string } };
      return { message: message.replace("Invalid meta filter: ", ""), hint: options?.hint };
    }
    return { message: "accepted", hint: undefined };
  }

  test("a member alone is compared with zero", () => {
    expect(resolve("sk_buff.mark")).toEqual({
      kind: "number",
      path: { ...skb, offset: 36 },
      bitOffset: 0,
      bits: 32,
      signed: false,
      mask: undefined,
      operator: "!=",
      value: 0n,
    });
  });

  test("bitfields keep their place within the byte", () => {
    expect(resolve("sk_buff.f18 > 3")).toMatchObject({ path: { offset: 58 }, bitOffset: 3, bits: 18, signed: false });
    expect(resolve("sk_buff.h49 < -3")).toMatchObject({ path: { offset: 80 }, bitOffset: 7, bits: 49, signed: true, value: -3n });
  });

  test("pointers, anonymous unions, casts and masks, also with bit 31", () => {
    expect(resolve("sk_buff.sk.sk_bound")).toMatchObject({ path: { root: "sk_buff", dereferences: [{ offset: 8, mask: undefined }] } });
    expect(resolve("sk_buff.sk_word:0xfffffff8:node_t.next:0x80000000.value")).toMatchObject({
      path: {
        dereferences: [
          { offset: 8, mask: 0xffff_fff8n },
          { offset: 8, mask: 0x8000_0000n },
        ],
        offset: 0,
      },
    });
  });

  test("elements of arrays and of what a pointer leads to", () => {
    expect(resolve("sk_buff.pairs[2].second")).toMatchObject({ path: { ...skb, offset: 128 + 2 * 4 + 2 }, bits: 16, signed: true });
    expect(resolve("sk_buff.nodes[1].next[3].balance")).toMatchObject({
      path: { dereferences: [{ offset: 224 }, { offset: 8 }], offset: 3 * 32 + 4 },
    });
  });

  test("a struct that vmlinux only declares is found in a module", () => {
    expect(resolve("sk_buff.undeclared.zone == 1")).toMatchObject({ path: { dereferences: [{ offset: 208 }], offset: 4 }, value: 1n });
  });

  test("constants: of the member's own enum, of any enum, of a module's", () => {
    expect(resolve("sk_buff.color == BLUE")).toMatchObject({ value: 4_000_000_000n });
    expect(resolve("sk_buff.level < 'COLD'")).toMatchObject({ value: -40n });
    expect(resolve("sk_buff.tiny == GREEN")).toMatchObject({ value: 5n });
    expect(resolve("sk_buff.tiny == MODULE_READY")).toMatchObject({ value: 7n });
  });

  test("texts and addresses", () => {
    expect(resolve(`sk_buff.text == "ab"`)).toMatchObject({ kind: "bytes", bytes: Uint8Array.of(97, 98, 0), equal: true });
    expect(resolve(`sk_buff.raw != "abcde"`)).toMatchObject({ kind: "bytes", bytes: new Uint8Array(Buffer.from("abcde")), equal: false });
    expect(resolve(`sk_buff.raw == "abcdef"`)).toMatchObject({ kind: "number", operator: "<", value: 0n });
    expect(resolve(`sk_buff.dev.alias == ""`)).toMatchObject({
      kind: "text",
      bytes: new Uint8Array(),
      path: { dereferences: [{}, {}], offset: 0 },
    });
    expect(resolve("sk_buff.dev.dev_addr == 02:00:00:00:42:01")).toMatchObject({
      kind: "bytes",
      path: { dereferences: [{}, {}], offset: 0 },
    });
    expect(resolve("sk_buff.address4 == 10.0.0.1")).toMatchObject({ kind: "number", value: 0x0100000an });
    expect(resolve("sk_buff.address6 == ::1")).toMatchObject({ kind: "bytes", path: { ...skb, offset: 160 } });
  });

  test("a signed number compared with more than it can hold", () => {
    expect(resolve("sk_buff.far_below < 0x8000000000000000")).toMatchObject({ operator: ">=", value: 0n, signed: false });
    expect(resolve("sk_buff.far_below == 0x8000000000000000")).toMatchObject({ operator: "<", value: 0n, signed: false });
  });

  test.each([
    ["skb.mark", "struct skb is not available to filters\n  skb.mark\n  ^^^", "A term begins with sk_buff, net_device, net, sock"],
    ["sk_buff.makr == 1", `struct sk_buff has no member "makr"\n  sk_buff.makr == 1\n          ^^^^`, undefined],
    [
      "sk_buff.dev.names",
      `struct net_device has no member "names"\n  sk_buff.dev.names\n              ^^^^^`,
      "Did you mean name? Struct net_device has name, ifindex, perm_addr, dev_addr, alias, nd_net, features",
    ],
    ["sk_buff.mark.x", "mark (u32) has no members\n  sk_buff.mark.x\n          ^^^^", undefined],
    [
      "sk_buff.wide.x",
      "wide (u64) has no members\n  sk_buff.wide.x\n          ^^^^",
      "To take it as a pointer, name its type: wide:~0:type",
    ],
    ["sk_buff.nodes.value", "nodes (an array of 2 struct node *) has no members\n  sk_buff.nodes.value\n          ^^^^^", undefined],
    [
      "sk_buff.callback.x",
      "callback (a function pointer) does not point to a struct with members\n  sk_buff.callback.x\n          ^^^^^^^^",
      undefined,
    ],
    [
      "sk_buff.address6:1.in6_u.u6_addr8[0]",
      "address6 (struct in6_addr) is not a pointer, so a mask cannot apply\n  sk_buff.address6:1.in6_u.u6_addr8[0]\n                   ^",
      undefined,
    ],
    [
      "sk_buff.mark:1:node.value",
      "mark (u32) is neither a pointer nor a 64-bit integer\n  sk_buff.mark:1:node.value\n                 ^^^^",
      undefined,
    ],
    [
      "sk_buff.wide:~0:nothing.value",
      "this kernel has no struct or union nothing\n  sk_buff.wide:~0:nothing.value\n                  ^^^^^^^",
      "Types of a module are known only while it is loaded",
    ],
    [
      "sk_buff.wide:~0:u32.value",
      "this kernel has no struct or union u32\n  sk_buff.wide:~0:u32.value\n                  ^^^",
      "Types of a module are known only while it is loaded",
    ],
    ["sk_buff.wide:~0:node", "a type must be followed by one of its members\n  sk_buff.wide:~0:node\n                  ^^^^", undefined],
    ["sk_buff.text[16]", "text has 16 elements, the first is 0\n  sk_buff.text[16]\n               ^^", undefined],
    ["sk_buff.mark[0]", "mark (u32) is not an array\n  sk_buff.mark[0]\n               ^", undefined],
    ["sk_buff.mark == -1", "mark (u32) is unsigned and never negative\n  sk_buff.mark == -1\n                  ^^", undefined],
    ["sk_buff.number:1", "number (s32) is signed, and masks apply to unsigned numbers\n  sk_buff.number:1\n                 ^", undefined],
    [`sk_buff.mark == "x"`, `mark (u32) is a number, not a text\n  sk_buff.mark == "x"\n                  ^^^`, undefined],
    ["sk_buff.text", "text (an array of 16 char) is not a number, so it needs a comparison\n  sk_buff.text\n          ^^^^", undefined],
    [
      "sk_buff.text == 5",
      "text (an array of 16 char) cannot be compared with a number\n  sk_buff.text == 5\n                  ^",
      undefined,
    ],
    [
      "sk_buff.text == eth0",
      "text (an array of 16 char) cannot be compared with a constant\n  sk_buff.text == eth0\n                  ^^^^",
      `Quote it to compare with text: "eth0"`,
    ],
    [`sk_buff.text > "a"`, `only numbers can be compared with >\n  sk_buff.text > "a"\n               ^`, "Use == or !="],
    [
      "sk_buff.text:1 == 'a'",
      "text (an array of 16 char) is not a number, so a mask cannot apply\n  sk_buff.text:1 == 'a'\n               ^",
      undefined,
    ],
    [
      "sk_buff.address6",
      "address6 (struct in6_addr) is not a number, so it needs a comparison\n  sk_buff.address6\n          ^^^^^^^^",
      undefined,
    ],
    [
      "sk_buff.address6 == 10.0.0.1",
      "address6 (struct in6_addr) cannot be compared with an IPv4 address\n  sk_buff.address6 == 10.0.0.1\n                      ^^^^^^^^",
      undefined,
    ],
    [
      "sk_buff.half == 10.0.0.1",
      "half (u16) does not hold an IPv4 address\n  sk_buff.half == 10.0.0.1\n                  ^^^^^^^^",
      undefined,
    ],
    [
      "sk_buff.mark == 02:00:00:00:00:01",
      `mark (u32) does not hold a MAC address\n  sk_buff.mark == 02:00:00:00:00:01\n                  ${"^".repeat(17)}`,
      undefined,
    ],
    ["sk_buff.real", "real (double) cannot be compared\n  sk_buff.real\n          ^^^^", undefined],
    [
      "sk_buff.color == GREE",
      `enum color has no constant "GREE"\n  sk_buff.color == GREE\n                   ^^^^`,
      "Did you mean GREEN? Its constants are GREEN, RED, BLUE",
    ],
    [
      "sk_buff.tiny == MODULE_READI",
      `no enum of this kernel has a constant "MODULE_READI"\n  sk_buff.tiny == MODULE_READI\n                  ^^^^^^^^^^^^`,
      "Did you mean MODULE_READY? C macros are not known to the kernel's type information, write their number",
    ],
    [
      "sk_buff.tiny == TWICE",
      `"TWICE" has several values in this kernel: 1, 2\n  sk_buff.tiny == TWICE\n                  ^^^^^`,
      "Write the number",
    ],
  ])("%s is refused", (text, message, hint) => {
    const seen = complaint(text);
    expect(seen.message).toBe(message);
    if (hint !== undefined) expect(seen.hint).toBe(hint);
  });

  test("a hint lists the members that there are", () => {
    const { hint } = complaint("sk_buff.makr == 1");
    expect(hint).toStartWith("Did you mean mark? Struct sk_buff has mark, dev, sk, sk_word, tagged,");
    expect(hint).toEndWith("late_node, open");
  });
});

describe.skipIf(!existsSync("/sys/kernel/btf/vmlinux"))("resolving against the running kernel (needs its BTF)", () => {
  const kernel = new Kernel();
  const resolve = (text: string) => resolveMetaFilter(kernel, text, parseMetaFilter(text), usualRoots);

  test.each([
    "sk_buff.len > 100",
    "sk_buff.protocol == 0x0008",
    "sk_buff.l4_hash",
    "sk_buff.pkt_type == 3",
    "sk_buff.dev.name == 'lo'",
    "sk_buff.dev.dev_addr == 02:00:00:00:00:01",
    "sk_buff.dev.nd_net.net.ns.inum == 1",
    "sk_buff.sk.__sk_common.skc_state == TCP_ESTABLISHED",
    "sk_buff.sk.__sk_common.skc_daddr == 10.0.0.1",
    "sk_buff.sk.__sk_common.skc_v6_daddr == fe80::1",
    "net_device.ifindex < 5",
    "net.ns.inum",
    "sock.__sk_common.skc_family == 2",
    "sk_buff.cb[0]",
    "sk_buff.tstamp < 1",
    "sk_buff.head:~0x0:iphdr.saddr == 10.0.0.1",
    "sk_buff.users.refs.counter == 1",
  ])("%s", (text) => {
    expect(resolve(text)).toBeDefined();
  });

  test("values that the C API fixes", () => {
    expect(resolve("sk_buff.sk.__sk_common.skc_state == TCP_ESTABLISHED")).toMatchObject({ bits: 8, value: 1n });
    expect(resolve("sk_buff.head:~0:iphdr.ihl == 5")).toMatchObject({ bits: 4, bitOffset: 0, path: { offset: 0 } });
    expect(resolve("sk_buff.head:~0:iphdr.version == 4")).toMatchObject({ bits: 4, bitOffset: 4 });
  });
});
