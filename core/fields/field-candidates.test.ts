import { describe, expect, test } from "bun:test";
import { cannotCompile } from "../../test/support/compile-c.ts";
import { metaKernel } from "../filter/testdata/meta-kernel.ts";
import { fieldCandidates } from "./field-candidates.ts";
import { type FieldRoots, resolveFields } from "./field-resolver.ts";
import { parseFields } from "./field-parser.ts";
import { pointerTo } from "./testdata/pointer-to.ts";

describe.skipIf(cannotCompile !== undefined)("what can follow in a list of fields (needs clang)", () => {
  const kernel = cannotCompile === undefined ? metaKernel() : undefined!;
  const roots = (...names: readonly string[]): FieldRoots => ({
    signature: {
      btf: kernel.vmlinux,
      parameters: [
        { name: names[0] ?? "", typeId: pointerTo(kernel, "sk_buff") },
        { name: names[1] ?? "", typeId: pointerTo(kernel, "sock") },
        { name: "late", typeId: kernel.vmlinux.findByName("u32", "typedef")! },
      ],
      returns: kernel.vmlinux.findByName("s32", "typedef")!,
    },
    readable: 2,
    returnPosition: 13,
  });
  const texts = (text: string, targets = [roots("skb", "sk")]) => fieldCandidates(kernel, targets, text).map((one) => one.text);

  test("arguments that can be read, the return value, functions", () => {
    expect(texts("")).toEqual(["skb", "sk", "retval", "hex(", "symbol(", "str(", "ipv4(", "ipv6(", "mac(", "be("]);
    expect(texts("s", [roots()])).toEqual(["sk_buff", "sock", "symbol(", "str("]);
    expect(texts("a", [roots()])).toEqual(["arg0", "arg1"]);
    expect(fieldCandidates(kernel, [roots("skb", "sk")], "sk")).toEqual([
      { text: "skb", about: "struct sk_buff *" },
      { text: "sk", about: "struct sock *" },
    ]);
  });

  test("members, also of what was cast, in calls and after other fields", () => {
    expect(texts("skb.mar")).toEqual(["skb.mark"]);
    expect(texts("skb->dev -> ifi")).toEqual(["skb->dev -> ifindex"]);
    expect(texts("skb.mark, hex(skb.dev.ifi")).toEqual(["skb.mark, hex(skb.dev.ifindex"]);
    expect(texts("net_device(skb.sk).ifi")).toEqual(["net_device(skb.sk).ifindex"]);
    expect(texts("skb.pairs[1].sec")).toEqual(["skb.pairs[1].second"]);
    expect(fieldCandidates(kernel, [roots("skb", "sk")], "skb.mar")[0]?.about).toBe("u32");
  });

  test("macros of struct sock", () => {
    expect(texts("sk.sk_sta")).toEqual(["sk.sk_state"]);
  });

  test("structs and enums, once a name is long enough; functions and enums only outside of calls", () => {
    expect(texts("ne")).toEqual([]);
    expect(texts("net_dev")).toEqual(["net_device("]);
    expect(texts("hex(net_dev")).toEqual(["hex(net_device("]);
    expect(texts("col")).toEqual(["color("]);
    expect(texts("hex(col")).toEqual([]);
    expect(texts("hex(")).toEqual(["hex(skb", "hex(sk", "hex(retval"]);
  });

  test.each([
    "skb.mark ",
    "skb.mark as x",
    "skb.mark as ",
    "skb.none.x",
    "skb.mark.",
    "nothing.",
    "skb.pairs[",
    "skb.pairs[1]x",
    ")",
    "(.",
    "9",
  ])("nothing after %p", (text) => {
    expect(texts(text)).toEqual([]);
  });

  test("of several targets: the arguments of all, members of the first that has the value", () => {
    const targets = [roots("other", "sk"), roots("skb", "sk")];
    expect(texts("o", targets)).toEqual(["other"]);
    expect(texts("skb.mar", targets)).toEqual(["skb.mark"]);
  });

  test("every member that is offered is found", () => {
    const given = roots("skb", "sk");
    for (const of of ["skb", "sk", "skb.dev"]) {
      for (const text of texts(`${of}.`)) {
        try {
          resolveFields(kernel, given, `${text} as x`, parseFields(`${text} as x`));
        } catch (error) {
          expect((error as Error).message).not.toContain("has no member");
        }
      }
    }
  });
});
