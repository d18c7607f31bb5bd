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

/**
 * A class for drops that have a reason in common with others but differ in what was dropped. All conditions that are given must
 * hold; the rules of collectors are tried in their order, before the class of the reason.
 */
export interface DropRule {
  /** Short and stable. */
  readonly name: string;
  readonly class: DropClass;
  /** What such a drop is; one line. */
  readonly meaning: string;
  /** Drop reasons, without their subsystem. */
  readonly reasons?: readonly string[];
  /** Functions that dropped it, without offset; `*` at the end stands for the rest of a name. */
  readonly functions?: readonly string[];
  /** Transport protocols: `tcp`, `udp`, `icmp`, `icmp6`, or the number of another one. */
  readonly protocols?: readonly string[];
  readonly destination?: "multicast" | "broadcast";
}

/** Functions of the kernel in which packets are dropped: one, or several that the compiler may join or that do the same work. */
export interface DropLocation {
  /** Names without what compilers append (`.isra.0`); the one to show first. */
  readonly functions: readonly string[];
  /** What they do with a packet; one line. */
  readonly meaning: string;
  /** By reason, as {@link DropAdvice.name}: when they drop for it. The most frequent ones first. */
  readonly drops: Readonly<Record<string, string>>;
  /** What to check; commands can be pasted. */
  readonly steps: readonly string[];
}

/** How the drop reasons of a subsystem are called: a value is `subsystem << 16 | reason` (include/net/dropreason.h). */
export interface DropReasonNames {
  /** As in the kernel's `enum skb_drop_reason_subsys`, without its prefix, in lower case: `openvswitch`. Its number where that lacks it. */
  readonly subsystem: string | number;
  /** What a subsystem given by its number is called. */
  readonly name?: string;
  /** Enum of the kernel, or of a module, with the reasons; by default the name of the subsystem with `_drop_reason` after it. */
  readonly enum?: string;
  /** Names by the lower 16 bits, for kernels whose types lack the enum. */
  readonly reasons?: Readonly<Record<number, string>>;
}

/** What a collector says about drop reasons: the class of a drop is that of the first rule that fits, else that of its reason. */
export interface DropKnowledge {
  readonly advice: readonly DropAdvice[];
  readonly rules?: readonly DropRule[];
  /** What `retis explain FUNCTION` says. */
  readonly locations?: readonly DropLocation[];
}
