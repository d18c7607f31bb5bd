/** Moves records from the ring to the outputs until the run has to stop, and drains what is left then. */
import { setImmediate } from "node:timers/promises";
import type { SinkStatus } from "../api/sink.ts";
import type { RecordCodec } from "../event/record.ts";
import { WireBuffer } from "../event/wire-buffer.ts";
import type { RingBuffer } from "../libbpf/ring-buffer.ts";
import type { RunOutputs } from "./run-outputs.ts";
import type { RunServices } from "./services/run-services.ts";

/** Longest wait for the kernel; bounds how late a signal, the end of `--cmd` or a quiet event is noticed. */
const waitMs = 100;
/** Longest pause while collectors have work under way: sockets end it early, but not records. */
const pendingMs = 10;
/** Pause when a reader takes nothing; what the ring cannot hold meanwhile is counted as lost. */
const congestedMs = 10;
/** Bytes per batch, so that signals and outputs get their turn in a flood. */
const batchBytes = 4 * 1024 * 1024;

export interface RecordLoopOptions {
  readonly ring: RingBuffer;
  readonly codec: RecordCodec;
  readonly outputs: RunOutputs;
  readonly services: RunServices;
  /** Ends the loop. */
  readonly stop: AbortSignal;
  /** Events after which the run ends; 0 for never. */
  readonly stopAfter: number;
  /** Called after each batch and each wait. */
  readonly onBatch: (events: number) => void;
}

export class RecordLoop {
  readonly #options: RecordLoopOptions;
  readonly #buffer: WireBuffer;
  readonly #limit: number;
  #events = 0;

  constructor(options: RecordLoopOptions) {
    this.#options = options;
    this.#buffer = new WireBuffer(options.ring.memory);
    this.#limit = options.stopAfter > 0 ? options.stopAfter : Number.POSITIVE_INFINITY;
  }

  /** Events handed to the outputs so far. */
  get events(): number {
    return this.#events;
  }

  /** Runs until a stop is requested, the limit is reached or an output fails; returns how the outputs are. */
  async run(): Promise<SinkStatus> {
    const { stop, outputs, services } = this.#options;
    while (!stop.aborted) {
      const busy = !outputs.congested && this.#batch(batchBytes) > 0;
      services.turn();
      this.#takeEmitted();
      const status = outputs.flush();
      this.#options.onBatch(this.#events);
      if (status !== "ok") return status;
      if (this.#events >= this.#limit) return "ok";
      if (outputs.congested) await Bun.sleep(congestedMs);
      else if (!busy) await this.#wait();
      // Lets signal handlers and the end of a child process run.
      await setImmediate();
    }
    return "ok";
  }

  /**
   * Takes what is still in the ring and waits until readers have it; call it when nothing is attached any more.
   * @param onEmpty called when all records were taken; events that collectors make then are written too
   */
  async drain(onEmpty: () => Promise<void>): Promise<void> {
    const { outputs, services } = this.#options;
    while (this.#batch(Number.MAX_SAFE_INTEGER) > 0);
    await onEmpty();
    for (const event of services.takeEvents()) outputs.emit(event);
    outputs.flush();
    this.#options.onBatch(this.#events);
    while (outputs.congested) {
      await Bun.sleep(congestedMs);
      outputs.flush();
    }
  }

  /**
   * Waits for records, or until periodic work is due. Blocking costs least, but sockets and timers have no turn meanwhile, so
   * while a collector waits for some, the event loop does the waiting.
   */
  async #wait(): Promise<void> {
    const { ring, services } = this.#options;
    const longest = Math.ceil(Math.min(waitMs, services.untilDue()));
    if (services.pending) await Bun.sleep(Math.min(longest, pendingMs));
    else ring.wait(longest);
  }

  /** What collectors made; it waits while a reader takes nothing. */
  #takeEmitted(): void {
    const { outputs, services } = this.#options;
    if (!outputs.congested) for (const event of services.takeEvents()) outputs.emit(event);
  }

  #batch(maxBytes: number): number {
    const { ring, codec, outputs } = this.#options;
    return ring.drain((at, length) => {
      if (this.#events >= this.#limit) return;
      this.#events++;
      outputs.record(codec, this.#buffer, at, length);
    }, maxBytes);
  }
}
