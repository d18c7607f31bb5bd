import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { existsSync, readFileSync } from "node:fs";
import { Btf, type BtfType } from "./btf.ts";
import { BtfBuilder } from "./testdata/btf-builder.ts";
import { cannotCompile, compileBtf } from "../../test/support/compile-c.ts";

const vmlinux = "/sys/kernel/btf/vmlinux";
const hasBpftool = existsSync(vmlinux) && Bun.which("bpftool") !== null;

describe.skipIf(!existsSync(vmlinux))("BTF of the running kernel (needs /sys/kernel/btf/vmlinux)", () => {
  const bytes = readFileSync(vmlinux);

  test("finds types by name and kind", () => {
    const btf = Btf.parse(bytes);
    const struct = btf.findByName("sk_buff", "struct")!;
    expect(btf.type(struct)).toMatchObject({ kind: "struct", name: "sk_buff" });
    expect(btf.findByName("sk_buff", "union")).toBeUndefined();
    expect(btf.findByName("no_such_type")).toBeUndefined();
    expect(btf.findByName("")).toBeUndefined();
    expect(btf.functionPrototype("tcp_v4_rcv")!.parameters).toHaveLength(1);
    expect(btf.functionPrototype("sk_buff")).toBeUndefined();
  });

  test("functions that take a type are those with a parameter that leads to it", () => {
    const btf = Btf.parse(bytes);
    const wanted = [btf.findByName("sk_buff", "struct")!, btf.findByName("skb_drop_reason", "enum")!];
    const pointee = (id: number): number => {
      const type = btf.type(id);
      return ["ptr", "const", "volatile", "restrict", "typeTag"].includes(type.kind) ? pointee((type as { typeId: number }).typeId) : id;
    };
    const expected: number[] = [];
    for (let id = 1; id < btf.endId; id++) {
      const func = btf.type(id);
      const prototype = func.kind === "func" ? btf.type(func.typeId) : undefined;
      if (prototype?.kind === "funcProto" && prototype.parameters.some(({ typeId }) => wanted.includes(pointee(typeId)))) expected.push(id);
    }
    expect(expected.length).toBeGreaterThan(500);
    expect(btf.functionsTaking(wanted)).toEqual(expected);
    expect(btf.functionsTaking([])).toEqual([]);
  });

  test("every name leads to the lowest type that has it", () => {
    const btf = Btf.parse(bytes);
    const lowest = new Map<string, number>();
    for (let id = 1; id < btf.endId; id++) {
      const key = `${btf.kind(id)} ${btf.name(id)}`;
      if (/^(struct|union|enum|func|typedef|var|int|fwd) ./.test(key) && !lowest.has(key)) lowest.set(key, id);
    }
    expect(lowest.size).toBeGreaterThan(10_000);
    for (const [key, id] of lowest) {
      const [kind, name] = key.split(/ (.*)/s) as ["struct", string];
      if (btf.findByName(name, kind) !== id) throw new Error(`${key}: ${btf.findByName(name, kind)} instead of ${id}`);
    }
  });

  test.skipIf(!hasBpftool)("every type equals what bpftool prints (needs bpftool)", () => {
    const btf = Btf.parse(bytes);
    const dump = Bun.spawnSync(["bpftool", "btf", "dump", "-j", "file", vmlinux], { maxBuffer: 1 << 30 });
    const { types } = JSON.parse(dump.stdout.toString()) as { types: BpftoolType[] };
    expect(types).toHaveLength(btf.endId - 1);
    for (const expected of types) {
      const seen = JSON.stringify(asBpftool(btf, expected.id), withoutHighValues);
      const wanted = JSON.stringify({ ...expected, id: undefined }, withoutHighValues);
      if (seen !== wanted) throw new Error(`type ${expected.id} is ${seen}, bpftool prints ${wanted}`);
    }
  });
});

/** bpftool 7.1 prints 32-bit enum values from 2^31 on with the sign extended, and JSON rounds: leave those out. */
function withoutHighValues(key: string, value: unknown): unknown {
  return key === "val" && Math.abs(Number(value)) >= 2 ** 31 ? "high" : value;
}

type BpftoolType = { readonly id: number } & Readonly<Record<string, unknown>>;

/** A type the way `bpftool btf dump -j` writes it. */
function asBpftool(btf: Btf, id: number): object {
  const type = btf.type(id);
  const kind = { funcProto: "FUNC_PROTO", declTag: "DECL_TAG", typeTag: "TYPE_TAG" }[type.kind as string] ?? type.kind.toUpperCase();
  return { kind, name: btf.name(id) || "(anon)", ...bpftoolFields(btf, id, type) };
}

