/**
 * Reads meta filter expressions. The grammar (blanks anywhere between tokens):
 *
 *     expression = conjunction { ("or" | "||") conjunction }
 *     conjunction = factor { ("and" | "&&") factor }
 *     factor = ("not" | "!") factor | "(" expression ")" | term
 *     term = root "." member { "." member } [ operator literal ]
 *     member = name { "[" number "]" } [ ":" [ "~" ] number [ ":" type ] ]
 */
import { invalidMetaFilter } from "../base/errors.ts";
import { ExpressionText, type Span } from "../base/expression-text.ts";
import type { Comparison, Expression, Index, Literal, Mask, Member, Operator, Term } from "./meta-expression.ts";
import { parseBareLiteral, parseNumber, parseText } from "./meta-literal.ts";

/** Parentheses and negations may be nested this deeply. */
const deepest = 100;
const operators: readonly Operator[] = ["==", "!=", ">=", "<=", ">", "<"];

/** Parses a whole expression. @throws TraceError that points at the character */
export function parseMetaFilter(text: string): Expression {
  return new MetaParser(text).parse();
}

class MetaParser {
  readonly #from: ExpressionText;
  #depth = 0;

  constructor(text: string) {
    this.#from = new ExpressionText(text, invalidMetaFilter);
  }

  parse(): Expression {
    const expression = this.#expression();
    if (this.#from.hasMore) throw this.#from.unexpected(`"and", "or" or the end`);
    return expression;
  }

  #expression(): Expression {
    let left = this.#conjunction();
    while (this.#from.word("or") || this.#from.token("||")) left = { kind: "or", left, right: this.#conjunction() };
    return left;
  }

  #conjunction(): Expression {
    let left = this.#factor();
    while (this.#from.word("and") || this.#from.token("&&")) left = { kind: "and", left, right: this.#factor() };
    return left;
  }

  #factor(): Expression {
    if (++this.#depth > deepest) throw this.#from.fault(this.#from.here(), `it is nested more than ${deepest} levels deep`);
    const factor = this.#nested() ?? this.#term();
    this.#depth--;
    return factor;
  }

  #nested(): Expression | undefined {
    if (this.#from.word("not") || this.#from.token("!")) return { kind: "not", operand: this.#factor() };
    if (!this.#from.token("(")) return undefined;
    const inside = this.#expression();
    if (!this.#from.token(")")) throw this.#from.unexpected(`")"`);
    return inside;
  }

  #term(): Term {
    const root = this.#from.name(`a term such as sk_buff.mark, "not" or "("`);
    const members: Member[] = [];
    while (this.#from.token(".")) members.push(this.#member());
    if (members.length === 0) throw this.#from.unexpected(`"." and a member of ${root.name}`);
    const comparison = this.#comparison();
    return { kind: "term", root, members, comparison, start: root.start, end: this.#from.at };
  }

  #member(): Member {
    const { name, start, end } = this.#from.name("the name of a member");
    const indexes: Index[] = [];
    while (this.#from.token("[")) indexes.push(this.#index());
    const mask = this.#from.token(":") ? this.#mask() : undefined;
    const cast = mask && this.#from.token(":") ? this.#from.name("the name of a type") : undefined;
    return { name, start, end, indexes, mask, cast };
  }

  #index(): Index {
    const { value, start, end } = this.#number("the number of an element");
    if (!this.#from.token("]")) throw this.#from.unexpected(`"]"`);
    if (value > 0xffff_ffffn) throw this.#from.fault({ start, end }, "array index out of range");
    return { value: Number(value), start, end };
  }

  #mask(): Mask {
    const inverted = this.#from.token("~");
    const { value, start, end } = this.#number("a mask: a number, or ~ and a number");
    const mask = BigInt.asUintN(64, inverted ? ~value : value);
    if (mask === 0n) throw this.#from.fault({ start, end }, "a mask of zero leaves nothing to compare");
    return { value: mask, start, end };
  }

  #comparison(): Comparison | undefined {
    const { start } = this.#from.here();
    const operator = operators.find((candidate) => this.#from.token(candidate));
    if (operator === undefined && this.#from.text[start] === "=")
      throw this.#from.fault(this.#from.here(), "write == to compare for equality");
    return operator && { operator, start, end: start + operator.length, literal: this.#literal() };
  }

  #literal(): Literal {
    const { start } = this.#from.here();
    const quote = this.#from.text[start];
    if (quote === '"' || quote === "'") return this.#quoted(quote, start);
    const bare = this.#from.match(/-?[\w.:]+/y);
    if (bare === undefined) throw this.#from.unexpected("a number, a text in quotes, an address or the name of a constant");
    const span = { start, end: this.#from.at };
    const literal = this.#attempt(span, () => parseBareLiteral(bare));
    if (literal === undefined) throw this.#from.fault(span, `"${bare}" is not a number, address or name`);
    return { ...literal, ...span };
  }

  #quoted(quote: string, start: number): Literal {
    const whole = this.#from.match(quote === '"' ? /"(?:[^"\\]|\\[\s\S])*"/y : /'(?:[^'\\]|\\[\s\S])*'/y);
    if (whole === undefined) throw this.#from.fault({ start, end: this.#from.text.length }, `the closing ${quote} is missing`);
    const span = { start, end: this.#from.at };
    return { kind: "text", bytes: this.#attempt(span, () => parseText(whole.slice(1, -1))), ...span };
  }

  /** A number without a sign. */
  #number(expected: string): Span & { readonly value: bigint } {
    const { start } = this.#from.here();
    const text = this.#from.match(/[0-9]\w*/y);
    if (text === undefined) throw this.#from.unexpected(expected);
    const span = { start, end: this.#from.at };
    const value = this.#attempt(span, () => parseNumber(text));
    if (value === undefined) throw this.#from.fault(span, `"${text}" is not a number`);
    return { value, ...span };
  }

  /** Turns a RangeError, whose cause may be an index into the quoted text, into one that points into the expression. */
  #attempt<T>(span: Span, parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const culprit = typeof error.cause === "number" ? span.start + 1 + error.cause : undefined;
      throw this.#from.fault(culprit === undefined ? span : { start: culprit, end: culprit + 2 }, error.message);
    }
  }
}
