/**
 * `--probe-stack`: functions on the stacks of reported packets become probes themselves, so that a packet is followed
 * upwards from where it was seen first.
 */
import type { Event } from "../api/event.ts";
import type { Target } from "../probe/probe-set.ts";

/** Finds a function that may be probed; undefined when it cannot be, or no collector could read its arguments. */
export type FindFunction = (name: string) => Target | undefined;

/** `tcp_v4_rcv` of `tcp_v4_rcv+0x5a` and `nft_do_chain+0x12 [nf_tables]`; undefined for a bare address. */
function functionOf(frame: string): string | undefined {
  const plus = frame.indexOf("+");
  return plus > 0 ? frame.slice(0, plus) : undefined;
}

/** Collects functions that were seen on stacks and are not probed yet. */
export class ProbeStack {
  /** Every function that was looked at, so that each is looked at once. */
  readonly #seen: Set<string>;
  #found: Target[] = [];

  /**
   * @param probed functions that have an entry probe already
   * @param showsStack whether the probe of this type and symbol reports its stack to the user
   */
  constructor(
    probed: Iterable<string>,
    private readonly find: FindFunction,
    private readonly showsStack: (type: string, symbol: string) => boolean,
  ) {
    this.#seen = new Set(probed);
  }

  /** Looks at an event's stack; gives the event as it is to be shown. */
  observe(event: Event): Event {
    const kernel = event["kernel"];
    const stack = kernel?.["stack_trace"] as readonly string[] | undefined;
    if (!kernel || !stack) return event;
    for (const frame of stack) this.#look(functionOf(frame));
    if (this.showsStack(String(kernel["probe_type"]), String(kernel["symbol"]))) return event;
    const { stack_trace: _hidden, ...shown } = kernel;
    return { ...event, kernel: shown };
  }

  /** The functions found since the last call. */
  take(): readonly Target[] {
    const found = this.#found;
    if (found.length > 0) this.#found = [];
    return found;
  }

  #look(name: string | undefined): void {
    if (name === undefined || this.#seen.has(name)) return;
    this.#seen.add(name);
    const target = this.find(name);
    if (target) this.#found.push(target);
  }
}