function bpftoolFields(btf: Btf, id: number, type: BtfType): object {
  switch (type.kind) {
    case "int": {
      const encoding = type.signed ? "SIGNED" : type.char ? "CHAR" : type.bool ? "BOOL" : "(none)";
      return { size: type.size, bits_offset: type.bitOffset, nr_bits: type.bits, encoding };
    }
    case "array":
      return { type_id: type.elementTypeId, index_type_id: type.indexTypeId, nr_elems: type.length };
    case "struct":
    case "union":
      return { size: type.size, vlen: type.memberCount, members: bpftoolMembers(btf, id) };
    case "enum":
    case "enum64":
      return {
        encoding: type.signed ? "SIGNED" : "UNSIGNED",
        size: type.size,
        vlen: type.valueCount,
        values: btf.enumValues(id).map(({ name, value }) => ({ name, val: Number(value) })),
      };
    case "fwd":
      return { fwd_kind: type.of };
    case "funcProto":
      return {
        ret_type_id: type.returnTypeId,
        vlen: type.parameters.length,
        params: type.parameters.map(({ name, typeId }) => ({ name: name || "(anon)", type_id: typeId })),
      };
    case "func":
    case "var":
      return { type_id: type.typeId, linkage: type.linkage };
    case "datasec":
      return {
        size: type.size,
        vlen: type.variables.length,
        vars: type.variables.map(({ typeId, offset, size }) => ({ type_id: typeId, offset, size })),
      };
    case "declTag":
      return { type_id: type.typeId, component_idx: type.componentIndex };
    case "float":
      return { size: type.size };
    case "void":
      return {};
    default:
      return { type_id: type.typeId };
  }
}

function bpftoolMembers(btf: Btf, id: number): object[] {
  return btf.members(id).map(({ name, typeId, bitOffset, bitSize }) => ({
    name: name || "(anon)",
    type_id: typeId,
    bits_offset: bitOffset,
    ...(bitSize > 0 ? { bitfield_size: bitSize } : {}),
  }));
}

describe.skipIf(cannotCompile !== undefined)("BTF of a compiled object (needs clang)", () => {
  const btf = cannotCompile === undefined ? compileBtf({ source: { path: join(import.meta.dir, "testdata/types.bpf.c") } }) : undefined!;

  test("enum values are exact, with their sign, in 32 and 64 bits", () => {
    const values = (name: string) => btf.enumValues(btf.findByName(name)!).map((entry) => entry.value);
    expect(values("color")).toEqual([0, 5, 4_000_000_000]);
    expect(values("temperature")).toEqual([-40, 20]);
    expect(values("huge")).toEqual([1, 0x20_0000_0000_0001n, 0xffff_ffff_ffff_ffffn]);
    expect(values("deep")).toEqual([-0x8000_0000_0000_0000n, -2]);
  });

  test("typedefs and qualifiers are followed by resolve and sizeOf", () => {
    const port = btf.members(btf.findByName("address")!).find((member) => member.name === "port")!;
    expect(btf.type(port.typeId)).toMatchObject({ kind: "typedef", name: "__be16" });
    expect(btf.type(btf.resolve(port.typeId))).toMatchObject({ kind: "int", size: 2, signed: false });
    expect(btf.sizeOf(port.typeId)).toBe(2);
    expect(btf.sizeOf(0)).toBeUndefined();
    expect(btf.sizeOf(btf.findByName("outer_function")!)).toBeUndefined();
  });

  test("variables and data sections", () => {
    const section = btf.type(btf.findByName(".rodata", "datasec")!);
    expect(section).toMatchObject({ kind: "datasec", variables: [{ typeId: btf.findByName("version", "var")! }] });
    expect(btf.sizeOf(btf.findByName("version", "var")!)).toBe(4);
  });
});

describe("split BTF", () => {
  const base = new BtfBuilder();
  const int = base.type("int", { name: "int", sizeOrType: 4, words: [0x0100_0020] });
  const shared = base.string("shared");
  const baseBtf = Btf.parse(base.bytes());
  const split = new BtfBuilder(base.string(""), baseBtf.endId);

  test("continues ids and names of its base", () => {
    const pointer = split.type("ptr", { sizeOrType: int });
    const alias = split.type("typedef", { name: shared, sizeOrType: pointer });
    const own = split.type("typedef", { name: "own", sizeOrType: int });
    const btf = Btf.parse(split.bytes(), baseBtf);
    expect(btf.firstId).toBe(2);
    expect(btf.name(alias)).toBe("shared");
    expect(btf.findByName("shared")).toBe(alias);
    expect(btf.findByName("own", "typedef")).toBe(own);
    expect(btf.findByName("int")).toBe(int);
    expect(btf.findOwn("int")).toBeUndefined();
    expect(btf.type(int)).toMatchObject({ name: "int", signed: true });
    expect(btf.sizeOf(alias)).toBe(8);
    expect(() => baseBtf.type(alias)).toThrow("does not exist");
  });
});

