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
import type { Comparison, Expression, Index, Literal, Mask, Member, Name, Operator, Span, Term } from "./meta-expression.ts";
import { parseBareLiteral, parseNumber, parseText } from "./meta-literal.ts";

/** Parentheses and negations may be nested this deeply. */
const deepest = 100;
const operators: readonly Operator[] = ["==", "!=", ">=", "<=", ">", "<"];

/** Parses a whole expression. @throws TraceError that points at the character */
export function parseMetaFilter(text: string): Expression {
  return new MetaParser(text).parse();
}

class MetaParser {
  #at = 0;
  #depth = 0;

  constructor(private readonly text: string) {}

  parse(): Expression {
    const expression = this.#expression();
    if (this.#at < this.text.length) throw this.#unexpected(`"and", "or" or the end`);
    return expression;
  }

  #expression(): Expression {
    let left = this.#conjunction();
    while (this.#word("or") || this.#token("||")) left = { kind: "or", left, right: this.#conjunction() };
    return left;
  }

  #conjunction(): Expression {
    let left = this.#factor();
    while (this.#word("and") || this.#token("&&")) left = { kind: "and", left, right: this.#factor() };
    return left;
  }

  #factor(): Expression {
    if (++this.#depth > deepest) throw this.#fault(this.#here(), `it is nested more than ${deepest} levels deep`);
    const factor = this.#nested() ?? this.#term();
    this.#depth--;
    return factor;
  }

  #nested(): Expression | undefined {
    if (this.#word("not") || this.#token("!")) return { kind: "not", operand: this.#factor() };
    if (!this.#token("(")) return undefined;
    const inside = this.#expression();
    if (!this.#token(")")) throw this.#unexpected(`")"`);
    return inside;
  }

  #term(): Term {
    const root = this.#name(`a term such as sk_buff.mark, "not" or "("`);
    const members: Member[] = [];
    while (this.#token(".")) members.push(this.#member());
    if (members.length === 0) throw this.#unexpected(`"." and a member of ${root.name}`);
    const comparison = this.#comparison();
    return { kind: "term", root, members, comparison, start: root.start, end: this.#at };
  }

  #member(): Member {
    const { name, start, end } = this.#name("the name of a member");
    const indexes: Index[] = [];
    while (this.#token("[")) indexes.push(this.#index());
    const mask = this.#token(":") ? this.#mask() : undefined;
    const cast = mask && this.#token(":") ? this.#name("the name of a type") : undefined;
    return { name, start, end, indexes, mask, cast };
  }

  #index(): Index {
    const { value, start, end } = this.#number("the number of an element");
    if (!this.#token("]")) throw this.#unexpected(`"]"`);
    if (value > 0xffff_ffffn) throw this.#fault({ start, end }, "array index out of range");
    return { value: Number(value), start, end };
  }

  #mask(): Mask {
    const inverted = this.#token("~");
    const { value, start, end } = this.#number("a mask: a number, or ~ and a number");
    const mask = BigInt.asUintN(64, inverted ? ~value : value);
    if (mask === 0n) throw this.#fault({ start, end }, "a mask of zero leaves nothing to compare");
    return { value: mask, start, end };
  }

  #comparison(): Comparison | undefined {
    const { start } = this.#here();
    const operator = operators.find((candidate) => this.#token(candidate));
    if (operator === undefined && this.text[start] === "=") throw this.#fault(this.#here(), "write == to compare for equality");
    return operator && { operator, start, end: start + operator.length, literal: this.#literal() };
  }

  #literal(): Literal {
    const { start } = this.#here();
    const quote = this.text[start];
    if (quote === '"' || quote === "'") return this.#quoted(quote, start);
    const bare = this.#match(/-?[\w.:]+/y);
    if (bare === undefined) throw this.#unexpected("a number, a text in quotes, an address or the name of a constant");
    const span = { start, end: this.#at };
    const literal = this.#attempt(span, () => parseBareLiteral(bare));
    if (literal === undefined) throw this.#fault(span, `"${bare}" is not a number, address or name`);
    return { ...literal, ...span };
  }

  #quoted(quote: string, start: number): Literal {
    const whole = this.#match(quote === '"' ? /"(?:[^"\\]|\\[\s\S])*"/y : /'(?:[^'\\]|\\[\s\S])*'/y);
    if (whole === undefined) throw this.#fault({ start, end: this.text.length }, `the closing ${quote} is missing`);
    const span = { start, end: this.#at };
    return { kind: "text", bytes: this.#attempt(span, () => parseText(whole.slice(1, -1))), ...span };
  }

  /** A number without a sign. */
  #number(expected: string): Span & { readonly value: bigint } {
    const { start } = this.#here();
    const text = this.#match(/[0-9]\w*/y);
    if (text === undefined) throw this.#unexpected(expected);
    const span = { start, end: this.#at };
    const value = this.#attempt(span, () => parseNumber(text));
    if (value === undefined) throw this.#fault(span, `"${text}" is not a number`);
    return { value, ...span };
  }

  #name(expected: string): Name {
    const { start } = this.#here();
    const name = this.#match(/[A-Za-z_]\w*/y);
    if (name === undefined) throw this.#unexpected(expected);
    return { name, start, end: this.#at };
  }

  /** Turns a RangeError, whose cause may be an index into the quoted text, into one that points into the expression. */
  #attempt<T>(span: Span, parse: () => T): T {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const culprit = typeof error.cause === "number" ? span.start + 1 + error.cause : undefined;
      throw this.#fault(culprit === undefined ? span : { start: culprit, end: culprit + 2 }, error.message);
    }
  }

  /** Steps over a word when it is next. */
  #word(word: string): boolean {
    const { start } = this.#here();
    if (this.#match(/[A-Za-z_]\w*/y) === word) return true;
    this.#at = start;
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

  #fault(span: Span, reason: string): Error {
    return invalidMetaFilter(this.text, span, reason);
  }
}
