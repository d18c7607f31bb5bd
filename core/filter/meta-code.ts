/**
 * eBPF code of a meta filter: `int retis_filter_meta(struct retis_context *ctx, struct retis_event *event)`.
 *
 * Members of struct sk_buff are loaded from the private copy in `event`, without a call. All other memory is fetched with
 * bpf_probe_read_kernel() into the part of `event` that becomes the record later, so the code needs no stack of its own.
 * r6 holds event, r7 ctx, r8 the address that the last pointer gave, r1 the value to compare.
 */
import type { BytesTest, Condition as MetaCondition, Dereference, NumberTest, MemberPath, Root, Test, TextTest } from "./meta-condition.ts";
import { type AccessSize, CodeBuilder, type Condition, helpers, type Label } from "./ebpf.ts";
import type { Operator } from "./meta-expression.ts";
import type { MetaFrame } from "./meta-frame.ts";

/** How the struct of a root other than the skb is found. */
export interface RootSource {
  /** Argument slot of the pointer to it. */
  readonly slot: number;
  /** Where the pointer to it is, in the order in which it is tried, when the probe has no such argument or it is NULL. */
  readonly fallbacks: readonly MemberPath[];
}

export type RootSources = ReadonlyMap<Root, RootSource>;

const pointerBytes = 8;
const unsigned: Readonly<Record<Operator, Condition>> = { "==": "jeq", "!=": "jne", ">=": "jge", "<=": "jle", ">": "jgt", "<": "jlt" };
const signed: Readonly<Record<Operator, Condition>> = { "==": "jeq", "!=": "jne", ">=": "jsge", "<=": "jsle", ">": "jsgt", "<": "jslt" };

/** Generates the function's body. */
export function metaCode(condition: MetaCondition, frame: MetaFrame, roots: RootSources): Uint8Array {
  return new MetaCode(frame, roots).generate(condition);
}

class MetaCode {
  readonly #code = new CodeBuilder();

  constructor(
    private readonly frame: MetaFrame,
    private readonly roots: RootSources,
  ) {}

  generate(condition: MetaCondition): Uint8Array {
    const code = this.#code;
    const pass = code.label("pass");
    const fail = code.label("fail");
    code.alu64("mov", "r7", "r1");
    code.alu64("mov", "r6", "r2");
    this.#condition(condition, pass, fail);
    code.place(pass);
    code.alu64("mov", "r0", 1);
    code.exit();
    code.place(fail);
    code.alu64("mov", "r0", 0);
    code.exit();
    return code.assemble();
  }

