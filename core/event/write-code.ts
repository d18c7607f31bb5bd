/**
 * Generates the function that writes a section's CBOR straight from its payload. Everything that is the same for every
 * event (keys, heads, constants) is gathered and stored four bytes at a time.
 */
import { encodeItem } from "../cbor/encode-item.ts";
import { maxHeadSize } from "../cbor/writer.ts";
import {
  type BoundAnswer,
  type BoundField,
  type BoundInteger,
  type BoundSection,
  type BoundValue,
  isAnswer,
  mayBeAbsent,
} from "./bound-section.ts";
import {
  answerCall,
  byteCountCode,
  elementLoop,
  type GeneratedCode,
  structCountCode,
  structLoopStart,
  type Table,
  trailingTextArguments,
} from "./decode-code.ts";
import { conditionCode, integerCode, isIpv4Code, isWide, readingPrelude } from "./member-code.ts";

/** Largest map whose head is one byte. */
const maxShortMap = 23;
/** Longest text of an address. */
const maxAddressText = 45;
/** Bytes that stores of whole words may touch after the last item. */
const slack = 8;

/**
 * The body of the writer, with parameters `buffer, at, size, target, position`; beside them it uses `tables` and the
 * functions of core/cbor/writer.ts, address.ts and payload-text.ts. It writes key and value and returns the position
 * after them, -1 for a payload that is too short, or -2 when `target` has not enough room.
 */
export function writeCode(section: BoundSection): GeneratedCode {
  const code = new WriteCode();
  code.constant(encodeItem(section.key));
  code.map(section.fields);
  code.settle();
  const body = code.lines.join("\n");
  const room = `${code.room + slack}${code.payloads > 0 ? ` + ${code.payloads} * size` : ""}`;
  const prelude = [
    `if (size < ${section.minimumSize}) return -1;`,
    "const out = target.bytes, view = target.view;",
    `const last = out.length - (${room});`,
    "let p = position;",
    "if (p > last) return -2;",
    readingPrelude(body),
  ];
  return { source: [...prelude, body, "return p;"].join("\n"), tables: code.tables };
}

class WriteCode {
  readonly lines: string[] = [];
  readonly tables: Table[] = [];
  /** Most bytes that are written, apart from lookups and from bytes of the payload. */
  room = 0;
  /** How many times the payload may be written. */
  payloads = 0;
  /** Bytes from `p` to the end of what the emitted code has written, {@link #waiting} included. */
  #offset = 0;
  /** Constant bytes for which no code is emitted yet. */
  #waiting: number[] = [];
  #names = 0;

  constant(bytes: ArrayLike<number>): void {
    this.#waiting.push(...Array.from(bytes));
    this.#offset += bytes.length;
    this.room += bytes.length;
  }

  map(fields: readonly BoundField[]): void {
    const certain = fields.filter((field) => !mayBeAbsent(field)).length;
    if (certain === fields.length) {
      this.constant(mapHead(certain));
      for (const field of fields) this.#entry(field);
      return;
    }
    const name = this.#names++;
    const isShort = fields.length <= maxShortMap;
    this.lines.push(`const head${name} = p + ${this.#offset};`, `let count${name} = ${certain};`);
    this.constant(isShort ? [0] : [0xb8, 0]);
    for (const field of fields) this.#property(field, `count${name}++;`);
    this.settle();
    this.lines.push(isShort ? `out[head${name}] = 0xa0 | count${name};` : `out[head${name} + 1] = count${name};`);
  }

  /** Emits what is waiting and makes `p` the position after everything that was written. */
  settle(): void {
    this.#flush();
    if (this.#offset > 0) this.lines.push(`p += ${this.#offset};`);
    this.#offset = 0;
  }

  #property(field: BoundField, count: string): void {
    if (!mayBeAbsent(field)) return this.#entry(field);
    this.settle();
    const condition = field.conditions.map(conditionCode).join(" && ");
    this.lines.push(condition === "" ? "{" : `if (${condition}) {`);
    if (isAnswer(field.value)) {
      this.#answer(field.value, count);
    } else {
      this.#entry(field);
      this.settle();
      this.lines.push(count);
    }
    this.lines.push("}");
  }

