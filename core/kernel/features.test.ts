import { describe, expect, test } from "bun:test";
import type { BtfKind } from "./btf.ts";
import { Btf } from "./btf.ts";
import * as features from "./features.ts";
import type { FoundType, TypeSource } from "./kernel-types.ts";
import { BtfBuilder } from "./testdata/btf-builder.ts";

function kernelWith(build: (btf: BtfBuilder) => void): TypeSource {
  const builder = new BtfBuilder();
  build(builder);
  const btf = Btf.parse(builder.bytes());
  const findCoreType = (name: string, kind: BtfKind): FoundType | undefined => {
    const id = btf.findByName(name, kind);
    return id === undefined ? undefined : { btf, id, source: "vmlinux" };
  };
  const findType = (): never => {
    throw new Error("modules were searched for a fact of the kernel itself");
  };
  return { findCoreType, findType };
}

function addStruct(btf: BtfBuilder, name: string, member: string, type: number): void {
  btf.type("struct", { name, sizeOrType: 8, length: 1, words: [btf.string(member), type, 0] });
}

function addEnum(btf: BtfBuilder, name: string, ...values: string[]): void {
  btf.type("enum", { name, sizeOrType: 4, length: values.length, words: values.flatMap((value, index) => [btf.string(value), index]) });
}

test("a kernel that declares nothing has no feature, and no module is searched", () => {
  const kernel = kernelWith((btf) => btf.type("int", { name: "int", sizeOrType: 4, words: [32] }));
  for (const fact of Object.values(features)) expect(fact(kernel)).toBeFalsy();
});

describe("facts", () => {
  test("raw tracepoint cookies are a member of the link", () => {
    expect(features.hasRawTracepointCookies(kernelWith((btf) => addStruct(btf, "bpf_raw_tp_link", "cookie", 1)))).toBe(true);
    expect(features.hasRawTracepointCookies(kernelWith((btf) => addStruct(btf, "bpf_raw_tp_link", "btp", 1)))).toBe(false);
  });

  test("members of anonymous structs count", () => {
    const kernel = kernelWith((btf) => {
      const inner = btf.type("struct", { sizeOrType: 8, length: 1, words: [btf.string("cookie"), 1, 0] });
      btf.type("struct", { name: "bpf_raw_tp_link", sizeOrType: 8, length: 1, words: [0, inner, 0] });
    });
    expect(features.hasRawTracepointCookies(kernel)).toBe(true);
  });

  test("kprobe-multi needs the link with cookies, not only the constant", () => {
    const constant = (btf: BtfBuilder) => addEnum(btf, "bpf_attach_type", "BPF_TRACE_KPROBE_MULTI");
    expect(features.hasKprobeMulti(kernelWith(constant))).toBe(false);
    const both = kernelWith((btf) => {
      constant(btf);
      addStruct(btf, "bpf_kprobe_multi_link", "cookies", 1);
    });
    expect(features.hasKprobeMulti(both)).toBe(true);
    expect(features.kprobeSession(both)).toBeUndefined();
  });

  test("sessions are called as their functions are declared", () => {
    const kernel = (...parameters: string[]) =>
      kernelWith((btf) => {
        addEnum(btf, "bpf_attach_type", "BPF_TRACE_KPROBE_MULTI", "BPF_TRACE_KPROBE_SESSION");
        addStruct(btf, "bpf_kprobe_multi_link", "cookies", 1);
        const pointer = btf.type("ptr", {});
        const prototype = btf.type("funcProto", {
          length: parameters.length,
          words: parameters.flatMap((name) => [btf.string(name), pointer]),
        });
        btf.type("func", { name: "bpf_session_cookie", sizeOrType: prototype });
      });
    expect(features.kprobeSession(kernel())).toBe("plain");
    expect(features.kprobeSession(kernel("ctx"))).toBe("context");
    expect(features.kprobeSession(kernel("ctx", "more"))).toBeUndefined();
  });

  test("kernel objects are read without a helper where the kernel has bpf_rdonly_cast", () => {
    const without = kernelWith(() => {});
    const having = kernelWith((btf) => {
      btf.type("func", { name: "bpf_rdonly_cast", sizeOrType: btf.type("funcProto", {}) });
    });
    expect(features.hasDirectReads(without)).toBe(false);
    expect(features.hasDirectReads(having)).toBe(true);
  });

  test("the netns cookie is one only as a 64-bit integer: atomic64_t of 5.10 is a struct", () => {
    const kernel = (size: number) =>
      kernelWith((btf) => {
        const int = btf.type("int", { name: "number", sizeOrType: size, words: [size * 8] });
        addStruct(btf, "net", "net_cookie", btf.type("typedef", { name: "u64", sizeOrType: int }));
      });
    expect(features.hasNetCookie(kernel(8))).toBe(true);
    expect(features.hasNetCookie(kernel(4))).toBe(false);
    const atomic = kernelWith((btf) => addStruct(btf, "net", "net_cookie", btf.type("struct", { name: "atomic64_t", sizeOrType: 8 })));
    expect(features.hasNetCookie(atomic)).toBe(false);
  });

  test("drop reasons and helpers are enums and their values", () => {
    const kernel = kernelWith((btf) => {
      addEnum(btf, "skb_drop_reason", "SKB_NOT_DROPPED_YET");
      addEnum(btf, "bpf_func_id", "BPF_FUNC_get_func_ip");
    });
    expect(features.hasDropReasons(kernel)).toBe(true);
    expect(features.hasDropReasonSubsystems(kernel)).toBe(false);
    expect(features.hasGetFuncIp(kernel)).toBe(true);
    expect(features.hasProbeCookies(kernel)).toBe(false);
  });
});
