/**
 * Reads the list of fields of a probe (blanks anywhere between tokens):
 *
 *     list = field { "," field }
 *     field = value [ "as" name ]
 *     value = ( name | name "(" value ")" ) { ( "." | "->" ) name | "[" number "]" }
 */
import { invalidFields } from "../base/errors.ts";
import { ExpressionText, type Span } from "../base/expression-text.ts";
import type { FieldExpression, WrittenField } from "./field-expression.ts";

/** Calls may be nested this deeply. */
const deepest = 20;
/** Name of a property of a section. */
const namePattern = /^[a-z][a-z0-9_]*$/;

/** Parses what is between the braces. @throws TraceError that points at the character */
export function parseFields(text: string): readonly WrittenField[] {
  return new FieldParser(text).parse();
}

/** Parses a single value, without a name for it. @throws TraceError that points at the character */
export function parseValue(text: string): FieldExpression {
  return new FieldParser(text).parseValue();
}

class FieldParser {
  readonly #from: ExpressionText;
  #depth = 0;

  constructor(text: string) {
    this.#from = new ExpressionText(text, invalidFields);
  }

  parse(): readonly WrittenField[] {
    const fields = new Map<string, WrittenField>();
    do {
      const { field, nameAt } = this.#field();
      if (fields.has(field.name))
        throw this.#from.fault(nameAt, `two fields are called "${field.name}"`, `Give one another name: … as other_${field.name}`);
      fields.set(field.name, field);
    } while (this.#from.token(","));
    if (this.#from.hasMore) throw this.#from.unexpected(`",", "as" or the end`);
    return [...fields.values()];
  }

  parseValue(): FieldExpression {
    const value = this.#value();
    if (this.#from.hasMore) throw this.#from.unexpected("the end");
    return value;
  }

  #field(): { readonly field: WrittenField; readonly nameAt: Span } {
    const expression = this.#value();
    const alias = this.#from.word("as") ? this.#from.name("the name of the field") : undefined;
    if (alias && !namePattern.test(alias.name))
      throw this.#from.fault(
        alias,
        `"${alias.name}" cannot be the name of a field`,
        "Names are snake_case: lower-case letters, digits and _",
      );
    const name = alias?.name ?? defaultName(expression);
    if (!namePattern.test(name)) throw this.#from.fault(expression, "the field has no name", "Give it one: … as name");
    return { field: { name, expression }, nameAt: alias ?? expression };
  }

  #value(): FieldExpression {
    if (++this.#depth > deepest) throw this.#from.fault(this.#from.here(), `it is nested more than ${deepest} levels deep`);
    let value = this.#start();
    for (;;) {
      if (this.#from.token(".") || this.#from.token("->")) {
        const { name, ...nameAt } = this.#from.name("the name of a member");
        value = { kind: "member", of: value, name, nameAt, start: value.start, end: this.#from.at };
      } else if (this.#from.token("[")) {
        const index = this.#index();
        value = { kind: "element", of: value, index, start: value.start, end: this.#from.at };
      } else {
        this.#depth--;
        return value;
      }
    }
  }

  #start(): FieldExpression {
    const { name, ...nameAt } = this.#from.name("an argument of the probe, such as skb or arg0");
    if (!this.#from.token("(")) return { kind: "name", name, ...nameAt };
    const of = this.#value();
    if (!this.#from.token(")")) throw this.#from.unexpected(`")"`);
    return { kind: "call", of, name, nameAt, start: nameAt.start, end: this.#from.at };
  }

  #index(): number {
    const span = this.#from.here();
    const digits = this.#from.match(/[0-9]{1,9}/y);
    if (digits === undefined) throw this.#from.unexpected("the number of an element");
    if (!this.#from.token("]")) throw this.#from.unexpected(`"]"`);
    return Number(digits) <= 0xff_ffff ? Number(digits) : this.#outOfRange(span);
  }

  #outOfRange(span: Span): never {
    throw this.#from.fault(span, "array index out of range");
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
