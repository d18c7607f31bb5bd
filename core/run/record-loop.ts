/** Moves records from the ring to the outputs until the run has to stop, and drains what is left then. */
import { setImmediate } from "node:timers/promises";
import type { SinkStatus } from "../api/sink.ts";
import { log } from "../base/log.ts";
import type { RecordCodec } from "../event/record.ts";
import { WireBuffer } from "../event/wire-buffer.ts";
import { ClockChangeTimer } from "../libbpf/clock-change-timer.ts";
import { DescriptorWait } from "../libbpf/descriptor-wait.ts";
import { eventLoopDescriptor } from "./event-loop-descriptor.ts";
import type { RecordSource } from "./rings/record-source.ts";
import type { RunOutputs } from "./run-outputs.ts";
import type { SignalAbort } from "../signals/abort-on-signal.ts";
import type { RunServices } from "./services/run-services.ts";
import type { WallClock } from "./wall-clock.ts";

/** How long records are left in the ring, unless there are many: a wake-up for each would cost more than the record. */
const gatherMs = 100;
/** The same while collectors have work under way, as many records do not end the wait of the event loop. */
const pendingMs = 10;
/** Pause when a reader takes nothing; what the ring cannot hold meanwhile is counted as lost. */
const congestedMs = 10;
/** Bytes per batch, so that signals and outputs get their turn in a flood. */
const batchBytes = 4 * 1024 * 1024;
/** The same where events are shown: the text of a batch is kept in memory while its reader takes nothing. */
const shownBatchBytes = 256 * 1024;
/** The same as a part of the ring, whose fill has to be looked at more often than it can become full. */
const shownBatchShare = 1 / 8;
/** When more of the ring is in use than this, events are no longer shown one by one, until it is less: the rest is for bursts. */
const crowdedFill = 3 / 4;
const relievedFill = 1 / 2;

export interface RecordLoopOptions {
  readonly ring: RecordSource;
  readonly codec: RecordCodec;
  readonly outputs: RunOutputs;
  readonly services: RunServices;
  readonly wallClock: WallClock;
  /** Ends the loop. */
  readonly stop: SignalAbort;
  /** Events after which the run ends; 0 for never. */
  readonly stopAfter: number;
  /** Called after each batch and each wait. */
  readonly onBatch: (events: number) => void;
  /** Milliseconds until `onBatch` has something to do although no record comes; infinite when it has nothing. */
  readonly untilBatch: () => number;
  /** Called once, when no record came for a while. */
  readonly onQuiet: () => void;
  /** Has the next record wake the ring's reader, or no longer. */
  readonly sleep: (sleeps: boolean) => void;
  /** Collectors may use timers that the loop does not know: it then waits for {@link gatherMs} at most. */
  readonly unknownTimers: boolean;
}

/** What the loop waits for in the kernel. */
interface KernelWait {
  readonly descriptors: DescriptorWait;
  readonly withoutRings: DescriptorWait;
  /** Whether the wait may last until something happens. */
  readonly unlimited: boolean;
}

export class RecordLoop {
  readonly #options: RecordLoopOptions;
  readonly #buffers: readonly WireBuffer[];
  readonly #limit: number;
  readonly #shownBatch: number;
  readonly #clockTimer = new ClockChangeTimer();
  #events = 0;
  /** The ring is crowded, and events are counted instead of shown. */
  #counting = false;
  /** The ring stayed empty for a whole {@link gatherMs}. */
  #quiet = false;
  #wasQuiet = false;

  constructor(options: RecordLoopOptions) {
    this.#options = options;
    this.#buffers = options.ring.memories.map((memory) => new WireBuffer(memory));
    this.#shownBatch = Math.min(shownBatchBytes, options.ring.size * shownBatchShare);
    this.#limit = options.stopAfter > 0 ? options.stopAfter : Number.POSITIVE_INFINITY;
  }

  /** Events handed to the outputs so far. */
  get events(): number {
    return this.#events;
  }

