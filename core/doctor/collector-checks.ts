/** Whether each collector can run here: its own answer, as `collect` would get it, and the kernel's word on its hooks. */
import type { Collector } from "../api/collector.ts";
import type { Host } from "../api/host.ts";
import { reasonOf, TraceError } from "../base/errors.ts";
import type { LoadedCollector } from "../api/loaded-collector.ts";
import { defaultOptions } from "../api/option-flag.ts";
import type { CheckPlan, Finding } from "./check.ts";
import { tryHooks } from "./hook-trial.ts";
import { mayUseBpf } from "./may-use-bpf.ts";

/** The collectors of the main job. */
const mainJob = ["skb", "skb-drop"];

/** The checks of the group "collectors". */
export function collectorChecks(loaded: readonly LoadedCollector[], host: Host): readonly CheckPlan[] {
  return loaded.map((entry) => ({
    name: entry.collector.name,
    required: entry.source === "built-in" && mainJob.includes(entry.collector.name),
    find: () => askCollector(entry, host),
  }));
}

function askCollector({ collector, directory }: LoadedCollector, host: Host): Finding {
  const result = collector.check?.(host, defaultOptions(collector)) ?? { ok: true };
  if (!result.ok) return { status: "missing", detail: result.reason, ...(result.hint === undefined ? {} : { hint: result.hint }) };
  const notes = [result.note, directory && `from ${directory}`];
  if (mayUseBpf()) {
    const refusal = tryPlan(collector, host);
    if (refusal) return refusal;
  } else {
    notes.push("hooks not tried");
  }
  const detail = notes.filter(Boolean).join("; ");
  return detail === "" ? { status: "ok" } : { status: "ok", detail };
}

/** Why the plan for default options cannot run; undefined when it can. */
function tryPlan(collector: Collector, host: Host): Finding | undefined {
  try {
    tryHooks(collector.name, collector.setup(host, defaultOptions(collector)), host);
    return undefined;
  } catch (error) {
    const hint = error instanceof TraceError ? error.options.hint : undefined;
    return { status: "missing", detail: reasonOf(error), ...(hint === undefined ? {} : { hint }) };
  }
}
