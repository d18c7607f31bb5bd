/** Whether this kernel accepts a collector's hooks: they are linked and loaded as for a run, attached to nothing, and removed. */
import { readFileSync } from "node:fs";
import directReadsObject from "../../bpf/probe/direct-reads.bpf.o" with { type: "file" };
import rawTracepointObject from "../../bpf/probe/raw-tracepoint.bpf.o" with { type: "file" };
import type { Host, Plan } from "../api/collector.ts";
import { log } from "../base/log.ts";
import { BpfObject } from "../libbpf/bpf-object.ts";
import { libc } from "../libbpf/libc.ts";
import { captureMessages } from "../libbpf/message-log.ts";
import { GlobalData, openedConstants } from "../probe/global-data.ts";
import { linkHooks, slotHooks } from "../probe/linked-hooks.ts";

/** @throws TraceError of linker, libbpf or verifier, saying why the hooks cannot be used */
export function tryHooks(collector: string, plan: Plan, host: Host): void {
  captureMessages((_level, text) => log.debug(`libbpf: ${text}`));
  const entry = { name: "raw-tracepoint", bytes: readFileSync(rawTracepointObject) };
  // As for a run, so that the verifier sees the same reads.
  const directReads = host.kernel.parameters("bpf_rdonly_cast") !== undefined;
  // Treated as foreign, so that the headers of each hook are compared.
  const hooks = slotHooks(plan.hooks.map((hook) => ({ collector, foreign: true, hook })));
  const object = new BpfObject(
    linkHooks(entry, hooks, directReads ? [{ name: "direct-reads", bytes: readFileSync(directReadsObject) }] : []),
    "retis-doctor",
  );
  try {
    const data = new GlobalData(openedConstants(object));
    // Hooks beyond the count are not looked at by the verifier.
    data.set("retis_hook_count", hooks.filter(({ kind }) => kind === "hook").length);
    data.set("retis_context_hook_count", hooks.filter(({ kind }) => kind === "context-hook").length);
    data.set("retis_direct_reads", directReads);
    const prefix = `${collector.replaceAll("-", "_")}__const_`;
    for (const [name, value] of Object.entries(plan.constants ?? {})) data.setConstant(`${prefix}${name}`, value);
    for (const [name, { entries }] of Object.entries(plan.maps ?? {})) if (entries !== undefined) object.map(name)?.setMaxEntries(entries);
    object.map("retis_events")?.setMaxEntries(libc().getpagesize());
    object.load();
  } finally {
    object.close();
  }
}
