/** `--ovs-enrich-flows`: describes each flow that packets hit, once, in an event of its own. */
import type { Run } from "../../../core/api/collector.ts";
import { controlSockets } from "./control-sockets.ts";
import { FlowDescriber } from "./describe-flow.ts";
import { type Flow, FlowQueue, type WantedFlow } from "./flow-queue.ts";

/** Rules of a flow are known within half a second of its second packet; one that is never hit again never answers. */
const retryMs = 700;
const maxAttempts = 6;
/** How often daemons are searched for when one does not answer. */
const searchMs = 1000;
const shortestPeriodMs = 10;

export class FlowEnrichment {
  readonly #run: Run;
  readonly #queue = new FlowQueue();
  readonly #describer = new FlowDescriber();
  /** Flows that no daemon knows. */
  #unknown = 0;
  #sockets: readonly string[] = [];
  #searchedAt = Number.NEGATIVE_INFINITY;
  #warned = "";

  constructor(run: Run) {
    this.#run = run;
  }

  /** @param rate flows per second that daemons are asked for */
  start(rate: number): void {
    const run = this.#run;
    run.observe("ovs", (ovs) => {
      if (ovs["event_type"] === "flow_lookup" && Number(ovs["flow"]) !== 0) this.#queue.add(ovs as unknown as Flow, performance.now());
    });
    const period = Math.max(shortestPeriodMs, 1000 / rate);
    const atOnce = Math.max(1, Math.round((rate * period) / 1000));
    run.every(period, (signal) => this.#describeNext(atOnce, signal));
    run.background((signal) => this.#sayWhatIsMissing(signal));
  }

  /** Says what could not be described. */
  stop(): void {
    const { log } = this.#run;
    if (this.#unknown > 0) log.warn(`ovs: ${this.#unknown} flows not described: ovs-vswitchd does not know them any more`);
    if (this.#queue.dropped > 0) log.warn(`ovs: ${this.#queue.dropped} flows not described: more than --ovs-enrich-rate lets through`);
    if (this.#queue.size > 0) log.info(`ovs: ${this.#queue.size} flows were still to be described`);
  }

  /** Nothing, and no promise, when there is nothing to ask. */
  #describeNext(count: number, signal: AbortSignal): Promise<void> | undefined {
    const wanted: WantedFlow[] = [];
    for (let flow = this.#queue.take(performance.now()); flow; flow = this.#queue.take(performance.now())) {
      wanted.push(flow);
      if (wanted.length >= count) break;
    }
    return wanted.length === 0 ? undefined : this.#describeAll(wanted, signal);
  }

  async #describeAll(wanted: readonly WantedFlow[], signal: AbortSignal): Promise<void> {
    for (const flow of wanted) {
      if (signal.aborted) return;
      try {
        await this.#describe(flow, signal);
      } catch (error) {
        if (signal.aborted) return;
        // The daemon may be starting again.
        this.#sockets = [];
        this.#queue.retry(flow, performance.now() + retryMs);
        this.#warnOnce(`cannot query ovs-vswitchd about flows: ${(error as Error).message}`);
      }
    }
  }

  async #describe(flow: WantedFlow, signal: AbortSignal): Promise<void> {
    const now = performance.now();
    const sockets = this.#findSockets(now);
    if (sockets.length === 0) throw new Error("no control socket of a running daemon was found");
    const found = await this.#describer.describe(sockets, flow.name, signal);
    if (!found) {
      this.#unknown++;
      this.#queue.done(flow, now);
      return;
    }
    if (found.rulesPending && flow.attempts + 1 < maxAttempts) return this.#queue.retry(flow, performance.now() + retryMs);
    this.#queue.done(flow, now);
    const { ufid, flow: address, sf_acts } = flow;
    const { dpflow, ofpflows } = found;
    this.#run.emit({ "ovs-detrace": { ufid, flow: address, sf_acts, dpflow, ofpflows } });
  }

  #findSockets(now: number): readonly string[] {
    if (this.#sockets.length > 0 || now - this.#searchedAt < searchMs) return this.#sockets;
    this.#searchedAt = now;
    this.#sockets = controlSockets(this.#run);
    this.#describer.keepOnly(this.#sockets);
    return this.#sockets;
  }

  /** At the start of a run: whether the daemons are there and can name rules. */
  async #sayWhatIsMissing(signal: AbortSignal): Promise<void> {
    const sockets = this.#findSockets(performance.now());
    if (sockets.length === 0) return this.#warnOnce("no control socket of ovs-vswitchd was found: flows are described once there is one");
    for (const socket of sockets) {
      try {
        if (!(await this.#describer.namesRules(socket, signal)))
          this.#warnOnce(
            "ovs-vswitchd cannot name the OpenFlow rules of a flow (ofproto/detrace, since 3.4): flows have only their own text",
          );
      } catch (error) {
        if (!signal.aborted) this.#warnOnce(`cannot query ovs-vswitchd about flows: ${(error as Error).message}`);
      }
    }
  }

  #warnOnce(message: string): void {
    if (message !== this.#warned) this.#run.log.warn(`ovs: ${message}`);
    this.#warned = message;
  }
}
