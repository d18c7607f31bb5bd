/** A program that does nothing, attached to a tracepoint: its times tell what the kernel's counting costs. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BpfObject } from "../../core/libbpf/bpf-object.ts";
import { errnoName } from "../../core/libbpf/libc.ts";
import type { Link } from "../../core/libbpf/link.ts";
import { attachRawTracepoint } from "../../core/libbpf/raw-tracepoint-link.ts";
import { compileBpf } from "./clang.ts";

/** Owns the attached program; this process shows it in its own /proc/PID/fdinfo. */
export class EmptyProgram implements Disposable {
  private constructor(
    private readonly object: BpfObject,
    private readonly link: Link,
  ) {}

  /** @param event tracepoint name without its group */
  static async attach(event: string): Promise<EmptyProgram> {
    const folder = mkdtempSync(join(tmpdir(), "retis-empty-"));
    try {
      const path = join(folder, "empty.bpf.o");
      await compileBpf("empty.bpf.c", path);
      const object = new BpfObject(readFileSync(path), "empty");
      object.load();
      const link = attachRawTracepoint(object.programFd("empty"), event);
      if (typeof link === "number") throw new Error(`the empty program cannot be attached: ${errnoName(link)}`);
      return new EmptyProgram(object, link);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  [Symbol.dispose](): void {
    this.link.close();
    this.object.close();
  }
}
