import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Kernel, type KernelOptions } from "../kernel.ts";
import { BtfBuilder } from "./btf-builder.ts";

/** A directory with the given files, below which a {@link Kernel} finds proc, sys, boot and lib; removed at the end of a `using` block. */
export class KernelFixture implements Disposable {
  readonly directory = mkdtempSync(join(tmpdir(), "retis-kernel-"));

  constructor(files: Readonly<Record<string, string | Uint8Array>>) {
    for (const [path, content] of Object.entries(files)) this.write(path, content);
  }

  write(path: string, content: string | Uint8Array): void {
    const file = join(this.directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  kernel(options: KernelOptions = {}): Kernel {
    const { directory } = this;
    return new Kernel({
      release: "6.12.1-2",
      procDir: join(directory, "proc"),
      sysDir: join(directory, "sys"),
      root: directory,
      ...options,
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true });
  }
}

/** BTF of a tiny kernel and one module, `probe`, whose parameters show every form of type text. */
export function tinyKernelBtf(): { readonly vmlinux: Uint8Array; readonly module: Uint8Array } {
  const btf = new BtfBuilder();
  const int = btf.type("int", { name: "int", sizeOrType: 4, words: [0x0100_0020] });
  const u64 = btf.type("int", { name: "u64", sizeOrType: 8, words: [64] });
  const bool = btf.type("typedef", { name: "bool", sizeOrType: int });
  const skb = btf.type("struct", { name: "sk_buff", sizeOrType: 8 });
  const constSkb = btf.type("const", { sizeOrType: skb });
  const skbPointer = btf.type("ptr", { sizeOrType: constSkb });
  const volatilePointer = btf.type("volatile", { sizeOrType: skbPointer });
  const skbPointerPointer = btf.type("ptr", { sizeOrType: volatilePointer });
  const voidPointer = btf.type("ptr");
  const undeclared = btf.type("ptr", { sizeOrType: btf.type("fwd", { name: "hidden", flag: true }) });
  const reason = btf.type("enum", {
    name: "skb_drop_reason",
    sizeOrType: 4,
    length: 2,
    words: [btf.string("SKB_CONSUMED"), 1, btf.string("SKB_DROP_REASON_NO_SOCKET"), 3],
  });
  const net = [btf.string("net_cookie"), u64, 0];
  btf.type("struct", { name: "net", sizeOrType: 8, length: 1, words: net });
  const callback = btf.type("ptr", { sizeOrType: btf.type("funcProto", { length: 0 }) });
  const prototype = (...types: number[]) =>
    btf.type("funcProto", { sizeOrType: int, length: types.length, words: types.flatMap((type) => [0, type]) });
  const func = (name: string, ...types: number[]) => btf.type("func", { name, sizeOrType: prototype(...types) });
  func("tcp_rcv", skbPointer, skbPointerPointer, bool, reason, voidPointer, undeclared, callback, 0);
  func("tcp_rcv_all", int);
  func("udp_rcv", skbPointer);
  btf.type("typedef", {
    name: "btf_trace_kfree_skb",
    sizeOrType: btf.type("ptr", { sizeOrType: prototype(voidPointer, skbPointer, reason) }),
  });
  btf.type("typedef", { name: "btf_trace_consume_skb", sizeOrType: btf.type("ptr", { sizeOrType: prototype(voidPointer, skbPointer) }) });
  func("__traceiter_old_event", voidPointer, int);
  func("__bpf_trace_older_event", voidPointer, u64);

  const vmlinux = btf.bytes();
  const module = new BtfBuilder(btf.string(""), btf.endId);
  module.type("func", { name: "module_rcv", sizeOrType: module.type("funcProto", { length: 1, words: [0, skbPointer] }) });
  module.type("enum64", {
    name: "module_reason",
    sizeOrType: 8,
    flag: true,
    length: 1,
    words: [module.string("MODULE_FIRST"), 0xffff_ffff, 0xffff_ffff],
  });
  return { vmlinux, module: module.bytes() };
}
