import { describe, expect, test } from "bun:test";
import { elfSections } from "../libbpf/elf-sections.ts";
import { cannotCompile } from "../../test/support/compile-c.ts";
import { metaKernel } from "./testdata/meta-kernel.ts";
import { prepareMetaFilter } from "./meta-filter.ts";

describe.skipIf(cannotCompile !== undefined)("prepareMetaFilter (needs clang)", () => {
  const kernel = cannotCompile === undefined ? metaKernel() : undefined!;
  const instructions = (expression: string) => elfSections(prepareMetaFilter(expression, kernel).object.bytes).get(".text")!.length / 8;

  test("arguments are requested once, in the order of use", () => {
    const types = (expression: string) => prepareMetaFilter(expression, kernel).argumentTypes;
    expect(types("sk_buff.mark")).toEqual([]);
    expect(types("sock.sk_bound or not (net.ns.inum and sock.sk_bound) or sk_buff.mark")).toEqual([["struct sock *"], ["struct net *"]]);
    expect(types("net_device.ifindex")).toEqual([["struct net_device *"]]);
  });

  test("members of the skb's copy cost a load and a comparison", () => {
    // Two moves, load, jump, jump, and both ends of two instructions.
    expect(instructions("sk_buff.mark == 1")).toBe(9);
    // The 64-bit immediate takes two.
    expect(instructions("sk_buff.wide == 0xffffffff")).toBe(11);
    expect(instructions("sk_buff.f18 == 1")).toBe(11);
  });

  test("collectors add roots, found as an argument or through members; those of core stay as they are", () => {
    const roots = {
      node: { arguments: ["struct node *"], from: ["sk_buff.absent", "sk_buff.sk_word:0xfffffff8"] },
      pair: { from: ["sk_buff.sk"] },
      sock: { arguments: ["struct other *"] },
    };
    const prepared = (expression: string) => prepareMetaFilter(expression, kernel, roots);
    expect(prepared("sock.sk_bound").argumentTypes).toEqual([["struct sock *"]]);
    expect(prepared("node.value and pair.second").argumentTypes).toEqual([["struct node *"], []]);
    // The members of the skb lead to the same as where they are written out, after the test of the argument.
    const code = (filter: { readonly object: { readonly bytes: Uint8Array } }) => elfSections(filter.object.bytes).get(".text")!.length / 8;
    expect(code(prepared("pair.second")) - code(prepareMetaFilter("sock.sk_bound", kernel))).toBeLessThanOrEqual(2);
    expect(() => prepareMetaFilter("node.value", kernel)).toThrow("struct node is not available to filters");
  });

  test("what does not fit the room is refused", () => {
    const texts = (count: number) => Array.from({ length: count }, () => `sk_buff.late_text == "${"x".repeat(255)}"`).join(" or ");
    expect(instructions(texts(29))).toBeLessThanOrEqual(4096);
    expect(() => prepareMetaFilter(texts(40), kernel)).toThrow(
      /^The meta filter is too long: \d+ BPF instructions, and there is room for 4096$/,
    );
  });
});
