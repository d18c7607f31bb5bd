/** One collection from start to end: check → plan → link, load, attach → records → detach, drain, report. */
import { hostname } from "node:os";
import manifest from "../../package.json" with { type: "json" };
import { SignalAbort, SignalReceived } from "../signals/abort-on-signal.ts";
import type { Host } from "../api/host.ts";
import type { Section } from "../api/section.ts";
import type { Sink, SinkStatus } from "../api/sink.ts";
import { type Event, u64FromBigInt } from "../api/event.ts";
import { TraceError } from "../base/errors.ts";
import { log, writeToStderr } from "../base/log.ts";
import { counted } from "../base/plural.ts";
import type { CollectOptions } from "../api/collect-options.ts";
import { coreSections } from "../event/core-sections.ts";
import type { RecordCodec } from "../event/record.ts";
import { ClockOffsets } from "../file/clock-offsets.ts";
import { planFields } from "../fields/plan-fields.ts";
import { Kernel } from "../kernel/kernel.ts";
import { kernelNow, readEventClock } from "../libbpf/clock.ts";
import { type CollectionCounts, createStatusLine, type StatusLine } from "../output/status-line.ts";
import { dropClassifier, needsClasses } from "../output/drop-classes.ts";
import { createStdoutSink, type StdoutOptions } from "../output/stdout-sink.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import { findUser, type SystemUser } from "../privileges/system-user.ts";
import { asFileUser } from "../privileges/thread-privileges.ts";
import { callEach } from "./call-collectors.ts";
import { ChildCommand } from "./child-command.ts";
import { planCollectors, type PlannedCollector, trySetups } from "./collector-plans.ts";
import { createHost } from "../probe/collector-host.ts";
import { type Loss, type LossKind, ofKind, readerLosses, totalOf } from "./loss.ts";
import { giveUpPrivileges } from "./give-up-privileges.ts";
import { lossEvent } from "./loss-event.ts";
import { Phases } from "./phases.ts";
import { requireTracingPrivileges } from "./privileges.ts";
import { RecordLoop } from "./record-loop.ts";
import { headerMaker, type RunFacts, RunOutputs } from "./run-outputs.ts";
import { RunServices } from "./services/run-services.ts";
import type { StackProbing } from "./stack-probing.ts";
import { joinExpressions, openScope } from "./scope.ts";
import { RunSinks } from "./run-sinks.ts";
import type { ChosenSink } from "../sinks/plugin-sink.ts";
import { startContained } from "./start-contained.ts";
import { startTracing } from "./start-tracing.ts";
import { mountTraceLists, type TraceMount } from "./trace-mount.ts";
import { RecordsCapture } from "../records/capture.ts";
import type { Tracing } from "./tracing.ts";
import { WallClock } from "./wall-clock.ts";

/** Level of the JSON form that we write, which readers of the original tool check, then our own version. */
const fileVersion = `v1.7.0+retis-${manifest.version}`;

/** Pause when a reader takes nothing. */
const congestedMs = 10;

/** Poll interval of the loss counters while running. */
const lossIntervalMs = 250;

function openOutputs(
  options: CollectOptions,
  sections: readonly Section[],
  sink: Sink | undefined,
  stackProbing: StackProbing | undefined,
  services: RunServices,
  stop: SignalAbort,
  wallClock: WallClock,
  capture: RecordsCapture | undefined,
): RunOutputs {
  const observe = stackProbing && ((event: Event) => stackProbing.observe(event));
  // Until there is something to write, a stop is the end; later what was collected is to be written.
  let check = stop.check;
  const facts = { sections, versionText: fileVersion, wallClock, check: () => check() };
  capture?.open({ versionText: fileVersion, commandLine: options.commandLine, clockOffset: wallClock.initial });
  const outputs = new RunOutputs(options, facts, sink, { observers: services.observers, stages: services.stages, observe, capture });
  check = stop.note;
  return outputs;
}

