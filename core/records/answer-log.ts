import type { RecordedAnswer } from "./records-format.ts";

/** Questions that are remembered as written; beyond that they are written again, which does no harm. */
const maxKnown = 1 << 18;

/** A question as a key: arguments are numbers, bigints, texts and lists of them. */
export function questionKey(question: string, args: readonly unknown[]): string {
  return `${question} ${JSON.stringify(args, (_, value: unknown) => (typeof value === "bigint" ? `${value}n` : value))}`;
}

/** Passes on each answer that is new, so that the file has it once. */
export class AnswerLog {
  readonly #known = new Map<string, unknown>();
  readonly #write: (answer: RecordedAnswer) => void;

  constructor(write: (answer: RecordedAnswer) => void) {
    this.#write = write;
  }

  /** Notes an answer, and gives it back. */
  note<T>(question: string, args: readonly unknown[], answer: T): T {
    const key = questionKey(question, args);
    if (!this.#known.has(key) || this.#known.get(key) !== answer) {
      if (this.#known.size >= maxKnown) this.#known.clear();
      this.#known.set(key, answer);
      this.#write(answer === undefined ? [question, args] : [question, args, answer]);
    }
    return answer;
  }
}

/** Answers of a recording; the last of several to the same question counts. */
export class RecordedAnswers {
  readonly #answers = new Map<string, unknown>();
  readonly #missing = new Set<string>();

  add([question, args, answer]: RecordedAnswer): void {
    this.#answers.set(questionKey(question, args), answer);
  }

  /** Undefined when the recording has none, or the host had none. */
  get(question: string, ...args: readonly unknown[]): unknown {
    const key = questionKey(question, args);
    if (!this.#answers.has(key)) this.#missing.add(key);
    return this.#answers.get(key);
  }

  /** Questions that were put and that the recording has no answer to. */
  get missing(): readonly string[] {
    return [...this.#missing];
  }
}
