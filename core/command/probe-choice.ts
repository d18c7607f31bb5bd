import type { Event } from "../api/event.ts";
import { patternSource } from "../kernel/tracefs.ts";
import { parseProbe, probeKey, type ProbeSpec } from "../probe/probe-spec.ts";

/** Which events `--probe` selects; without any, those of every kernel probe. */
export class ProbeChoice {
  readonly #patterns: readonly Pattern[];
  /** Whether events of a probe are chosen, by its key: there are far fewer probes than events. */
  readonly #known = new Map<string, boolean>();

  /** @param texts values of `--probe`; a `*` matches any run of characters. @throws TraceError INVALID_PROBE */
  constructor(texts: readonly string[]) {
    this.#patterns = texts.map((text) => new Pattern(text, parseProbe(text)));
  }

  /** Whether the event is of a chosen probe. */
  matches(event: Event): boolean {
    const key = probeKeyOf(event);
    if (key === undefined) return false;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const fitting = this.#patterns.filter((pattern) => pattern.fits(key));
    for (const pattern of fitting) pattern.used = true;
    const taken = this.#patterns.length === 0 || fitting.length > 0;
    this.#known.set(key, taken);
    return taken;
  }

  /** Values of `--probe` as they were written. */
  get wanted(): readonly string[] {
    return this.#patterns.map(({ text }) => text);
  }

  /** Those that no event so far was of, without the ones marked `/optional`. */
  get missed(): readonly string[] {
    return this.#patterns.filter(({ used, optional }) => !used && !optional).map(({ text }) => text);
  }

  /** Every probe that events were of, chosen or not, in the form that `--probe` takes, sorted. */
  get seen(): readonly string[] {
    return [...this.#known.keys()].sort();
  }
}

/** The probe of a kernel event in the form that `--probe` takes, e.g. `tp:skb:kfree_skb`; undefined for other events. */
export function probeKeyOf({ kernel }: Event): string | undefined {
  const { probe_type: type, symbol } = kernel ?? {};
  return typeof type === "string" && typeof symbol === "string" ? probeKey(type as ProbeSpec["type"], symbol) : undefined;
}

class Pattern {
  used = false;
  readonly optional: boolean;
  readonly #expression: RegExp;

  constructor(
    readonly text: string,
    { type, target, optional }: ProbeSpec,
  ) {
    this.optional = optional;
    this.#expression = new RegExp(`^${patternSource(probeKey(type, target))}$`);
  }

  fits(key: string): boolean {
    return this.#expression.test(key);
  }
}