/** Opens stdout, unless events go elsewhere only, and the sink of a collector. */
async function openSinks(
  sinks: RunSinks,
  options: CollectOptions,
  text: Pick<StdoutOptions, "flat" | "statusLine">,
  { sections, wallClock }: Pick<RunFacts, "sections" | "wallClock">,
  chosen: ChosenSink | undefined,
  user: SystemUser | undefined,
): Promise<void> {
  const { format, linkLayer, time } = options;
  const offsets = new ClockOffsets(wallClock.initial);
  const shown = { ...text, format, linkLayer, time, compact: options, patient: true, offsets };
  if (options.print) await sinks.addStdout(createStdoutSink(sections, shown), format);
  if (chosen === undefined) return;
  const header = headerMaker(options, { sections, versionText: fileVersion, wallClock, check: () => {} })();
  await sinks.addPlugin(chosen, header, (call) => asFileUser(user, call));
}

/** Follows the losses while running, for the status line. */
function lossFollower(tracing: Tracing, services: RunServices): () => Pick<CollectionCounts, "lost" | "skipped"> {
  let counts = { lost: 0, skipped: 0 };
  let readAt = 0;
  return () => {
    const now = performance.now();
    if (now - readAt >= lossIntervalMs) {
      const losses = [...tracing.losses(), ...services.losses()];
      counts = { lost: totalOf(losses, "lost"), skipped: totalOf(losses, "skipped") };
      readAt = now;
    }
    return counts;
  };
}

const lossTexts: Readonly<Record<LossKind, (loss: Loss) => string>> = {
  lost: ({ probe, reason, count }) => `Lost ${counted(count, "event")} from ${probe}: ${reason}`,
  incomplete: ({ probe, reason, count }) => `Incomplete events from ${probe}, ${counted(count, "time")}: ${reason}`,
  skipped: ({ probe, reason, count }) => `Skipped ${counted(count, "hit")} of ${probe}: ${reason}`,
  untracked: ({ probe, reason, count }) => `Not tracked, ${counted(count, "time")} (${probe}): ${reason}`,
};

function reportLosses({ tracing, outputs, services }: RunParts, codec: RecordCodec): void {
  const evicted = tracing.evicted();
  const others = [...tracing.losses(), ...readerLosses(codec.stats), ...services.losses()];
  for (const { count } of evicted) log.warn(`Tracking table full: ${counted(count, "in-flight packet")} evicted, see --tracking-size`);
  for (const loss of others) log[loss.kind === "untracked" ? "info" : "warn"](lossTexts[loss.kind](loss));
  const { events: unshown, byKind } = outputs.unshown;
  if (unshown > 0) log.warn(`Output too slow: ${counted(unshown, "event")} ${byKind ? "counted instead of shown" : "in the file only"}`);
  for (const text of tracing.ringLosses()) log.debug(text);
  if (ofKind(others, "lost").length > 0) log.warn(`Total events lost: ${totalOf(others, "lost")}`);
  if (ofKind(others, "skipped").length > 0)
    log.warn(`Total hits skipped: ${totalOf(others, "skipped")}; a filter may not have wanted them`);
  const losses = [...others, ...evicted];
  if (losses.length > 0) outputs.note(lossEvent(u64FromBigInt(kernelNow()), losses));
}

/** Erases the status line before a message takes its place. */
function withoutStatusLine(statusLine: StatusLine): (line: string) => void {
  return (line) => {
    statusLine.erase();
    writeToStderr(line);
  };
}

/** A reader that left is not a failure. @throws the failure of an output */
function requireOutputs(status: SinkStatus): void {
  if (typeof status !== "string") throw status;
}

/**
 * Listens to the terminating signals; SIGHUP comes when the terminal or the connection of the user is gone. The first ends the
 * run in order; a second ends the process at once, which detaches everything all the same, because the kernel closes our file
 * descriptors.
 */
function stopOnSignal(): SignalAbort {
  return new SignalAbort(["SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP"], ({ signal }: SignalReceived) =>
    log.info(`Received signal ${signal}, terminating ...`),
  );
}

/**
 * Runs one collection.
 * @param tried collectors to try, in processing order
 * @param chosenSink where events go beside
 * @returns exit status
 * @throws TraceError when the collection cannot start, or an output fails; nothing stays attached then
 */
