/** Part of an expression, as offsets into its text; the end is not part of it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Makes the error that points at a part of an expression. */
export type FaultAt = (text: string, span: Span, reason: string, hint?: string) => Error;

/** An expression that is read from its beginning to its end, token by token; blanks may be anywhere between them. */
export class ExpressionText {
  readonly text: string;
  readonly #faultAt: FaultAt;
  #at = 0;

  constructor(text: string, faultAt: FaultAt) {
    this.text = text;
    this.#faultAt = faultAt;
  }

  /** End of the last token. */
  get at(): number {
    return this.#at;
  }

  /** Whether something other than blanks was not read. */
  get hasMore(): boolean {
    return this.here().start < this.text.length;
  }

  /** Steps over a name. @throws the error of this expression where none is next */
  name(expected: string): Span & { readonly name: string } {
    const { start } = this.here();
    const name = this.match(/[A-Za-z_]\w*/y);
    if (name === undefined) throw this.unexpected(expected);
    return { name, start, end: this.#at };
  }

  /** Steps over a word when it is next. */
  word(word: string): boolean {
    const { start } = this.here();
    if (this.match(/[A-Za-z_]\w*/y) === word) return true;
    this.#at = start;
    return false;
  }

  /** Steps over punctuation when it is next. */
  token(token: string): boolean {
    if (!this.text.startsWith(token, this.here().start)) return false;
    this.#at += token.length;
    return true;
  }

  /** Steps over what a sticky pattern (flag `y`) finds. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.here().start;
    const found = pattern.exec(this.text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  /** Steps over blanks. @returns the next character */
  here(): Span {
    while (/\s/.test(this.text[this.#at] ?? "")) this.#at++;
    return { start: this.#at, end: this.#at + 1 };
  }

  /** Something else than what is next was expected here. */
  unexpected(expected: string): Error {
    const span = this.here();
    const found = span.start < this.text.length ? `"${this.text[span.start]}"` : "the end";
    return this.fault(span, `expected ${expected}, found ${found}`);
  }

  fault(span: Span, reason: string, hint?: string): Error {
    return this.#faultAt(this.text, span, reason, hint);
  }
}
