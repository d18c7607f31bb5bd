/**
 * Reads the list of fields of a probe (blanks anywhere between tokens):
 *
 *     list = field { "," field }
 *     field = value [ "as" name ]
 *     value = ( name | name "(" value ")" ) { ( "." | "->" ) name | "[" number "]" }
 */
import { invalidFields } from "../base/errors.ts";
import type { FieldExpression, Span, WrittenField } from "./field-expression.ts";

/** Calls may be nested this deeply. */
const deepest = 20;
/** Name of a property of a section. */
const namePattern = /^[a-z][a-z0-9_]*$/;

/** Parses what is between the braces. @throws TraceError that points at the character */
export function parseFields(text: string): readonly WrittenField[] {
  return new FieldParser(text).parse();
}

class FieldParser {
  #at = 0;
  #depth = 0;

  constructor(private readonly text: string) {}

  parse(): readonly WrittenField[] {
    const fields = new Map<string, WrittenField>();
    do {
      const { field, nameAt } = this.#field();
      if (fields.has(field.name))
        throw this.#fault(nameAt, `two fields are called "${field.name}"`, `Give one another name: … as other_${field.name}`);
      fields.set(field.name, field);
    } while (this.#token(","));
    if (this.#at < this.text.length) throw this.#unexpected(`",", "as" or the end`);
    return [...fields.values()];
  }

  #field(): { readonly field: WrittenField; readonly nameAt: Span } {
    const expression = this.#value();
    const alias = this.#word("as") ? this.#name("the name of the field") : undefined;
    if (alias && !namePattern.test(alias.name))
      throw this.#fault(alias, `"${alias.name}" cannot be the name of a field`, "Names are snake_case: lower-case letters, digits and _");
    const name = alias?.name ?? defaultName(expression);
    if (!namePattern.test(name)) throw this.#fault(expression, "the field has no name", "Give it one: … as name");
    return { field: { name, expression }, nameAt: alias ?? expression };
  }

  #value(): FieldExpression {
    if (++this.#depth > deepest) throw this.#fault(this.#here(), `it is nested more than ${deepest} levels deep`);
    let value = this.#start();
    for (;;) {
      if (this.#token(".") || this.#token("->")) {
        const { name, ...nameAt } = this.#name("the name of a member");
        value = { kind: "member", of: value, name, nameAt, start: value.start, end: this.#at };
      } else if (this.#token("[")) {
        const index = this.#index();
        value = { kind: "element", of: value, index, start: value.start, end: this.#at };
      } else {
        this.#depth--;
        return value;
      }
    }
  }

  #start(): FieldExpression {
    const { name, ...nameAt } = this.#name("an argument of the probe, such as skb or arg0");
    if (!this.#token("(")) return { kind: "name", name, ...nameAt };
    const of = this.#value();
    if (!this.#token(")")) throw this.#unexpected(`")"`);
    return { kind: "call", of, name, nameAt, start: nameAt.start, end: this.#at };
  }

  #index(): number {
    const span = this.#here();
    const digits = this.#match(/[0-9]{1,9}/y);
    if (digits === undefined) throw this.#unexpected("the number of an element");
    if (!this.#token("]")) throw this.#unexpected(`"]"`);
    return Number(digits) <= 0xff_ffff ? Number(digits) : this.#outOfRange(span);
  }

  #outOfRange(span: Span): never {
    throw this.#fault(span, "array index out of range");
  }

  #name(expected: string): Span & { readonly name: string } {
    const { start } = this.#here();
    const name = this.#match(/[A-Za-z_]\w*/y);
    if (name === undefined) throw this.#unexpected(expected);
    return { name, start, end: this.#at };
  }

  /** Steps over a word when it is next. */
  #word(word: string): boolean {
    const before = this.#at;
    if (this.#match(/[A-Za-z_]\w*/y) === word) return true;
    this.#at = before;
    return false;
  }

  /** Steps over punctuation when it is next. */
  #token(token: string): boolean {
    if (!this.text.startsWith(token, this.#here().start)) return false;
    this.#at += token.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#here().start;
    const found = pattern.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** Steps over blanks. */
  #here(): Span {
    while (/\s/.test(this.text[this.#at] ?? "")) this.#at++;
    return { start: this.#at, end: this.#at + 1 };
  }

  #unexpected(expected: string): Error {
    const span = this.#here();
    const found = span.start < this.text.length ? `"${this.text[span.start]}"` : "the end";
    return this.#fault(span, `expected ${expected}, found ${found}`);
  }

  #fault(span: Span, reason: string, hint?: string): Error {
    return invalidFields(this.text, span, reason, hint);
  }
}

/** The last name: `snd_cwnd` of `tcp_sock(sk).snd_cwnd`. */
function defaultName(expression: FieldExpression): string {
  switch (expression.kind) {
    case "name":
    case "member":
      return expression.name.toLowerCase().replace(/^_+/, "");
    default:
      return defaultName(expression.of);
  }
}
