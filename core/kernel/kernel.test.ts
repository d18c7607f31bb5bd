import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { TraceError } from "../base/errors.ts";
import { Kernel } from "./kernel.ts";
import { KernelFixture, tinyKernelBtf } from "./testdata/kernel-fixture.ts";

const btf = tinyKernelBtf();
const btfFiles = { "sys/kernel/btf/vmlinux": btf.vmlinux, "sys/kernel/btf/probe": btf.module };

describe("parameters", () => {
  const fixture = new KernelFixture(btfFiles);
  afterAll(() => fixture[Symbol.dispose]());
  const kernel = fixture.kernel();

  test("are exact: every pointer level, no qualifiers, typedefs by name", () => {
    expect(kernel.parameters("tcp_rcv")).toEqual([
      "struct sk_buff *",
      "struct sk_buff **",
      "bool",
      "enum skb_drop_reason",
      "void *",
      "union hidden *",
      "",
      "",
    ]);
  });

  test("of tracepoints lack the first void *, whichever declaration the kernel has", () => {
    expect(kernel.parameters("skb:kfree_skb")).toEqual(["struct sk_buff *", "enum skb_drop_reason"]);
    expect(kernel.parameters("any:old_event")).toEqual(["int"]);
    expect(kernel.parameters("any:older_event")).toEqual(["u64"]);
    expect(kernel.parameters("skb:no_such_event")).toBeUndefined();
  });

  test("say where they came from", () => {
    expect(kernel.prototype("tcp_rcv")!.source).toBe("vmlinux");
    expect(kernel.prototype("module_rcv")).toEqual({ parameters: [{ name: "", type: "struct sk_buff *" }], source: "probe" });
  });
});

describe("enums", () => {
  test("of vmlinux and modules, 32 and 64 bit, with prefixes removed", () => {
    using fixture = new KernelFixture(btfFiles);
    const kernel = fixture.kernel();
    expect([...kernel.enumNames("skb_drop_reason", ["SKB_", "DROP_REASON_"])!]).toEqual([
      [1, "CONSUMED"],
      [3, "NO_SOCKET"],
    ]);
    expect(kernel.enumValues("module_reason")).toEqual([{ name: "MODULE_FIRST", value: -1 }]);
  });

  test("of a module that is loaded later are found then", () => {
    using fixture = new KernelFixture({ "sys/kernel/btf/vmlinux": btf.vmlinux });
    const kernel = fixture.kernel();
    expect(kernel.enumValues("module_reason")).toBeUndefined();
    fixture.write("sys/kernel/btf/probe", btf.module);
    expect(kernel.enumValues("module_reason")).toHaveLength(1);
  });
});

describe("sources that are missing or damaged", () => {
  test("no BTF is an error with a hint, at the first question only", () => {
    using fixture = new KernelFixture({});
    const kernel = fixture.kernel();
    expect(() => kernel.parameters("tcp_rcv")).toThrow(TraceError);
    expect(() => kernel.parameters("tcp_rcv")).toThrow(/^Cannot read the kernel's type information from .*: ENOENT/);
  });

  test("a damaged module hides only itself", () => {
    using fixture = new KernelFixture({ ...btfFiles, "sys/kernel/btf/broken": "this is not BTF, not in the least" });
    const kernel = fixture.kernel();
    expect(kernel.parameters("module_rcv")).toHaveLength(1);
    expect(kernel.types.problems().map((problem) => problem.message)).toEqual([expect.stringContaining("BTF magic")]);
  });

  test("modules are not opened for names of vmlinux", () => {
    using fixture = new KernelFixture({ ...btfFiles, "sys/kernel/btf/broken": "" });
    const kernel = fixture.kernel();
    kernel.parameters("tcp_rcv");
    expect(kernel.types.problems()).toEqual([]);
  });

  test("kallsyms", () => {
    using fixture = new KernelFixture({ "proc/kallsyms": "" });
    expect(() => fixture.kernel().symbols).toThrow("Cannot read kernel symbols from");
  });
});

describe("configuration", () => {
  const release = "6.12.1-2";

  test("comes from the first place that has a usable one", () => {
    using fixture = new KernelFixture({ "proc/config.gz": new Uint8Array([0x1f, 0x8b, 1]), [`boot/config-${release}`]: "CONFIG_A=y\n" });
    expect(fixture.kernel().config("CONFIG_A")).toBe("y");
    expect(fixture.kernel().config("CONFIG_B")).toBeUndefined();
    using empty = new KernelFixture({});
    expect(empty.kernel().kernelConfig).toBeUndefined();
  });

  test("given by --kconf must be usable", () => {
    using fixture = new KernelFixture({ kconf: "CONFIG_A\n", [`boot/config-${release}`]: "CONFIG_A=y\n" });
    const kconf = `${fixture.directory}/kconf`;
    expect(() => fixture.kernel({ kconf }).config("CONFIG_A")).toThrow('line 1 has no "="');
    expect(() => fixture.kernel({ kconf: `${kconf}-absent` }).config("CONFIG_A")).toThrow("ENOENT");
    fixture.write("kconf", "CONFIG_A=m\n");
    expect(fixture.kernel({ kconf }).config("CONFIG_A")).toBe("m");
  });
});

describe("modules", () => {
  test("are loaded, built in, absent or unknown", () => {
    using fixture = new KernelFixture({
      "proc/modules": "nf_tables 1 2 - Live 0x0\n",
      "sys/module/loop/uevent": "",
      "lib/modules/6.12.1-2/modules.builtin": "kernel/net/8021q/8021q.ko\nkernel/fs/ext4-x.ko\n",
    });
    const kernel = fixture.kernel();
    for (const name of ["nf_tables", "nf-tables", "loop", "8021q", "ext4_x"])
      expect([name, kernel.moduleLoaded(name)]).toEqual([name, true]);
    expect(kernel.moduleLoaded("openvswitch")).toBe(false);
    using bare = new KernelFixture({});
    expect(bare.kernel().moduleLoaded("openvswitch")).toBeUndefined();
  });
});

describe.skipIf(!existsSync("/sys/kernel/btf/vmlinux"))("the running kernel (needs /sys/kernel/btf/vmlinux)", () => {
  const kernel = new Kernel();

  test("knows the functions and tracepoints that packets pass", () => {
    expect(kernel.parameters("skb:kfree_skb")!.slice(0, 2)).toEqual(["struct sk_buff *", "void *"]);
    expect(kernel.parameters("tcp_v4_rcv")).toEqual(["struct sk_buff *"]);
    expect(kernel.parameters("__netif_receive_skb_core")![0]).toBe("struct sk_buff **");
  });

  test("declares what the design relies on", () => {
    expect(kernel.hasStruct("sk_buff", "network_header")).toBe(true);
    expect(kernel.hasStruct("sk_buff", "no_such_member")).toBe(false);
    expect(kernel.hasIntegerMember("sk_buff", "len", 4)).toBe(true);
    expect(kernel.hasIntegerMember("sk_buff", "head", 8)).toBe(false);
    expect(kernel.version!.major).toBeGreaterThanOrEqual(5);
  });
});