describe("unusual BTF", () => {
  test("functions of split BTF are found by types of the base and of their own", () => {
    const base = new BtfBuilder();
    const struct = base.type("struct", { name: "sk_buff" });
    const pointer = base.type("ptr", { sizeOrType: struct });
    const inBase = base.type("funcProto", { length: 1, words: [0, pointer] });
    const kernel = Btf.parse(base.bytes());
    const split = new BtfBuilder(base.string(""), base.endId);
    const own = split.type("const", { sizeOrType: pointer });
    const inModule = split.type("funcProto", { length: 2, words: [0, 0, 0, own] });
    const other = split.type("funcProto", { length: 1, words: [0, struct + 1000] });
    const functions = [inBase, inModule, other].map((prototype, index) => split.type("func", { name: `f${index}`, sizeOrType: prototype }));
    const module = Btf.parse(split.bytes(), kernel);
    expect(module.functionsTaking(module.allNamed("sk_buff"))).toEqual(functions.slice(0, 2));
    expect(kernel.functionsTaking([struct])).toEqual([]);
  });

  test("bitfields of old compilers, described by the integer alone", () => {
    const builder = new BtfBuilder();
    const threeBits = builder.type("int", { name: "unsigned int", sizeOrType: 4, words: [(2 << 16) | 3] });
    const struct = builder.type("struct", { name: "old", sizeOrType: 4, length: 1, words: [builder.string("field"), threeBits, 8] });
    const btf = Btf.parse(builder.bytes());
    expect(btf.members(struct)).toEqual([{ name: "field", typeId: threeBits, bitOffset: 10, bitSize: 3 }]);
  });

  test("bytes that are not on a word boundary", () => {
    const builder = new BtfBuilder();
    builder.type("typedef", { name: "thing" });
    const shifted = Buffer.concat([Buffer.alloc(1), builder.bytes()]).subarray(1);
    expect(Btf.parse(new Uint8Array(shifted)).findByName("thing")).toBe(1);
    expect(Btf.parse(shifted).findByName("thing")).toBe(1);
  });

  test("kinds of a later kernel are stepped over when the header gives their length", () => {
    const builder = new BtfBuilder();
    const later = builder.type(25, { length: 2, words: [7, 1, 1] });
    const thing = builder.type("typedef", { name: "thing" });
    expect(() => Btf.parse(builder.bytes())).toThrow("unknown BTF kind 25");
    const layout = Array.from({ length: 26 }, (_, kind): [number, number] => (kind === 25 ? [4, 4] : [0, 0]));
    const btf = Btf.parse(builder.bytes(layout));
    expect(btf.findByName("thing")).toBe(thing);
    expect(btf.kind(later)).toBeUndefined();
    expect(() => btf.type(later)).toThrow("kind that is not known");
  });

  test("a typedef of itself ends in an error, not in a loop", () => {
    const builder = new BtfBuilder();
    const loop = builder.type("typedef", { name: "loop", sizeOrType: 1 });
    expect(() => Btf.parse(builder.bytes()).resolve(loop)).toThrow("refers to itself");
  });
});

describe("damaged BTF is refused with the reason", () => {
  const whole = new BtfBuilder();
  whole.type("struct", { name: "s", length: 1, words: [0, 0, 0] });
  const bytes = whole.bytes();
  const changed = (change: (copy: Uint8Array) => void): Uint8Array => {
    const copy = new Uint8Array(bytes);
    change(copy);
    return copy;
  };
  test.each([
    ["empty", new Uint8Array(), "shorter than a BTF header"],
    ["text", Buffer.from("this is certainly not BTF at all"), "magic"],
    ["big-endian", changed((copy) => copy.set([0xeb, 0x9f])), "big-endian"],
    ["version", changed((copy) => copy.set([2], 2)), "version is 2"],
    ["short", bytes.subarray(0, bytes.length - 1), "reaches beyond the end"],
    ["no last zero", changed((copy) => copy.set([65], bytes.length - 1)), "does not end"],
    ["members cut off", changed((copy) => copy.set([2], 24 + 4)), "truncated"],
  ])("%s", (_, damaged, reason) => {
    expect(() => Btf.parse(damaged)).toThrow(reason);
  });
});
