/**
 * The probe syntax of the command line: `[TYPE:]TARGET[/OPTION...][:{FIELD,...}]`, for programs
 * `TYPE:PROGRAM:TARGET[/OPTION...]`.
 */
import { invalidProbe } from "../base/errors.ts";

/** Kinds of probes in programs. */
export type UserProbeType = "usdt" | "uprobe";
export type ProbeType = "kprobe" | "kretprobe" | "raw_tracepoint" | UserProbeType;

export interface ProbeSpec {
  readonly type: ProbeType;
  /** Function name, `group:event`, `provider:name` or `symbol[+OFFSET]`; `*` is any run of characters. */
  readonly target: string;
  /** Of user-space probes: a path, a process id, the name of running processes, or `*` for all of them. */
  readonly program?: string;
  /** `/stack`: report a stack trace with each event. */
  readonly stack: boolean;
  /** `/optional`: that the kernel has no such target is not an error; the probe is left out. */
  readonly optional: boolean;
  /** What is between the braces: the fields to read, as written (core/fields). */
  readonly fields?: string;
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
 * Parses one probe as the user wrote it.
 * @throws TraceError (usage) saying what is wrong with it
 */
export function parseProbe(text: string): ProbeSpec {
  const userType = userTypeNames[text.slice(0, Math.max(0, text.indexOf(":")))];
  if (userType) return parseUserProbe(text, userType);
  const { place, fields } = splitFields(text);
  const [body = "", ...options] = place.split("/");
  const { type, target } = splitType(text, body);
  if (target === "") throw invalidProbe(text, "no target");
  const parts = target.split(":");
  if (parts.some((part) => part === "")) throw invalidProbe(text, "empty part in the target");
  if (type === "raw_tracepoint" && parts.length !== 2) throw invalidProbe(text, "a tracepoint is written GROUP:EVENT");
  if (type !== "raw_tracepoint" && parts.length !== 1) throw invalidProbe(text, "a function name has no colon");
  return { type, target, ...parseOptions(text, options), ...(fields === undefined ? {} : { fields }) };
}

/** The list of fields at the end, and what is before it. */
function splitFields(text: string): { readonly place: string; readonly fields: string | undefined } {
  const open = text.indexOf("{");
  if (open < 0) return { place: text, fields: undefined };
  if (!text.trimEnd().endsWith("}")) throw invalidProbe(text, "the list of fields does not end with }");
  const place = text.slice(0, open).trimEnd();
  return { place: place.endsWith(":") ? place.slice(0, -1) : place, fields: text.trimEnd().slice(open + 1, -1) };
}

const userTypeNames: Readonly<Record<string, UserProbeType>> = { usdt: "usdt", uprobe: "uprobe", u: "uprobe" };

/**
 * Programs are mostly paths, so only known options can be distinguished from the rest. The name of a static probe has no
 * colon, but the program may; the names of functions may, as those of Go do.
 */
function parseUserProbe(text: string, type: UserProbeType): ProbeSpec {
  const whole = text.slice(text.indexOf(":") + 1);
  if (/:?\{.*\}\s*$/.test(whole)) throw invalidProbe(text, "fields are read at probes of the kernel only");
  const options = /(?:\/(?:stack|optional))*$/.exec(whole)?.[0] ?? "";
  const { stack, optional } = parseOptions(text, options.split("/").slice(1));
  if (stack) throw invalidProbe(text, "user-space probes have no kernel stack");
  const body = whole.slice(0, whole.length - options.length);
  const parts = type === "usdt" ? splitUsdt(text, body) : splitUprobe(text, body);
  if (Object.values(parts).some((part) => part === "" || part.startsWith(":") || part.endsWith(":")))
    throw invalidProbe(text, "empty part");
  return { type, ...parts, stack, optional };
}

function splitUsdt(text: string, body: string): { readonly program: string; readonly target: string } {
  const nameAt = body.lastIndexOf(":");
  if (nameAt < 0) throw invalidProbe(text, "a static probe is written usdt:[PROGRAM:]PROVIDER:NAME");
  const providerAt = body.lastIndexOf(":", nameAt - 1);
  if (body.indexOf("/", providerAt + 1) >= 0) throw invalidProbe(text, `unknown option "${body.slice(body.lastIndexOf("/") + 1)}"`);
  return providerAt < 0 ? { program: "*", target: body } : { program: body.slice(0, providerAt), target: body.slice(providerAt + 1) };
}

function splitUprobe(text: string, body: string): { readonly program: string; readonly target: string } {
  const at = body.indexOf(":");
  const program = body.slice(0, Math.max(0, at));
  if (at < 0 || program === "*") throw invalidProbe(text, "a function of a program is written uprobe:PROGRAM:FUNCTION[+OFFSET]");
  return { program, target: body.slice(at + 1) };
}

const shortTypes: Readonly<Record<ProbeType, string>> = {
  kprobe: "kprobe",
  kretprobe: "kretprobe",
  raw_tracepoint: "tp",
  usdt: "usdt",
  uprobe: "uprobe",
};

/** The canonical form, also the key for de-duplication: `tp:skb:kfree_skb`, `kprobe:tcp_v4_rcv`. */
export function probeKey(type: ProbeType, symbol: string): string {
  return `${shortTypes[type]}:${symbol}`;
}
