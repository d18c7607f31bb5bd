import type { Candidate } from "../cli/cli-command.ts";
import type { Completion } from "./complete.ts";
import { Kernel } from "../kernel/kernel.ts";
import type { ArgumentReader } from "../probe/targets.ts";
import { probesThatFit } from "../probe/usable-probes.ts";
import { completeFields } from "./complete-fields.ts";
import { completeUserProbe, isUserProbe } from "./complete-user-probe.ts";

const functionPrefixes = ["kprobe:", "kretprobe:"];
const otherPrefixes = ["tp:", "usdt:", "uprobe:"];
const functionTypes = ["kprobe", "k", "kretprobe", "kr"];
const tracepointTypes = ["tp", "raw_tracepoint"];
const options = ["stack", "optional"];

/** Completes a probe: its type, then the group of a tracepoint, then a name that some collector can use, then options. */
export function completeProbe(text: string, collectors: readonly ArgumentReader[], kernel = new Kernel()): Completion {
  if (isUserProbe(text)) return completeUserProbe(text);
  const brace = text.indexOf("{");
  if (brace >= 0) return completeFields(text, brace, kernel);
  const slash = text.lastIndexOf("/");
  if (slash >= 0) return { candidates: optionCandidates(text, slash) };
  const types = kernel.hasKprobes ? [...functionPrefixes, ...otherPrefixes] : otherPrefixes;
  if (text === "") return parts(types);
  const [first = "", ...rest] = text.split(":");
  if (rest.length === 0) {
    const begun = [...types, ...groups(kernel).map((group) => `${group}:`)].filter((part) => part.startsWith(text));
    const functions = names(kernel, collectors, `kprobe:${text}`).map((name) => name.replace(/^kprobe:/, ""));
    return functions.length === 0 ? parts(begun) : { candidates: [...begun, ...functions].map(asCandidate) };
  }
  if (functionTypes.includes(first)) return { candidates: withType(first, names(kernel, collectors, text)) };
  if (!tracepointTypes.includes(first))
    return { candidates: names(kernel, collectors, `tp:${text}`).map((name) => asCandidate(name.replace(/^tp:/, ""))) };
  if (rest.length > 1) return { candidates: withType(first, names(kernel, collectors, text)) };
  return parts(
    groups(kernel)
      .filter((group) => group.startsWith(rest[0]!))
      .map((group) => `${first}:${group}:`),
  );
}

function optionCandidates(text: string, slash: number): readonly Candidate[] {
  const [, ...given] = text.slice(0, slash).split("/");
  const open = options.filter((option) => !given.includes(option)).map((option) => `${text.slice(0, slash)}/${option}`);
  return open.filter((value) => value.startsWith(text)).map(asCandidate);
}

/** The canonical forms of the probes that begin like this; none without tracefs when it takes the groups of tracepoints. */
function names(kernel: Kernel, collectors: readonly ArgumentReader[], text: string): readonly string[] {
  try {
    return probesThatFit(kernel, collectors, `${text}*`).map(({ probe }) => probe);
  } catch {
    return [];
  }
}

function groups(kernel: Kernel): readonly string[] {
  return [...new Set((kernel.traceLists.events() ?? []).map(({ group }) => group))].sort();
}

/** The type as it was typed: `k:` stays `k:`. */
function withType(type: string, probes: readonly string[]): readonly Candidate[] {
  return probes.map((probe) => asCandidate(`${type}:${probe.slice(probe.indexOf(":") + 1)}`));
}

function parts(values: readonly string[]): Completion {
  return { candidates: values.map(asCandidate), continues: true };
}

function asCandidate(value: string): Candidate {
  return { value };
}
