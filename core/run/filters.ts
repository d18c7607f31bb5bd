/** The filters of one run: what is linked with every entry program, and the constants that describe it. */
import type { CollectOptions } from "../api/collect-options.ts";
import { type FilterRoots, prepareMetaFilter } from "../filter/meta-filter.ts";
import { preparePacketFilter } from "../filter/packet-filter.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { LinkInput } from "../libbpf/linker.ts";
import type { GlobalData } from "../probe/global-data.ts";
import type { ArgumentTypes } from "../probe/probe.ts";

export interface Filters {
  readonly objects: readonly LinkInput[];
  /** Types of arguments that they read; the slots right after that of the skb must be theirs. */
  readonly argumentTypes: ArgumentTypes;
  /** Sets the constants of a program; before load. */
  readonly configure: (data: GlobalData) => void;
}

/** Compiles the filters of the options; `roots` are those of collectors. @throws TraceError saying what is wrong with one */
export function prepareFilters(options: CollectOptions, kernel: Kernel, roots: FilterRoots): Filters {
  const packet = options.filterPacket === undefined ? undefined : preparePacketFilter(options.filterPacket);
  const meta = options.filterMeta === undefined ? undefined : prepareMetaFilter(options.filterMeta, kernel, roots);
  return {
    objects: [...(packet?.objects ?? []), ...(meta ? [meta.object] : [])],
    argumentTypes: meta?.argumentTypes ?? [],
    configure: (data) => {
      data.set("retis_filter_set", packet !== undefined);
      data.set("retis_filter_vlan", packet?.vlan === true);
      data.set("retis_filter_direction", packet?.direction === true);
      data.set("retis_meta_set", meta !== undefined);
    },
  };
}
