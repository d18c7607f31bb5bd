/** A program that does nothing, attached to a tracepoint: its times show what the kernel's counting costs. */
import { join } from "node:path";
import { BpfObject } from "../../core/libbpf/bpf-object.ts";
import { errnoName } from "../../core/libbpf/libc.ts";
import type { Link } from "../../core/libbpf/link.ts";
import { attachRawTracepoint } from "../../core/libbpf/raw-tracepoint-link.ts";
import { compileBpf } from "../support/compile-c.ts";

/** Owns the attached program; this process shows it in its own /proc/PID/fdinfo. */
export class EmptyProgram implements Disposable {
  private constructor(
    private readonly object: BpfObject,
    private readonly link: Link,
  ) {}

  /** @param event tracepoint name without its group */
  static attach(event: string): EmptyProgram {
    const object = new BpfObject(compileBpf({ source: { path: join(import.meta.dir, "empty.bpf.c") } }), "empty");
    object.load();
    const link = attachRawTracepoint(object.programFd("empty"), event);
    if (typeof link === "number") throw new Error(`the empty program cannot be attached: ${errnoName(link)}`);
    return new EmptyProgram(object, link);
  }

  [Symbol.dispose](): void {
    this.link.close();
    this.object.close();
  }
}
