/**
 * eBPF code that reads the fields of a probe: `int retis_hook_XX_fields(ctx, event, struct retis_fields *section)`.
 *
 * Everything is read straight into the section; addresses and bitfields pass through memory of the section that is free. r6
 * holds event, r8 the address at hand, r9 the section. A field that cannot be read, because a pointer on the way is NULL for
 * instance, leaves its bit of `present` clear.
 */
import { type AccessSize, CodeBuilder, helpers, type Label } from "../filter/ebpf.ts";
import type { FieldSource } from "./field-source.ts";
import type { PlacedField } from "./field-layout.ts";

/** Offsets in bytes. */
export interface FieldFrame {
  /** In struct retis_event: the argument registers. */
  readonly args: number;
  /** In the section: `present`, and memory that is free, of 16 bytes. */
  readonly present: number;
  readonly scratch: number;
}

/** @param used bytes of the section's data, the result of the function */
export function fieldCode(fields: readonly PlacedField[], frame: FieldFrame, used: number): Uint8Array {
  return new FieldCode(frame).generate(fields, used);
}

class FieldCode {
  readonly #code = new CodeBuilder();

  constructor(private readonly frame: FieldFrame) {}

  generate(fields: readonly PlacedField[], used: number): Uint8Array {
    const code = this.#code;
    code.alu64("mov", "r6", "r2");
    code.alu64("mov", "r9", "r3");
    for (const [index, field] of fields.entries()) this.#field(field, index);
    code.alu64("mov", "r0", used);
    code.exit();
    return code.assemble();
  }

  #field({ source, offset, name }: PlacedField, index: number): void {
    const code = this.#code;
    const unread = code.label(`${name} not read`);
    code.load(8, "r8", "r6", this.frame.args + source.register * 8);
    for (const step of source.steps) this.#follow(step.offset, unread);
    this.#read(source, offset, unread);
    code.load(4, "r1", "r9", this.frame.present);
    code.alu64("or", "r1", 2 ** index);
    code.store(4, "r9", this.frame.present, "r1");
    code.place(unread);
  }

  /** Loads the next address. */
  #follow(offset: number, unread: Label): void {
    this.#readInto(this.frame.scratch, 8, offset, helpers.probe_read_kernel);
    this.#code.jumpIf64("jne", "r0", 0, unread);
    this.#code.load(8, "r8", "r9", this.frame.scratch);
  }

  #read({ read }: FieldSource, offset: number, unread: Label): void {
    const code = this.#code;
    switch (read.kind) {
      case "register":
        return code.store(read.size as AccessSize, "r9", offset, "r8");
      case "bytes":
        this.#readInto(offset, read.size, read.offset, helpers.probe_read_kernel);
        return code.jumpIf64("jne", "r0", 0, unread);
      case "string":
        this.#readInto(offset, read.size, read.offset, helpers.probe_read_kernel_str);
        return code.jumpIf64("jsle", "r0", 0, unread);
      case "bits":
        return this.#bits(read, offset, unread);
    }
  }

  #bits({ offset, bitOffset, bits, signed, size }: FieldSource["read"] & { kind: "bits" }, at: number, unread: Label): void {
    const code = this.#code;
    this.#readInto(this.frame.scratch, Math.ceil((bitOffset + bits) / 8), offset, helpers.probe_read_kernel);
    code.jumpIf64("jne", "r0", 0, unread);
    code.load(8, "r1", "r9", this.frame.scratch);
    const above = 64 - bitOffset - bits;
    if (above > 0) code.alu64("lsh", "r1", above);
    if (bits < 64) code.alu64(signed ? "arsh" : "rsh", "r1", 64 - bits);
    code.store(size as AccessSize, "r9", at, "r1");
  }

  /** Reads `size` bytes from r8 + offset into the section; r0 says how that went. NULL and what is near it cannot be read. */
  #readInto(at: number, size: number, offset: number, helper: number): void {
    const code = this.#code;
    code.alu64("mov", "r1", "r9");
    code.alu64("add", "r1", at);
    code.alu64("mov", "r2", size);
    code.alu64("mov", "r3", "r8");
    if (offset > 0) code.alu64("add", "r3", offset);
    code.call(helper);
  }
}
