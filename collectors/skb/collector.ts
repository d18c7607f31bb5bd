import { type CheckResult, defineCollector, type Static, Type } from "../../core/api/collector.ts";
import hook from "./hook.bpf.o" with { type: "file" };
import { packetSection, skbSection } from "./section.ts";

/** Parts of the metadata that can be requested, as `enum skb_present` of wire.h names them. */
const requestable: Readonly<Record<string, readonly string[]>> = {
  meta: ["PRESENT_META"],
  dataref: ["PRESENT_DATA_REF"],
  gso: ["PRESENT_GSO"],
  all: ["PRESENT_META", "PRESENT_DATA_REF", "PRESENT_GSO"],
};
/** Accepted for the command lines of older versions; they select nothing that is not always reported. */
const withoutEffect = ["eth", "vlan", "arp", "ip", "tcp", "udp", "icmp", "packet"] as const;
/** Collectors of their own by now. */
const movedAway = ["dev", "ns"] as const;

const sectionNames = ["all", "meta", "dataref", "gso", ...withoutEffect, ...movedAway] as const;

const options = Type.Object({
  sections: Type.Array(Type.Union(sectionNames.map((name) => Type.Literal(name))), {
    default: [],
    description:
      "Additional parts of the skb to report: meta (length, checksum, hash, priority, mark, queue), dataref (clones and references), gso, or all",
  }),
  snaplen: Type.Integer({ default: 255, minimum: 64, maximum: 2048, description: "Bytes of each packet to capture" }),
});

export default defineCollector({
  name: "skb",
  summary: "The packet bytes, and metadata of struct sk_buff",
  apiVersion: 1,
  sections: [packetSection, skbSection],
  kernelTypes: ["struct sk_buff *"],
  options,
  check: (): CheckResult => ({ ok: true }),
  setup(host, { sections, snaplen }: Static<typeof options>) {
    const names: readonly string[] = sections;
    for (const name of movedAway) {
      if (names.includes(name)) host.log.warn(`--skb-sections ${name} has no effect: use the collector of that name, e.g. -c skb,${name}`);
    }
    return {
      hooks: [{ object: hook, at: "every-probe" }],
      constants: { sections: names.flatMap((name) => requestable[name] ?? []), snaplen },
    };
  },
});
