/** Handlers of terminating signals that work while JavaScript is busy; see native/stop-signals.c. */
import { type Pointer, toArrayBuffer } from "bun:ffi";
import { reasonOf } from "../base/errors.ts";
import { log } from "../base/log.ts";
import { openLibrary } from "../libbpf/native-library.ts";
import source from "./native/stop-signals.so" with { type: "file" };

const declarations = {
  retis_watch_signal: { args: ["i32"], returns: "i32" },
  retis_signal_is_ignored: { args: ["i32"], returns: "i32" },
  retis_forget_signal: { args: [], returns: "void" },
  retis_first_signal: { args: [], returns: "ptr" },
  retis_foreign_code: { args: [], returns: "ptr" },
  retis_foreign_message: { args: [], returns: "ptr" },
  retis_signal_descriptor: { args: [], returns: "i32" },
} as const;

/** Of `foreign_message` in the library. */
const messageBytes = 256;

function open() {
  const symbols = openLibrary("stop-signals.so", source, declarations);
  const first = new Int32Array(toArrayBuffer(symbols.retis_first_signal() as Pointer, 0, Int32Array.BYTES_PER_ELEMENT));
  const foreign = new Uint32Array(toArrayBuffer(symbols.retis_foreign_code() as Pointer, 0, Uint32Array.BYTES_PER_ELEMENT));
  const message = new Uint8Array(toArrayBuffer(symbols.retis_foreign_message() as Pointer, 0, messageBytes));
  return { symbols, first, foreign, message };
}

let opened: ReturnType<typeof open> | null | undefined;

/** Null where the library cannot be loaded: signals are then handled when JavaScript has time. */
function library(): ReturnType<typeof open> | null {
  if (opened !== undefined) return opened;
  try {
    opened = open();
  } catch (error) {
    log.debug(`Signals are handled between steps only: ${reasonOf(error)}`);
    opened = null;
  }
  return opened;
}

/** Begins anew: the next of the watched signals is the first. Returns whether signals can be watched at all. */
export function forgetSignal(): boolean {
  library()?.symbols.retis_forget_signal();
  return library() !== null;
}

/** Watches a signal that already has a handler, by number. A second signal of whatever number then ends the process. */
export function watchSignal(number: number): void {
  library()?.symbols.retis_watch_signal(number);
}

/** Number of the first watched signal that arrived; 0 when there was none. */
export function firstSignal(): number {
  return opened ? Atomics.load(opened.first, 0) : 0;
}

/** A descriptor that can be read once a watched signal has arrived, for poll(2); undefined when there is none such. */
export function signalDescriptor(): number | undefined {
  const descriptor = library()?.symbols.retis_signal_descriptor() ?? -1;
  return descriptor < 0 ? undefined : descriptor;
}

/** Whether whoever started the process has it ignore a signal, as nohup(1) does; only before a handler is set. */
export function isSignalIgnored(number: number): boolean {
  return library()?.symbols.retis_signal_is_ignored(number) === 1;
}

let foreignDepth = 0;
let described: object | undefined;

/**
 * Code of third parties begins to run: where a signal has come and it does not return, the process ends after a second or two.
 * @param owner whose code it is; named on stderr then
 */
export function enterForeignCode(owner: { readonly name: string; readonly directory: string }): void {
  if (!opened || foreignDepth++ > 0) return;
  if (owner !== described) {
    described = owner;
    opened.message.fill(0);
    const text = `Collector ${owner.name} (${owner.directory}) does not return: ended by the signal\n`;
    new TextEncoder().encodeInto(text, opened.message);
  }
  opened.foreign[0]!++;
}

/** It has returned. */
export function leaveForeignCode(): void {
  if (opened && foreignDepth > 0 && --foreignDepth === 0) opened.foreign[0]!++;
}