  /** Code that ends at `pass` or at `fail`; every test can jump to both, so no instruction is unreachable, which the verifier would refuse. */
  #condition(condition: MetaCondition, pass: Label, fail: Label): void {
    if (condition.kind === "not") return this.#condition(condition.operand, fail, pass);
    if (condition.kind !== "and" && condition.kind !== "or") return this.#test(condition, pass, fail);
    const right = this.#code.label("right operand");
    if (condition.kind === "and") this.#condition(condition.left, right, fail);
    else this.#condition(condition.left, pass, right);
    this.#code.place(right);
    this.#condition(condition.right, pass, fail);
  }

  #test(test: Test, pass: Label, fail: Label): void {
    switch (test.kind) {
      case "number":
        return this.#number(test, pass, fail);
      case "bytes":
        return this.#bytes(test, pass, fail);
      case "text":
        return this.#text(test, pass, fail);
    }
  }

  #number(test: NumberTest, pass: Label, fail: Label): void {
    const code = this.#code;
    const span = Math.ceil((test.bitOffset + test.bits) / 8);
    const at = this.#fetch(test.path, span, fail);
    const loaded = containerOf(span);
    code.load(loaded, "r1", "r6", at);
    this.#extract(test, loaded * 8);
    if (test.mask !== undefined) this.#withNumber(test.mask, (operand) => code.alu64("and", "r1", operand));
    const condition = (test.signed ? signed : unsigned)[test.operator];
    this.#withNumber(test.value, (operand) => code.jumpIf64(condition, "r1", operand, pass));
    code.jump(fail);
  }

  /** Leaves the wanted bits of r1, extended to 64. */
  #extract({ bitOffset, bits, signed: hasSign }: NumberTest, loadedBits: number): void {
    if (!hasSign && bits === loadedBits) return;
    const above = 64 - bitOffset - bits;
    if (above > 0) this.#code.alu64("lsh", "r1", above);
    if (bits < 64) this.#code.alu64(hasSign ? "arsh" : "rsh", "r1", 64 - bits);
  }

  /** Uses a number as an immediate where it fits, otherwise through r2. */
  #withNumber(value: bigint, use: (operand: number | "r2") => void): void {
    if (BigInt.asIntN(32, value) === value) return use(Number(value));
    this.#code.loadImmediate64("r2", value);
    use("r2");
  }

  #bytes({ path, bytes, equal }: BytesTest, pass: Label, fail: Label): void {
    const [same, different] = equal ? [pass, fail] : [fail, pass];
    this.#compare(this.#fetch(path, bytes.length, fail), bytes, different);
    this.#code.jump(same);
  }

  #text({ path, bytes, equal }: TextTest, pass: Label, fail: Label): void {
    const code = this.#code;
    const [same, different] = equal ? [pass, fail] : [fail, pass];
    this.#walk(path, fail);
    // One byte more than the text and its NUL, so that a longer text shows by what the helper returns.
    this.#readInto(this.frame.scratch, bytes.length + 2, path.offset, helpers.probe_read_kernel_str);
    code.jumpIf64("jslt", "r0", 0, fail);
    code.jumpIf64("jne", "r0", bytes.length + 1, different);
    this.#compare(this.frame.scratch, bytes, different);
    code.jump(same);
  }

  /** Goes on when the bytes at `at` of the event are these. */
  #compare(at: number, bytes: Uint8Array, different: Label): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let done = 0; done < bytes.length; ) {
      const size = chunkOf(bytes.length - done);
      this.#code.load(size, "r1", "r6", at + done);
      this.#withNumber(littleEndian(view, done, size), (operand) => this.#code.jumpIf64("jne", "r1", operand, different));
      done += size;
    }
  }

  /**
   * Makes `size` bytes readable through r6.
   * @returns their offset from there; up to the next 8 bytes may be loaded, those after `size` hold anything
   */
  #fetch(path: MemberPath, size: number, fail: Label): number {
    const { frame } = this;
    if (this.#isCopied(path, size)) return frame.skb + path.offset;
    this.#walk(path, fail);
    this.#readInto(frame.scratch, size, path.offset, helpers.probe_read_kernel);
    this.#code.jumpIf64("jne", "r0", 0, fail);
    return frame.scratch;
  }

  /** Whether the path ends in the skb's copy. */
  #isCopied({ root, dereferences, offset }: MemberPath, size: number): boolean {
    return root === "sk_buff" && dereferences.length === 0 && offset + size <= this.frame.skbBytes;
  }

  /** Puts the address that the path's offset counts from into r8. */
  #walk({ root, dereferences }: MemberPath, fail: Label): void {
    const source = this.roots.get(root);
    if (source !== undefined) this.#root(source, fail);
    dereferences.forEach((dereference, index) => this.#follow(dereference, source === undefined && index === 0, fail));
    if (source === undefined && dereferences.length === 0) this.#code.load(8, "r8", "r7", this.frame.contextSkb);
  }

  /** Loads the next address; the first one from the skb. */
  #follow({ offset, mask }: Dereference, fromSkb: boolean, fail: Label): void {
    const code = this.#code;
    const path: MemberPath = { root: "sk_buff", dereferences: [], offset };
    if (fromSkb && this.#isCopied(path, pointerBytes)) {
      code.load(8, "r8", "r6", this.frame.skb + offset);
    } else {
      if (fromSkb) code.load(8, "r8", "r7", this.frame.contextSkb);
      this.#readInto(this.frame.scratch, pointerBytes, offset, helpers.probe_read_kernel);
      code.jumpIf64("jne", "r0", 0, fail);
      code.load(8, "r8", "r6", this.frame.scratch);
    }
    if (mask !== undefined) this.#withNumber(mask, (operand) => code.alu64("and", "r8", operand));
    code.jumpIf64("jeq", "r8", 0, fail);
  }

  /** Puts a root's address into r8: the probe's argument, else what the skb leads to. */
  #root({ slot, fallbacks }: RootSource, fail: Label): void {
    const code = this.#code;
    const { frame } = this;
    const found = code.label("root found");
    let next = code.label("no argument");
    code.load(8, "r1", "r7", frame.contextProbe);
    code.load(1, "r1", "r1", frame.positions + slot);
    // -1, for no argument, is 255 here.
    code.jumpIf64("jgt", "r1", frame.argumentCount - 1, next);
    code.alu64("lsh", "r1", 3);
    code.alu64("mov", "r2", "r6");
    code.alu64("add", "r2", "r1");
    code.load(8, "r8", "r2", frame.args);
    code.jumpIf64("jne", "r8", 0, found);
    for (const fallback of fallbacks) {
      code.place(next);
      next = code.label("next fallback");
      this.#walk(fallback, next);
      code.jump(found);
    }
    code.place(next);
    code.jump(fail);
    code.place(found);
  }

  /** Reads `size` bytes from r8 + offset into the event; r0 says how that went. */
  #readInto(at: number, size: number, offset: number, helper: number): void {
    const code = this.#code;
    code.alu64("mov", "r1", "r6");
    code.alu64("add", "r1", at);
    code.alu64("mov", "r2", size);
    code.alu64("mov", "r3", "r8");
    if (offset > 0) code.alu64("add", "r3", offset);
    code.call(helper);
  }
}

/** The load that covers so many bytes. */
function containerOf(span: number): AccessSize {
  return span <= 2 ? (span as AccessSize) : span <= 4 ? 4 : 8;
}

/** The largest load within so many bytes. */
function chunkOf(bytes: number): AccessSize {
  return bytes >= 8 ? 8 : bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1;
}

function littleEndian(view: DataView, at: number, size: AccessSize): bigint {
  switch (size) {
    case 8:
      return view.getBigUint64(at, true);
    case 4:
      return BigInt(view.getUint32(at, true));
    case 2:
      return BigInt(view.getUint16(at, true));
    default:
      return BigInt(view.getUint8(at));
  }
}
