/** What `retis explain` says about a drop reason. Collectors contribute entries for the reasons that their subsystem gives. */

/**
 * Whether a drop for this reason alone is a fault. `normal`: part of the work of a healthy host. `unknown`: the kernel says too
 * little to know.
 */
export type DropClass = "problem" | "normal" | "unknown";

/** Advice on one reason. */
export interface DropAdvice {
  /** As in the kernel's enum; of the core without `SKB_DROP_REASON_`. */
  readonly name: string;
  /** Other names in use, such as those of other kernel versions. */
  readonly aliases?: readonly string[];
  readonly class: DropClass;
  /** What it means; one line. */
  readonly meaning: string;
  /** Likely causes, the most likely first; empty where nothing is wrong. */
  readonly causes: readonly string[];
  /** What to do; commands can be pasted. */
  readonly steps: readonly string[];
  /** SNMP counters that such drops raise, as `nstat` names them, e.g. `TcpExtListenOverflows`. */
  readonly counters?: readonly string[];
}
