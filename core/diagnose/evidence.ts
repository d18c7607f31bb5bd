/** Makes evidence of what the host says. */
import type { Evidence } from "./finding.ts";
import type { HostView } from "./host-view.ts";

/** What a command prints, in one line; undefined when it prints nothing. */
export function printed(view: HostView, ...argv: readonly string[]): Evidence | undefined {
  const text = view
    .output(...argv)
    ?.trim()
    .replace(/\s*\n\s*/g, "; ");
  return text ? { source: argv.join(" "), value: text.length > 300 ? `${text.slice(0, 300)}...` : text } : undefined;
}

/** Those that could be read. */
export function present(...evidence: readonly (Evidence | undefined)[]): readonly Evidence[] {
  return evidence.filter((each) => each !== undefined);
}
