/** What drops packets in a function of the kernel. */
import type { DropLocation } from "../../api/drop-advice.ts";
import { functionOfLocation } from "../../base/function-name.ts";
import { nearNames } from "../../base/near-names.ts";
import { blocksText, titled } from "./text-blocks.ts";

/** What is known about functions. */
export interface KnownFunctions {
  /** Of all collectors. */
  readonly locations: readonly DropLocation[];
  /** Functions of the running kernel whose name passes a test; none where its types cannot be read. */
  readonly functions: (matches: (name: string) => boolean) => readonly string[];
}

/** A function that a text names. */
export interface FoundFunction {
  readonly name: string;
  /** Undefined if the running kernel has the function and no collector knows what it drops. */
  readonly location: DropLocation | undefined;
}

const maxNear = 5;

/** @param text as typed, or as events and stacks show it: also `kprobe:ip_rcv` */
function functionNamedBy(text: string): string {
  return functionOfLocation(text.trim().replace(/^(?:raw_)?k(?:ret)?probe:/, ""));
}

/** Undefined if neither a collector nor the running kernel knows a function of that name. */
export function findFunction(text: string, { locations, functions }: KnownFunctions): FoundFunction | undefined {
  const wanted = functionNamedBy(text);
  for (const name of [wanted, wanted.toLowerCase()]) {
    const location = locations.find((each) => each.functions.includes(name));
    if (location !== undefined) return { name, location };
  }
  // Only names of functions: `find` reads the types of all modules.
  if (!/^[A-Za-z_]\w*$/.test(wanted) || functions((name) => name === wanted).length === 0) return undefined;
  return { name: wanted, location: undefined };
}

/** Functions that packets are dropped in and whose names resemble a location. */
export function nearFunctions(text: string, locations: readonly DropLocation[]): readonly string[] {
  const wanted = functionNamedBy(text).toLowerCase();
  const known = locations.flatMap(({ functions }) => functions);
  const containing = wanted.length < 3 ? [] : known.filter((name) => name.includes(wanted) || isPartOf(name, wanted));
  return [...new Set([...nearNames(wanted, known), ...containing])].slice(0, maxNear);
}

/** Whether a name without leading underscores is a part of a longer one. */
function isPartOf(name: string, longer: string): boolean {
  const core = name.replace(/^_+/, "");
  return core.length > 6 && longer.includes(core);
}

/** What a function drops, for people. */
export function functionText({ name, location }: FoundFunction, { locations }: KnownFunctions): string {
  return location === undefined ? unknownFunctionText(name, locations) : locationText(name, location);
}

function locationText(name: string, { functions, meaning, drops, steps }: DropLocation): string {
  const others = functions.filter((each) => each !== name);
  const column = Math.max(...Object.keys(drops).map((reason) => reason.length));
  return blocksText([
    [`${name}: ${meaning}`, ...(others.length === 0 ? [] : [`Explained together with ${others.join(", ")}`])],
    ["Drops packets for these reasons:", ...Object.entries(drops).map(([reason, when]) => `  ${reason.padEnd(column)}  ${when}`)],
    titled("What to do:", steps),
    ["What a reason means: retis explain REASON"],
  ]);
}

function unknownFunctionText(name: string, locations: readonly DropLocation[]): string {
  const near = nearFunctions(name, locations);
  return blocksText([
    [`${name}: a function of the running kernel; nothing is known about what it drops`],
    titled("What to do:", [
      "See the reason and the packets: retis collect -c skb,skb-drop,dev",
      "See who called it: retis collect -c skb,skb-drop --stack",
      "Explain the reason: retis explain REASON",
    ]),
    near.length === 0 ? [] : [`Functions with similar names: ${near.join(", ")}`],
  ]);
}
