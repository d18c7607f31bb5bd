import { describe, expect, test } from "bun:test";
import { cannotCompile } from "../../test/support/compile-c.ts";
import { metaKernel } from "../filter/testdata/meta-kernel.ts";
import { parseFields } from "./field-parser.ts";
import { type FieldRoots, resolveFields } from "./field-resolver.ts";
import { pointerTo } from "./testdata/pointer-to.ts";

describe.skipIf(cannotCompile !== undefined)("fields against types of our own (needs clang)", () => {
  const kernel = cannotCompile === undefined ? metaKernel() : undefined!;
  const btf = cannotCompile === undefined ? kernel.vmlinux : undefined!;
  const roots = (): FieldRoots => ({
    signature: {
      btf,
      parameters: [
        { name: "skb", typeId: pointerTo(kernel, "sk_buff") },
        { name: "", typeId: pointerTo(kernel, "sock") },
        { name: "color", typeId: btf.findByName("color", "enum")! },
        { name: "late", typeId: btf.findByName("u32", "typedef")! },
      ],
      returns: btf.findByName("s32", "typedef")!,
    },
    readable: 3,
    returnPosition: 13,
  });
  const resolve = (text: string, given = roots()) => resolveFields(kernel, given, text, parseFields(text));

  test("a member of what an argument points to", () => {
    expect(resolve("skb.mark")).toEqual([
      {
        name: "mark",
        text: "skb.mark",
        source: { register: 0, steps: [], read: { kind: "bytes", offset: 36, size: 4 } },
        value: { kind: "integer", size: 4, signed: false, bigEndian: false },
      },
    ]);
  });

  test("arguments by name, number and struct, and the return value", () => {
    const sources = resolve("color, arg2 as same, sock.sk_bound, retval").map(({ source }) => source);
    expect(sources).toMatchObject([
      { register: 2, read: { kind: "register", size: 4 } },
      { register: 2, read: { kind: "register", size: 4 } },
      { register: 1, read: { kind: "bytes" } },
      { register: 13, read: { kind: "register", size: 4 } },
    ]);
  });

  test("pointers are followed, and macros of struct sock are its common members", () => {
    const [state, common, word] = resolve("skb.sk.sk_state, skb.sk.__sk_common.skc_state as common, skb.sk as word");
    expect(state?.source).toMatchObject({ steps: [{ offset: 8 }], read: { size: 1 } });
    expect(common?.source).toEqual(state!.source);
    expect(word).toMatchObject({ source: { steps: [], read: { offset: 8, size: 8 } }, value: { kind: "hex" } });
  });

  test("types say how a value is shown", () => {
    const shown = resolve(
      "color, skb.dev.name, skb.sk.sk_daddr, skb.sk.sk_v6_daddr, skb.dev.alias, skb.dev.perm_addr, mac(skb.dev.dev_addr), hex(skb.mark) as h",
    );
    expect(shown.map(({ value }) => value.kind)).toEqual(["names", "text", "ipv4", "ipv6", "text", "list", "mac", "hex"]);
    expect(shown[0]?.value).toMatchObject({
      names: new Map([
        [0, "RED"],
        [5, "GREEN"],
        [4000000000, "BLUE"],
      ]),
    });
    expect(shown[4]?.source).toMatchObject({ steps: [{}, {}], read: { kind: "string" } });
    expect(shown[6]?.source).toMatchObject({ steps: [{}, {}], read: { kind: "bytes", offset: 0, size: 6 } });
  });

  test("bitfields, elements, casts and enums by name", () => {
    const [bits, element, cast, named] = resolve("skb.f18, skb.pairs[2].second, net_device(skb.sk).ifindex, color(skb.mark) as c");
    expect(bits?.source.read).toMatchObject({ kind: "bits", offset: 58, bitOffset: 3, bits: 18 });
    expect(element?.source.read).toMatchObject({ offset: 128 + 2 * 4 + 2, size: 2 });
    expect(cast?.source.steps).toHaveLength(1);
    expect(named?.value.kind).toBe("names");
  });

  test.each([
    ["skbb.mark", 'the probe has no argument "skbb"', "skbb"],
    ["skb.marc", 'struct sk_buff has no member "marc"', "marc"],
    ["skb.dev", "accepted", ""],
    ["skb.sk.__sk_common", "__sk_common (struct sock_common) is a struct: name one of its members", "skb.sk.__sk_common"],
    ["skb.mark.x", "mark (u32) does not point to a struct with members", "skb.mark"],
    ["skb.mark[1]", "mark (u32) is not an array", "skb.mark[1]"],
    ["skb.pairs[9].second", "pairs has 3 elements, the first is 0", "skb.pairs[9]"],
    ["late", 'argument "late" is not in a register, so it cannot be read', "late"],
    ["foo(skb).x", '"foo" is neither a struct of this kernel nor a function', "foo"],
    ["hex(skb).x", "hex() can only be the outermost function of a field", "hex"],
    ["sk_buff(skb.mark).len", "mark (u32) is neither a pointer nor a 64-bit integer", "skb.mark"],
    ["mac(skb.mark)", "mark (u32) does not have the 6 bytes of the address", "skb.mark"],
    ["symbol(skb.mark)", "mark (u32) is not an address", "skb.mark"],
  ])("%s: %s", (text, message, marked) => {
    let seen: readonly [string, string] = ["accepted", ""];
    try {
      resolve(text);
    } catch (error) {
      const [first = "", , marks = ""] = (error as Error).message.split("\n");
      const start = marks.indexOf("^") - 2;
      seen = [first.replace("Invalid fields of a probe: ", ""), text.slice(start, start + marks.trim().length)];
    }
    expect(seen).toEqual([message, marked]);
  });

  test("a function that returns nothing has no retval, nor does a probe at its entry", () => {
    const given = roots();
    expect(() => resolve("retval", { ...given, signature: { ...given.signature, returns: 0 } })).toThrow("returns nothing");
    expect(() => resolve("retval", { ...given, returnPosition: undefined })).toThrow('no argument "retval"');
  });
});
