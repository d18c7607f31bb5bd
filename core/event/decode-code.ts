/** Generates the function that makes a section's plain object from its payload. */
import {
  type BoundAnswer,
  type BoundField,
  type BoundInteger,
  type BoundSection,
  type BoundValue,
  isAnswer,
  mayBeAbsent,
} from "./bound-section.ts";
import { conditionCode, integerCode, ipTextCode, readingPrelude } from "./member-code.ts";
import type { FrameTable } from "./frame-table.ts";
import type { KeyLookupTable } from "./key-lookup-table.ts";
import type { LocationTable } from "./location-table.ts";
import type { LookupTable } from "./lookup-table.ts";

export type Table = LookupTable | KeyLookupTable | FrameTable | LocationTable;

/** Source of a function body with parameters `buffer, at, size`, and the tables it knows as `tables[0]` and so on. */
export interface GeneratedCode {
  readonly source: string;
  readonly tables: readonly Table[];
}

/**
 * The body of the decoder; beside its parameters it uses `tables` and the functions `u64`, `i64`, `cString`, `ipv4Text`,
 * `ipv6Text` and `macText`. It returns undefined for a payload that is too short.
 */
export function decodeCode(section: BoundSection): GeneratedCode {
  const code = new DecodeCode();
  const result = code.object(section.fields);
  const body = code.lines.join("\n");
  const tooShort = `if (size < ${section.minimumSize}) return undefined;`;
  return { source: [tooShort, readingPrelude(body), body, `return ${result};`].join("\n"), tables: code.tables };
}

class DecodeCode {
  readonly lines: string[] = [];
  readonly tables: Table[] = [];
  #names = 0;

  /** Emits statements that make the object; gives the name of the variable that holds it. */
  object(fields: readonly BoundField[]): string {
    const firstUncertain = fields.findIndex(mayBeAbsent);
    const certain = firstUncertain < 0 ? fields.length : firstUncertain;
    const entries = fields.slice(0, certain).map(({ name, value }) => `${name}: ${this.#value(value)}`);
    const object = this.#name("object");
    this.lines.push(`const ${object} = { ${entries.join(", ")} };`);
    for (const field of fields.slice(certain)) this.#property(object, field);
    return object;
  }

  #property(object: string, { name, conditions, value }: BoundField): void {
    // A block of its own keeps the names inside apart and what is absent unread.
    const condition = conditions.map(conditionCode).join(" && ");
    this.lines.push(condition === "" ? "{" : `if (${condition}) {`);
    const result = this.#value(value);
    const known = isAnswer(value) ? `if (${result} !== undefined) ` : "";
    this.lines.push(`${known}${object}.${name} = ${result};`, "}");
  }

  /** An expression for the value; emits statements that it needs before it. */
  #value(value: BoundValue): string {
    switch (value.kind) {
      case "integer":
        return integerValue(value.member);
      case "boolean":
        return conditionCode({ kind: "integer", member: value.member });
      case "c-string":
        return `cString(buffer, at + ${value.offset}, ${value.length})`;
      case "trailing-text":
        return `cString(${trailingTextArguments(value)})`;
      case "bytes":
        return `u8.slice(at + ${value.offset}, at + ${value.offset} + ${byteCountCode(value)})`;
      case "ipv4":
      case "ipv6":
      case "mac":
        return `${value.kind}Text(u8, at + ${value.offset})`;
      case "ip":
        return ipTextCode(value.offset, value.version);
      case "constant":
        return JSON.stringify(value.value);
      case "lookup":
      case "key-lookup":
      case "frames":
      case "location":
        return this.#answer(value);
      case "integers":
        return this.#integers(value);
      case "list":
        return this.#list(value);
      case "group":
        return this.object(value.fields);
    }
  }

  #answer(value: BoundAnswer): string {
    const answer = this.#name("answer");
    this.lines.push(`const ${answer} = ${answerCall(this.tables, value)}.value;`);
    return answer;
  }

  #integers(value: BoundValue & { kind: "integers" }): string {
    const list = this.#name("list");
    this.lines.push(`const ${list} = [];`, ...elementLoop(value, `${list}.push(${integerValue(value.first)});`));
    return list;
  }

  #list(value: BoundValue & { kind: "list" }): string {
    const list = this.#name("list");
    this.lines.push(`const ${list} = [];`, ...structLoopStart(value, structCountCode(value)));
    this.lines.push(`${list}.push(${this.object(value.fields)});`, "}");
    return list;
  }

  #name(kind: string): string {
    return `${kind}${this.#names++}`;
  }
}

/** The integer as a `U64`. */
function integerValue(member: BoundInteger): string {
  const { low, high } = integerCode(member);
  if (high === undefined) return low;
  return member.signed ? `i64(${low}, ${high} | 0)` : `u64(${low}, ${high})`;
}

/**
 * Number of bytes of a bytes property, never beyond the payload. A number of 32 bits with the highest one set makes a floating-point
 * number of all counts to the engine, and indexes computed from those take ten times as long, for good: it is made an integer again.
 */
export function byteCountCode({ offset, limit, count }: BoundValue & { kind: "bytes" }): string {
  const bounds = [integerCode(count).low, `size - ${offset}`, ...(Number.isFinite(limit) ? [String(limit)] : [])];
  return `(Math.min(${bounds.join(", ")}) | 0)`;
}

/** Buffer, place and most bytes of a text, as its functions take them. */
export function trailingTextArguments({ offset, start }: BoundValue & { kind: "trailing-text" }): string {
  const { low } = integerCode(start);
  return `buffer, at + ${offset} + ${low}, size - ${offset} - ${low}`;
}

/** A call that gives the table's entry for the value; adds the table. The views must be those of the buffer (`u32`). */
export function answerCall(tables: Table[], value: BoundAnswer): string {
  const table = `tables[${tables.push(value.table) - 1}]`;
  const given = answerArguments(value);
  return value.kind === "key-lookup" ? `${table}.answerOf(${table}.lookup(${given}))` : `${table}.get(${given})`;
}

function answerArguments(value: BoundAnswer): string {
  switch (value.kind) {
    case "lookup":
      return integerCode(value.member).low;
    case "key-lookup":
      return value.members.map(integerValue).join(", ");
    case "frames":
      return `u32, w + ${value.offset / 4}, Math.min(${integerCode(value.count).low}, size - ${value.offset} >> 3) | 0`;
    case "location": {
      const { low, high } = integerCode(value.member);
      return `${low}, ${high}`;
    }
  }
}

/** Number of structs of a list. */
export function structCountCode({ most, count }: BoundValue & { kind: "list" }): string {
  return count === undefined ? String(most) : `(Math.min(${integerCode(count).low}, ${most}) | 0)`;
}

/** The beginning of a loop over the structs of a list: the names for reading are those of each in turn. */
export function structLoopStart({ size }: BoundValue & { kind: "list" }, count: string): readonly string[] {
  return [`for (let i = 0, array = at, end = ${count}; i < end; i++) {`, `const at = array + i * ${size}, h = at >> 1, w = at >> 2;`];
}

/** Runs `statement`, which reads `first`, for each element of the array: the names for reading move along. */
export function elementLoop({ first, count }: BoundValue & { kind: "integers" }, statement: string): readonly string[] {
  return [
    `for (let i = 0, array = at; i < ${count}; i++) {`,
    `const at = array + i * ${first.size}, h = at >> 1, w = at >> 2;`,
    statement,
    "}",
  ];
}