  #entry({ name, value }: BoundField): void {
    this.constant(encodeItem(name));
    this.#value(value);
  }

  #value(value: BoundValue): void {
    switch (value.kind) {
      case "integer":
        return this.#integer(value.member);
      case "boolean":
        return this.#byte(`${conditionCode({ kind: "integer", member: value.member })} ? 0xf5 : 0xf4`);
      case "c-string":
        return this.#item(`writeCString(target, §, buffer, at + ${value.offset}, ${value.length})`, 3 * value.length + 3);
      case "trailing-text":
        this.payloads += 3;
        return this.#item(`writeCString(target, §, ${trailingTextArguments(value)})`, 3);
      case "bytes":
        this.payloads++;
        return this.#item(`writeBytes(target, §, buffer, at + ${value.offset}, ${byteCountCode(value)})`, maxHeadSize);
      case "ipv4":
        return this.#item(ipv4Item(value.offset), maxAddressText + 2);
      case "ipv6":
      case "mac":
        return this.#item(`writeText(out, §, ${value.kind}Text(u8, at + ${value.offset}))`, maxAddressText + 2);
      case "ip":
        return this.#item(
          `(${isIpv4Code(value.version)} ? ${ipv4Item(value.offset)} : writeText(out, §, ipv6Text(u8, at + ${value.offset})))`,
          maxAddressText + 2,
        );
      case "constant":
        return this.constant(encodeItem(value.value));
      case "integers":
        return this.#integers(value);
      case "list":
        return this.#list(value);
      case "group":
        return this.map(value.fields);
      case "lookup":
      case "key-lookup":
      case "frames":
      case "location":
        throw new Error("a lookup is never without a condition");
    }
  }

  #integer(member: BoundInteger): void {
    if (member.signed || isWide(member)) return this.#item(integerItem(member), maxHeadSize);
    if ((member.bits?.size ?? 8) <= 4) return this.#byte(integerCode(member).low);
    // Most integers are small, their item is one byte.
    const value = `value${this.#names++}`;
    this.#flush();
    const at = `p + ${this.#offset}`;
    this.lines.push(
      `const ${value} = ${integerCode(member).low};`,
      `if (${value} < 24) { out[${at}] = ${value}; p += ${this.#offset + 1}; }`,
      `else p = writeHead(out, ${at}, 0, ${value});`,
    );
    this.#offset = 0;
    this.room += maxHeadSize;
  }

  #integers(value: BoundValue & { kind: "integers" }): void {
    this.constant(arrayHead(value.count));
    this.settle();
    const element = integerItem(value.first).replace("§", "p");
    this.lines.push(...elementLoop(value, `p = ${element};`));
    this.room += value.count * maxHeadSize;
  }

  #list(value: BoundValue & { kind: "list" }): void {
    const count = `structs${this.#names++}`;
    this.settle();
    this.lines.push(`const ${count} = ${structCountCode(value)};`, `p = writeHead(out, p, 0x80, ${count});`);
    const before = this.room;
    this.lines.push(...structLoopStart(value, count));
    this.map(value.fields);
    this.settle();
    this.lines.push("}");
    this.room = before + maxHeadSize + (this.room - before) * value.most;
  }

  /** Key and value come together from the table, as both are left out when it has no answer. */
  #answer(value: BoundAnswer, count: string): void {
    const entry = `entry${this.#names++}`;
    this.lines.push(
      `const ${entry} = ${answerCall(this.tables, value)};`,
      `if (${entry}.value !== undefined) {`,
      `if (p + ${entry}.size > last) return -2;`,
      `writeWords(target, p, ${entry}.words);`,
      `p += ${entry}.size;`,
      count,
      "}",
    );
  }

  /** One byte that is computed. */
  #byte(expression: string): void {
    this.#flush();
    this.lines.push(`out[p + ${this.#offset}] = ${expression};`);
    this.#offset++;
    this.room++;
  }

  /** An item of any size, at most `most` bytes; `§` in the call is its position, the call gives the next one. */
  #item(call: string, most: number): void {
    this.#flush();
    this.lines.push(`p = ${call.replaceAll("§", `p + ${this.#offset}`)};`);
    this.#offset = 0;
    this.room += most;
  }

  #flush(): void {
    const start = this.#offset - this.#waiting.length;
    for (let i = 0; i < this.#waiting.length; i += 4) {
      const [a = 0, b = 0, c = 0, d = 0] = this.#waiting.slice(i, i + 4);
      this.lines.push(`view.setInt32(p + ${start + i}, ${(a << 24) | (b << 16) | (c << 8) | d});`);
    }
    this.#waiting = [];
  }
}

/** A call that writes the text of an IPv4 address at `§`. */
function ipv4Item(offset: number): string {
  return `writeIpv4(out, §, u8, at + ${offset})`;
}

/** A call that writes the integer at `§`. */
function integerItem(member: BoundInteger): string {
  const { low, high } = integerCode(member);
  if (high === undefined) return member.signed ? `writeSigned(out, §, ${low})` : `writeHead(out, §, 0, ${low})`;
  return member.signed ? `writeSigned64(out, §, ${low}, ${high})` : `writeHead64(out, §, 0, ${low}, ${high})`;
}

function mapHead(count: number): readonly number[] {
  return count <= maxShortMap ? [0xa0 | count] : [0xb8, count];
}

/** The head of an array, cut off the array itself. */
function arrayHead(count: number): Uint8Array {
  return encodeItem(Array.from({ length: count }, () => 0)).subarray(0, -count);
}
