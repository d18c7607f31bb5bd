/** Gives an expression its meaning on the running kernel: which bytes are compared, and how. */
import { invalidMetaFilter } from "../base/errors.ts";
import type { BtfType } from "../kernel/btf.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Condition, NumberTest, Root, Test } from "./meta-condition.ts";
import { enumConstants, findConstant, nearConstants } from "./meta-constants.ts";
import type { Span } from "../base/expression-text.ts";
import type { Comparison, Expression, Literal, Member, Operator, Term } from "./meta-expression.ts";
import { listHint, typeName } from "./meta-members.ts";
import { pathOf, pointeePath, type Reached, walkMembers } from "./meta-walk.ts";

/** Most bits that one number can span, the unused ones of its first byte included. */
const widest = 64;
const notZero = { operator: "!=", value: 0n } as const;
const largestSigned = (1n << 63n) - 1n;

/**
 * Resolves an expression.
 * @param roots what a term can begin with
 * @throws TraceError that points at the part that does not fit this kernel
 */
export function resolveMetaFilter(kernel: Kernel, text: string, expression: Expression, roots: readonly Root[]): Condition {
  switch (expression.kind) {
    case "term":
      return new TermResolver(kernel, text, expression, roots).resolve();
    case "not":
      return { kind: "not", operand: resolveMetaFilter(kernel, text, expression.operand, roots) };
    default:
      return {
        kind: expression.kind,
        left: resolveMetaFilter(kernel, text, expression.left, roots),
        right: resolveMetaFilter(kernel, text, expression.right, roots),
      };
  }
}

class TermResolver {
  readonly #leaf: Reached;
  readonly #type: BtfType;
  readonly #member: Member;
  readonly #comparison: Comparison | undefined;

  constructor(
    private readonly kernel: Kernel,
    private readonly text: string,
    term: Term,
    roots: readonly Root[],
  ) {
    this.#leaf = walkMembers(kernel, text, term, roots);
    this.#type = this.#leaf.btf.type(this.#leaf.btf.resolve(this.#leaf.typeId));
    this.#member = term.members.at(-1)!;
    this.#comparison = term.comparison;
  }

  resolve(): Test {
    if (this.#member.cast) throw this.#fault(this.#member.cast, "a type must be followed by one of its members");
    switch (this.#type.kind) {
      case "int":
      case "enum":
      case "enum64":
        return this.#number(this.#type.size, this.#type.signed);
      case "ptr":
        return this.#pointer(this.#type.typeId);
      case "array":
      case "struct":
      case "union":
        return this.#bytes();
      default:
        throw this.#fault(this.#member, `${this.#described} cannot be compared`);
    }
  }

  /** `mark (u32)`. */
  get #described(): string {
    return `${this.#member.name} (${typeName(this.#leaf.btf, this.#leaf.typeId)})`;
  }

