/** `--probe-stack`: looks at the stacks of events, adds probes between batches, hides stacks that were not requested. */
import type { Event } from "../api/event.ts";
import { log } from "../base/log.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { hookMask, type SlottedHook } from "../probe/linked-hooks.ts";
import { lifetimeFlags } from "../probe/skb-lifetime.ts";
import type { Probe } from "../probe/probe.ts";
import type { Target } from "../probe/probe-set.ts";
import { probeKey } from "../probe/probe-spec.ts";
import { ProbeStack } from "./probe-stack.ts";
import type { Tracing } from "./tracing.ts";
import { findFunction } from "../probe/targets.ts";

export interface StackProbingParts {
  readonly tracing: Tracing;
  readonly kernel: Kernel;
  /** Argument types that some collector of the run can use. */
  readonly types: ReadonlySet<string>;
  readonly hooks: readonly SlottedHook[];
  /** Number of the first probe that is added. */
  readonly firstId: number;
  /** Probes that the run has room for in all. */
  readonly limit: number;
}

export class StackProbing {
  readonly #parts: StackProbingParts;
  readonly #stack: ProbeStack;
  #next: number;
  #full = false;

  constructor(parts: StackProbingParts) {
    this.#parts = parts;
    const { tracing, kernel, types } = parts;
    this.#next = parts.firstId;
    const shown = new Set(tracing.attached.filter((probe) => probe.showStack).map(({ type, symbol }) => `${type} ${symbol}`));
    this.#stack = new ProbeStack(
      tracing.emitting.filter(({ type }) => type === "kprobe").map(({ symbol }) => symbol),
      (name) => usefulFunction(kernel, name, types),
      (type, symbol) => shown.has(`${type} ${symbol}`),
    );
  }

  /** Looks at an event's stack; gives the event as it is to be shown. */
  observe(event: Event): Event {
    return this.#stack.observe(event);
  }

  /** Attaches what was found since the last call. */
  grow(): void {
    const found = this.#stack.take();
    if (found.length === 0 || this.#full) return;
    const room = this.#parts.limit - this.#next;
    if (found.length > room) {
      this.#full = true;
      log.warn(`Cannot probe more functions: the limit of ${this.#parts.limit} probes is reached`);
    }
    this.#parts.tracing.addKprobes(found.slice(0, room).map((target) => this.#probeOf(target)));
  }

  #probeOf({ symbol, parameters }: Target): Probe {
    const { hooks } = this.#parts;
    const key = probeKey("kprobe", symbol);
    // A function that is already probed to track packets emits events from now on.
    const known = this.#parts.tracing.attached.find((probe) => probe.type === "kprobe" && probe.symbol === symbol);
    return {
      id: known?.id ?? this.#next++,
      type: "kprobe",
      symbol,
      parameters,
      hooks: hookMask(hooks, "hook", key),
      contextHooks: hookMask(hooks, "context-hook", key),
      requested: false,
      stack: true,
      showStack: false,
      lifetime: known?.lifetime ?? lifetimeFlags("kprobe", symbol),
    };
  }
}

function usefulFunction(kernel: Kernel, name: string, types: ReadonlySet<string>): Target | undefined {
  const target = findFunction(kernel, name);
  return target?.parameters.some((type) => types.has(type)) ? target : undefined;
}
