/** libbpf's own messages: passed on to a handler, and the last ones kept for error texts. */
import { JSCallback, type Pointer } from "bun:ffi";
import { addressOf, libc } from "./libc.ts";
import { libbpf } from "./symbols.ts";

/** Level as libbpf counts: 0 warning, 1 information, 2 debug. */
export type MessageHandler = (level: number, text: string) => void;

/** The log of the verifier is one message, and what was wrong is at its end. */
const messageBytes = 4 * 1024 * 1024;
const keptMessages = 40;

let callback: JSCallback | undefined;
let handler: MessageHandler | undefined;
const recent: string[] = [];

function receive(buffer: Buffer, level: number, format: Pointer, args: Pointer): number {
  const length = libc().vsnprintf(addressOf(buffer), BigInt(buffer.length), format, args);
  const text = buffer
    .toString("utf8", 0, Math.max(0, Math.min(length, buffer.length - 1)))
    .replace(/^libbpf: /, "")
    .trimEnd();
  if (level === 0) {
    recent.push(text);
    if (recent.length > keptMessages) recent.shift();
  }
  handler?.(level, text);
  return length;
}

/**
 * Sends libbpf's messages to `messages`. libbpf calls back on our own thread only, inside a call that we made; a
 * `va_list` reaches us as an address on both architectures, which vsnprintf(3) takes as it is.
 */
export function captureMessages(messages: MessageHandler): void {
  handler = messages;
  if (callback) return;
  const buffer = Buffer.alloc(messageBytes);
  callback = new JSCallback((level: number, format: Pointer, args: Pointer) => receive(buffer, level, format, args), {
    args: ["i32", "ptr", "ptr"],
    returns: "i32",
  });
  libbpf().libbpf_set_print(callback.ptr);
}

/** The warnings that libbpf gave since the last call. */
export function takeRecentMessages(): readonly string[] {
  return recent.splice(0);
}
