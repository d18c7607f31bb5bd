/** Advice on one reason. */
export interface DropAdvice {
  /** As in the kernel's enum, without `SKB_DROP_REASON_`. */
  readonly name: string;
  /** Other names in use. */
  readonly aliases?: readonly string[];
  /** What it means; one line. */
  readonly meaning: string;
  /** Likely causes, the most likely first; empty where nothing is wrong. */
  readonly causes: readonly string[];
  /** What to do; commands can be pasted. */
  readonly steps: readonly string[];
}