  #number(size: number, signed: boolean): Test {
    const bitOffset = this.#leaf.bitOffset % 8;
    const bits = this.#leaf.bitSize || size * 8;
    const { mask } = this.#member;
    if (bitOffset + bits > widest) throw this.#fault(this.#member, `${this.#described} spans more than ${widest} bits`);
    if (mask && signed) throw this.#fault(mask, `${this.#described} is signed, and masks apply to unsigned numbers`);
    const comparison = this.#comparison && {
      operator: this.#comparison.operator,
      value: this.#numberValue(this.#comparison.literal, size, signed),
    };
    const test = {
      kind: "number",
      path: pathOf(this.#leaf),
      bitOffset,
      bits,
      signed,
      mask: mask?.value,
      ...(comparison ?? notZero),
    } as const;
    return inRange(test);
  }

  #numberValue(literal: Literal, size: number, signed: boolean): bigint {
    const value = this.#literalValue(literal, size, signed);
    if (value < 0n && !signed) throw this.#fault(literal, `${this.#described} is unsigned and never negative`);
    return value;
  }

  #literalValue(literal: Literal, size: number, signed: boolean): bigint {
    switch (literal.kind) {
      case "number":
        return literal.value;
      case "constant":
        return this.#constant(literal.name, literal);
      case "text":
        if (this.#isEnum) return this.#constant(Buffer.from(literal.bytes).toString(), literal);
        throw this.#fault(literal, `${this.#described} is a number, not a text`);
      case "address": {
        const fits = literal.bytes.length === size && !signed && this.#leaf.bitSize === 0;
        if (!fits) throw this.#fault(literal, `${this.#described} does not hold ${addressText(literal.family)}`);
        this.#requireEquality();
        return literal.bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
      }
    }
  }

  get #isEnum(): boolean {
    return this.#type.kind === "enum" || this.#type.kind === "enum64";
  }

  #constant(name: string, span: Span): bigint {
    const { btf, typeId } = this.#leaf;
    if (this.#isEnum) {
      const known = enumConstants(btf, typeId);
      const value = known.get(name);
      if (value !== undefined) return value;
      throw this.#fault(span, `${typeName(btf, typeId)} has no constant "${name}"`, listHint("its constants are", [...known.keys()], name));
    }
    const [value, ...others] = findConstant(this.kernel, name);
    if (value === undefined)
      throw this.#fault(span, `no enum of this kernel has a constant "${name}"`, constantHint(nearConstants(this.kernel, name)));
    if (others.length > 0)
      throw this.#fault(span, `"${name}" has several values in this kernel: ${[value, ...others].join(", ")}`, "Write the number");
    return value;
  }

  /** A pointer is a number, or leads to text or to an address. */
  #pointer(pointee: number): Test {
    const literal = this.#comparison?.literal;
    if (literal === undefined || literal.kind === "number") return this.#number(8, false);
    const target = pointeePath(this.#leaf, this.#member.mask?.value);
    const { btf } = this.#leaf;
    const isByte = this.#isByte(pointee);
    if (literal.kind === "text" && isByte) return { kind: "text", path: target, bytes: literal.bytes, equal: this.#requireEquality() };
    if (literal.kind === "address" && (isByte || btf.sizeOf(pointee) === literal.bytes.length)) {
      return { kind: "bytes", path: target, bytes: literal.bytes, equal: this.#requireEquality() };
    }
    throw this.#mismatch(literal);
  }

  /** Text in an array, or an address in an array, struct or union. */
  #bytes(): Test {
    const { mask } = this.#member;
    if (mask) throw this.#fault(mask, `${this.#described} is not a number, so a mask cannot apply`);
    const literal = this.#comparison?.literal;
    if (literal === undefined) throw this.#fault(this.#member, `${this.#described} is not a number, so it needs a comparison`);
    const path = pathOf(this.#leaf);
    const size = this.#leaf.btf.sizeOf(this.#leaf.typeId) ?? 0;
    const ofBytes = this.#type.kind === "array" && this.#isByte(this.#type.elementTypeId);
    if (literal.kind === "text" && ofBytes) return this.#arrayText(literal.bytes, size);
    if (literal.kind === "address" && (literal.bytes.length === size || (ofBytes && (size === 0 || isHardwareAddress(literal, size))))) {
      return { kind: "bytes", path, bytes: literal.bytes, equal: this.#requireEquality() };
    }
    throw this.#mismatch(literal);
  }

  /** @param size of the array, 0 for one without an end */
  #arrayText(text: Uint8Array, size: number): Test {
    const path = pathOf(this.#leaf);
    const equal = this.#requireEquality();
    if (size > 0 && text.length > size)
      return { kind: "number", path, bitOffset: 0, bits: 8, signed: false, mask: undefined, ...constant(!equal) };
    const bytes = text.length === size && size > 0 ? text : Uint8Array.of(...text, 0);
    return { kind: "bytes", path, bytes, equal };
  }

  #isByte(typeId: number): boolean {
    const { btf } = this.#leaf;
    const type = btf.type(btf.resolve(typeId));
    return type.kind === "int" && type.size === 1;
  }

  /** Whether the operator tests for equality; others do not apply to text and addresses. */
  #requireEquality(): boolean {
    const { operator, ...span } = this.#comparison!;
    if (operator !== "==" && operator !== "!=") throw this.#fault(span, `only numbers can be compared with ${operator}`, "Use == or !=");
    return operator === "==";
  }

  #mismatch(literal: Literal): Error {
    const kinds = {
      number: "a number",
      text: "a text",
      constant: "a constant",
      address: literal.kind === "address" ? addressText(literal.family) : "",
    };
    const hint = literal.kind === "constant" ? `Quote it to compare with text: "${literal.name}"` : undefined;
    return this.#fault(literal, `${this.#described} cannot be compared with ${kinds[literal.kind]}`, hint);
  }

  #fault(span: Span, reason: string, hint?: string): Error {
    return invalidMetaFilter(this.text, span, reason, hint);
  }
}

function constantHint(near: readonly string[]): string {
  const macros = "C macros are not known to the kernel's type information, write their number";
  return near.length === 0 ? macros : `Did you mean ${near.join(" or ")}? ${macros}`;
}

function addressText(family: string): string {
  return `${family === "MAC" ? "a" : "an"} ${family} address`;
}

/** MAC addresses are at the start of longer arrays (MAX_ADDR_LEN). */
function isHardwareAddress(literal: Literal, size: number): boolean {
  return literal.kind === "address" && literal.family === "MAC" && size > literal.bytes.length;
}

/** A comparison of any unsigned number that always or never holds. */
function constant(holds: boolean): { readonly operator: Operator; readonly value: bigint } {
  return { operator: holds ? ">=" : "<", value: 0n };
}

/** Beyond the largest signed number, every signed comparison has the same answer. */
function inRange(test: NumberTest): NumberTest {
  if (!test.signed || test.value <= largestSigned) return test;
  return { ...test, signed: false, ...constant(test.operator === "!=" || test.operator.startsWith("<")) };
}