export async function runCollect(options: CollectOptions, tried: readonly LoadedCollector[], chosenSink?: ChosenSink): Promise<number> {
  requireTracingPrivileges();
  const stop = stopOnSignal();
  const scope = openScope(options.scope);
  const scoped = { ...options, filterMeta: joinExpressions(options.filterMeta, scope.expression) };
  const traceMount = options.allowSystemChanges ? mountTraceLists() : undefined;
  try {
    return await traceAndCollect(scoped, tried, chosenSink, stop, traceMount);
  } catch (error) {
    // A signal while the kernel verifies a program makes it give up the load; it is not a failure of anything.
    stop.note();
    if (stop.signal.aborted && error instanceof TraceError && error.code === "BPF_LOAD") return 0;
    if (error instanceof SignalReceived) return 0;
    throw error;
  } finally {
    scope.close();
    traceMount?.close();
    stop.release();
  }
}

async function traceAndCollect(
  options: CollectOptions,
  tried: readonly LoadedCollector[],
  chosenSink: ChosenSink | undefined,
  stop: SignalAbort,
  traceMount: TraceMount | undefined,
): Promise<number> {
  const phases = new Phases();
  const user = options.user === undefined ? undefined : findUser(options.user);
  const kernelOptions = {
    ...(options.kconf === undefined ? {} : { kconf: options.kconf }),
    ...(traceMount === undefined ? {} : { tracefsDirs: [traceMount.directory] }),
  };
  const facts = { kernel: kernelOptions, systemChangesAllowed: options.allowSystemChanges };
  const refused = await trySetups(tried, options.collectorOptions, facts, stop.signal);
  stop.check();
  const kernel = new Kernel(kernelOptions);
  kernel.dropReasons.know(tried.flatMap(({ collector }) => collector.dropReasons ?? []));
  const capture = options.saveRecords === undefined ? undefined : new RecordsCapture(options.saveRecords);
  const ownHost = createHost(kernel, options.allowSystemChanges);
  const host = capture?.host(ownHost) ?? ownHost;
  const able = [
    ...planCollectors(tried, host, { ...options.choice, options: options.collectorOptions, refused, check: stop.check }),
    ...fieldsCollector(kernel, host, options.probes),
  ];
  phases.mark("collectors planned");

  const statusLine = createStatusLine();
  const flat = needsClasses(options.format)
    ? { host: hostname(), classOf: await dropClassifier(tried.map(({ collector }) => collector)) }
    : undefined;
  const { started, planned } = startContained(able, (some) => {
    if (options.choice.auto) log.info(`Collectors started: ${some.map(({ loaded }) => loaded.collector.name).join(", ")}`);
    return startTracing(kernel, some, options, phases, stop.check, capture);
  });
  const { tracing, stackProbing } = started;
  const used = planned.map(({ loaded }) => loaded.collector);
  const sinks = new RunSinks({ used, known: tried.map(({ collector }) => collector) });
  const sections = [...coreSections, ...used.flatMap((collector) => collector.sections)];
  const now = () => u64FromBigInt(kernelNow());
  const services = new RunServices({ sections, findMap: (name) => tracing.typedMap(name), codec: tracing.codec, now });
  try {
    const wallClock = new WallClock(readEventClock);
    await openSinks(sinks, options, { flat, statusLine }, { sections, wallClock }, chosenSink, user);
    // With --user everything that is written belongs to that user, and parts of rotated files can be made later.
    const outputs = asFileUser(user, () => openOutputs(options, sections, sinks.sink, stackProbing, services, stop, wallClock, capture));
    const becomeRecorder = () => {
      // The addresses are hidden from those who open the file without privileges.
      kernel.openSymbols();
      giveUpPrivileges(options, {
        planned,
        user,
        followsProcesses: tracing.followsProcesses,
        opensUprobeEvents: tracing.opensUprobeEvents,
      });
    };
    const { prepareLocations } = started;
    const parts = {
      tracing,
      stackProbing,
      outputs,
      sinks,
      services,
      wallClock,
      planned,
      stop,
      statusLine,
      phases,
      becomeRecorder,
      prepareLocations,
    };
    return await collectRecords(options, parts);
  } finally {
    tracing.close();
    await sinks.end();
    statusLine?.erase();
  }
}

