/** The probe syntax of the command line: `[TYPE:]TARGET[/OPTION...]`. */
import { invalidProbe } from "../base/errors.ts";

export type ProbeType = "kprobe" | "kretprobe" | "raw_tracepoint";

export interface ProbeSpec {
  readonly type: ProbeType;
  /** Function name or `group:event`; `*` stands for any run of characters. */
  readonly target: string;
  /** `/stack`: report a stack trace with each event. */
  readonly stack: boolean;
  /** `/optional`: that the kernel has no such target is no error; the probe is left out. */
  readonly optional: boolean;
}

const typeNames: Readonly<Record<string, ProbeType>> = {
  kprobe: "kprobe",
  k: "kprobe",
  kretprobe: "kretprobe",
  kr: "kretprobe",
  raw_tracepoint: "raw_tracepoint",
  tp: "raw_tracepoint",
};

const optionNames: readonly string[] = ["stack", "optional"];

function parseOptions(text: string, options: readonly string[]): Pick<ProbeSpec, "stack" | "optional"> {
  const seen = new Set<string>();
  for (const option of options) {
    if (option === "") throw invalidProbe(text, "empty option");
    if (!optionNames.includes(option)) throw invalidProbe(text, `unknown option "${option}"`);
    if (seen.has(option)) throw invalidProbe(text, `repeated option "${option}"`);
    seen.add(option);
  }
  return { stack: seen.has("stack"), optional: seen.has("optional") };
}

function splitType(text: string, body: string): { readonly type: ProbeType; readonly target: string } {
  const colon = body.indexOf(":");
  if (colon < 0) return { type: "kprobe", target: body };
  const type = typeNames[body.slice(0, colon)];
  if (type) return { type, target: body.slice(colon + 1) };
  if (body.indexOf(":", colon + 1) >= 0) throw invalidProbe(text, `unknown probe type "${body.slice(0, colon)}"`);
  return { type: "raw_tracepoint", target: body };
}

/**
 * Parses one probe as a person wrote it.
 * @throws TraceError (usage) saying what is wrong with it
 */
export function parseProbe(text: string): ProbeSpec {
  const [body = "", ...options] = text.split("/");
  const { type, target } = splitType(text, body);
  if (target === "") throw invalidProbe(text, "no target");
  const parts = target.split(":");
  if (parts.some((part) => part === "")) throw invalidProbe(text, "empty part in the target");
  if (type === "raw_tracepoint" && parts.length !== 2) throw invalidProbe(text, "a tracepoint is written GROUP:EVENT");
  if (type !== "raw_tracepoint" && parts.length !== 1) throw invalidProbe(text, "a function name has no colon");
  return { type, target, ...parseOptions(text, options) };
}

const shortTypes: Readonly<Record<ProbeType, string>> = { kprobe: "kprobe", kretprobe: "kretprobe", raw_tracepoint: "tp" };

/** The canonical form, also the key for de-duplication: `tp:skb:kfree_skb`, `kprobe:tcp_v4_rcv`. */
export function probeKey(type: ProbeType, symbol: string): string {
  return `${shortTypes[type]}:${symbol}`;
}
