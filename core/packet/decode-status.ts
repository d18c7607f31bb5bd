/** How the decoding of a packet ended. A bad packet is data, never an exception. */

/** Tags of the layers that can be decoded. */
export type LayerName =
  | "ethernet"
  | "llc"
  | "vlan"
  | "macsec"
  | "mpls"
  | "arp"
  | "ipv4"
  | "ipv6"
  | "gre"
  | "ah"
  | "esp"
  | "icmp"
  | "icmpv6"
  | "tcp"
  | "udp"
  | "sctp"
  | "ports"
  | "vxlan"
  | "geneve";

/** What ran out of bytes: a whole layer, or a later part of a layer that is already in the list. */
export type TruncatedPart = LayerName | "ipv6-extension" | "macsec-payload";

/** What is not decoded; `value` is the number that names it. `nesting` has the limit as its value. */
export type UnsupportedKind = "ethertype" | "llc" | "protocol" | "arp-operation" | "gre-flags" | "ip-version" | "nesting";

export type DecodeStatus =
  /** Everything up to the payload was understood. */
  | { readonly kind: "complete" }
  /** What would come next travels in other fragments of the packet. */
  | { readonly kind: "fragment" }
  /** An ICMP error quotes only the start of the packet that caused it, and the headers go on after that. */
  | { readonly kind: "excerpt" }
  /** Not enough bytes for `at`, or a length field in it that cannot be true. */
  | { readonly kind: "truncated"; readonly at: TruncatedPart }
  | { readonly kind: "unsupported"; readonly what: UnsupportedKind; readonly value: number };

/** The suffix of a packet's text; empty unless something is missing from it. */
export function statusText(status: DecodeStatus): string {
  switch (status.kind) {
    case "complete":
    case "fragment":
    case "excerpt":
      return "";
    case "truncated":
      return "... (truncated or incomplete packet)";
    case "unsupported":
      return `... (${unsupportedText(status.what, status.value)} not supported, use 'retis pcap')`;
  }
}

function unsupportedText(what: UnsupportedKind, value: number): string {
  switch (what) {
    case "ethertype":
      return `ethertype 0x${value.toString(16).padStart(4, "0")}`;
    case "llc":
      return `LLC SAP 0x${value.toString(16).padStart(2, "0")}`;
    case "protocol":
      return `protocol 0x${value.toString(16)}`;
    case "arp-operation":
      return `ARP operation ${value}`;
    case "gre-flags":
      return `GRE flags 0x${value.toString(16).padStart(4, "0")}`;
    case "ip-version":
      return `IP version ${value}`;
    case "nesting":
      return `nesting beyond ${value} headers`;
  }
}
