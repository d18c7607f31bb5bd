import type { DropAdvice } from "../api/drop-advice.ts";
import type { DropGroup } from "./drop-groups.ts";
import type { Finding } from "./finding.ts";
import type { FoundNamespace } from "./host-view.ts";

/** `limit`: enough other answers were found before. */
export type Unexamined = "other-host" | "namespace-gone" | "limit";

/** What is known about one group of drops. */
export interface Diagnosis {
  readonly group: DropGroup;
  /** What `retis explain` says about the reason. */
  readonly advice: DropAdvice | undefined;
  /** The namespace that was examined, by the event or by the packet's address; undefined when it is gone, or is that of retis. */
  readonly namespace: FoundNamespace | undefined;
  /** Why no check looked at the host for it; undefined when they did. */
  readonly unexamined: Unexamined | undefined;
  /** Empty when no check found anything. */
  readonly findings: readonly Finding[];
}