  /** Runs until a stop is requested, the limit is reached or an output fails; returns how the outputs are. */
  async run(): Promise<SinkStatus> {
    const { stop, outputs, services } = this.#options;
    const wait = await this.#kernelWait();
    while (!stop.signal.aborted) {
      this.#checkClock();
      this.#countWhenCrowded();
      const held = outputs.congested && !this.#counting;
      const busy = !held && this.#batch(outputs.shows && !this.#counting ? this.#shownBatch : batchBytes) > 0;
      if (busy) this.#quiet = false;
      services.turn();
      this.#takeEmitted();
      const status = outputs.flush();
      this.#options.onBatch(this.#events);
      if (status !== "ok") return status;
      if (this.#events >= this.#limit) return "ok";
      if (outputs.congested && !this.#counting) await Bun.sleep(congestedMs);
      else if (!busy && !(await this.#wait(wait))) continue;
      // Lets signal handlers and the end of a child process run.
      await setImmediate();
      stop.note();
    }
    return "ok";
  }

  /**
   * Takes what is still in the ring and waits until readers have it; call it when nothing is attached any more.
   * @param onEmpty called when all records were taken; events that collectors make then are written too
   */
  async drain(onEmpty: () => Promise<void>): Promise<void> {
    const { outputs, services } = this.#options;
    outputs.count(false);
    this.#checkClock();
    while (this.#options.ring.drainAll(this.#visit) > 0);
    await onEmpty();
    for (const event of services.takeEvents()) outputs.emit(event);
    outputs.flush();
    outputs.storeFile();
    this.#clockTimer[Symbol.dispose]();
    this.#options.onBatch(this.#events);
    while (outputs.congested) {
      await Bun.sleep(congestedMs);
      outputs.flush();
    }
  }

  /** What the loop waits for in the kernel: records, changes of the wall clock, and whatever the event loop waits for but timers. */
  async #kernelWait(): Promise<KernelWait> {
    const { ring, stop, unknownTimers } = this.#options;
    const eventLoop = await eventLoopDescriptor();
    // A signal that arrives within a turn of the event loop may leave no trace in its descriptor until the next turn.
    const others = [stop.descriptor, this.#clockTimer.descriptor].filter((fd) => fd !== undefined);
    const own = [...ring.fds, ...others];
    if (eventLoop === undefined) log.debug("The event loop's descriptor was not found: looking at the ring again and again");
    const fds = eventLoop === undefined ? own : [...own, eventLoop];
    return {
      descriptors: new DescriptorWait(fds),
      withoutRings: new DescriptorWait(fds.slice(ring.fds.length)),
      unlimited: eventLoop !== undefined && !unknownTimers,
    };
  }

  /**
   * Waits for records, for the event loop or until something is due. Blocking costs least, but timers have no turn meanwhile,
   * so while a collector has work under way, the event loop does the waiting. While records come, they are gathered for a
   * while; once none has come for as long, the next one wakes us, and nothing else is done until then.
   *
   * @returns whether the event loop may have something to do; a turn of it costs more than what is due
   */
  async #wait({ descriptors, withoutRings, unlimited }: KernelWait): Promise<boolean> {
    const { ring, services, outputs, sleep, untilBatch } = this.#options;
    const due = Math.min(services.untilDue(), outputs.untilFlush(), untilBatch());
    const gather = Math.min(due, gatherMs);
    // With records in them, the rings end every wait.
    if (ring.heldMs > 0) {
      if (services.pending) await Bun.sleep(Math.min(due, ring.heldMs));
      else this.#block(withoutRings, Math.min(due, ring.heldMs));
      return true;
    }
    const quiet = this.#quiet;
    this.#quiet = true;
    if (quiet && !this.#wasQuiet) {
      this.#wasQuiet = true;
      this.#options.onQuiet();
      return true;
    }
    if (services.pending) await Bun.sleep(quiet ? gather : Math.min(gather, pendingMs));
    else if (!quiet || !unlimited) this.#block(descriptors, gather);
    else {
      sleep(true);
      const ready = this.#block(descriptors, due);
      sleep(false);
      return ready.length > 0;
    }
    return true;
  }

  #block(descriptors: DescriptorWait, milliseconds: number): readonly number[] {
    const ready = descriptors.wait(milliseconds);
    if (ready.includes(this.#clockTimer.descriptor)) this.#clockTimer.acknowledge();
    return ready;
  }

  /** Where writing text is slower than the events come, they are counted rather than lost. */
  #countWhenCrowded(): void {
    const { ring, outputs } = this.#options;
    this.#counting = outputs.count(ring.fill > (this.#counting ? relievedFill : crowdedFill));
  }

  /** Before the events of a batch are shown, so that each has its own time. */
  #checkClock(): void {
    const change = this.#options.wallClock.check();
    if (change !== undefined) this.#options.outputs.emit(change);
  }

  /** What collectors made; it waits while a reader takes nothing. */
  #takeEmitted(): void {
    const { outputs, services } = this.#options;
    if (!outputs.congested) for (const event of services.takeEvents()) outputs.emit(event);
  }

  #batch(maxBytes: number): number {
    return this.#options.ring.drain(this.#visit, maxBytes);
  }

  readonly #visit = (at: number, length: number, ring: number): void => {
    if (this.#events >= this.#limit) return;
    const { codec, outputs } = this.#options;
    if (outputs.record(codec, this.#buffers[ring]!, at, length)) this.#events++;
  };
}
