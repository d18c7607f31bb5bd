import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { Btf } from "./btf.ts";
import { type LayoutMember, structLayout } from "./struct-layout.ts";
import { cannotCompile, compileBtf } from "../../test/support/compile-c.ts";

describe.skipIf(cannotCompile !== undefined)("layout of a compiled struct (needs clang)", () => {
  const btf = cannotCompile === undefined ? compileBtf({ source: { path: join(import.meta.dir, "testdata/types.bpf.c") } }) : undefined!;
  const layout = btf && structLayout(btf, "sample")!;
  const member = (name: string): LayoutMember => layout.members.find((entry) => entry.name === name)!;

  test("size, order and offsets", () => {
    expect(layout).toMatchObject({ name: "sample", size: 176 });
    expect(layout.members.map((entry) => `${entry.name}@${entry.offset}`).join(" ")).toBe(
      "name@0 small@16 flag@17 low@18 middle@18 sign@19 wide@24 number@32 qualified@40 source@44 targets@64 matrix@104 " +
        "color@116 temperature@120 huge@128 deep@136 callback@144 next@152 first@160 second@162 both@160 named@164 real@168 tail@176",
    );
  });

  test("scalars", () => {
    expect(member("small")).toMatchObject({ kind: "int", size: 1, signed: true });
    expect(member("flag")).toMatchObject({ kind: "bool", size: 1, signed: false });
    expect(member("number")).toMatchObject({ kind: "uint", size: 8, typeName: "u64" });
    expect(member("qualified")).toMatchObject({ kind: "uint", size: 4, typeName: "u32" });
    expect(member("real")).toMatchObject({ kind: "float", size: 8 });
    expect(member("callback")).toMatchObject({ kind: "pointer", size: 8 });
  });

  test("bitfields say where their bits are", () => {
    expect(member("low")).toMatchObject({ kind: "uint", bitOffset: 0, bitSize: 3 });
    expect(member("middle")).toMatchObject({ kind: "uint", bitOffset: 3, bitSize: 7 });
    expect(member("sign")).toMatchObject({ kind: "int", signed: true, bitOffset: 2, bitSize: 5 });
    expect(member("wide")).toMatchObject({ kind: "uint", size: 8, bitOffset: 0, bitSize: 40 });
    expect(member("number")).not.toHaveProperty("bitSize");
  });

  test("arrays: text, numbers, structs, several dimensions, open end", () => {
    expect(member("name")).toMatchObject({ kind: "char-array", size: 16, length: 16 });
    expect(member("targets")).toMatchObject({ kind: "array", size: 40, length: 2, element: { kind: "struct", size: 20 } });
    expect(member("matrix")).toMatchObject({
      kind: "array",
      size: 12,
      length: 2,
      element: { kind: "array", size: 6, length: 3, element: { kind: "uint", size: 2 } },
    });
    expect(member("tail")).toMatchObject({ kind: "array", size: 0, length: 0, element: { kind: "uint", size: 1 } });
  });

  test("enums have size, sign and a type to look up", () => {
    expect(member("color")).toMatchObject({ kind: "enum", size: 4, signed: false, typeName: "color" });
    expect(member("temperature")).toMatchObject({ kind: "enum", size: 4, signed: true });
    expect(member("deep")).toMatchObject({ kind: "enum", size: 8, signed: true });
    expect(btf.enumValues(member("color").typeId)[1]).toEqual({ name: "GREEN", value: 5 });
  });

  test("nested structs keep their own offsets, anonymous ones vanish", () => {
    const source = member("source");
    expect(source).toMatchObject({ kind: "struct", size: 20, typeName: "address" });
    expect(source.members!.map((entry) => [entry.name, entry.offset])).toEqual([
      ["bytes", 0],
      ["words", 0],
      ["port", 16],
    ]);
    expect(member("named").members).toMatchObject([{ name: "inner", offset: 0 }]);
  });

  test("what is not a struct has no layout", () => {
    expect(structLayout(btf, "no_such_struct")).toBeUndefined();
    expect(structLayout(btf, "__be16")).toBeUndefined();
    expect(structLayout(btf, btf.findByName("outer_function")!)).toBeUndefined();
  });
});

const vmlinux = "/sys/kernel/btf/vmlinux";

describe.skipIf(!existsSync(vmlinux))("layouts of the running kernel (needs /sys/kernel/btf/vmlinux)", () => {
  const btf = existsSync(vmlinux) ? Btf.parse(readFileSync(vmlinux)) : undefined!;

  test("iphdr, whose bits the protocol fixes", () => {
    const iphdr = structLayout(btf, "iphdr")!;
    expect(iphdr.size).toBe(20);
    const places = iphdr.members.map(({ name, offset, bitOffset, bitSize }) => [name, offset, bitOffset, bitSize]);
    expect(places).toContainEqual(["ihl", 0, 0, 4]);
    expect(places).toContainEqual(["version", 0, 4, 4]);
    expect(places).toContainEqual(["saddr", 12, undefined, undefined]);
  });

  test("sk_buff, through its groups and typedefs", () => {
    const members = new Map(structLayout(btf, "sk_buff")!.members.map((entry) => [entry.name, entry]));
    expect(members.get("len")).toMatchObject({ kind: "uint", size: 4 });
    expect(members.get("network_header")).toMatchObject({ kind: "uint", size: 2, typeName: "__u16" });
    expect(members.get("cb")).toMatchObject({ kind: "char-array", length: 48 });
    expect(members.get("head")).toMatchObject({ kind: "pointer" });
    expect(members.get("cloned")).toMatchObject({ bitSize: 1 });
  });
});
