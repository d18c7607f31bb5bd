/** Flows that packets hit and that are to be described, and those that were. */
import { ufidText } from "../ufid.ts";

/** A flow of the datapath; all three together say that it is the same one. */
export interface Flow {
  /** Four words. */
  readonly ufid: readonly number[];
  readonly flow: number | bigint;
  readonly sf_acts: number | bigint;
}

/** A flow with what was learnt of it so far. */
export interface WantedFlow extends Flow {
  readonly name: string;
  /** When it was hit last, milliseconds. */
  readonly hitAt: number;
  /** Times that its rules were asked for. */
  readonly attempts: number;
  /** When to ask (again), milliseconds. */
  readonly dueAt: number;
}

/** Flows that wait, and that are known; each takes some hundred bytes. */
export const flowLimit = 5000;
/** Open vSwitch removes a flow that was idle for 10 s. */
const idleMs = 10_000;

export class FlowQueue {
  /** Flows that could not wait any more, or for which there was no room. */
  dropped = 0;
  readonly #waiting = new Map<string, WantedFlow>();
  readonly #known = new Map<string, Pick<WantedFlow, "flow" | "sf_acts" | "hitAt">>();

  /** Flows that wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** A packet hit a flow: it is asked for, unless it is known, or waits already. */
  add(flow: Flow, now: number): void {
    const name = ufidText(flow.ufid);
    const { flow: address, sf_acts } = flow;
    const known = this.#known.get(name);
    if (known && known.flow === address && known.sf_acts === sf_acts && now - known.hitAt < idleMs) return this.#remember(name, flow, now);
    this.#known.delete(name);
    const waiting = this.#waiting.get(name);
    const isSame = waiting?.flow === address && waiting.sf_acts === sf_acts;
    if (waiting === undefined && this.#waiting.size >= flowLimit) {
      this.dropped++;
      return;
    }
    // In its old place in the order, so that flows that are hit often do not have to wait for ever.
    this.#waiting.set(name, isSame ? { ...waiting, hitAt: now } : { ...flow, name, hitAt: now, attempts: 0, dueAt: now });
  }

  /** Takes the flow that waits longest and is due; those that became too old are dropped. */
  take(now: number): WantedFlow | undefined {
    for (const [name, flow] of this.#waiting) {
      if (now - flow.hitAt >= idleMs) {
        this.#waiting.delete(name);
        this.dropped++;
      } else if (flow.dueAt <= now) {
        this.#waiting.delete(name);
        return flow;
      }
    }
    return undefined;
  }

  /** Asks again later. A flow that was hit anew meanwhile waits already. */
  retry(flow: WantedFlow, dueAt: number): void {
    if (!this.#waiting.has(flow.name)) this.#waiting.set(flow.name, { ...flow, attempts: flow.attempts + 1, dueAt });
  }

  /** The flow is described, or cannot be: it is not asked for again while it is hit. */
  done(flow: WantedFlow, now: number): void {
    this.#waiting.delete(flow.name);
    this.#remember(flow.name, flow, now);
  }

  #remember(name: string, { flow, sf_acts }: Flow, now: number): void {
    this.#known.delete(name);
    this.#known.set(name, { flow, sf_acts, hitAt: now });
    if (this.#known.size <= flowLimit) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
