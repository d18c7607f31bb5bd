/** The result of decoding: layers from the outside in, and how it ended. */
import type { AhLayer } from "./ah.ts";
import type { ArpLayer } from "./arp.ts";
import type { DecodeStatus } from "./decode-status.ts";
import type { EspLayer } from "./esp.ts";
import type { EthernetLayer } from "./ethernet.ts";
import type { GeneveLayer } from "./geneve.ts";
import type { GreLayer } from "./gre.ts";
import type { IcmpLayer } from "./icmp.ts";
import type { Ipv4Layer } from "./ipv4.ts";
import type { Ipv6Layer } from "./ipv6.ts";
import type { LlcLayer } from "./llc.ts";
import type { MacsecLayer } from "./macsec.ts";
import type { MplsLayer } from "./mpls.ts";
import type { PortsLayer } from "./ports.ts";
import type { SctpLayer } from "./sctp.ts";
import type { TcpLayer } from "./tcp.ts";
import type { UdpLayer } from "./udp.ts";
import type { VlanLayer } from "./vlan.ts";
import type { VxlanLayer } from "./vxlan.ts";

/** One decoded header, distinguished by `layer`. */
export type Layer =
  | EthernetLayer
  | LlcLayer
  | VlanLayer
  | MacsecLayer
  | MplsLayer
  | ArpLayer
  | Ipv4Layer
  | Ipv6Layer
  | GreLayer
  | AhLayer
  | EspLayer
  | IcmpLayer
  | TcpLayer
  | UdpLayer
  | SctpLayer
  | PortsLayer
  | VxlanLayer
  | GeneveLayer;

export interface DecodedPacket {
  /** Outermost first; what was decoded before anything went wrong is kept. */
  readonly layers: readonly Layer[];
  readonly status: DecodeStatus;
}
