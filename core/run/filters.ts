/** The filters of one run: what is linked with every entry program, and the constants that tell of it. */
import type { CollectOptions } from "../cli/collect-options.ts";
import { preparePacketFilter } from "../filter/packet-filter.ts";
import type { LinkInput } from "../libbpf/linker.ts";
import type { GlobalData } from "../probe/global-data.ts";

export interface Filters {
  readonly objects: readonly LinkInput[];
  /** Sets the constants of a program; before load. */
  readonly configure: (data: GlobalData) => void;
}

/** Compiles the filters that were asked for. @throws TraceError saying what is wrong with one */
export function prepareFilters(options: CollectOptions): Filters {
  const packet = options.filterPacket === undefined ? undefined : preparePacketFilter(options.filterPacket);
  return {
    objects: packet?.objects ?? [],
    configure: (data) => {
      data.set("retis_filter_set", packet !== undefined);
      data.set("retis_filter_vlan", packet?.vlan === true);
    },
  };
}
