import type { Selection } from "../../cli/select-collectors.ts";
import { defaultOptions } from "../../api/option-flag.ts";
import { log } from "../../base/log.ts";
import { Kernel } from "../../kernel/kernel.ts";
import { createHost } from "../../probe/collector-host.ts";
import { usableProbes, type UsableProbe } from "../../probe/usable-probes.ts";

/**
 * Probes for the selected collectors; with `auto`, those that cannot run on this host do not count unless they were
 * named.
 *
 * @param kconf kernel configuration file; undefined: look for it
 * @throws TraceError when nothing fits the pattern
 */
export function findProbes(pattern: string, { choice, tried }: Selection, kconf: string | undefined): readonly UsableProbe[] {
  const kernel = new Kernel(kconf === undefined ? {} : { kconf });
  const host = createHost(kernel, false);
  const collectors = tried.map(({ collector }) => collector);
  const canRun = collectors.filter(
    (collector) => choice.required.includes(collector.name) || (collector.check?.(host, defaultOptions(collector)).ok ?? true),
  );
  const probes = usableProbes(kernel, canRun, pattern);
  if (!kernel.hasKprobes && !pattern.includes(":")) log.info("Functions are left out: this kernel has no kprobes (CONFIG_KPROBES)");
  return probes;
}
