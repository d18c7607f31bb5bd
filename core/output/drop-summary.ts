/** What a run found: drops by reason, place and flow, counted while it lasts. Memory is bounded. */
import { functionOfLocation } from "../base/function-name.ts";
import { counted } from "../base/plural.ts";
import { withoutControls } from "../base/terminal.ts";
import type { FlatRecord } from "./flat-fields.ts";

/** Kinds of drops that are counted apart; those of further kinds are counted by reason alone. */
const maxKinds = 10_000;
const topKinds = 10;

export class DropSummary {
  readonly #kinds = new Map<string, number>();
  readonly #normal = new Map<string, number>();
  #problems = 0;
  #normalTotal = 0;

  /** Counts a record that has a reason. */
  add(record: FlatRecord): void {
    const reason = String(record["reason"]);
    if (record["class"] === "normal") {
      this.#normalTotal++;
      count(this.#normal, reason);
      return;
    }
    this.#problems++;
    const kind = `${reason}${placeText(record)}  ${destinationText(record)}`;
    count(this.#kinds, this.#kinds.size < maxKinds || this.#kinds.has(kind) ? kind : reason);
  }

  /**
   * Lines to show at the end; none when nothing was dropped.
   * @param seconds that the run lasted
   */
  lines(seconds: number): readonly string[] {
    const total = this.#problems + this.#normalTotal;
    if (total === 0) return [];
    const ranking = ranked(this.#kinds);
    const width = String(ranking[0]?.[1] ?? 0).length;
    const rate = seconds > 0 ? `, ${(total / seconds).toFixed(1)}/s` : "";
    const left = ranking.length - topKinds;
    return [
      `${counted(total, "drop")}${rate}${this.#normalTotal > 0 ? `, ${this.#normalTotal} normal` : ""}`,
      ...ranking.slice(0, topKinds).map(([kind, times]) => withoutControls(`  ${String(times).padStart(width)} ${kind}`)),
      ...(left > 0 ? [`  and ${counted(left, "other kind")}`] : []),
      ...(this.#normal.size > 0
        ? [
            withoutControls(
              `  normal: ${ranked(this.#normal)
                .map(([reason, times]) => `${times} ${reason}`)
                .join(", ")}`,
            ),
          ]
        : []),
      ...this.#nextSteps(ranking),
    ];
  }

  #nextSteps([first]: readonly (readonly [string, number])[]): readonly string[] {
    if (first === undefined) return [];
    const [reason = "", at, place = ""] = first[0].split(" ");
    // Without a reason, the function says more.
    const subject = reason === "NOT_SPECIFIED" && at === "at" ? place : reason;
    return [`Next: retis explain ${subject}, retis diagnose --for 10s`];
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function ranked(counts: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...counts].sort((a, b) => b[1] - a[1]);
}

/** ` at FUNCTION`, without the offset. */
export function placeText({ location }: { readonly location?: unknown }): string {
  return location === undefined ? "" : ` at ${functionOfLocation(String(location))}`;
}

/** `SOURCE > DESTINATION[:PORT] PROTOCOL`; source ports differ from packet to packet. */
export function destinationText({ src, dst, dport, proto }: FlatRecord): string {
  if (src === undefined) return "no IP packet";
  return `${src} > ${endpoint(dst, dport)} ${proto ?? ""}`.trimEnd();
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function endpoint(address: string | number | undefined, port: string | number | undefined): string {
  const text = String(address);
  if (port === undefined) return text;
  return text.includes(":") ? `[${text}]:${port}` : `${text}:${port}`;
}
