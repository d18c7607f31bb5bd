/** Whether each collector can run here: its own answer, as `collect` would get it. */
import type { Host } from "../api/host.ts";
import type { LoadedCollector } from "../plugin/loaded-collector.ts";
import type { CheckPlan, Finding } from "./check.ts";

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

function askCollector({ collector, folder }: LoadedCollector, host: Host): Finding {
  const result = collector.check?.(host) ?? { ok: true };
  if (!result.ok) return { status: "missing", detail: result.reason, ...(result.hint === undefined ? {} : { hint: result.hint }) };
  const detail = [result.note, folder && `from ${folder}`].filter(Boolean).join("; ");
  return detail === "" ? { status: "ok" } : { status: "ok", detail };
}