/** The collector that reads the fields of the probes; none when no probe has any. */
function fieldsCollector(kernel: Kernel, host: Host, probes: readonly string[]): readonly PlannedCollector[] {
  const fields = planFields(kernel, probes);
  if (fields === undefined) return [];
  const { collector, ...rest } = fields;
  return [
    {
      ...rest,
      loaded: { collector, directory: undefined, source: "built-in" },
      host: { ...host },
      options: {},
      companion: false,
      optional: false,
    },
  ];
}

interface RunParts {
  readonly tracing: Tracing;
  readonly stackProbing: StackProbing | undefined;
  readonly outputs: RunOutputs;
  readonly sinks: RunSinks;
  readonly services: RunServices;
  readonly wallClock: WallClock;
  readonly planned: readonly PlannedCollector[];
  readonly stop: SignalAbort;
  readonly statusLine: StatusLine | undefined;
  readonly phases: Phases;
  /** Gives up the privileges that are not needed any more. */
  readonly becomeRecorder: () => void;
  /** See {@link StartedTracing}. */
  readonly prepareLocations: () => void;
}

/** Closes the outputs and waits until readers have the rest; a second signal ends the process meanwhile. */
async function closeOutputs(outputs: RunOutputs): Promise<SinkStatus> {
  let status = outputs.close();
  while (outputs.congested) {
    await Bun.sleep(congestedMs);
    status = outputs.flush();
  }
  return status;
}

/** @returns exit status: that of `--cmd`, if its end was the end of the collection */
async function collectRecords(options: CollectOptions, parts: RunParts): Promise<number> {
  const { tracing, stackProbing, outputs, services, wallClock, planned, stop, statusLine, phases, becomeRecorder, prepareLocations } =
    parts;
  const codec = tracing.codec;
  const losses = lossFollower(tracing, services);
  const runs = new Map(planned.map((one) => [one, services.runFor(one)]));
  const loop = new RecordLoop({
    ring: tracing.ring,
    codec,
    outputs,
    services,
    wallClock,
    stop,
    stopAfter: options.stopAfter,
    onBatch(events) {
      tracing.followProcesses();
      stackProbing?.grow();
      statusLine?.update({ events, ...losses() });
    },
    untilBatch: () => Math.min(tracing.untilFollow(), statusLine?.untilDrawing() ?? Number.POSITIVE_INFINITY),
    onQuiet: prepareLocations,
    sleep: (sleeps) => {
      tracing.readerSleeps = sleeps;
    },
    unknownTimers: parts.sinks.hasPlugin || planned.some(({ loaded }) => loaded.directory !== undefined),
  });
  const writeLine = statusLine && log.setLineWriter(withoutStatusLine(statusLine));
  let child: ChildCommand | undefined;
  try {
    // Before any event: it may take what collectors do here to explain one, e.g. that the kernel shows what rules do.
    await callEach(runs, "start");
    phases.mark("collectors started");
    tracing.enable();
    phases.mark("probes live");
    // Scripts wait for this line, as they do with the original: its wording stays.
    log.info(`${tracing.emitting.length} probe(s) loaded`);
    child = options.command === undefined ? undefined : new ChildCommand(options.command, stop);
    becomeRecorder();
    await loop.run();
    if (options.stopAfter > 0 && loop.events >= options.stopAfter) log.info(`Reached stop count (${options.stopAfter}), terminating ...`);
  } finally {
    phases.mark("collected");
    tracing.detach();
    phases.mark("probes detached");
    await child?.stop();
    await loop.drain(async () => {
      await services.end();
      await callEach(runs, "stop");
    });
    statusLine?.erase();
    if (writeLine) log.setLineWriter(writeLine);
    log.info(`${counted(loop.events, "event")} processed`);
    reportLosses(parts, codec);
    phases.mark("stopped");
  }
  const closed = await closeOutputs(outputs);
  const ended = await parts.sinks.end();
  if (outputs.files > 0) log.info(`Wrote ${counted(outputs.files, "event file")}`);
  requireOutputs(closed);
  requireOutputs(ended);
  return child?.status ?? 0;
}
